//! What methods take of J, and what they make of one that is no covariance.

use super::{DIM, NOISE, inference, inference_of, member, strength, wiener};
use equipoise_composition::{Composition, Fold};
use equipoise_denoiser::{Denoiser, DenoiserError, Jacobian, Linearised, Tape};
use equipoise_guidance::ConditionalCovariance;
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_operator::Mask;
use equipoise_schedule::Level;
use equipoise_solver::{Inference, JacobianUse, Member, Method, Problem, Watch};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A Wiener denoiser that says nothing of its covariance, and counts.
#[derive(Default)]
struct Calls {
    linearised: AtomicUsize,
    estimated: AtomicUsize,
    products: AtomicUsize,
}

struct Counted(Arc<dyn Denoiser<f64>>, Arc<Calls>);

impl Denoiser<f64> for Counted {
    fn dim(&self) -> usize {
        DIM
    }
    fn denoise(&self, x: &[f64], level: Level, out: &mut [f64]) -> Result<(), DenoiserError> {
        self.0.denoise(x, level, out)
    }
    fn vjp(&self, x: &[f64], level: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        self.0.vjp(x, level, v, out)
    }
    fn linearise<'a>(
        &'a self,
        x_t: &'a [f64],
        level: Level,
        x_hat: &mut [f64],
        tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<f64> + 'a>, DenoiserError> {
        self.1.linearised.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(CountedProducts(self.0.linearise(x_t, level, x_hat, tape)?, &self.1)))
    }
    fn estimates(
        &self,
        x_t: &[f64],
        level: Level,
        x_hat: &mut [f64],
        tape: &mut Tape,
    ) -> Result<(), DenoiserError> {
        self.1.estimated.fetch_add(1, Ordering::Relaxed);
        self.0.estimates(x_t, level, x_hat, tape)
    }
}

struct CountedProducts<'a>(Box<dyn Linearised<f64> + 'a>, &'a Calls);

impl Linearised<f64> for CountedProducts<'_> {
    fn vjp(&mut self, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        self.1.products.fetch_add(1, Ordering::Relaxed);
        self.0.vjp(v, out)
    }
}

fn known_by(denoiser: Arc<dyn Denoiser<f64>>, observation: &Arc<Observed<f64>>) -> Inference<f64> {
    let prior = ConditionalCovariance::Jacobian(denoiser);
    inference_of(Problem::new(prior, Arc::clone(observation)).unwrap())
}

/// A method takes products with J exactly where its entry says so, and where it takes none the model is never
/// linearised.
#[test]
fn methods_take_of_j_what_their_entries_say() {
    let (law, gaussian) = (strength(NOISE), inference());
    for method in Method::all() {
        let calls = Arc::new(Calls::default());
        let counted = Arc::new(Counted(wiener(), Arc::clone(&calls)));
        let on = known_by(counted, gaussian.problem.observation());
        // What needs a Gaussian prior takes its denoiser from there.
        let Ok(bound) = on.bind(&method.into(), Some(&law)) else { continue };
        assert!(bound.sample(&member(0)).unwrap().is_finished(), "{method}");
        let [linearised, estimated, products] =
            [&calls.linearised, &calls.estimated, &calls.products].map(|n| n.load(Ordering::Relaxed));
        match method.spec().jacobian {
            JacobianUse::Nothing => assert!(estimated > 0 && linearised + products == 0, "{method}"),
            JacobianUse::Gradient => assert!(products == linearised && estimated == 0, "{method}"),
            _ => assert!(products > linearised && estimated == 0, "{method}"),
        }
    }
}

/// Windows of three frames of a scalar AR(1) with ρ = 0.99, each with its exact posterior mean.
struct Window;

impl Denoiser<f64> for Window {
    fn dim(&self) -> usize {
        3
    }
    fn denoise(&self, x: &[f64], level: Level, out: &mut [f64]) -> Result<(), DenoiserError> {
        gain(level, x, out);
        Ok(())
    }
    fn vjp(&self, _: &[f64], level: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        gain(level, v, out);
        Ok(())
    }
    fn jvp(&self, _: &[f64], level: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        gain(level, v, out);
        Ok(())
    }
}

/// out = μΣ(μ²Σ + σ²I)⁻¹v by the cofactors of a symmetric 3 × 3 matrix.
fn gain(level: Level, v: &[f64], out: &mut [f64]) {
    let c = |lag: usize| 0.99f64.powi(lag as i32);
    let (a, b, d) =
        (level.mu.powi(2) + level.sigma.powi(2), level.mu.powi(2) * c(1), level.mu.powi(2) * c(2));
    let inverse = [
        [a * a - b * b, b * d - a * b, b * b - a * d],
        [b * d - a * b, a * a - d * d, b * d - a * b],
        [b * b - a * d, b * d - a * b, a * a - b * b],
    ];
    let determinant = (0..3).map(|j| [a, b, d][j] * inverse[0][j]).sum::<f64>();
    let solved = [0, 1, 2].map(|i: usize| (0..3).map(|j| inverse[i][j] * v[j]).sum::<f64>() / determinant);
    for (i, out) in out.iter_mut().enumerate() {
        *out = level.mu * (0..3).map(|j| c(i.abs_diff(j)) * solved[j]).sum::<f64>();
    }
}

const FRAMES: usize = 40;

/// All frames of a composite, read with s = 0.3.
fn composite() -> Inference<f64> {
    let composition = Composition::new(Arc::new(Window), 1, FRAMES, Fold::Centre).unwrap();
    assert_eq!(composition.jacobian(), Jacobian::General);
    let operator = Mask::new(FRAMES, (0..FRAMES).collect()).unwrap();
    let y = (0..FRAMES).map(|i| (0.2 * i as f64).sin() + 0.3 * (2.4 * i as f64).cos()).collect();
    let seen = Observed::new(y, operator, NoiseVariance::Uniform(NOISE)).unwrap();
    known_by(Arc::new(composition), &Arc::new(seen))
}

fn draw(on: &Inference<f64>, recipe: &str) -> equipoise_solver::Ensemble<f64> {
    let members: Vec<Member> = (0..4).map(member).collect();
    let law = strength(NOISE);
    on.bind(&recipe.parse().unwrap(), Some(&law)).unwrap().draw(&members, Watch::NONE).unwrap()
}

/// Every method on a composite runs, or is refused with what it needs; and says what it takes for granted.
#[test]
fn every_method_runs_on_a_composite_or_says_what_it_needs() {
    let (on, law) = (composite(), strength(NOISE));
    let mut table = Vec::new();
    for method in Method::all() {
        let outcome = match on.bind(&method.into(), Some(&law)) {
            Err(refused) => refused.to_string(),
            Ok(bound) => {
                let outcome = bound.sample(&member(0)).unwrap();
                let bounded = outcome.x().iter().all(|x| x.abs() < 20.0);
                assert!(outcome.is_finished() && bounded, "{method}: {:?}", outcome.trace());
                let says = if method.caveat(on.problem.prior().denoiser().jacobian()).is_some() {
                    "runs, with a caveat"
                } else {
                    "runs"
                };
                format!("{method}: {says}")
            }
        };
        assert_eq!(method.caveat(inference().problem.prior().denoiser().jacobian()), None);
        table.push(outcome);
    }
    insta::assert_snapshot!(table.join("\n"), @r"
    sda: runs
    method exact: found a denoiser, expected a Gaussian prior, or one on finitely many fields
    mmps: runs, with a caveat
    method poly2: found a denoiser, expected a Gaussian prior
    tmpd: runs, with a caveat
    pigdm_score: runs
    method jfps: found a denoiser, expected a Gaussian prior
    diffpir: runs
    dps: runs
    sda_dps: runs
    dsg: runs
    mcg: runs
    pigdm: runs
    ddrm: runs
    ddnm: runs
    pnp_admm: runs, with a caveat
    red_diff: runs
    daps: runs
    daps_exact: runs
    ");
}

/// s²I + A C Aᵀ of the composite is singular at σ/μ = s/√0.24: solves of a run from noise end there by what no
/// covariance shows, and are counted; those of the whole chain's own x̂ never.
#[test]
fn solves_that_no_covariance_leads_to_are_ended_and_said() {
    let on = composite();
    let drawn = draw(&on, "mmps:iterations=10");
    assert!(drawn.fields().flatten().all(|x| x.abs() < 5.0));
    let broken: usize = drawn.outcomes().iter().map(|outcome| outcome.trace().breakdowns).sum();
    let remarks = drawn.remarks();
    assert!(broken > 0 && remarks.len() == 1, "{remarks:?}");
    assert!(remarks[0].starts_with(&format!("inner solves of {broken} of ")), "{remarks:?}");
    let of_one = known_by(wiener(), inference().problem.observation());
    assert!(draw(&of_one, "mmps:iterations=10").remarks().is_empty());
}

/// V⁺ is positive where the plain form of the same composite is not, and what is known in closed form stays.
#[test]
fn solves_with_the_covariance_of_the_windows_break_down_nowhere() {
    let (plain, windows) =
        (composite(), ConditionalCovariance::Jacobian(composite().problem.denoiser()).of_windows());
    let seen = Arc::clone(plain.problem.observation());
    let positive = inference_of(Problem::new(windows, seen).unwrap());
    for recipe in ["mmps:iterations=10", "tmpd"] {
        let drawn = draw(&positive, recipe);
        assert!(drawn.remarks().is_empty(), "{recipe}: {:?}", drawn.remarks());
        let fields =
            |drawn: &equipoise_solver::Ensemble<f64>| drawn.fields().flatten().copied().collect::<Vec<_>>();
        assert_ne!(fields(&drawn), fields(&draw(&plain, recipe)));
    }
    // A denoiser that is no composite is its own window.
    let seen =
        Observed::new(vec![0.5, -0.5], Mask::new(3, vec![0, 2]).unwrap(), NoiseVariance::Uniform(NOISE));
    let (seen, own) = (Arc::new(seen.unwrap()), Arc::new(Window) as Arc<dyn Denoiser<f64>>);
    let windows = ConditionalCovariance::Jacobian(Arc::clone(&own)).of_windows();
    let alone = inference_of(Problem::new(windows, Arc::clone(&seen)).unwrap());
    let bits =
        |on: &Inference<f64>| draw(on, "mmps").fields().flatten().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&alone), bits(&known_by(own, &seen)));
}

/// Whether the symmetric part of s²I + A C Aᵀ at x_t = 0 has a Cholesky factor.
fn is_definite(covariance: &ConditionalCovariance<f64>, seen: &Observed<f64>, level: Level) -> bool {
    let (n, mut x_hat, mut tape) = (seen.count(), vec![0.0; FRAMES], Tape::new());
    let x_t = [0.0; FRAMES];
    let mut local = covariance.denoiser().linearise(&x_t, level, &mut x_hat, &mut tape).unwrap();
    let column = |k: usize| {
        let (mut unit, mut spread, mut made) = (vec![0.0; n], vec![0.0; FRAMES], vec![0.0; FRAMES]);
        unit[k] = 1.0;
        seen.pull_back(&x_hat, &unit, &mut spread);
        covariance.apply(&mut *local, level, &spread, &mut made).unwrap();
        let mut out = vec![0.0; n];
        seen.push_forward(&x_hat, &made, &mut out);
        seen.add_noise(&unit, &mut out);
        out
    };
    let columns: Vec<Vec<f64>> = (0..n).map(column).collect();
    let mut rows: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| 0.5 * (columns[j][i] + columns[i][j])).collect()).collect();
    (0..n).all(|k| {
        let pivot = rows[k].clone();
        for row in &mut rows[k + 1..] {
            let share = row[k] / pivot[k];
            row.iter_mut().zip(&pivot).for_each(|(a, p)| *a -= share * p);
        }
        pivot[k] > 0.0
    })
}

/// Of 40 frames of a chain of ρ = 0.99 the plain form is indefinite at some levels, V⁺ at none.
#[test]
fn the_plain_form_is_indefinite_at_some_levels() {
    let on = composite();
    let plain = ConditionalCovariance::Jacobian(on.problem.denoiser());
    let windows = plain.clone().of_windows();
    let share = |covariance: &ConditionalCovariance<f64>| {
        let level = |k: i32| Level { mu: 1.0, sigma: 10f64.powf(f64::from(k) / 4.0 - 2.0) };
        (0..16).filter(|k| !is_definite(covariance, on.problem.observation(), level(*k))).count()
    };
    assert_eq!(share(&windows), 0);
    assert_eq!(share(&plain), 8);
}
