//! A sampler of one's own.

use equipoise::prelude::*;
use equipoise::sampler::{Run, Sampler, SamplerError};

/// Euler steps of the probability flow, x ← (μ′/μ) x + (σ′ − (μ′/μ)σ) ε_y, along given times.
#[derive(Clone, Debug)]
pub struct OwnEuler(pub Vec<f64>);

impl<R: Real> Sampler<R> for OwnEuler {
    fn grid(&self) -> &[f64] {
        &self.0
    }

    fn evaluated(&self) -> &[f64] {
        self.0.split_last().map_or(&[], |(_, before)| before)
    }

    fn step(&self, run: &mut Run<'_, R>, _: usize, t: f64, next: f64) -> Result<(), SamplerError> {
        let (now, then) = (run.evaluate(t)?, run.level(next));
        let keep = then.mu / now.mu;
        let (a, b) = (R::narrow(keep), R::narrow(then.sigma - keep * now.sigma));
        run.x.iter_mut().zip(&run.eps).for_each(|(x, e)| *x = a * *x + b * *e);
        Ok(())
    }
}
