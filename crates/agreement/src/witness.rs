//! A guidance that writes down what it was asked.

use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_guidance::{Evidence, Guidance, GuidanceError, Scratch, States};
use equipoise_schedule::Level;
use std::sync::{Mutex, PoisonError};

/// Another guidance, with the states and levels of its noise estimates in order.
pub(crate) struct Witness<'a, R: Real> {
    guidance: &'a dyn Guidance<R>,
    kept: usize,
    seen: Mutex<Seen<R>>,
}

/// What a guidance was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen<R> {
    /// The first states, one after the other, as many as were to be kept.
    pub(crate) states: Vec<R>,
    /// Every level.
    pub(crate) levels: Vec<Level>,
}

impl<'a, R: Real> Witness<'a, R> {
    /// Keeps the states of the first `kept` estimates.
    pub(crate) fn new(guidance: &'a dyn Guidance<R>, kept: usize) -> Self {
        let seen = Seen { states: Vec::new(), levels: Vec::new() };
        Self { guidance, kept, seen: Mutex::new(seen) }
    }

    pub(crate) fn into_seen(self) -> Seen<R> {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: Real> Guidance<R> for Witness<'_, R> {
    fn denoiser(&self) -> &dyn Denoiser<R> {
        self.guidance.denoiser()
    }

    fn gradients(
        &self,
        at: &mut States<'_, '_, R>,
        g: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<(), GuidanceError> {
        self.guidance.gradients(at, g, evidence, scratch)
    }

    fn noise_estimates(
        &self,
        x_t: &[R],
        level: Level,
        eps: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<(), GuidanceError> {
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.levels.len() < self.kept {
                seen.states.extend_from_slice(x_t);
            }
            seen.levels.push(level);
        }
        self.guidance.noise_estimates(x_t, level, eps, evidence, scratch)
    }
}
