//! A method of one's own whose members interact.

use equipoise::guidance::Unguided;
use equipoise::prelude::*;
use equipoise::sampler::Outcome;
use equipoise::solver::{Ensemble, Guided, Inference, Member, PosteriorSampler, SolverError, Watch};
use equipoise::{Bound, observation::Observed};
use std::sync::Arc;

/// Importance sampling from the prior: every particle is drawn without y and weighed by p(y | x), and members are
/// drawn again by weight, systematically.
#[derive(Clone, Copy, Debug)]
pub struct Resampled;

impl<R: Real> MethodOf<R> for Resampled {
    fn bind(&self, on: &Inference<R>) -> Bound<R> {
        let unguided = Arc::new(Unguided(on.problem.denoiser()));
        Ok(Box::new(Particles { prior: on.guided(unguided), seen: Arc::clone(on.problem.observation()) }))
    }
}

struct Particles<R: Real> {
    prior: Guided<R>,
    seen: Arc<Observed<R>>,
}

impl<R: Real> PosteriorSampler<R> for Particles<R> {
    fn draw(&self, members: &[Member], watch: Watch<'_>) -> Result<Ensemble<R>, SolverError> {
        let drawn = self.prior.draw(members, watch)?.into_outcomes();
        let log_weight = |outcome: &Outcome<R>| match outcome {
            Outcome::Finished { x, .. } => self.seen.log_likelihood(x),
            _ => f64::NEG_INFINITY,
        };
        let logs: Vec<f64> = drawn.iter().map(log_weight).collect();
        let peak = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if peak == f64::NEG_INFINITY {
            return Err(SolverError::Empty);
        }
        let weights: Vec<f64> = logs.iter().map(|w| (w - peak).exp()).collect();
        let (total, count) = (weights.iter().sum::<f64>(), drawn.len() as f64);
        let (mut chosen, mut passed, mut k) = (Vec::with_capacity(drawn.len()), weights[0], 0);
        for m in 0..drawn.len() {
            while passed < (m as f64 + 0.5) / count * total && k + 1 < drawn.len() {
                k += 1;
                passed += weights[k];
            }
            chosen.push(drawn[k].clone());
        }
        // The likelihood's own constant, which `log_likelihood` leaves out.
        let constant = -0.5 * self.seen.noise().log_determinant(self.seen.count(), 0.0)
            - 0.5 * self.seen.count() as f64 * std::f64::consts::TAU.ln();
        Ok(Ensemble::new(chosen).with_evidence(peak + (total / count).ln() + constant))
    }
}
