//! Pictures, curves, tables and one self-contained HTML page.
//!
//! Inputs are plain values: planes of vorticity, points of a curve, numbers and words of a table.
//! How they were made is not known here. The same input gives the same bytes, on any number of
//! threads and without any font, file or address outside this crate.
//!
//! A [`Panel`] is one picture of a trajectory, labelled ([`Panel::picture`]) or as bare cells for
//! the page ([`Panel::cells`]); [`page`] writes the whole report.

mod base64;
mod cell;
mod chart;
pub mod colour;
mod column;
mod error;
mod file;
mod gallery;
mod heat;
mod indexed;
mod labelled;
mod lettering;
mod limit;
mod look;
mod markup;
mod orientation;
mod page;
mod panel;
mod significant;
mod table;
mod ticks;
mod verdict;
mod viewer;

pub use cell::{Cell, real};
pub use chart::{Chart, Scale, Series};
pub use column::{Column, Head, pick};
pub use error::ReportError;
pub use file::write_atomically;
pub use gallery::{Gallery, Picture};
pub use heat::{HeatCell, HeatMap};
pub use indexed::Image;
pub use limit::robust_limit;
pub use markup::Caption;
pub use page::{Block, Page, Section, page};
pub use panel::{Frame, Panel, Quantity};
pub use significant::significant;
pub use table::Table;
pub use verdict::{Tone, Verdict};
pub use viewer::{Scene, Shown, Viewer};
