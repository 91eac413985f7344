//! Unfolding, folding, and their adjoints.

use crate::{CompositionError, Fold};
use equipoise_field::Real;
use std::ops::Range;

/// Windows of w frames over L frames. Fields are member by member; a member's windows stand one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Numbers of a frame.
    pub(crate) frame: usize,
    /// L.
    pub(crate) frames: usize,
    /// w.
    pub(crate) window: usize,
    pub(crate) fold: Fold,
    /// For every frame the windows whose mean it is.
    sources: Vec<Range<usize>>,
    /// How many windows there are.
    windows: usize,
}

impl Plan {
    pub(crate) fn new(
        frame: usize,
        frames: usize,
        window: usize,
        fold: Fold,
    ) -> Result<Self, CompositionError> {
        let windows = fold.windows(window, frames)?;
        let fits = |count: usize| count.checked_mul(frame).is_some();
        if !(fits(frames) && windows.checked_mul(window).is_some_and(fits)) {
            return Err(CompositionError::Long { frames, frame });
        }
        let sources = (0..frames).map(|at| fold.sources(at, window, windows)).collect();
        Ok(Self { frame, frames, window, fold, sources, windows })
    }

    /// D.
    pub(crate) fn dim(&self) -> usize {
        self.frames * self.frame
    }

    /// How many windows a member has.
    pub(crate) fn windows(&self) -> usize {
        self.windows
    }

    /// Numbers of all windows of a member.
    pub(crate) fn unfolded(&self) -> usize {
        self.windows * self.window * self.frame
    }

    /// Frame `at` of a trajectory among the windows of its member.
    fn place(&self, window: usize, at: usize) -> Range<usize> {
        let first = (window * self.window + at - window * self.fold.stride()) * self.frame;
        first..first + self.frame
    }

    /// U x: the windows of every member. Overwrites `windows`.
    pub(crate) fn unfold<R: Real>(&self, x: &[R], windows: &mut Vec<R>) {
        windows.clear();
        let step = self.fold.stride() * self.frame;
        for x in x.chunks_exact(self.dim()) {
            for first in (0..self.windows).map(|k| k * step) {
                windows.extend_from_slice(&x[first..first + self.window * self.frame]);
            }
        }
    }

    /// F w: the trajectory of every member. Overwrites `x`.
    ///
    /// A mean is the first plus the mean distance from it, so that equal frames give their own bits.
    pub(crate) fn fold<R: Real>(&self, windows: &[R], x: &mut [R]) {
        let members = windows.chunks_exact(self.unfolded()).zip(x.chunks_exact_mut(self.dim()));
        for (windows, x) in members {
            for ((at, from), out) in self.sources.iter().enumerate().zip(x.chunks_exact_mut(self.frame)) {
                let first = &windows[self.place(from.start, at)];
                out.copy_from_slice(first);
                if from.len() > 1 {
                    let count = from.len() as f64;
                    for (i, out) in out.iter_mut().enumerate() {
                        let first = first[i].wide();
                        let entry = |k: usize| windows[self.place(k, at).start + i].wide();
                        let beyond: f64 = from.clone().skip(1).map(|k| entry(k) - first).sum();
                        *out = R::narrow(first + beyond / count);
                    }
                }
            }
        }
    }

    /// Fᵀ v: every frame to the windows that it is made of. Overwrites `windows`.
    pub(crate) fn fold_adjoint<R: Real>(&self, v: &[R], windows: &mut Vec<R>) {
        windows.clear();
        windows.resize(v.len() / self.dim() * self.unfolded(), R::zero());
        let members = windows.chunks_exact_mut(self.unfolded()).zip(v.chunks_exact(self.dim()));
        for (windows, v) in members {
            for ((at, to), v) in self.sources.iter().enumerate().zip(v.chunks_exact(self.frame)) {
                let count = to.len() as f64;
                for k in to.clone() {
                    let out = &mut windows[self.place(k, at)];
                    out.iter_mut().zip(v).for_each(|(o, v)| *o = R::narrow(v.wide() / count));
                }
            }
        }
    }

    /// Uᵀ w: every frame the sum over all windows that hold it. Overwrites `x`.
    pub(crate) fn unfold_adjoint<R: Real>(&self, windows: &[R], x: &mut [R]) {
        let holders = Fold::Average { stride: self.fold.stride() };
        let members = windows.chunks_exact(self.unfolded()).zip(x.chunks_exact_mut(self.dim()));
        for (windows, x) in members {
            for (at, out) in x.chunks_exact_mut(self.frame).enumerate() {
                let held = holders.sources(at, self.window, self.windows);
                for (i, out) in out.iter_mut().enumerate() {
                    let entry = |k: usize| windows[self.place(k, at).start + i].wide();
                    *out = R::narrow(held.clone().map(entry).sum());
                }
            }
        }
    }
}
