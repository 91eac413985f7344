//! Which frame of which window stands in a trajectory.

use crate::{CompositionError, Result};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// How windows of w frames, `stride` apart, become one trajectory. Every frame is taken from windows that hold
/// it, so that folding what was unfolded gives it back.
///
/// | fold | frames of a window that are taken | source |
/// |---|---|---|
/// | `Centre` | the middle one, k of 2k + 1, stride 1 | SDA's `MCScoreNet.fold` (Rozet & Louppe 2023, arXiv 2306.10574, algorithm 2) |
/// | `Symmetrical` | `stride` from ⌊(w − stride)/2⌋ on | Appa's `TrajectoryDenoiser.fold` (Andry et al. 2025, arXiv 2504.18720) |
/// | `Causal` | the last `stride` | the same |
/// | `Average` | all, each frame the plain mean over the windows that hold it | the same |
///
/// The first window gives all frames before those of `Centre` and `Symmetrical` too, and of `Causal` all of its
/// frames; the last window gives all frames after. `Centre` is `Symmetrical` at stride 1 for odd w.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// The middle frame of every window, one frame apart; w must be odd.
    Centre,
    /// The middle `stride` frames of every window; of w − stride odd, one frame more is left behind than before.
    Symmetrical {
        /// Frames between the beginnings of two windows, 1 to w.
        stride: usize,
    },
    /// The last `stride` frames of every window.
    Causal {
        /// Frames between the beginnings of two windows, 1 to w.
        stride: usize,
    },
    /// The mean over all windows that hold a frame.
    Average {
        /// Frames between the beginnings of two windows, 1 to w.
        stride: usize,
    },
}

impl Fold {
    /// Frames between the beginnings of two windows.
    pub const fn stride(self) -> usize {
        match self {
            Self::Centre => 1,
            Self::Symmetrical { stride } | Self::Causal { stride } | Self::Average { stride } => stride,
        }
    }

    /// How many windows of w frames L frames are unfolded into.
    ///
    /// # Errors
    /// [`CompositionError`] for windows that do not fit.
    pub fn windows(self, window: usize, frames: usize) -> Result<usize> {
        let stride = self.stride();
        if self == Self::Centre && window.is_multiple_of(2) {
            return Err(CompositionError::Even { window });
        }
        if !(1..=window).contains(&stride) {
            return Err(CompositionError::Stride { stride, window });
        }
        if frames < window {
            return Err(CompositionError::Short { frames, window });
        }
        if !(frames - window).is_multiple_of(stride) {
            return Err(CompositionError::Misfit { frames, window, stride });
        }
        Ok((frames - window) / stride + 1)
    }

    /// The windows, of `windows` of w frames, whose mean is frame `at`.
    pub fn sources(self, at: usize, window: usize, windows: usize) -> Range<usize> {
        let (stride, last) = (self.stride(), windows - 1);
        let one = |index: usize| index.min(last)..index.min(last) + 1;
        match self {
            Self::Centre | Self::Symmetrical { .. } => one(at.saturating_sub((window - stride) / 2) / stride),
            Self::Causal { .. } => one((at + stride).saturating_sub(window) / stride),
            Self::Average { .. } => {
                (at + 1).saturating_sub(window).div_ceil(stride)..(at / stride).min(last) + 1
            }
        }
    }
}

impl fmt::Display for Fold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Centre => f.write_str("centre"),
            Self::Symmetrical { stride } => write!(f, "symmetrical:{stride}"),
            Self::Causal { stride } => write!(f, "causal:{stride}"),
            Self::Average { stride } => write!(f, "average:{stride}"),
        }
    }
}

impl FromStr for Fold {
    type Err = CompositionError;

    /// `centre`, or `symmetrical`, `causal` or `average` with `:STRIDE`.
    fn from_str(text: &str) -> Result<Self> {
        let unknown = || CompositionError::Name { found: text.to_owned() };
        let Some((name, stride)) = text.split_once(':') else {
            return if text == "centre" { Ok(Self::Centre) } else { Err(unknown()) };
        };
        let stride = stride.parse().ok().filter(|stride| *stride > 0).ok_or_else(unknown)?;
        match name {
            "symmetrical" => Ok(Self::Symmetrical { stride }),
            "causal" => Ok(Self::Causal { stride }),
            "average" => Ok(Self::Average { stride }),
            _ => Err(unknown()),
        }
    }
}
