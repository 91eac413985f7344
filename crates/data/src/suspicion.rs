//! Sentences on numbers that no flow has, or that are merely odd.

use crate::census::HUGE;
use equipoise_field::Axis;

/// A frame this many times as large as the median of all frames stands out.
pub(crate) const LOUD: f64 = 10.0;

/// Something about the numbers of a file that deserves a sentence.
///
/// Places are indices into the dataset in the file's order: frames by both leading axes.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum Suspicion {
    #[error(
        "{count} values are {HUGE:e} or larger, the first at {first:?}: found {value:e}, as where a file was never \
         written"
    )]
    Huge { count: usize, first: [usize; 5], value: f32 },

    #[error(
        "{value:?} stands {count} time(s), the first at {first:?}, and the next number of its channel is {next:?}, \
         {far:.1e} times the range of all others away: a stand-in for missing values, or an outlier"
    )]
    Apart { count: usize, first: [usize; 5], value: f32, next: f32, far: f64 },

    #[error(
        "{value:?}, an extreme of its channel, stands {count} times among {numbers} numbers, the first at {first:?}: \
         saturated or clipped, or a stand-in for missing values"
    )]
    Clipped { count: usize, numbers: usize, first: [usize; 5], value: f32 },

    #[error(
        "frame {loudest:?} is {ratio:.3e} times as large as the median of the {frames} frames, and {count} of them \
         more than {LOUD} times, as where a run blew up (leave its trajectory out)"
    )]
    Loud { count: usize, frames: usize, loudest: [usize; 2], ratio: f64 },

    #[error(
        "{count} of {frames} frames are 0 everywhere, the first at {first:?}, as where a file was never written"
    )]
    ZeroFrames { count: usize, frames: usize, first: [usize; 2] },

    #[error("{count} of {frames} frames hold one number in every cell, the first at {first:?}")]
    UniformFrames { count: usize, frames: usize, first: [usize; 2] },

    #[error(
        "{count} of {frames} frames repeat an earlier one bit for bit, the first at {first:?} that of {original:?}"
    )]
    RepeatedFrames { count: usize, frames: usize, first: [usize; 2], original: [usize; 2] },

    #[error(
        "{count} of {trajectories} trajectories repeat an earlier one bit for bit, the first, number {first}, that of \
         number {original}"
    )]
    RepeatedSeries { count: usize, trajectories: usize, first: usize, original: usize },

    #[error(
        "{}{count} vectors in {frames} frame(s) are exactly 0 where other frames are not, the first in frame {first:?} \
         at row {}, column {}; invalid vectors are often stored so, and would be taken for velocities",
        if *more { "at least " } else { "" }, cell[0], cell[1]
    )]
    ZeroVectors { count: usize, more: bool, frames: usize, first: [usize; 2], cell: [usize; 2] },

    #[error(
        "{count} of {cells} cells are exactly 0 in all frames, the first at row {}, column {}: a solid, or a mask that \
         is taken for velocities", first[0], first[1]
    )]
    ZeroCells { count: usize, cells: usize, first: [usize; 2] },

    #[error(
        "{count} of {cells} cells hold one number in all frames, the first at row {}, column {}: a mask would be taken \
         for velocities", first[0], first[1]
    )]
    FixedCells { count: usize, cells: usize, first: [usize; 2] },

    #[error(
        "the last {} is the first, bit for bit, in all frames: the end point of this periodic grid is stored twice \
         (numpy: {} leaves it out)",
        if *axis == Axis::W { "column" } else { "row" },
        if *axis == Axis::W { "x[..., :-1]" } else { "x[..., :-1, :]" }
    )]
    Seam { axis: Axis },

    #[error("{detail}")]
    Unsure { detail: Box<str> },

    #[error(
        "{by} says that {frames} of {all} frames were written: the others, which hold nothing, are left out"
    )]
    FramesLeftOut { by: Box<str>, frames: usize, all: usize },

    #[error(
        "components do not lie at one point of a cell ({offsets}, in cells): they are read as if they did, up to half a \
         cell from where they are; interpolate them to one point where that matters"
    )]
    Staggered { offsets: Box<str> },

    #[error(
        "array `{variable}`: {absent} of its {all} chunks are not stored and read as {fill}: chunks that hold nothing \
         else are not stored, and neither are those that were never written"
    )]
    ChunksAbsent { variable: Box<str>, absent: usize, all: usize, fill: f64 },

    #[error(
        "array `{variable}`: packed numbers with the fill value 0 and no `_FillValue`: 0 is taken for a number, which \
         xarray may take for a missing one"
    )]
    ZeroFill { variable: Box<str> },

    #[error(
        "coordinates are in {units}: lengths are degrees, and derivatives know nothing of the sphere, so that \
         vorticity and divergence are not those of the flow"
    )]
    Degrees { units: Box<str> },

    #[error("{told}")]
    Vectors { told: Box<str> },

    #[error("rms(∇·u)/rms(∇u) is {stated:.3}, and would be {better:.3} if {turn}")]
    Divergence { stated: f64, better: f64, turn: Turn },

    #[error(
        "axis 2, the channels, has length {channels}; if axis {axis} of length {length} holds the components, move it \
         (numpy: np.moveaxis(x, {axis}, 2))"
    )]
    ManyChannels { axis: usize, length: usize, channels: usize },
}

/// How a grid differs from the declared one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Turn {
    /// One axis runs the other way.
    #[error(
        "one axis ran the other way, as rows stored from the top do, or one component had the other sign"
    )]
    Mirrored,
    /// x and y stand for each other.
    #[error("x and y were exchanged, in the axes or in the components")]
    Exchanged,
    /// Both: a quarter turn.
    #[error("x and y were exchanged and one of them ran the other way")]
    Rotated,
}
