//! The facade against what it assembles: the same bits as by hand, what it takes, and what it refuses.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

mod gaussian;

use equipoise::Bound;
use equipoise::field::sum;
use equipoise::guidance::{ConditionalCovariance, Guidance, Unguided};
use equipoise::observation::ConjugateGradients;
use equipoise::prelude::*;
use equipoise::sampler::{Outcome, Sampler, Trace};
use equipoise::schedule::{Alpha, Sda as SdaSchedule, Spacing, Variance};
use equipoise::solver::{Ensemble as Drawn, Guided, Inference, Member, PosteriorSampler, SolverError, Watch};
use equipoise::stream::Stream;
use std::sync::Arc;

const DIM: usize = 4;

/// N(0, 4I) as E[x | x_t] = 4μ/(4μ² + σ²) x_t.
struct Wide;

impl<R: Real> Denoiser<R> for Wide {
    fn dim(&self) -> usize {
        DIM
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError> {
        let gain = R::narrow(4.0 * level.mu / (4.0 * level.mu.powi(2) + level.sigma.powi(2)));
        x_hat.iter_mut().zip(x_t).for_each(|(h, x)| *h = gain * *x);
        Ok(())
    }

    fn vjp(&self, _: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.denoise(v, level, out)
    }
}

fn seen<R: Real>() -> Observed<R> {
    let readings = [1.0, -0.5].map(R::narrow).to_vec();
    Observed::new(readings, Mask::new(DIM, vec![0, 2]).unwrap(), Noise::std(0.1)).unwrap()
}

fn posterior() -> Posterior<f64> {
    Posterior::of(Wide, seen::<f64>())
}

/// Member by member, with every default and with none.
#[test]
fn the_builder_assembles_what_one_would_by_hand() {
    let schedule = || Arc::new(SdaSchedule::new(Alpha::Cos, Variance::Vp, 0.01).unwrap());
    let by_hand = |iterations: usize, steps: usize, bound: f64| Guided {
        guidance: Arc::new(equipoise::guidance::Mmps::new(
            ConditionalCovariance::Jacobian(Arc::new(Wide)),
            Arc::new(seen::<f64>()),
            ConjugateGradients { iterations, tolerance: 1e-10 },
        )),
        sampler: Arc::new(
            equipoise::sampler::Heun::new(Spacing::LogSnr.grid(&*schedule(), steps).unwrap()).unwrap(),
        ),
        schedule: schedule(),
        start: Start::<f64>::Normal,
        bound,
    };
    let members = |seed: u64| -> Vec<Member> {
        let stream = |label, m| Stream::new(label).number(seed).number(m);
        (0..3).map(|m| Member { start: stream("start", m), langevin: stream("langevin", m) }).collect()
    };
    let expected: equipoise::solver::Ensemble<f64> =
        by_hand(1, 32, f64::INFINITY).draw(&members(0), Watch::NONE).unwrap();
    assert_eq!(posterior().draw(3).unwrap().into_inner(), expected);

    let set = posterior().method(Mmps::iterations(2)).schedule(schedule()).sampler(Heun::log_snr(8));
    let expected = by_hand(2, 8, 5.0).draw(&members(7), Watch::NONE).unwrap();
    let set = set.start(Start::Normal).seed(7).bound(5.0);
    assert_eq!(set.draw(3).unwrap().into_inner(), expected);
    let fewer = set.draw(2).unwrap();
    assert!(fewer.fields().eq(expected.fields().take(2)), "a member does not know how many are drawn");
}

/// Prior by value, in an `Arc` and by closures; the schedule by value, boxed and in an `Arc`.
#[test]
fn parts_are_taken_by_value_and_behind_pointers() {
    let gain = |level: Level| 4.0 * level.mu / (4.0 * level.mu.powi(2) + level.sigma.powi(2));
    let scaled = move |v: &[f64], level: Level, out: &mut [f64]| {
        out.iter_mut().zip(v).for_each(|(o, v)| *o = gain(level) * v);
        Ok(())
    };
    let vjp = move |_: &[f64], level: Level, v: &[f64], out: &mut [f64]| scaled(v, level, out);
    let shared: Arc<dyn Denoiser<f64>> = Arc::new(Wide);
    let schedule = || SdaSchedule::new(Alpha::Cos, Variance::Vp, 0.01).unwrap();
    let boxed = "cos".parse::<ScheduleName>().unwrap().build(0.01).unwrap();
    let expected = posterior().draw(2).unwrap().into_inner();
    for other in [
        Posterior::of(Arc::new(Wide), seen::<f64>()),
        Posterior::of(shared, Arc::new(seen::<f64>())).schedule(schedule()),
        Posterior::of(Closure::new(DIM, scaled, vjp), seen::<f64>()).schedule(boxed),
        posterior().schedule(Arc::new(schedule())),
    ] {
        assert_eq!(other.draw(2).unwrap().into_inner(), expected, "{other:?}");
    }
}

/// By its name, by its handle, by its door.
#[test]
fn a_method_and_a_sampler_are_one_by_whatever_name() {
    let sampler = || Ddim::eta(0.5).edm(12);
    let expected = posterior().method(Dps::zeta(0.3)).sampler(sampler()).draw(2).unwrap().into_inner();
    let named: Recipe = "dps:zeta=0.3".parse().unwrap();
    let step = Stepping::named("ddim:0.5".parse().unwrap()).spaced(Spacing::Edm, 12);
    assert_eq!(posterior().method(named).sampler(step).draw(2).unwrap().into_inner(), expected);
    let handle: Method = "dps".parse().unwrap();
    let published = posterior().method(handle).sampler(sampler()).draw(2).unwrap().into_inner();
    assert_eq!(posterior().method(Dps).sampler(sampler()).draw(2).unwrap().into_inner(), published);
    assert_ne!(published, expected);
}

#[test]
fn ones_own_guidance_and_sampler_run() {
    let unguided: Arc<dyn Guidance<f64>> = Arc::new(Unguided(Arc::new(Wide)));
    let grid = vec![1.0, 0.5, 0.1, 0.0];
    let own: Arc<dyn Sampler<f64>> = Arc::new(equipoise::sampler::Euler::new(grid.clone()).unwrap());
    let drawn = posterior().method(unguided).sampler(own).draw(1).unwrap().into_inner();
    let direct = posterior().method(Arc::new(Unguided(Arc::new(Wide) as Arc<dyn Denoiser<f64>>)));
    assert_eq!(direct.sampler(Euler::times(grid)).draw(1).unwrap().into_inner(), drawn);
}

/// Of N(0, 4I) read at entries 0 and 2 with s = 0.1, whose posterior is known: mean κy, variance κs² there, and
/// N(0, 4) elsewhere, κ = 4/4.01. 256 members, within five standard errors; 64 steps leave less than one.
#[test]
fn both_element_types_draw_the_posterior() {
    fn check<R: Real>() {
        let drawn = Posterior::of(Wide, seen::<R>()).sampler(Exponential::steps(16)).draw(256).unwrap();
        assert_eq!((drawn.len(), drawn.diverged()), (256, 0));
        let kappa: f64 = 4.0 / 4.01;
        let expected =
            [(kappa, 0.1 * kappa.sqrt()), (0.0, 2.0), (-0.5 * kappa, 0.1 * kappa.sqrt()), (0.0, 2.0)];
        for ((mean, std), (m, s)) in drawn.mean().into_iter().zip(drawn.std()).zip(expected) {
            assert!((mean - m).abs() < 5.0 * s / 16.0, "{mean} {m}");
            assert!((std / s - 1.0).abs() < 5.0 / 512f64.sqrt(), "{std} {s}");
        }
        assert!((drawn.weights().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let (fields, misfit) = (drawn.fields().count() as f64, drawn.misfit());
        let count = |x: &[R]| {
            let square = |i: usize, y: f64| ((y - x[i].wide()) / 0.1).powi(2);
            square(0, 1.0) + square(2, -0.5)
        };
        let by_hand = (drawn.fields().map(count).sum::<f64>() / (2.0 * fields)).sqrt();
        assert!((misfit - by_hand).abs() < 1e-6 * by_hand, "{misfit} {by_hand}");
    }
    check::<f64>();
    check::<f32>();
}

#[test]
fn weights_reach_mean_and_spread() {
    use equipoise::sampler::{Outcome, Trace};
    use equipoise::solver::{Ensemble as Drawn, Inference, SolverError};

    struct Two;
    impl PosteriorSampler<f64> for Two {
        fn draw(&self, _: &[Member], _: Watch<'_>) -> Result<Drawn<f64>, SolverError> {
            let field = |x: f64| Outcome::Finished { x: vec![x; DIM], trace: Trace::default() };
            let drawn = Drawn::new(vec![field(1.0), field(5.0)]);
            Ok(drawn.weighted(vec![0.0, 3f64.ln()])?.with_evidence(-2.5))
        }
    }
    impl MethodOf<f64> for Two {
        fn bind(&self, _: &Inference<f64>) -> equipoise::Bound<f64> {
            Ok(Box::new(Two))
        }
    }
    let drawn = posterior().method(Two).draw(2).unwrap();
    let near = |found: f64, expected: f64| (found - expected).abs() < 1e-12;
    assert!(near(drawn.weights()[1], 0.75) && near(drawn.mean()[0], 4.0), "{drawn:?}");
    // (0.25·9 + 0.75·1)/(1 − 0.625).
    assert!(near(drawn.std()[0], 8f64.sqrt()), "{:?}", drawn.std());
    assert_eq!(drawn.evidence(), Some(-2.5));
}

fn refusal(posterior: Posterior<f64>) -> String {
    posterior.draw(1).unwrap_err().to_string()
}

#[test]
fn what_is_refused_says_what_would_do() {
    let short = Observed::new(vec![1.0], Mask::new(3, vec![0]).unwrap(), Noise::std(0.1)).unwrap();
    let found = [
        refusal(Posterior::of(Wide, short)),
        refusal(posterior().method(Mmps::iterations(0))),
        refusal(posterior().method(Exact)),
        refusal(posterior().method(Sda::law(Law::Dual))),
        refusal(posterior().method(Sda::law(Law::Dual).reference(0))),
        refusal(posterior().method(Sda::law(Law::Matched))),
        refusal(posterior().method(Dps::zeta(1.0).with("steps", 3.0))),
        refusal(posterior().sampler(Euler::log_snr(0))),
    ];
    let expected = [
        "problem: found a prior with fields of 4 numbers, and an observation with an operator on fields of 3",
        "method mmps, iterations: found 0, expected a whole number of at least 1",
        "method exact: found a denoiser, expected a Gaussian prior, or one on finitely many fields",
        "law dual: found an observation on no lattice, expected its reference number of observations, at least 1 \
         (`Sda::law(..).reference(..)`)",
        "law dual: found 0 observations, expected its reference number of observations, at least 1 \
         (`Sda::law(..).reference(..)`)",
        "law matched: found a prior without traces in closed form, expected a Gaussian one, or clean fields to \
         probe it at (`Sda::law(..).probed(..)`)",
        "method dps: found `steps`, expected one of its parameters: zeta",
        "time grid: steps is 0, expected at least 1",
    ];
    assert_eq!(found, expected);
}

/// v(t) of `matched` for N(0, 4I): s² + V with V = 4σ²/(4μ² + σ²), at every level, whatever the probes; that is the
/// exact guidance here.
#[test]
fn matched_is_exact_where_the_prior_is_white() {
    let fields: Vec<Vec<f64>> =
        (0..4).map(|k| Stream::new("field").number(k).normal::<f64>(0, DIM)).collect();
    let matched = posterior().method(Sda::law(Law::Matched).probed(fields)).draw(3).unwrap();
    let exact = posterior().method(Mmps::iterations(DIM)).draw(3).unwrap();
    for (a, b) in matched.fields().zip(exact.fields()) {
        assert!(sum::squared_distance(a, b).sqrt() < 1e-8 * sum::norm(b), "{a:?} {b:?}");
    }
    let published = posterior().method(Sda).draw(3).unwrap().into_inner();
    assert_eq!(posterior().method(Sda::law(Law::Sum).gamma(0.01)).draw(3).unwrap().into_inner(), published);
    assert_eq!(posterior().method(Sda::gamma(0.01)).draw(3).unwrap().into_inner(), published);
}

/// What is refused rather than run: a grid without a step, which would give the noise back as a draw, and clean fields
/// that are none.
#[test]
fn a_run_without_a_step_and_fields_that_are_none_are_refused() {
    for times in [vec![], vec![1.0]] {
        let refused = posterior().sampler(Euler::times(times)).draw(1).unwrap_err();
        assert_eq!(refused.to_string(), "time grid: steps is 0, expected at least 1");
    }
    let fields = vec![vec![1.0; DIM], vec![1.0, f64::NAN, 1.0, 1.0]];
    let refused = posterior().method(Sda::law(Law::Matched).probed(fields)).draw(1).unwrap_err();
    assert_eq!(refused.to_string(), "clean field, entry 1: found NaN, expected a finite number");
}

/// Without a reading every law is the prior's, whatever it is scaled by.
#[test]
fn no_reading_is_no_fault() {
    let none = || Observed::new(vec![], Mask::new(DIM, vec![]).unwrap(), Noise::std(0.1)).unwrap();
    for law in [Law::Sum, Law::Mean, Law::Adaptive] {
        let drawn = Posterior::of(Wide, none()).method(Sda::law(law)).draw(2).unwrap();
        let prior = Arc::new(Unguided::<f64>(Arc::new(Wide)));
        let expected = Posterior::of(Wide, none()).method(prior).draw(2).unwrap();
        assert!(drawn.fields().eq(expected.fields()), "{law}");
    }
}

/// A method that draws fields of one number, whatever the problem.
struct Short;

impl MethodOf<f64> for Short {
    fn bind(&self, _: &Inference<f64>) -> Bound<f64> {
        Ok(Box::new(Self))
    }
}

impl PosteriorSampler<f64> for Short {
    fn draw(&self, members: &[Member], _: Watch<'_>) -> Result<Drawn<f64>, SolverError> {
        let outcome = |_| Outcome::Finished { x: vec![0.0], trace: Trace::default() };
        Ok(Drawn::new(members.iter().map(outcome).collect()))
    }
}

#[test]
fn fields_of_another_length_are_an_error() {
    let refused = posterior().method(Short).draw(2).unwrap_err();
    assert_eq!(refused.to_string(), "member 0: found a field of 1 numbers, expected 4 as in the problem");
}
