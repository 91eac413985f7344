//! The denoiser of a long trajectory from that of a short window.

use crate::composed::{Composed, Kept};
use crate::flow::{Pass, Sink, Source, Windows};
use crate::plan::{Inward, Outward, Plan};
use crate::{Fold, Result};
use equipoise_denoiser::{Denoiser, DenoiserError, Jacobian, Linearised, Tape};
use equipoise_field::{Length, Real};
use equipoise_schedule::Level;
use rayon::prelude::*;
use std::sync::Arc;

/// Numbers of windows in flight, beyond which there are no more than one call of the windows' denoiser takes.
const AT_ONCE: usize = 1 << 20;

/// A denoiser of L frames from one of w: x̂ = F D(U x_t), J = F diag(J_1 … J_n) U.
///
/// Fields are frames first, the layout of a window within its own: frame τ of a trajectory is the numbers
/// τ·`frame` … (τ + 1)·`frame` − 1, whatever they are, and of a window likewise. The windows of all members of a
/// batch are one sequence that flows by: those in flight hold no more than 2²⁰ numbers (25 windows of SDA's network
/// of 5 frames of 2 × 64 × 64), or are one [`batch`](Denoiser::batch) of their denoiser where that is more. Memory
/// grows with them, not with L: a frame is done as soon as all windows that it is made of are.
///
/// Every window runs forward once for x̂, and gives one product for a product of the composite. What a denoiser keeps
/// for products with J, its tape, may be far larger than its states, and no denoiser says how large: a network's of
/// one batch is up to a gibibyte. It is therefore bounded in calls:
///
/// * A denoiser that takes several windows is linearised one batch at a time. The tape of the first batch is kept;
///   the other windows run forward once more in every product, from x_t. Two tapes are held at most.
/// * Windows of a denoiser that takes one at a time are shared among threads, and nothing is kept: every thread
///   holds the tape of a window while it is at it. How large that is cannot be bounded here: of a
///   [`Pullback`](equipoise_denoiser::Pullback) it is its owner's, of a network that takes one window it may be above
///   a gibibyte.
///
/// [`keeping`](Self::keeping) has more of them kept.
#[derive(Clone, Debug)]
pub struct Composition<R: Real> {
    window: Arc<dyn Denoiser<R>>,
    plan: Plan,
    at_once: usize,
    /// Numbers of windows, where somebody told.
    kept: Option<usize>,
}

impl<R: Real> Composition<R> {
    /// Over `frames` frames of `frame` numbers each, from the denoiser of a window, whose length tells w.
    ///
    /// # Errors
    /// [`CompositionError::Frame`](crate::CompositionError::Frame) unless the window is made of whole frames, at
    /// least one;
    /// [`CompositionError::Short`](crate::CompositionError::Short) for fewer frames than a window's;
    /// [`CompositionError::Stride`](crate::CompositionError::Stride) unless the
    /// stride is 1 to w, [`CompositionError::Misfit`](crate::CompositionError::Misfit) unless it divides L − w;
    /// [`CompositionError::Even`](crate::CompositionError::Even) for
    /// [`Fold::Centre`] of an even w.
    pub fn new(window: Arc<dyn Denoiser<R>>, frame: usize, frames: usize, fold: Fold) -> Result<Self> {
        let plan = Plan::of_window(window.dim(), frame, frames, fold)?;
        Ok(Self { window, plan, at_once: AT_ONCE, kept: None })
    }

    /// Keeps what products with J need of windows of so many numbers in all, in whole calls: fewer runs of their
    /// denoiser, for memory that grows with the tapes of these windows. A call of a denoiser that takes one at a time
    /// is of all windows in flight.
    #[must_use]
    pub fn keeping(mut self, numbers: usize) -> Self {
        self.kept = Some(numbers);
        self
    }

    /// The denoiser of a window.
    pub fn window_denoiser(&self) -> &Arc<dyn Denoiser<R>> {
        &self.window
    }

    /// Numbers of a frame.
    pub fn frame(&self) -> usize {
        self.plan.frame
    }

    /// L.
    pub fn frames(&self) -> usize {
        self.plan.frames
    }

    /// w, the frames of a window.
    pub fn window(&self) -> usize {
        self.plan.window
    }

    /// How many windows a trajectory has.
    pub fn windows(&self) -> usize {
        self.plan.windows()
    }

    /// How windows become a trajectory.
    pub fn fold(&self) -> Fold {
        self.plan.fold
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Windows in flight where nothing is kept of them.
    fn piece(&self) -> usize {
        let batch = self.window.batch().max(1);
        batch * (self.at_once / batch.saturating_mul(self.plan.numbers()).max(1)).max(1)
    }

    /// Windows in flight where products with J need what is kept of them: one call.
    fn call(&self) -> usize {
        let batch = self.window.batch();
        if batch > 1 { batch } else { self.piece() }
    }

    /// Of how many of the first windows what products with J need is kept: of whole calls, or of all.
    fn kept(&self, windows: usize) -> usize {
        let call = self.call();
        match self.kept.map(|numbers| numbers / self.plan.numbers()) {
            Some(most) if most < windows => most / call * call,
            Some(_) => windows,
            // A single window is what it is without a composite.
            None if self.window.batch() > 1 || self.windows() == 1 => windows.min(call),
            None => 0,
        }
    }

    /// With another number of numbers in flight.
    #[cfg(test)]
    pub(crate) fn with_at_once(mut self, at_once: usize) -> Self {
        self.at_once = at_once;
        self
    }

    /// A pass over the windows of `members` in the calls that products with J are made in.
    pub(crate) fn pass(&self, members: usize, into: Inward, from: Outward) -> Pass<'_> {
        Pass { plan: &self.plan, members, at_once: self.call(), into, from }
    }

    /// x̂ of windows that are not kept. One at a time, they are shared among threads.
    fn each_estimate(
        &self,
        level: Level,
        windows: Windows<'_, R>,
        x_hat: &mut [R],
        tape: &mut Tape,
    ) -> Result<(), DenoiserError> {
        if self.window.batch() > 1 || windows.at.len() == 1 {
            return self.window.estimates(windows.filled(), level, x_hat, tape);
        }
        let x_hat = x_hat.par_chunks_exact_mut(self.plan.numbers());
        windows
            .unfolded()
            .zip(x_hat)
            .try_for_each_init(Tape::new, |tape, (x_t, x_hat)| self.window.estimates(x_t, level, x_hat, tape))
    }

    /// J at the states of a batch, without x̂ and with nothing kept.
    fn alone<'a>(
        &'a self,
        x_t: &'a [R],
        level: Level,
        tape: &'a mut Tape,
    ) -> Result<Composed<'a, R>, DenoiserError> {
        Length::check("x_t", x_t.len(), self.plan.dim())?;
        let Kept { room, again, .. } = tape.room();
        Ok(Composed { composition: self, x_t, level, locals: Vec::new(), room, again })
    }
}

impl<R: Real> Denoiser<R> for Composition<R> {
    fn dim(&self) -> usize {
        self.plan.dim()
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError> {
        self.plan.denoise(self, x_t, level, x_hat)
    }

    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.alone(x_t, level, &mut Tape::new())?.vjp(v, out)
    }

    fn jvp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.alone(x_t, level, &mut Tape::new())?.jvp(v, out)
    }

    /// V⁺ = Σ_i U_iᵀ D_i V_i D_i U_i, V_i = (σ²/μ)J_iᵀ of window i and D_i = n^{−½}, n windows hold a frame:
    /// symmetric and nowhere negative where those of the windows are, whatever the fold. Where windows are
    /// independent of each other, or there is but one, it is Cov[x | x_t] itself where theirs are; in general it is
    /// not, and a composite is no [`ExactCovariance`](equipoise_denoiser::ExactCovariance).
    fn covariance(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.alone(x_t, level, &mut Tape::new())?.covariance(v, out)
    }

    /// Of a single window that window's, else [`Jacobian::General`].
    fn jacobian(&self) -> Jacobian {
        if self.windows() == 1 { self.window.jacobian() } else { Jacobian::General }
    }

    /// As many members as have the windows that the windows' denoiser takes best; of one that takes several at
    /// least two, so that such batches are drawn one after the other and what they keep is held once.
    fn batch(&self) -> usize {
        let inner = self.window.batch();
        (inner / self.windows()).max(inner.min(2))
    }

    fn linearise<'a>(
        &'a self,
        x_t: &'a [R],
        level: Level,
        x_hat: &mut [R],
        tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<R> + 'a>, DenoiserError> {
        let members = self.plan.members(x_t, x_hat)?;
        let (call, numbers) = (self.call(), self.plan.numbers());
        let kept = self.kept(members * self.windows());
        let Kept { states, tapes, room, again } = tape.room();
        self.plan.unfold(x_t, 0..kept, states);
        tapes.resize_with(kept.div_ceil(call), Tape::new);
        let states: &'a [R] = states;
        let mut calls = states.chunks(call * numbers).zip(tapes.iter_mut());
        let mut locals = Vec::with_capacity(kept.div_ceil(call));
        let pass = self.pass(members, Inward::Unfolded, Outward::Mean);
        pass.run(room, Source::Whole(x_t), Sink::Whole(x_hat), |windows, x_hat| match calls.next() {
            Some((states, tape)) => {
                locals.push(self.window.linearise(states, level, x_hat, tape)?);
                Ok(())
            }
            None => self.each_estimate(level, windows, x_hat, &mut again.tape),
        })?;
        Ok(Box::new(Composed { composition: self, x_t, level, locals, room, again }))
    }

    fn estimates(
        &self,
        x_t: &[R],
        level: Level,
        x_hat: &mut [R],
        tape: &mut Tape,
    ) -> Result<(), DenoiserError> {
        let members = self.plan.members(x_t, x_hat)?;
        let Kept { room, again, .. } = tape.room::<Kept<R>>();
        let pass = self.pass(members, Inward::Unfolded, Outward::Mean);
        let pass = Pass { at_once: self.piece(), ..pass };
        pass.run(room, Source::Whole(x_t), Sink::Whole(x_hat), |windows, x_hat| {
            self.each_estimate(level, windows, x_hat, &mut again.tape)
        })
    }
}
