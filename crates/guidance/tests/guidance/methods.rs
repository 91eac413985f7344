//! The posterior methods where A Aᵀ is not diagonal, and where their assumptions fail.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_covariance::Modes;
use equipoise_denoiser::{Denoiser, DenoiserError};
use equipoise_field::sum;
use equipoise_guidance::{
    ConditionalCovariance, DiffPir, Evidence, Guidance, Mmps, PigdmScore, Scratch, Tmpd,
};
use equipoise_observation::Observed;
use equipoise_observation::{Breakdown, ConjugateGradients, NoiseVariance};
use equipoise_operator::{Dense, LinearOperator, Mask};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

const DIM: usize = 12;
const LEVELS: [Level; 3] =
    [Level { mu: 0.02, sigma: 1.0 }, Level { mu: 0.7, sigma: 0.7 }, Level { mu: 0.999, sigma: 0.05 }];

/// Five mixtures of a field, its even entries, or five of these twice over, each with its own noise.
fn observations() -> Vec<Arc<Observed<f64>>> {
    let mixture = Stream::new("A").normal(0, 5 * DIM);
    let even: Vec<f64> = (0..10 * DIM).map(|i| f64::from(u8::from(i % DIM == 2 * (i / DIM % 5)))).collect();
    let operators: [Arc<dyn LinearOperator<f64>>; 3] = [
        Arc::new(Dense::new(5, DIM, mixture).unwrap()),
        Arc::new(Mask::new(DIM, (0..DIM).step_by(2).collect()).unwrap()),
        Arc::new(Dense::new(10, DIM, even).unwrap()),
    ];
    let observe = |operator: Arc<dyn LinearOperator<f64>>| {
        let count = operator.len_out();
        let noise = NoiseVariance::PerObservation((1..=count).map(|i| 0.1 * i as f64).collect());
        Arc::new(Observed::shared(Stream::new("y").normal(0, count), operator, noise).unwrap())
    };
    operators.map(observe).into()
}

/// x ~ N(0, I).
fn white() -> Arc<Wiener<f64>> {
    let identity = (0..DIM * DIM).map(|i| f64::from(u8::from(i % (DIM + 1) == 0))).collect();
    let prior = Modes::new(DIM, identity, vec![1.0; DIM], None).unwrap();
    Arc::new(Wiener::new(vec![0.0; DIM], Arc::new(prior)).unwrap())
}

/// x̂ and g.
fn gradient(method: &dyn Guidance<f64>, x_t: &[f64], level: Level) -> (Vec<f64>, Vec<f64>, Evidence) {
    let (mut x_hat, mut g) = (vec![f64::NAN; x_t.len()], vec![f64::NAN; x_t.len()]);
    method.denoiser().denoise(x_t, level, &mut x_hat).unwrap();
    let evidence = method.gradient(x_t, level, &mut g, &mut Scratch::new()).unwrap();
    assert!(evidence.guidance_norm.to_bits() == sum::norm(&g).to_bits());
    (x_hat, g, evidence)
}

/// With x ~ N(0, I), ΠGDM's C is V; both solve to 1e-10, which S⁻¹ magnifies by its condition < 1e3.
#[test]
fn pigdm_is_mmps_of_the_white_prior() {
    let x_t: Vec<f64> = Stream::new("x").normal(0, DIM);
    for observation in observations() {
        let pigdm = PigdmScore::new(white(), observation.clone());
        let covariance = ConditionalCovariance::Exact(white());
        let mmps = Mmps::new(covariance, observation, ConjugateGradients::default());
        for level in LEVELS {
            let ((_, a, _), (_, b, _)) = (gradient(&pigdm, &x_t, level), gradient(&mmps, &x_t, level));
            let error = sum::squared_distance(&a, &b).sqrt() / sum::norm(&b);
            assert!(error < 1e-7, "{level:?}: {error:e}");
        }
    }
}

/// (AᵀWA + λ(μ/σ)²I)(x̂_y − x̂) = AᵀWr with W = diag(s⁻²), to the solver's 1e-10 through the same
/// condition.
#[test]
fn diffpir_solves_the_proximal_problem() {
    let x_t: Vec<f64> = Stream::new("x").normal(0, DIM);
    for observation in observations() {
        let method = DiffPir::new(white(), observation.clone());
        let weighted = |field: &[f64], y: Option<&[f64]>| {
            let (mut seen, mut out) = (vec![0.0; observation.count()], vec![0.0; DIM]);
            observation.predict(field, &mut seen);
            for (i, a) in seen.iter_mut().enumerate() {
                *a = y.map_or(*a, |y| y[i] - *a) / observation.noise().at(i);
            }
            observation.pull_back(field, &seen, &mut out);
            out
        };
        for level in LEVELS {
            let (x_hat, g, _) = gradient(&method, &x_t, level);
            let step: Vec<f64> = g.iter().map(|g| level.sigma.powi(2) / level.mu * g).collect();
            let right = weighted(&x_hat, Some(observation.values()));
            let stiffness = 10.0 / level.ratio().powi(2);
            let left: Vec<f64> =
                weighted(&step, None).iter().zip(&step).map(|(a, s)| a + stiffness * s).collect();
            let error = sum::squared_distance(&left, &right).sqrt() / sum::norm(&right);
            assert!(error < 1e-7, "{level:?}: {error:e}");
        }
    }
}

/// x̂ = J x_t for two numbers.
struct Linear([[f64; 2]; 2]);

impl Denoiser<f64> for Linear {
    fn dim(&self) -> usize {
        2
    }
    fn denoise(&self, x: &[f64], _: Level, out: &mut [f64]) -> Result<(), DenoiserError> {
        out.iter_mut().zip(self.0).for_each(|(o, row)| *o = row[0] * x[0] + row[1] * x[1]);
        Ok(())
    }
    fn vjp(&self, _: &[f64], _: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        (0..2).for_each(|j| out[j] = self.0[0][j] * v[0] + self.0[1][j] * v[1]);
        Ok(())
    }
}

/// Both numbers observed, y = (1, 1), s² = 1/2, at a level where C = Jᵀ.
const UNIT: Level = Level { mu: 1.0, sigma: 1.0 };

fn both() -> Arc<Observed<f64>> {
    let operator = Arc::new(Mask::new(2, vec![0, 1]).unwrap());
    Arc::new(Observed::shared(vec![1.0; 2], operator, NoiseVariance::Uniform(0.5)).unwrap())
}

fn jacobian(matrix: [[f64; 2]; 2]) -> ConditionalCovariance<f64> {
    ConditionalCovariance::Jacobian(Arc::new(Linear(matrix)))
}

/// Row sums 2.5 and −0.5 make variances 3 and 0.5: g = J(1/3, 2).
#[test]
fn tmpd_counts_the_row_sums_that_it_floors() {
    let tmpd = Tmpd::new(jacobian([[4.0, -1.5], [-1.5, 1.0]]), both());
    let (_, g, evidence) = gradient(&tmpd, &[0.0; 2], UNIT);
    assert_eq!(evidence.floors, 1);
    for (found, expected) in g.iter().zip([4.0 / 3.0 - 3.0, -0.5 + 2.0]) {
        assert!((found - expected).abs() < 8.0 * f64::EPSILON, "{found} {expected}");
    }
}

/// Without noise a floored row sum leaves nothing to divide by: refused, with the observation.
#[test]
fn tmpd_without_noise_refuses_what_it_floors() {
    let operator = Arc::new(Mask::new(2, vec![0, 1]).unwrap());
    let observation =
        Arc::new(Observed::shared(vec![1.0; 2], operator, NoiseVariance::Uniform(0.0)).unwrap());
    let evaluate = |matrix| {
        let tmpd = Tmpd::new(jacobian(matrix), observation.clone());
        tmpd.gradient(&[0.0; 2], UNIT, &mut [0.0; 2], &mut Scratch::new())
    };
    assert!(evaluate([[4.0, 1.5], [1.5, 1.0]]).unwrap().guidance_norm.is_finite());
    for matrix in [[[4.0, -1.5], [-1.5, 1.0]], [[4.0, -1.0], [-1.0, 1.0]]] {
        let error = evaluate(matrix).unwrap_err().to_string();
        assert!(error.starts_with("tmpd at μ = 1, σ = 1: found no variance in observation 1,"), "{error}");
    }
}

/// S = diag(3/2, −5/2) has dᵀSd = −1 along r = (1, 1); S = diag(5/2, −1/2) has 2 there, and the step
/// to z = r leaves a rest of (−3/2, 3/2) and a second direction (3/4, 15/4).
#[test]
fn a_non_positive_curvature_ends_mmps_with_evidence() {
    let evaluate = |matrix| {
        let mmps = Mmps::new(jacobian(matrix), both(), ConjugateGradients::default());
        let (_, g, evidence) = gradient(&mmps, &[0.0; 2], UNIT);
        (g, evidence.iterations, evidence.breakdown.unwrap())
    };
    let (g, iterations, breakdown) = evaluate([[1.0, 0.0], [0.0, -3.0]]);
    assert_eq!(
        (g, iterations, breakdown),
        (vec![0.0; 2], 0, Breakdown { iteration: 0, curvature: -1.0, growth: None })
    );
    let (g, iterations, breakdown) = evaluate([[2.0, 0.0], [0.0, -1.0]]);
    let curvature = 2.5 * 0.75 * 0.75 - 0.5 * 3.75 * 3.75;
    assert_eq!(
        (g, iterations, breakdown),
        (vec![2.0, -1.0], 1, Breakdown { iteration: 1, curvature, growth: None })
    );
}

/// S = diag(3/2, 1/1000), nowhere negative, and with s² = 1/2 that of no covariance: u = (2/3, 1000) where one
/// leaves ‖u‖ ≤ 2‖r‖. The iterate before is kept, α r with α = 2/1.501.
#[test]
fn a_solve_past_the_bound_of_a_covariance_ends_mmps_with_evidence() {
    let entry = -0.499;
    let mmps = Mmps::new(jacobian([[1.0, 0.0], [0.0, entry]]), both(), ConjugateGradients::default());
    let (_, g, evidence) = gradient(&mmps, &[0.0; 2], UNIT);
    let found = evidence.breakdown.unwrap();
    let alpha = 2.0 / 1.501;
    for (found, expected) in g.iter().zip([alpha, entry * alpha]) {
        assert!((found - expected).abs() < 8.0 * f64::EPSILON, "{found} {expected}");
    }
    assert!(found.iteration == 1 && found.curvature > 0.0, "{found:?}");
    // ‖(2/3, 1000)‖ over 2√2, up to the condition of S times a few roundings.
    let expected = (4.0f64 / 9.0 + 1e6).sqrt() / 8f64.sqrt();
    assert!((found.growth.unwrap() / expected - 1.0).abs() < 1e-9, "{found:?}");
    let exact = Mmps::new(
        ConditionalCovariance::Exact(white()),
        observations()[0].clone(),
        ConjugateGradients::default(),
    );
    assert_eq!(gradient(&exact, &[0.3; DIM], UNIT).2.breakdown, None);
}

/// Of a J that is not symmetric the residual is still that of the iterate: r − (½I + Jᵀ)z.
#[test]
fn the_residual_of_a_system_that_is_not_symmetric_is_told() {
    let matrix = [[1.0, 0.9], [-0.2, 0.8]];
    for iterations in [1, 2, 3] {
        let solver = ConjugateGradients { iterations, tolerance: 1e-10 };
        let (_, g, evidence) = gradient(&Mmps::new(jacobian(matrix), both(), solver), &[0.0; 2], UNIT);
        // g = Jᵀz, so that z = J⁻ᵀg.
        let determinant = matrix[0][0] * matrix[1][1] - matrix[0][1] * matrix[1][0];
        let z = [
            (matrix[1][1] * g[0] - matrix[1][0] * g[1]) / determinant,
            (matrix[0][0] * g[1] - matrix[0][1] * g[0]) / determinant,
        ];
        let rest = [0, 1].map(|i: usize| 1.0 - 0.5 * z[i] - g[i]);
        let found = evidence.residual.unwrap();
        let expected = (rest[0] * rest[0] + rest[1] * rest[1]).sqrt() / 2f64.sqrt();
        assert!((found - expected).abs() < 1e-13, "{iterations}: {found} {expected}");
        // Two iterations solve a symmetric system of two numbers.
        assert!(expected > 1e-4, "{iterations}: {expected}");
    }
}

/// An observed entry of x̂ that is not a number makes g none, for the sampler to see.
#[test]
fn nan_in_is_nan_out() {
    let x_t: Vec<f64> = (0..DIM).map(|i| if i == 4 { f64::NAN } else { 1.0 }).collect();
    for observation in observations() {
        let covariance = || ConditionalCovariance::Exact(white());
        let methods: [Box<dyn Guidance<f64>>; 4] = [
            Box::new(Mmps::new(covariance(), observation.clone(), ConjugateGradients::default())),
            Box::new(Tmpd::new(covariance(), observation.clone())),
            Box::new(PigdmScore::new(white(), observation.clone())),
            Box::new(DiffPir::new(white(), observation.clone())),
        ];
        for (method, level) in methods.iter().flat_map(|m| LEVELS.map(|l| (m, l))) {
            let mut g = vec![0.0; DIM];
            method.gradient(&x_t, level, &mut g, &mut Scratch::new()).unwrap();
            assert!(g[4].is_nan(), "{g:?}");
        }
    }
}
