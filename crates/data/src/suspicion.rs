//! Sentences on numbers that no flow has, or that are merely odd.

use crate::census::HUGE;
use equipoise_field::Axis;
use std::fmt;

/// A frame this many times as large as the median of all frames stands out.
pub(crate) const LOUD: f64 = 10.0;

/// Something about the numbers of a file that deserves a sentence.
///
/// Places are indices into the dataset in the file's order: frames by both leading axes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum Suspicion {
    Huge { count: usize, first: [usize; 5], value: f32 },
    Apart { count: usize, first: [usize; 5], value: f32, next: f32, far: f64 },
    Clipped { count: usize, numbers: usize, first: [usize; 5], value: f32 },
    Loud { count: usize, frames: usize, loudest: [usize; 2], ratio: f64 },
    ZeroFrames { count: usize, frames: usize, first: [usize; 2] },
    UniformFrames { count: usize, frames: usize, first: [usize; 2] },
    RepeatedFrames { count: usize, frames: usize, first: [usize; 2], original: [usize; 2] },
    RepeatedSeries { count: usize, trajectories: usize, first: usize, original: usize },
    ZeroVectors { count: usize, more: bool, frames: usize, first: [usize; 2], cell: [usize; 2] },
    ZeroCells { count: usize, cells: usize, first: [usize; 2] },
    FixedCells { count: usize, cells: usize, first: [usize; 2] },
    Seam { axis: Axis },
    Divergence { stated: f64, better: f64, turn: Turn },
    ManyChannels { axis: usize, length: usize, channels: usize },
}

/// How a grid differs from the declared one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Turn {
    /// One axis runs the other way.
    Mirrored,
    /// x and y stand for each other.
    Exchanged,
    /// Both: a quarter turn.
    Rotated,
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mirrored => {
                "one axis ran the other way, as rows stored from the top do, or one component had the other sign"
            }
            Self::Exchanged => "x and y were exchanged, in the axes or in the components",
            Self::Rotated => "x and y were exchanged and one of them ran the other way",
        })
    }
}

impl fmt::Display for Suspicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Huge { count, first, value } => write!(
                f,
                "{count} values are {HUGE:e} or larger, the first at {first:?}: found {value:e}, as where a \
                 file was never written"
            ),
            Self::Apart { count, first, value, next, far } => write!(
                f,
                "{value:?} stands {count} time(s), the first at {first:?}, and the next number of its channel is \
                 {next:?}, {far:.1e} times the range of all others away: a stand-in for missing values, or an \
                 outlier"
            ),
            Self::Clipped { count, numbers, first, value } => write!(
                f,
                "{value:?}, an extreme of its channel, stands {count} times among {numbers} numbers, the first at \
                 {first:?}: saturated or clipped, or a stand-in for missing values"
            ),
            Self::Loud { count, frames, loudest, ratio } => write!(
                f,
                "frame {loudest:?} is {ratio:.3e} times as large as the median of the {frames} frames, and \
                 {count} of them more than {LOUD} times, as where a run blew up (leave its trajectory out)"
            ),
            Self::ZeroFrames { count, frames, first } => write!(
                f,
                "{count} of {frames} frames are 0 everywhere, the first at {first:?}, as where a file was never \
                 written"
            ),
            Self::UniformFrames { count, frames, first } => {
                write!(f, "{count} of {frames} frames hold one number in every cell, the first at {first:?}")
            }
            Self::RepeatedFrames { count, frames, first, original } => write!(
                f,
                "{count} of {frames} frames repeat an earlier one bit for bit, the first at {first:?} that of \
                 {original:?}"
            ),
            Self::RepeatedSeries { count, trajectories, first, original } => write!(
                f,
                "{count} of {trajectories} trajectories repeat an earlier one bit for bit, the first, number \
                 {first}, that of number {original}"
            ),
            Self::ZeroVectors { count, more, frames, first, cell: [row, column] } => write!(
                f,
                "{}{count} vectors in {frames} frame(s) are exactly 0 where other frames are not, the first in \
                 frame {first:?} at row {row}, column {column}; invalid vectors are often stored so, and would \
                 be taken for velocities",
                if *more { "at least " } else { "" }
            ),
            Self::ZeroCells { count, cells, first: [row, column] } => write!(
                f,
                "{count} of {cells} cells are exactly 0 in all frames, the first at row {row}, column {column}: \
                 a solid, or a mask that is taken for velocities"
            ),
            Self::FixedCells { count, cells, first: [row, column] } => write!(
                f,
                "{count} of {cells} cells hold one number in all frames, the first at row {row}, column \
                 {column}: a mask would be taken for velocities"
            ),
            Self::Seam { axis } => {
                let (name, slice) =
                    if *axis == Axis::W { ("column", "x[..., :-1]") } else { ("row", "x[..., :-1, :]") };
                write!(
                    f,
                    "the last {name} is the first, bit for bit, in all frames: the end point of this periodic grid is stored \
                     twice (numpy: {slice} leaves it out)"
                )
            }
            Self::Divergence { stated, better, turn } => {
                write!(f, "rms(∇·u)/rms(∇u) is {stated:.3}, and would be {better:.3} if {turn}")
            }
            Self::ManyChannels { axis, length, channels } => write!(
                f,
                "axis 2, the channels, has length {channels}; if axis {axis} of length {length} holds the \
                 components, move it (numpy: np.moveaxis(x, {axis}, 2))"
            ),
        }
    }
}
