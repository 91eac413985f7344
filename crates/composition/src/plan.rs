//! What stands in a window and in a trajectory: unfolding, folding, and their adjoints, window by window and frame
//! by frame.

use crate::{CompositionError, Fold, Result};
use equipoise_denoiser::{Denoiser, DenoiserError, Tape};
use equipoise_field::{Length, Real};
use equipoise_schedule::Level;
use std::fmt;
use std::ops::Range;

/// Windows of w frames over L frames, for any number of members one after the other: frame τ of member m is frame
/// m·L + τ, and its windows follow each other likewise.
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

/// What a window is given of the frames that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inward {
    /// U x: each as it is.
    Unfolded,
    /// Fᵀ v: its share of what it is the source of, zero of the rest.
    Shared,
    /// U diag(n)^{−½} v, n windows hold a frame.
    Rooted,
}

/// What becomes a frame of the windows that hold it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outward {
    /// F w: the mean over its sources.
    Mean,
    /// Uᵀ w: the sum over all that hold it.
    Sum,
    /// The number times diag(n)^{−½} Uᵀ w.
    Rooted(f64),
}

impl Plan {
    /// Of windows of `dim` numbers.
    pub(crate) fn of_window(dim: usize, frame: usize, frames: usize, fold: Fold) -> Result<Self> {
        match dim.checked_div(frame) {
            Some(count) if count > 0 && count * frame == dim => Self::new(frame, frames, count, fold),
            _ => Err(CompositionError::Frame { dim, frame }),
        }
    }

    pub(crate) fn new(frame: usize, frames: usize, window: usize, fold: Fold) -> Result<Self> {
        let windows = fold.windows(window, frames)?;
        let fits = |count: usize| count.checked_mul(frame).is_some();
        if !(fits(frames) && windows.checked_mul(window).is_some_and(fits)) {
            return Err(CompositionError::Long { frames, frame });
        }
        let sources = (0..frames).map(|at| fold.sources(at, window, windows)).collect();
        Ok(Self { frame, frames, window, fold, sources, windows })
    }

    /// A composite by its plan.
    pub(crate) fn debug(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frame, frames, window, fold, .. } = self;
        f.debug_struct(name)
            .field("frame", frame)
            .field("frames", frames)
            .field("window", window)
            .field("fold", fold)
            .finish_non_exhaustive()
    }

    /// x̂ of one member by its composite.
    pub(crate) fn denoise<R: Real>(
        &self,
        composite: &dyn Denoiser<R>,
        x_t: &[R],
        level: Level,
        x_hat: &mut [R],
    ) -> Result<(), DenoiserError> {
        Length::check("x_t", x_t.len(), self.dim())?;
        composite.estimates(x_t, level, x_hat, &mut Tape::new())
    }

    /// The number of members, where x_t and x̂ are whole trajectories and as many.
    pub(crate) fn members<R>(&self, x_t: &[R], x_hat: &[R]) -> Result<usize, DenoiserError> {
        Length::check("x_hat", x_hat.len(), x_t.len())?;
        Ok(Length::members("x_t", x_t.len(), self.dim())?)
    }

    /// D.
    pub(crate) fn dim(&self) -> usize {
        self.frames * self.frame
    }

    /// How many windows a member has.
    pub(crate) fn windows(&self) -> usize {
        self.windows
    }

    /// Numbers of a window.
    pub(crate) fn numbers(&self) -> usize {
        self.window * self.frame
    }

    /// The windows whose mean frame `at` of a member is.
    pub(crate) fn sources(&self, at: usize) -> Range<usize> {
        self.sources[at].clone()
    }

    /// The windows that hold frame `at` of a member.
    pub(crate) fn holders(&self, at: usize) -> Range<usize> {
        Fold::Average { stride: self.fold.stride() }.sources(at, self.window, self.windows)
    }

    /// The first frame of a window, both among those of all members.
    pub(crate) fn begin(&self, window: usize) -> usize {
        window / self.windows * self.frames + window % self.windows * self.fold.stride()
    }

    /// The windows that frame `at` is made of, both among those of all members.
    pub(crate) fn parts(&self, from: Outward, at: usize) -> Range<usize> {
        let (member, at) = (at / self.frames * self.windows, at % self.frames);
        let parts = if from == Outward::Mean { self.sources(at) } else { self.holders(at) };
        member + parts.start..member + parts.end
    }

    /// U x of some windows. Overwrites `states`.
    pub(crate) fn unfold<R: Real>(&self, x: &[R], windows: Range<usize>, states: &mut Vec<R>) {
        states.clear();
        for first in windows.map(|k| self.begin(k) * self.frame) {
            states.extend_from_slice(&x[first..first + self.numbers()]);
        }
    }

    /// Window `index`, of its frames. Overwrites `window`.
    pub(crate) fn fill<R: Real>(&self, into: Inward, index: usize, frames: &[R], window: &mut [R]) {
        let (own, first) = (index % self.windows, self.begin(index) % self.frames);
        let parts = window.chunks_exact_mut(self.frame).zip(frames.chunks_exact(self.frame));
        for (at, (out, x)) in parts.enumerate() {
            match into {
                Inward::Unfolded => out.copy_from_slice(x),
                Inward::Shared if !self.sources[first + at].contains(&own) => out.fill(R::zero()),
                Inward::Shared => {
                    let count = self.sources[first + at].len() as f64;
                    out.iter_mut().zip(x).for_each(|(o, v)| *o = R::narrow(v.wide() / count));
                }
                Inward::Rooted => {
                    let root = self.root(first + at);
                    out.iter_mut().zip(x).for_each(|(o, v)| *o = R::narrow(v.wide() * root));
                }
            }
        }
    }

    /// n^{−½} of a frame of a member.
    pub(crate) fn root(&self, at: usize) -> f64 {
        1.0 / (self.holders(at).len() as f64).sqrt()
    }

    /// Frame `at`, of windows from `first` on. Overwrites `out`.
    ///
    /// A mean is the first plus the mean distance from it, so that equal frames give their own bits.
    pub(crate) fn gather<R: Real>(
        &self,
        from: Outward,
        at: usize,
        (first, windows): (usize, &[R]),
        out: &mut [R],
    ) {
        let parts = self.parts(from, at);
        let place = (parts.start - first) * self.numbers() + (at - self.begin(parts.start)) * self.frame;
        let step = self.numbers() - self.fold.stride() * self.frame;
        let entry = |k: usize, i: usize| windows[place + k * step + i].wide();
        match from {
            Outward::Mean => {
                let own = &windows[place..place + self.frame];
                out.copy_from_slice(own);
                if parts.len() > 1 {
                    let count = parts.len() as f64;
                    for (i, out) in out.iter_mut().enumerate() {
                        let first = own[i].wide();
                        let beyond: f64 = (1..parts.len()).map(|k| entry(k, i) - first).sum();
                        *out = R::narrow(first + beyond / count);
                    }
                }
            }
            Outward::Sum | Outward::Rooted(_) => {
                let scale =
                    if let Outward::Rooted(scale) = from { scale * self.root(at % self.frames) } else { 1.0 };
                for (i, out) in out.iter_mut().enumerate() {
                    *out = R::narrow(scale * (0..parts.len()).map(|k| entry(k, i)).sum::<f64>());
                }
            }
        }
    }
}

/// Whether v and its product are as long as the states that J is of.
pub(crate) fn same<R>(v: &[R], out: &[R], len: usize) -> Result<(), DenoiserError> {
    Length::check("v", v.len(), len)?;
    Ok(Length::check("out", out.len(), len)?)
}
