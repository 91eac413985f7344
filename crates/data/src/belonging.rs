//! Whether two files belong together, and bringing one to the grid and the units of the other.
//!
//! Wherever two files meet, the data of one are *received* by the description of the other
//! ([`Described::receive`]): what the two state is compared, what differs in form alone is converted, what
//! contradicts is an error that names both files, and what merely looks odd is a [`Remark`]. A default is no
//! statement: a value that only one file states is never a contradiction.
//!
//! | compared | both state it and differ | one states it |
//! |---|---|---|
//! | kind, channels, H × W, boundary, spacings, time step, cylinder | error | noted, taken as stated |
//! | mask | error | taken as in the reference; an error where that is the one that has none |
//! | orientation | transposed | taken as in the reference; an error where that is the one that states none |
//! | first grid point | periodic: shifted by whole cells; else an error | noted |
//! | points, every n-th of the data | taken, where the reference says that it was made so | error |
//! | units | converted; an error where they measure different things | noted |
//! | mean, spread, frames that stand in both | warnings | |

mod compare;

use crate::{
    Coordinates, CylinderGeometry, DataError, Dataset, Kind, LoadOptions, Mask, Particulars, Result,
    fingerprint, load,
};
use compare::Comparison;
use equipoise_field::{Grid, Shape};
use std::fmt;
use std::path::{Path, PathBuf};

/// A file of fields as those see it who hold another one against it.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// The file.
    pub path: PathBuf,
    /// The kind of flow.
    pub kind: Kind,
    /// (1, C, H, W).
    pub frame: Shape,
    /// Axis map, spacings and border rule.
    pub grid: Grid,
    /// First grid point and time step.
    pub coordinates: Coordinates,
    /// The cylinder of a wake.
    pub geometry: Option<CylinderGeometry>,
    /// The cells that hold no flow.
    pub mask: Option<Mask>,
    /// What it states, in which units, and how its fields look.
    pub particulars: Particulars,
}

/// A sentence on two files that belong together all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// A default or a conversion.
    Note(String),
    /// What looks odd.
    Warning(String),
}

/// Two files that do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}, {field}: found {found}, expected {expected} as in {}{way_out}", path.display(), reference.display())]
pub struct Mismatch {
    /// The data.
    pub path: PathBuf,
    /// What differs.
    pub field: String,
    /// Its value in the data.
    pub found: String,
    /// Its value in the reference.
    pub expected: String,
    /// The file that the data are to be used beside.
    pub reference: PathBuf,
    /// What can be done, after a semicolon; empty where that is not known.
    pub way_out: String,
}

impl Remark {
    /// The sentence.
    pub fn text(&self) -> &str {
        match self {
            Self::Note(text) | Self::Warning(text) => text,
        }
    }

    /// Whether it is a warning.
    pub fn is_warning(&self) -> bool {
        matches!(self, Self::Warning(_))
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.is_warning() { "warning" } else { "note" };
        write!(f, "{word}: {}", self.text())
    }
}

impl Described {
    /// A dataset, with the fingerprints of its frames.
    ///
    /// # Errors
    /// [`DataError::AttributeValue`].
    pub fn of(data: &Dataset) -> Result<Self> {
        Self::with(data, Particulars::of(data)?)
    }

    fn with(data: &Dataset, particulars: Particulars) -> Result<Self> {
        Ok(Self {
            path: data.path().into(),
            kind: data.kind(),
            frame: data.shape(1),
            grid: data.grid(),
            coordinates: Coordinates::of(data)?.0,
            geometry: data.geometry().copied(),
            mask: data.mask().cloned(),
            particulars,
        })
    }

    /// Whether a place, in rows and columns that need not be whole, lies inside the cylinder or is interpolated from
    /// a masked cell.
    pub fn is_solid(&self, row: f64, column: f64) -> bool {
        self.mask.as_ref().is_some_and(|mask| mask.touches(row, column))
            || self.geometry.is_some_and(|cylinder| cylinder.encloses(row, column))
    }

    /// Data that are to be used beside this file, on its grid and in its units, in windows of `window` frames.
    ///
    /// The time between frames counts where a window has more than one.
    ///
    /// # Errors
    /// [`DataError::Mismatch`] naming both files, the field and both values.
    pub fn receive(&self, data: Dataset, window: usize) -> Result<(Dataset, Vec<Remark>)> {
        let (data, mut remarks) = self.align(data, window)?;
        remarks.extend(self.recognised(&data));
        Ok((data, remarks))
    }

    /// As [`receive`](Self::receive), without looking for frames that stand in both.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    pub fn align(&self, data: Dataset, window: usize) -> Result<(Dataset, Vec<Remark>)> {
        let (data, thinned) = data.thinned_as(self.particulars.stride, self.frame, &self.path)?;
        let own = Self::with(&data, Particulars::without_frames(&data)?)?;
        let comparison = Comparison::of(&own, self, window)?;
        let (conversion, mut remarks) = comparison.finish();
        remarks.extend(thinned);
        let data = data.converted(&conversion);
        match (data.mask(), &self.mask) {
            (None, Some(mask)) => {
                let (data_path, reference) = (data.path().display(), self.path.display());
                let text = format!("{data_path}: does not state a mask: taken as in {reference}");
                remarks.push(Remark::Note(text));
                Ok((data.masked(mask.clone())?, remarks))
            }
            (found, expected) if found == expected.as_ref() => Ok((data, remarks)),
            (found, expected) => {
                let told =
                    |mask: Option<&Mask>| mask.map_or("none".into(), |m| format!("{} cells", m.count()));
                self.mismatch(data.path(), "mask", [told(found), told(expected.as_ref())], "")
            }
        }
    }

    /// Data that differ in a field: found, expected, and what can be done where that is known.
    fn mismatch<T>(
        &self,
        path: &Path,
        field: &str,
        [found, expected]: [String; 2],
        way_out: &str,
    ) -> Result<T> {
        let way_out = if way_out.is_empty() { String::new() } else { format!("; {way_out}") };
        let (path, field, reference) = (path.into(), field.into(), self.path.clone());
        Err(DataError::Mismatch(Box::new(Mismatch { path, field, found, expected, reference, way_out })))
    }

    /// Frames that stand in this file as well.
    fn recognised(&self, data: &Dataset) -> Option<Remark> {
        let known = &self.particulars.frames;
        if known.is_empty() {
            return Some(Remark::Note(format!(
                "{}: an older file, which tells neither the units nor the frames that it was made from",
                self.path.display()
            )));
        }
        let own = |frame: &[f32]| fingerprint::of_frame(frame, data.mask());
        let stands = |frame: &[f32]| known.binary_search_by(|k| k.total_cmp(&own(frame))).is_ok();
        let found = data.values().chunks(data.shape(1).len()).filter(|frame| stands(frame)).count();
        let (all, own, other) =
            (data.trajectories() * data.frames(), data.path().display(), self.path.display());
        let count =
            if found == all { format!("all {all} frames") } else { format!("{found} of {all} frames") };
        (found > 0).then(|| {
            Remark::Warning(format!(
                "{own}: {count} stand bit for bit among the training frames of {other}; errors there are those of \
                 data that were learnt, not of new ones"
            ))
        })
    }
}

/// Reads a file that is to be used beside another one: where nothing names its kind of flow, it is that of the
/// other, with a note.
///
/// # Errors
/// As [`load`].
pub fn load_beside(path: &Path, options: &LoadOptions, kind: Kind) -> Result<Dataset> {
    match load(path, options) {
        Err(DataError::KindUndeclared { .. }) => {
            let data = load(path, &LoadOptions { kind: Some(kind), ..*options })?;
            Ok(data.noted(format!(
                "no attribute says what kind of flow this is: taken as {kind}, as the file beside it"
            )))
        }
        read => read,
    }
}
