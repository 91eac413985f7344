//! The exact posterior of a small dense problem, mode by mode, and what a run does to each mode.
//!
//! The exact guided estimate is the noise estimate of the posterior N(m_y, C) itself, so in x_t/μ
//! every eigenvector of C with variance p evolves alone. One predictor step from ρ = σ/μ to ρ′
//! multiplies its distance from m_y by 1 − qa, q = 1 − ρ′/ρ, a = ρ²/(p + ρ²), where the flow itself
//! multiplies it by √((p + ρ′²)/(p + ρ²)) = √(1 − 2qa + q²a).

use crate::matrix;
use crate::problem::{Problem, explicit, lattice, schedule, stationary};
use equipoise_covariance::{Modes, dense};
use equipoise_field::Shape;
use equipoise_posterior::ExactPosterior;
use equipoise_schedule::{Schedule, uniform_grid};

/// A dense problem, its posterior mean and the modes of its posterior covariance.
pub(crate) struct Truth {
    pub(crate) problem: Problem,
    /// m_y.
    pub(crate) mean: Vec<f64>,
    /// The modes of C.
    pub(crate) modes: Modes<f64>,
}

impl Truth {
    pub(crate) fn new() -> Self {
        let shape = Shape::new(1, 2, 4, 4);
        let problem = Problem::new(explicit(&*stationary(shape)), lattice(shape, 2));
        let y = problem.observation.values();
        let mean = ExactPosterior::new(problem.observed(), problem.mean.clone()).unwrap().mean(y).unwrap();
        // With a prior mean of zero, the estimate of Σe from its own data is ΣAᵀS⁻¹AΣe.
        let about_zero = ExactPosterior::new(problem.observed(), vec![0.0; mean.len()]).unwrap();
        let (prior, operator) = (&problem.covariance, problem.observation.linear("exact").unwrap());
        let weights = prior.weights(&|l| l);
        let covariance = matrix::of(mean.len(), mean.len(), |e, out| {
            prior.apply(&weights, e, out);
            let mut seen = vec![0.0; operator.len_out()];
            operator.apply(out, &mut seen);
            let explained = about_zero.mean(&seen).unwrap();
            out.iter_mut().zip(explained).for_each(|(o, x)| *o -= x);
        });
        let modes = dense(covariance.view()).unwrap();
        Self { problem, mean, modes }
    }
}

/// What a run of `steps` steps multiplies a deviation of posterior variance `p` by: the flow's factor
/// from t = 1 to t = 0 times the [`spread_ratio`].
pub(crate) fn euler_factor(p: f64, steps: usize) -> f64 {
    let (first, last) = (schedule().level(1.0), schedule().level(0.0));
    let flow = (p + last.ratio().powi(2)) / (p + first.ratio().powi(2));
    last.mu / first.mu * flow.sqrt() * spread_ratio(p, steps)
}

/// ∏(1 − qa)/√(1 − 2qa + q²a), the spread of a run's ensemble relative to the posterior's.
fn spread_ratio(p: f64, steps: usize) -> f64 {
    let ratios: Vec<f64> =
        uniform_grid(steps).unwrap().iter().map(|&t| schedule().level(t).ratio()).collect();
    let step = |r: &[f64]| {
        let (q, a) = (1.0 - r[1] / r[0], r[0] * r[0] / (p + r[0] * r[0]));
        (1.0 - q * a) / (1.0 - 2.0 * q * a + q * q * a).sqrt()
    };
    ratios.windows(2).map(step).product()
}
