//! The posterior methods are exact where their assumptions hold.

use crate::problem::{NOISE, Problem, explicit, lattice, schedule, stationary};
use equipoise_covariance::Modes;
use equipoise_denoiser::Denoiser;
use equipoise_field::Shape;
use equipoise_guidance::{
    ConditionalCovariance, DiffPir, Exact, Guidance, Jfps, Mmps, PigdmScore, Scratch, Tmpd,
};
use equipoise_observation::ConjugateGradients;
use equipoise_schedule::{Level, Schedule};
use equipoise_stream::Stream;
use equipoise_tests::relative_error;
use ndarray::Array2;
use std::sync::Arc;

const SHAPE: Shape = Shape::new(1, 2, 6, 4);
const TIMES: [f64; 5] = [0.05, 0.3, 0.6, 0.9, 1.0];

fn estimate(guidance: &dyn Guidance<f64>, x_t: &[f64], level: Level) -> Vec<f64> {
    let mut eps = vec![f64::NAN; x_t.len()];
    let evidence = guidance.noise_estimate(x_t, level, &mut eps, &mut Scratch::new()).unwrap();
    assert_eq!((evidence.breakdown, evidence.floors), (None, 0));
    eps
}

fn mmps(covariance: ConditionalCovariance<f64>, problem: &Problem) -> Mmps<f64> {
    Mmps::new(covariance, problem.observation.clone(), ConjugateGradients::default())
}

#[test]
fn with_a_gaussian_prior_converged_mmps_and_jfps_are_exact() {
    for (stride, modes) in [(1, false), (2, false), (2, true)] {
        let prior = stationary(SHAPE);
        let problem = match modes {
            true => Problem::new(explicit(&*prior), lattice(SHAPE, stride)),
            false => Problem::new(prior, lattice(SHAPE, stride)),
        };
        let levels = TIMES.map(|t| schedule().level(t));
        let innovations = Exact::innovations(&problem.observed(), &levels).unwrap();
        let (wiener, observation) = (problem.wiener.clone(), problem.observation.clone());
        let jfps = Jfps::new(wiener.clone(), observation, problem.covariance.clone(), innovations).unwrap();
        let solved: [(&str, f64, Box<dyn Guidance<f64>>); 3] = [
            // A residual of 1e-10 through ‖σJAᵀS⁻¹‖ ≤ 1/(2s) = 5, since V ≤ (σ/μ)²; ‖r‖ < 20‖ε_y‖ here.
            ("mmps, V", 1e-8, Box::new(mmps(ConditionalCovariance::Exact(wiener.clone()), &problem))),
            ("mmps, J", 1e-8, Box::new(mmps(ConditionalCovariance::Jacobian(wiener), &problem))),
            // The same solve and the same gains: a few roundings of g, of the size of ε_y.
            ("jfps", 1e-14, Box::new(jfps)),
        ];
        let exact = problem.exact(&TIMES);
        let x_t: Vec<f64> = Stream::new("x_t").normal(0, SHAPE.len());
        for ((name, tolerance, method), level) in solved.iter().flat_map(|m| levels.map(|l| (m, l))) {
            let error = relative_error(&estimate(&**method, &x_t, level), &estimate(&exact, &x_t, level));
            assert!(error < *tolerance, "{name}, stride {stride}, {level:?}: {error:e}");
        }
    }
}

/// N(m, I), which ΠGDM assumes and whose A V Aᵀ is diagonal, as TMPD assumes.
fn white() -> Problem {
    let d = SHAPE.len();
    let identity = Array2::<f64>::eye(d).into_raw_vec_and_offset().0;
    Problem::new(Arc::new(Modes::new(d, identity, vec![1.0; d], None).unwrap()), lattice(SHAPE, 2))
}

#[test]
fn on_the_white_prior_pigdm_and_tmpd_are_exact() {
    let problem = white();
    let exact = problem.exact(&TIMES);
    let (wiener, observation) = (problem.wiener.clone(), problem.observation.clone());
    let tmpd = Tmpd::new(ConditionalCovariance::Exact(wiener.clone()), observation.clone());
    let pigdm = PigdmScore::new(wiener, observation);
    let x_t: Vec<f64> = Stream::new("x_t").normal(0, SHAPE.len());
    for level in TIMES.map(|t| schedule().level(t)) {
        let expected = estimate(&exact, &x_t, level);
        for (name, method) in [("pigdm_score", &pigdm as &dyn Guidance<f64>), ("tmpd", &tmpd)] {
            let error = relative_error(&estimate(method, &x_t, level), &expected);
            // A few hundred roundings; every matrix here is a multiple of a part of I.
            assert!(error < 1e-13, "{name}, {level:?}: {error:e}");
        }
    }
}

/// Where A selects entries, x̂_y − x̂ = Aᵀr/(1 + λ(μs/σ)²), whatever the prior.
#[test]
fn diffpir_moves_observed_entries_towards_their_values() {
    let problem = white();
    let (observation, lambda) = (&problem.observation, 3.0);
    let x_t: Vec<f64> = Stream::new("x_t").normal(0, SHAPE.len());
    let method = DiffPir::new(problem.wiener.clone(), observation.clone()).with_lambda(lambda);
    for level in TIMES.map(|t| schedule().level(t)) {
        let (mut expected, mut seen) = (vec![f64::NAN; x_t.len()], vec![f64::NAN; observation.count()]);
        problem.wiener.denoise(&x_t, level, &mut expected).unwrap();
        observation.predict(&expected, &mut seen);
        let pull = 1.0 / (1.0 + lambda * (level.mu * NOISE / level.sigma).powi(2));
        let toward: Vec<f64> = observation.values().iter().zip(seen).map(|(y, a)| pull * (y - a)).collect();
        let mut step = vec![f64::NAN; x_t.len()];
        observation.pull_back(&x_t, &toward, &mut step);
        expected.iter_mut().zip(&step).for_each(|(x, s)| *x += s);
        let expected: Vec<f64> =
            x_t.iter().zip(&expected).map(|(x, h)| (x - level.mu * h) / level.sigma).collect();
        let error = relative_error(&estimate(&method, &x_t, level), &expected);
        // A difference of numbers up to μ/σ = 20 times ε_y.
        assert!(error < 100.0 * 20.0 * f64::EPSILON, "{level:?}: {error:e}");
    }
}
