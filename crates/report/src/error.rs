//! What can go wrong while a report is drawn or written.

use std::path::PathBuf;

/// A picture that cannot be drawn, or a file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A picture without frames or without cells.
    #[error("picture {title:?}: {frames} frames of {height} × {width} cells, expected at least one cell")]
    Empty {
        /// Title of the picture.
        title: String,
        /// Number of frames.
        frames: usize,
        /// H.
        height: usize,
        /// W.
        width: usize,
    },
    /// A plane whose length is not H·W.
    #[error("picture {title:?}: {what} has {found} entries, expected H·W = {expected}")]
    Length {
        /// Title of the picture.
        title: String,
        /// The argument with the wrong length.
        what: &'static str,
        /// Its length.
        found: usize,
        /// H·W.
        expected: usize,
    },
    /// An observed point outside the plane.
    #[error("picture {title:?}: observed point {index} lies outside a plane of {cells} cells")]
    Point {
        /// Title of the picture.
        title: String,
        /// Flat index h·W + w of the point.
        index: usize,
        /// H·W.
        cells: usize,
    },
    /// A colour limit or a grid spacing that is not a positive finite number.
    #[error("picture {title:?}: {what} is {found}, expected a positive finite number")]
    NotPositive {
        /// Title of the picture.
        title: String,
        /// The argument at fault.
        what: &'static str,
        /// Its value.
        found: f64,
    },
    /// The text of a picture could not be drawn.
    #[error("drawing the text {text:?} failed: {reason}")]
    Lettering {
        /// The text.
        text: String,
        /// What the drawing library said.
        reason: String,
    },
    /// The PNG encoder failed.
    #[error("encoding a PNG of {width} × {height} pixels failed")]
    Encode {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// The encoder's reason.
        source: png::EncodingError,
    },
    /// A file could not be written.
    #[error("{}: cannot write {bytes} bytes", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// How many bytes it was to hold.
        bytes: usize,
        /// The system's reason.
        source: std::io::Error,
    },
}
