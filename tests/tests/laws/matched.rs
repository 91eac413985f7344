//! The laws without a tuning parameter minimise what they are derived from.

use crate::matrix;
use crate::problem::{NOISE, Problem, explicit, lattice, noise, schedule, stationary};
use equipoise_covariance::Modes;
use equipoise_denoiser::Denoiser;
use equipoise_field::Shape;
use equipoise_guidance::{Guidance, Scratch, Strength};
use equipoise_innovation::Method;
use equipoise_scaling::Law;
use equipoise_schedule::{Level, Schedule};
use equipoise_stream::Stream;
use equipoise_tests::relative_error;
use ndarray::Array2;
use std::sync::Arc;

const SHAPE: Shape = Shape::new(1, 2, 6, 4);

/// κ = 1/v of a law without a tuning parameter.
fn precision(problem: &Problem, law: Law, level: Level) -> f64 {
    let ratios = Strength::trace_ratios(law, &problem.observed(), &[level], Stream::new("unused"));
    1.0 / Strength::traced(&noise(), ratios).variance_at(level).unwrap().at(0)
}

/// E‖K^{1/2}Aᵀ(M⁻¹ − κI)r‖² for r ~ N(0, M), M = s²I + A V Aᵀ, as a function of κ.
///
/// K = J² makes it the mean squared error of the guidance Jᵀ Aᵀ κ r.
struct Objective {
    /// B = A K Aᵀ.
    weight: Array2<f64>,
    /// L with M = L Lᵀ.
    root: Array2<f64>,
    /// M⁻¹L.
    solved: Array2<f64>,
}

impl Objective {
    fn new(problem: &Problem, law: Law, level: Level) -> Self {
        let (n, d) = (problem.observation.count(), problem.mean.len());
        let a = matrix::of(n, d, |x, y| problem.observation.predict(x, y));
        let x_t = &problem.mean;
        let j = matrix::of(d, d, |v, out| problem.wiener.vjp(x_t, level, v, out).unwrap());
        let v = matrix::of(d, d, |v, out| problem.wiener.covariance(x_t, level, v, out).unwrap());
        let k = match law {
            Law::Active => j.dot(&(Array2::eye(d) - level.mu * &j)),
            _ => j.dot(&j),
        };
        let root = matrix::cholesky(&(NOISE * NOISE * Array2::<f64>::eye(n) + a.dot(&v).dot(&a.t())));
        Self { weight: a.dot(&k).dot(&a.t()), solved: matrix::inverse_transpose(&root), root }
    }

    fn at(&self, kappa: f64) -> f64 {
        let error = &self.solved - kappa * &self.root;
        (&error * &self.weight.dot(&error)).sum()
    }
}

/// The parabola through three evaluations has its vertex at the law's κ.
#[test]
fn each_law_sits_at_the_vertex_of_its_objective() {
    for (stride, t) in [1, 2].into_iter().flat_map(|s| [0.05, 0.3, 0.6, 0.9].map(|t| (s, t))) {
        let (prior, level) = (stationary(SHAPE), schedule().level(t));
        let explicit = Problem::new(explicit(&*prior), lattice(SHAPE, stride));
        let blocks = Problem::new(prior, lattice(SHAPE, stride));
        for (problem, method) in [(&explicit, Method::Modes), (&blocks, Method::Lattice)] {
            assert_eq!(problem.observed().method(), method);
            for law in [Law::Matched, Law::Active] {
                let objective = Objective::new(problem, law, level);
                let kappa = precision(problem, law, level);
                let [below, here, above] = [0.5, 1.0, 1.5].map(|factor| objective.at(factor * kappa));
                let curvature = below - 2.0 * here + above;
                assert!(curvature > 0.0, "{law:?} at stride {stride}, t = {t}: curvature {curvature}");
                let offset = 0.25 * (below - above) / curvature;
                // ε times the condition number of M, which is below 1e4.
                assert!(
                    offset.abs() < 1e4 * f64::EPSILON,
                    "{law:?} at stride {stride}, t = {t}: vertex off by {offset:e}"
                );
            }
        }
    }
}

/// No law that is one number per level has a smaller expected error of the guidance.
#[test]
fn matched_errs_least() {
    let gamma = 0.01;
    let laws = [Law::Sum, Law::LikelihoodWeighting, Law::Dual, Law::Linear, Law::ClampedLinear];
    for (stride, t) in [1, 2].into_iter().flat_map(|s| [0.05, 0.3, 0.6, 0.9].map(|t| (s, t))) {
        let problem = Problem::new(stationary(SHAPE), lattice(SHAPE, stride));
        let level = schedule().level(t);
        let objective = Objective::new(&problem, Law::Matched, level);
        let least = objective.at(precision(&problem, Law::Matched, level));
        let n = problem.observation.count();
        let published = laws.map(|law| {
            let strength = Strength::of_law(law, &noise(), gamma, n, lattice(SHAPE, 4).count()).unwrap();
            (law, 1.0 / strength.variance_at(level).unwrap().at(0))
        });
        let active = (Law::Active, precision(&problem, Law::Active, level));
        for (law, kappa) in published.into_iter().chain([active]) {
            let error = objective.at(kappa);
            assert!(error >= least, "{law:?} at stride {stride}, t = {t}: {error:e} below {least:e}");
        }
    }
}

/// Where M is a multiple of I there is nothing to approximate.
#[test]
fn on_a_white_prior_the_scalar_laws_are_exact() {
    let d = SHAPE.len();
    let identity = Array2::<f64>::eye(d).into_raw_vec_and_offset().0;
    let prior = Arc::new(Modes::new(d, identity, vec![1.7; d], None).unwrap());
    let problem = Problem::new(prior, lattice(SHAPE, 2));
    let times = [0.05, 0.5, 1.0];
    let x_t: Vec<f64> = Stream::new("x_t").normal(0, d);
    let estimate = |guidance: &dyn Guidance<f64>, t| {
        let mut eps = vec![f64::NAN; d];
        guidance.noise_estimate(&x_t, schedule().level(t), &mut eps, &mut Scratch::new()).unwrap();
        eps
    };
    let exact = problem.exact(&times);
    for law in [Law::Matched, Law::Active] {
        let scalar = problem.traced(law, &times);
        for t in times {
            let error = relative_error(&estimate(&scalar, t), &estimate(&exact, t));
            // A few hundred roundings; every matrix here is a multiple of a part of I.
            assert!(error < 1e-13, "{law:?} at t = {t}: {error:e}");
        }
    }
}
