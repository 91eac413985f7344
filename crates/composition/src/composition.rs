//! The denoiser of a long trajectory from that of a short window.

use crate::plan::Plan;
use crate::{CompositionError, Fold};
use equipoise_denoiser::{Denoiser, DenoiserError, Jacobian, Linearised, Tape};
use equipoise_field::Real;
use equipoise_schedule::Level;
use std::fmt;
use std::sync::Arc;

/// Numbers of windows in one call of the windows' denoiser, beyond which its room is bounded by further calls.
const AT_ONCE: usize = 1 << 22;

/// A denoiser of L frames from one of w: x̂ = F D(U x_t), J = F diag(J_1 … J_n) U.
///
/// Fields are frames first, the layout of a window within its own: frame τ of a trajectory is the numbers
/// τ·`frame` … (τ + 1)·`frame` − 1, whatever they are, and of a window likewise. The windows of all members of a
/// batch are one batch of the windows' denoiser, as long as they hold no more than 2²² numbers (102 windows of
/// SDA's network of 5 frames of 2 × 64 × 64); more are cut into calls of as many whole multiples of its
/// [`batch`](Denoiser::batch) as hold no more, at least one. That bounds the room for its forward pass; what
/// products with J need is kept of all windows.
///
/// One forward pass, and one product of each window, for a product of the composite. n windows hold n·w/L copies
/// of x_t, x̂ and a vector each.
#[derive(Clone)]
pub struct Composition<R: Real> {
    window: Arc<dyn Denoiser<R>>,
    plan: Plan,
    at_once: usize,
}

impl<R: Real> Composition<R> {
    /// Over `frames` frames of `frame` numbers each, from the denoiser of a window, whose length tells w.
    ///
    /// # Errors
    /// [`CompositionError::Frame`] unless the window is made of whole frames, at least one;
    /// [`CompositionError::Short`] for fewer frames than a window's; [`CompositionError::Stride`] unless the
    /// stride is 1 to w, [`CompositionError::Misfit`] unless it divides L − w; [`CompositionError::Even`] for
    /// [`Fold::Centre`] of an even w.
    pub fn new(
        window: Arc<dyn Denoiser<R>>,
        frame: usize,
        frames: usize,
        fold: Fold,
    ) -> Result<Self, CompositionError> {
        let dim = window.dim();
        match dim.checked_div(frame) {
            Some(count) if count > 0 && count * frame == dim => {
                Ok(Self { window, plan: Plan::new(frame, frames, count, fold)?, at_once: AT_ONCE })
            }
            _ => Err(CompositionError::Frame { dim, frame }),
        }
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

    /// Numbers of the windows in one call of their denoiser.
    fn piece(&self) -> usize {
        let portion = self.window.batch().max(1).saturating_mul(self.window.dim());
        portion.saturating_mul((self.at_once / portion).max(1))
    }

    /// With another number of numbers in one call.
    #[cfg(test)]
    pub(crate) fn with_at_once(mut self, at_once: usize) -> Self {
        self.at_once = at_once;
        self
    }

    /// Checks buffers of whole trajectories, as many in all.
    fn check(&self, x_t: &[R], x_hat: &[R]) -> Result<(), DenoiserError> {
        let (dim, found, expected) = (self.plan.dim(), x_hat.len(), x_t.len());
        if !expected.is_multiple_of(dim) {
            return Err(DenoiserError::Length { what: "x_t", found: expected, expected: dim });
        }
        if found == expected { Ok(()) } else { Err(DenoiserError::Length { what: "x_hat", found, expected }) }
    }

    /// Checks a state of one member.
    fn alone(&self, x_t: &[R]) -> Result<(), DenoiserError> {
        let (found, expected) = (x_t.len(), self.plan.dim());
        if found == expected { Ok(()) } else { Err(DenoiserError::Length { what: "x_t", found, expected }) }
    }
}

impl<R: Real> fmt::Debug for Composition<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { frame, frames, window, fold, .. } = self.plan;
        f.debug_struct("Composition")
            .field("frame", &frame)
            .field("frames", &frames)
            .field("window", &window)
            .field("fold", &fold)
            .finish_non_exhaustive()
    }
}

/// What a composite keeps in a tape.
struct Room<R> {
    /// x_t of all windows.
    states: Vec<R>,
    /// Two vectors of all windows.
    vectors: [Vec<R>; 2],
    /// One tape for each call of the windows' denoiser.
    tapes: Vec<Tape>,
}

impl<R> Default for Room<R> {
    fn default() -> Self {
        Self { states: Vec::new(), vectors: [Vec::new(), Vec::new()], tapes: Vec::new() }
    }
}

impl<R: Real> Denoiser<R> for Composition<R> {
    fn dim(&self) -> usize {
        self.plan.dim()
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError> {
        self.alone(x_t)?;
        self.estimates(x_t, level, x_hat, &mut Tape::new())
    }

    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.alone(x_t)?;
        self.linearise(x_t, level, &mut vec![R::zero(); x_t.len()], &mut Tape::new())?.vjp(v, out)
    }

    fn jvp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.alone(x_t)?;
        self.linearise(x_t, level, &mut vec![R::zero(); x_t.len()], &mut Tape::new())?.jvp(v, out)
    }

    /// Of a single window that window's, else [`Jacobian::General`].
    fn jacobian(&self) -> Jacobian {
        if self.windows() == 1 { self.window.jacobian() } else { Jacobian::General }
    }

    /// As many members as have the windows that the windows' denoiser takes best; of one that takes several at
    /// least two, so that such batches are drawn one after the other: every member keeps what products with J need
    /// of all its windows.
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
        self.check(x_t, x_hat)?;
        let (plan, piece) = (&self.plan, self.piece());
        let Room { states, vectors, tapes } = tape.room::<Room<R>>();
        plan.unfold(x_t, states);
        let states: &'a [R] = states;
        vectors[0].resize(states.len(), R::zero());
        tapes.resize_with(states.len().div_ceil(piece), Tape::new);
        let calls = states.chunks(piece).zip(vectors[0].chunks_mut(piece)).zip(tapes);
        let make = |((x_t, x_hat), tape): ((&'a [R], &mut [R]), &'a mut Tape)| {
            self.window.linearise(x_t, level, x_hat, tape)
        };
        let locals = calls.map(make).collect::<Result<Vec<_>, _>>()?;
        plan.fold(&vectors[0], x_hat);
        Ok(Box::new(Composed { plan, piece, locals, vectors, len: x_t.len() }))
    }

    fn estimates(
        &self,
        x_t: &[R],
        level: Level,
        x_hat: &mut [R],
        tape: &mut Tape,
    ) -> Result<(), DenoiserError> {
        self.check(x_t, x_hat)?;
        let piece = self.piece();
        let Room { states, vectors, tapes } = tape.room::<Room<R>>();
        self.plan.unfold(x_t, states);
        vectors[0].resize(states.len(), R::zero());
        // One after the other, in one and the same room.
        tapes.resize_with(1, Tape::new);
        for (x_t, x_hat) in states.chunks(piece).zip(vectors[0].chunks_mut(piece)) {
            self.window.estimates(x_t, level, x_hat, &mut tapes[0])?;
        }
        self.plan.fold(&vectors[0], x_hat);
        Ok(())
    }
}

/// J of the composite at the states of a batch.
struct Composed<'a, R: Real> {
    plan: &'a Plan,
    piece: usize,
    locals: Vec<Box<dyn Linearised<R> + 'a>>,
    vectors: &'a mut [Vec<R>; 2],
    /// n·D.
    len: usize,
}

impl<R: Real> Composed<'_, R> {
    /// The second vector of all windows ← what `product` makes of the first.
    fn each(
        &mut self,
        mut product: impl FnMut(&mut (dyn Linearised<R> + '_), &[R], &mut [R]) -> Result<(), DenoiserError>,
    ) -> Result<(), DenoiserError> {
        let [v, out] = &mut *self.vectors;
        out.resize(v.len(), R::zero());
        let calls = v.chunks(self.piece).zip(out.chunks_mut(self.piece));
        self.locals.iter_mut().zip(calls).try_for_each(|(local, (v, out))| product(&mut **local, v, out))
    }

    fn check(&self, v: &[R], out: &[R]) -> Result<(), DenoiserError> {
        let expected = self.len;
        match [("v", v.len()), ("out", out.len())].into_iter().find(|(_, found)| *found != expected) {
            Some((what, found)) => Err(DenoiserError::Length { what, found, expected }),
            None => Ok(()),
        }
    }
}

impl<R: Real> Linearised<R> for Composed<'_, R> {
    /// Uᵀ diag(J_iᵀ) Fᵀ v.
    fn vjp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.check(v, out)?;
        self.plan.fold_adjoint(v, &mut self.vectors[0]);
        self.each(|local, v, out| local.vjp(v, out))?;
        self.plan.unfold_adjoint(&self.vectors[1], out);
        Ok(())
    }

    /// F diag(J_i) U v.
    fn jvp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.check(v, out)?;
        self.plan.unfold(v, &mut self.vectors[0]);
        self.each(|local, v, out| local.jvp(v, out))?;
        self.plan.fold(&self.vectors[1], out);
        Ok(())
    }
}
