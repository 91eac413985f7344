//! A run under way: the states of its members, their evaluations, and the account of both.

use crate::grid::noisy_level;
use crate::{Excursion, Kept, Noise, Outcome, SamplerError, Trace};
use equipoise_field::{Length, Real, each, sum};
use equipoise_guidance::{Evidence, Guidance, Scratch};
use equipoise_schedule::{Level, Schedule};
use std::fmt;

/// The noise that a state may hold at any time, in units of σ: beyond it something else is at work.
const NOISE_BOUND: f64 = 10.0;

/// What the steps of a sampler work on: the states of a batch of members, one after the other, at one time.
///
/// A member is evaluated with the others and otherwise knows nothing of them. One whose state is not finite
/// leaves the batch.
pub struct Run<'a, R: Real> {
    /// x of every member at the time reached, D numbers each.
    pub x: Vec<R>,
    /// ε_y of the last evaluation.
    pub eps: Vec<R>,
    /// A second field a member for the sampler's use, empty until then: noise, or an earlier ε_y.
    pub spare: Vec<R>,
    members: Vec<Member<'a, R>>,
    ended: Vec<(usize, Outcome<R>)>,
    dim: usize,
    evidence: Vec<Evidence>,
    scratch: Scratch<R>,
    guidance: &'a dyn Guidance<R>,
    schedule: &'a dyn Schedule,
    bound: f64,
}

/// A member under way.
struct Member<'a, R: Real> {
    /// Its place among those that began.
    index: usize,
    noise: &'a dyn Noise<R>,
    trace: Trace,
    /// Entries of its state that are not finite, if there are any.
    lost: Option<usize>,
}

impl<'a, R: Real> Run<'a, R> {
    pub(crate) fn new(
        guidance: &'a dyn Guidance<R>,
        schedule: &'a dyn Schedule,
        starts: Vec<R>,
        noises: &[&'a dyn Noise<R>],
        bound: f64,
    ) -> Result<Self, SamplerError> {
        let dim = guidance.denoiser().dim();
        if dim == 0 {
            return Err(Length { what: "a field", found: 0, expected: 1 }.into());
        }
        Length::check("start", starts.len(), dim * noises.len())?;
        let member = |(index, noise): (usize, &&'a dyn Noise<R>)| Member {
            index,
            noise: *noise,
            trace: Trace::default(),
            lost: None,
        };
        Ok(Self {
            eps: vec![R::zero(); starts.len()],
            x: starts,
            spare: Vec::new(),
            members: noises.iter().enumerate().map(member).collect(),
            ended: Vec::new(),
            dim,
            evidence: vec![Evidence::default(); noises.len()],
            scratch: Scratch::new(),
            guidance,
            schedule,
            bound,
        })
    }

    /// One member from a state of its own.
    pub(crate) fn alone(
        guidance: &'a dyn Guidance<R>,
        schedule: &'a dyn Schedule,
        from: Kept<R>,
        noise: &'a dyn Noise<R>,
        bound: f64,
    ) -> Result<Self, SamplerError> {
        let Kept { x, trace, .. } = from;
        let mut run = Self::new(guidance, schedule, x, &[noise], bound)?;
        run.members.iter_mut().for_each(|member| member.trace.clone_from(&trace));
        Ok(run)
    }

    /// The way of the first member that is still under way.
    pub(crate) fn trace(&self) -> Option<&Trace> {
        self.members.first().map(|member| &member.trace)
    }

    /// μ and σ at `t`.
    pub fn level(&self, t: f64) -> Level {
        self.schedule.level(t)
    }

    /// D.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Members that are still under way.
    pub fn members(&self) -> usize {
        self.members.len()
    }

    /// ε_y ← ε_y(x, t) of every member, the model run once; returns the level at `t`.
    ///
    /// # Errors
    /// [`SamplerError::Level`] unless μ(t) and σ(t) are positive; [`SamplerError::Guidance`].
    pub fn evaluate(&mut self, t: f64) -> Result<Level, SamplerError> {
        let level = noisy_level(self.schedule, t)?;
        if self.members.is_empty() {
            return Ok(level);
        }
        self.whole()?;
        let (evidence, scratch) = (&mut self.evidence, &mut self.scratch);
        self.guidance.noise_estimates(&self.x, level, &mut self.eps, evidence, scratch)?;
        for (member, evidence) in self.members.iter_mut().zip(&self.evidence) {
            member.trace.record(t, evidence);
        }
        Ok(level)
    }

    /// Whether a sampler has left every member a state.
    fn whole(&self) -> Result<(), SamplerError> {
        Ok(Length::check("state", self.x.len(), self.members.len() * self.dim)?)
    }

    /// Fills [`spare`](Self::spare) with draw `number` of every member's noise.
    pub fn draw(&mut self, number: u64) {
        self.spare.resize(self.members.len() * self.dim, R::zero());
        for (member, spare) in self.members.iter().zip(self.spare.chunks_exact_mut(self.dim)) {
            member.noise.fill(number, spare);
        }
    }

    /// The Euler step of the probability flow dx̃/dρ = ε_y, x̃ = x/μ, ρ = σ/μ, from `now` to `then`:
    ///
    /// > x ← (μ′/μ) x + (σ′ − (μ′/μ)σ) ε_y.
    ///
    /// # Panics
    /// If a sampler has left x and ε_y of different lengths.
    pub fn advance(&mut self, now: Level, then: Level) {
        let (keep, move_by) = (R::narrow(then.mu / now.mu), R::narrow(flow_distance(now, then)));
        each::update1(&mut self.x, &self.eps, |x, e| keep * x + move_by * e);
    }

    /// Records the size of every state and ends the members whose state, at time `t`, is not finite.
    pub(crate) fn inspect(&mut self, t: f64) -> Result<(), SamplerError> {
        self.whole()?;
        let (level, dim, bound) = (self.level(t), self.dim, self.bound);
        for (member, x) in self.members.iter_mut().zip(self.x.chunks_exact(dim)) {
            member.lost = member.trace.inspect(x, t, level, bound);
        }
        self.end_lost(t);
        Ok(())
    }

    /// Ends the members whose state, at time `t`, is not finite, in the middle of a step.
    pub(crate) fn leave_lost(&mut self, t: f64) {
        let (level, dim, bound) = (self.level(t), self.dim, self.bound);
        for (member, x) in self.members.iter_mut().zip(self.x.chunks_exact(dim)) {
            let non_finite = sum::max_abs(x).1;
            member.lost = if non_finite > 0 { member.trace.inspect(x, t, level, bound) } else { None };
        }
        self.end_lost(t);
    }

    fn end_lost(&mut self, t: f64) {
        for k in (0..self.members.len()).rev() {
            let Some(non_finite) = self.members[k].lost else { continue };
            let Member { index, trace, .. } = self.members.remove(k);
            let at = k * self.dim..(k + 1) * self.dim;
            let x = self.x.drain(at.clone()).collect();
            for kept in [&mut self.eps, &mut self.spare] {
                if kept.len() >= at.end {
                    kept.drain(at.clone());
                }
            }
            self.evidence.pop();
            self.ended.push((index, Outcome::Diverged { x, t, non_finite, trace }));
        }
    }

    /// How every member ended, in the order in which they began. The state of the first is the run's own, not a copy.
    pub(crate) fn finish(mut self) -> Vec<Outcome<R>> {
        // What only evaluations need is gone before states are copied.
        drop((self.eps, self.spare, self.scratch));
        for Member { index, trace, .. } in self.members.drain(1.min(self.members.len())..).rev() {
            let x = self.x.split_off(self.x.len().saturating_sub(self.dim));
            self.ended.push((index, Outcome::Finished { x, trace }));
        }
        for Member { index, trace, .. } in self.members {
            let mut x = std::mem::take(&mut self.x);
            x.shrink_to_fit();
            self.ended.push((index, Outcome::Finished { x, trace }));
        }
        self.ended.sort_by_key(|(index, _)| *index);
        self.ended.into_iter().map(|(_, outcome)| outcome).collect()
    }
}

impl<R: Real> fmt::Debug for Run<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { members, ended, dim, bound, .. } = self;
        f.debug_struct("Run")
            .field("members", &members.len())
            .field("ended", &ended.len())
            .field("dim", dim)
            .field("bound", bound)
            .finish_non_exhaustive()
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
