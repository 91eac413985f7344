//! A member of a loop under way: its state, and the steps that several methods take.

use super::Annealing;
use equipoise_field::{Real, each, sum};
use equipoise_observation::{Descent, Observed};
use equipoise_sampler::{Trace, fresh_share};
use equipoise_schedule::Level;
use equipoise_stream::Stream;

/// The level of a field without noise.
pub(super) const CLEAN: Level = Level { mu: 1.0, sigma: 0.0 };

/// The state of one member, with its buffers and what its method keeps of it.
pub(crate) struct Walk<'a, R: Real, S = ()> {
    /// x, of length D.
    pub(super) x: Vec<R>,
    /// x̂ of the last evaluation.
    pub(super) x_hat: Vec<R>,
    /// A field for the method's use, a gradient for most.
    pub(super) field: Vec<R>,
    /// The last draw z.
    pub(super) z: Vec<R>,
    /// N numbers, the residual for most.
    pub(super) residual: Vec<R>,
    /// A second set of N numbers.
    pub(super) observed: Vec<R>,
    pub(super) trace: Trace,
    pub(super) own: S,
    pub(super) observation: &'a Observed<R>,
    noise: Stream,
}

impl<'a, R: Real, S> Walk<'a, R, S> {
    pub(super) fn new(annealing: &'a Annealing<R>, start: Vec<R>, noise: Stream, own: S) -> Self {
        let observation = &*annealing.observation;
        let field = || vec![R::zero(); start.len()];
        let observed = || vec![R::zero(); observation.count()];
        Self {
            x_hat: field(),
            field: field(),
            z: field(),
            residual: observed(),
            observed: observed(),
            x: start,
            trace: Trace::default(),
            own,
            observation,
            noise,
        }
    }

    /// Draw `number` of the member's noise into `z`.
    pub(super) fn draw(&mut self, number: usize) {
        self.noise.fill_normal(number as u64, &mut self.z);
    }

    /// Draw `number` of the member's noise into `observed`.
    pub(super) fn draw_observed(&mut self, number: usize) {
        self.noise.fill_normal(number as u64, &mut self.observed);
    }

    /// z ← −A′ᵀ r/‖r‖ with r = y − A(x̂) at the last evaluation, zero where r is. Overwrites `residual`.
    pub(super) fn pull_back_misfit(&mut self) {
        self.observation.residual(&self.x_hat, &mut self.residual);
        let norm = sum::norm(&self.residual);
        let scale = R::narrow(if norm == 0.0 { 0.0 } else { -1.0 / norm });
        each::update(&mut self.residual, |r| scale * r);
        self.observation.pull_back(&self.x_hat, &self.residual, &mut self.z);
    }

    /// x ← the mean of the step of [`Ddim`](equipoise_sampler::Ddim) from `now` to `then`; returns its standard
    /// deviation.
    ///
    /// > x′ = μ′x̂ + σ′√(1−ητ)(x − μx̂)/σ + σ′√(ητ) z, τ = 1 − (μσ′/(μ′σ))² clipped to [0, 1],
    ///
    /// with η = 1 the ancestral step, which is q(x′ given x_t, x_0 = x̂), with η = 0 an Euler step of the flow.
    pub(super) fn ddim_mean(&mut self, now: Level, then: Level, eta: f64) -> f64 {
        let tau = fresh_share(eta, now, then);
        let keep = then.sigma * (1.0 - tau).sqrt() / now.sigma;
        let (of_x, of_x_hat) = (R::narrow(keep), R::narrow(then.mu - keep * now.mu));
        each::update1(&mut self.x, &self.x_hat, |x, h| of_x * x + of_x_hat * h);
        then.sigma * tau.sqrt()
    }

    /// x ← x + scale·z.
    pub(super) fn kick(&mut self, scale: f64) {
        let scale = R::narrow(scale);
        each::update1(&mut self.x, &self.z, |x, z| x + scale * z);
    }

    /// Adds an inner solve to the account.
    pub(super) fn account(&mut self, descent: Descent) {
        self.trace.iterations += descent.solved.iterations;
        let (so_far, found) = (self.trace.residual, descent.solved.residual);
        self.trace.residual = so_far.into_iter().chain(found).reduce(f64::max);
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::Batch;
    use super::super::tests::problem::{DIM, NOISE, VALUES, annealing, mask, nonlinear, observed, sda};
    use super::*;
    use equipoise_operator::Saturation;
    use std::sync::Arc;

    fn state() -> Vec<f64> {
        (0..DIM).map(|i| (1.3 * i as f64 + 0.2).sin()).collect()
    }

    fn batch(annealing: &Annealing<f64>, x: Vec<f64>) -> Batch<'_, f64> {
        Batch::of(annealing, vec![Walk::new(annealing, x, Stream::new("z"), ())])
    }

    /// Central differences of ‖y − A(x̂(x_t))‖.
    #[test]
    fn the_misfit_gradient_is_that_of_the_norm() {
        const H: f64 = 1e-5;
        for observation in [observed(mask(), NOISE), nonlinear(Arc::new(Saturation(mask())))] {
            let annealing = annealing(observation, sda(), 4);
            let norm = |x: Vec<f64>| {
                let mut batch = batch(&annealing, x);
                batch.denoise(0.5).unwrap();
                let walk = batch.only();
                annealing.observation.residual(&walk.x_hat, &mut walk.residual);
                sum::norm(&walk.residual)
            };
            let mut batch = batch(&annealing, state());
            batch.misfit_gradients(0.5).unwrap();
            let walk = batch.only();
            for i in 0..DIM {
                let moved = |h: f64| {
                    let mut x = state();
                    x[i] += h;
                    norm(x)
                };
                let slope = (moved(H) - moved(-H)) / (2.0 * H);
                // Third derivatives of order one times H², and ε/H of rounding.
                assert!((walk.field[i] - slope).abs() < 1e-9, "{i}: {} {slope}", walk.field[i]);
            }
            assert_eq!(walk.trace.guidance_norm.to_bits(), sum::norm(&walk.field).to_bits());
        }
    }

    /// x̂ = m at x_t = μm, and y = A m.
    #[test]
    fn without_residual_there_is_no_gradient() {
        let mut annealing = annealing(observed(mask(), NOISE), sda(), 4);
        let mean: Vec<f64> = VALUES.iter().flat_map(|v| [*v, 0.0]).collect();
        let prior = super::super::tests::problem::prior([1.0; DIM]);
        annealing.denoiser = Arc::new(equipoise_wiener::Wiener::new(mean.clone(), prior).unwrap());
        let operator = Arc::new(equipoise_operator::Mask::new(DIM, vec![0, 2, 4]).unwrap());
        annealing.observation = Arc::new(observed(operator, NOISE));
        let mu = annealing.schedule.mu(0.5);
        let mut batch = batch(&annealing, mean.iter().map(|m| mu * m).collect());
        batch.misfit_gradients(0.5).unwrap();
        assert_eq!(batch.only().field, [0.0; DIM]);
    }

    /// q(x′ given x_t, x_0) by precisions: x_t given x′ is N(a x′, v) with a = μ/μ′, v = σ² − a²σ′².
    #[test]
    fn the_ancestral_step_is_the_forward_process_reversed() {
        let annealing = annealing(observed(mask(), NOISE), sda(), 4);
        let mut batch = batch(&annealing, state());
        let (now, then) = (batch.denoise(0.6).unwrap(), batch.level(0.4));
        let walk = batch.only();
        let a = now.mu / then.mu;
        let v = now.sigma.powi(2) - (a * then.sigma).powi(2);
        let variance = 1.0 / (then.sigma.powi(-2) + a * a / v);
        let x_hat = walk.x_hat.clone();
        let deviation = walk.ddim_mean(now, then, 1.0);
        let bound = 64.0 * f64::EPSILON;
        assert!((deviation.powi(2) / variance - 1.0).abs() < bound);
        for i in 0..DIM {
            let mean = variance * (a * state()[i] / v + then.mu * x_hat[i] / then.sigma.powi(2));
            assert!((walk.x[i] - mean).abs() < bound * 4.0, "{i}");
        }
    }
}
