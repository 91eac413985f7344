//! A run under way: its state, its evaluations, and the account of both.

use crate::{Excursion, Noise, SamplerError, Trace};
use equipoise_field::{Real, each, sum};
use equipoise_guidance::{Guidance, Scratch};
use equipoise_schedule::{Level, Schedule};

/// The noise that a state may hold at any time, in units of σ: beyond it something else is at work.
const NOISE_BOUND: f64 = 10.0;

/// What the steps of a sampler work on. Fields have length D.
pub struct Run<'a, R: Real> {
    /// x at the time reached.
    pub x: Vec<R>,
    /// ε_y of the last evaluation.
    pub eps: Vec<R>,
    /// A second field for the sampler's use, empty until then: noise, or an earlier ε_y.
    pub spare: Vec<R>,
    pub(crate) trace: Trace,
    scratch: Scratch<R>,
    guidance: &'a dyn Guidance<R>,
    schedule: &'a dyn Schedule,
    noise: &'a dyn Noise<R>,
    bound: f64,
}

impl<'a, R: Real> Run<'a, R> {
    pub(crate) fn new(
        guidance: &'a dyn Guidance<R>,
        schedule: &'a dyn Schedule,
        start: Vec<R>,
        noise: &'a dyn Noise<R>,
        bound: f64,
    ) -> Result<Self, SamplerError> {
        let dim = guidance.denoiser().dim();
        if start.len() != dim {
            return Err(SamplerError::Start { found: start.len(), expected: dim });
        }
        Ok(Self {
            x: start,
            eps: vec![R::zero(); dim],
            spare: Vec::new(),
            trace: Trace::default(),
            scratch: Scratch::new(),
            guidance,
            schedule,
            noise,
            bound,
        })
    }

    /// μ and σ at `t`.
    pub fn level(&self, t: f64) -> Level {
        self.schedule.level(t)
    }

    /// ε_y ← ε_y(x, t); returns the level at `t`.
    ///
    /// # Errors
    /// [`SamplerError::Level`] unless μ(t) and σ(t) are positive; [`SamplerError::Guidance`].
    pub fn evaluate(&mut self, t: f64) -> Result<Level, SamplerError> {
        let level = self.level(t);
        let positive = |scale: f64| scale.is_finite() && scale > 0.0;
        if !(positive(level.mu) && positive(level.sigma)) {
            return Err(SamplerError::Level { t, mu: level.mu, sigma: level.sigma });
        }
        let evidence = self.guidance.noise_estimate(&self.x, level, &mut self.eps, &mut self.scratch)?;
        self.trace.record(t, &evidence);
        Ok(level)
    }

    /// Fills [`spare`](Self::spare) with draw `number` of the run's noise.
    pub fn draw(&mut self, number: u64) {
        self.spare.resize(self.x.len(), R::zero());
        self.noise.fill(number, &mut self.spare);
    }

    /// The Euler step of the probability flow dx̃/dρ = ε_y, x̃ = x/μ, ρ = σ/μ, from `now` to `then`:
    ///
    /// > x ← (μ′/μ) x + (σ′ − (μ′/μ)σ) ε_y.
    pub fn advance(&mut self, now: Level, then: Level) {
        let (keep, move_by) = (R::narrow(then.mu / now.mu), R::narrow(flow_distance(now, then)));
        each::update1(&mut self.x, &self.eps, |x, e| keep * x + move_by * e);
    }

    /// Records the size of the state; the number of entries that are not finite, if there are any.
    pub(crate) fn inspect(&mut self, t: f64) -> Option<usize> {
        self.trace.inspect(&self.x, t, self.level(t), self.bound)
    }
}

impl Trace {
    /// Records the size of the state x reached at time `t` and `level`, with an excursion where
    /// |x| > μ·bound + 10σ; the number of entries that are not finite, if there are any.
    pub fn inspect<R: Real>(&mut self, x: &[R], t: f64, level: Level, bound: f64) -> Option<usize> {
        self.inspect_size(sum::max_abs(x), t, level, bound)
    }

    /// As [`inspect`](Self::inspect), for a state of which only (max |x| over its finite entries, the
    /// number of those that are not finite) is at hand.
    pub fn inspect_size(
        &mut self,
        (max_abs, non_finite): (f64, usize),
        t: f64,
        level: Level,
        bound: f64,
    ) -> Option<usize> {
        let bound = level.mu * bound + NOISE_BOUND * level.sigma;
        self.peak = self.peak.max(max_abs);
        let max_abs = if non_finite > 0 { f64::INFINITY } else { max_abs };
        if max_abs > bound {
            self.excursion.get_or_insert(Excursion { t, max_abs, bound });
        }
        (non_finite > 0).then_some(non_finite)
    }
}

/// μ′(ρ′ − ρ) = σ′ − (μ′/μ)σ, negative on the way down.
pub(crate) fn flow_distance(now: Level, then: Level) -> f64 {
    then.sigma - then.mu / now.mu * now.sigma
}
