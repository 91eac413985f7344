//! Tables of sensor readings, from CSV or HDF5.
//!
//! | column | content | unit |
//! |---|---|---|
//! | `time` | when it was read | the data's unit of time |
//! | `x`, `y` | where | the data's unit of length |
//! | `u`, `v` | velocity along x, along y; at least one of the two | the data's unit of velocity |
//! | any other component, by its name or as `c0`, `c1`, … by its index | what the data call so | the data's |
//! | `noise` | standard deviation of the noise of all components | as `u` |
//! | `noise_u`, `noise_v` | the same of one component, before `noise` | as `u` |
//!
//! Columns may stand in any order, their names in any case; a unit may stand behind a name in brackets.
//! Columns of other names are ignored with a note. A **text** file names its columns in the first line
//! that is no comment (`#`, `%`) or, where that holds numbers, in the comment before it. Cells are separated
//! by commas, semicolons, tabs or blanks, whichever the header shows; under semicolons and tabs numbers may
//! have decimal commas. Blanks around cells do not count. An empty cell under `u` or `v` means not
//! measured, under a noise column not stated. An **HDF5** file has one dataset of numbers a column, all
//! with one axis and of one length; under a component a NaN, and what `_FillValue` or `missing_value` names, means not
//! measured. All other numbers must be finite and noise above 0. **Vectors** as PIV programs write them (`vectors.rs`),
//! a file or a folder of one file a time, have no column of times: a file beside them states it.

mod cells;
mod csv;
mod decimal;
mod delimiter;
mod doubts;
mod frames;
mod hdf5;
mod placing;
mod scale;
mod title;
pub(crate) mod vectors;

use crate::checksum::{checksum, hexadecimal};
use crate::formats::foreign;
use crate::guard;
use crate::unit::Unit;
use crate::{DataError, Result, Units};
use cells::{Cells, either};
pub use placing::{Dropped, Entry, Offence, Outside, Placed, PlacingRule, SNAP_TOLERANCE, Snap, place};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use title::Columns;

/// The first bytes of an HDF5 file, or of one behind a block of 512 bytes.
const HDF5_SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

/// Components that a field may have.
pub const MOST_COMPONENTS: usize = 4;

/// One row of a table, in physical units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Where it stands in the file: the line of a CSV file from 1, the index of an HDF5 file from 0.
    pub row: u64,
    /// When.
    pub time: f64,
    /// Where, along x.
    pub x: f64,
    /// Where, along y.
    pub y: f64,
    /// Every component with its noise, where measured: velocity along x and y, or whatever the data have.
    pub components: [Option<Measured>; MOST_COMPONENTS],
}

/// One number read by a sensor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The number, in physical units.
    pub value: f64,
    /// Standard deviation of its noise, in the same unit.
    pub noise: f64,
}

/// A table as it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its rows, in their order.
    pub readings: Vec<Reading>,
    /// What its header states of units; nothing is converted.
    pub units: Units,
    /// How it was read, where the file left a choice, and what of it was ignored; one sentence each.
    pub notes: Vec<String>,
    /// What may be no measurement, one sentence each.
    pub warnings: Vec<String>,
    /// The SHA-256 of the bytes read.
    pub sha256: String,
}

impl Table {
    /// Holds the units of the header to those of the data that the readings are of, where both state one: a unit that is
    /// not known is none but itself.
    ///
    /// # Errors
    /// [`DataError::SensorTable`] with both where they differ.
    pub fn is_measured_in(&self, path: &Path, units: &Units) -> Result<()> {
        for (of, found, expected) in [
            ("velocity", &self.units.velocity, &units.velocity),
            ("length", &self.units.length, &units.length),
            ("time", &self.units.time, &units.time),
        ] {
            let (Some(found), Some(expected)) = (found, expected) else { continue };
            let unknown = Unit::parse(found).is_none() || Unit::parse(expected).is_none();
            if found != expected && (unknown || Unit::differ(found, expected)) {
                let detail = format!(
                    "unit of {of}: found {found}, expected {expected}, that of the data: nothing is converted"
                );
                return Err(DataError::SensorTable { path: path.into(), detail });
            }
        }
        Ok(())
    }
}

/// Reads a table of `components`, at most [`MOST_COMPONENTS`], by their names; `noise` is the standard deviation, in physical units, of every number for which the
/// table states none.
///
/// The kind of file is told by its first bytes. A text table is read once, from beginning to end, and may come
/// from a pipe.
///
/// # Errors
/// [`DataError::SensorColumns`], [`DataError::SensorCell`] naming row and column,
/// [`DataError::SensorTable`], and those of opening a file.
pub fn read_sensors(path: &Path, noise: Option<f64>, components: &[String]) -> Result<Table> {
    let columns = Columns::of(&components[..components.len().min(MOST_COMPONENTS)]);
    if let Some(guard) = guard::of(path) {
        return guard::table(guard, path, noise, components);
    }
    let fault = |source| DataError::io(path, source);
    if frames::holds(path) {
        let (cells, told) = frames::cells(path, &columns)?;
        return table(path, noise, &columns, cells, (told, checksum(path)?));
    }
    if let Some(refusal) = path.is_file().then(|| foreign::refusal(path, path)).flatten() {
        return Err(refusal);
    }
    let mut file = File::open(path).map_err(fault)?;
    let mut bytes = Vec::new();
    (&mut file).take(520).read_to_end(&mut bytes).map_err(fault)?;
    let (cells, sha256) = if bytes.starts_with(&HDF5_SIGNATURE) || bytes.ends_with(&HDF5_SIGNATURE) {
        if !file.metadata().map_err(fault)?.is_file() {
            let detail = "found HDF5 from a pipe, expected a file or text".into();
            return Err(DataError::SensorTable { path: path.into(), detail });
        }
        (hdf5::cells(path, &columns)?, checksum(path)?)
    } else {
        file.read_to_end(&mut bytes).map_err(fault)?;
        let sha256 = hexadecimal(&Sha256::digest(&bytes));
        (csv::cells(path, bytes, &columns)?, sha256)
    };
    table(path, noise, &columns, cells, (Vec::new(), sha256))
}

/// The table of cells that were read, with warnings on them.
fn table(
    path: &Path,
    noise: Option<f64>,
    columns: &Columns,
    cells: Cells,
    (warnings, sha256): (Vec<String>, String),
) -> Result<Table> {
    let ([told, doubted], units) = cells.check_columns(path, noise, columns)?;
    let readings = readings(path, &cells, noise, columns)?;
    let doubted = doubted.into_iter().chain(doubts::doubts(&readings, &columns.components));
    let warnings = warnings.into_iter().chain(doubted).collect();
    let notes = cells.notes.into_iter().chain(told).collect();
    Ok(Table { readings, units, notes, warnings, sha256 })
}

fn readings(path: &Path, cells: &Cells, noise: Option<f64>, columns: &Columns) -> Result<Vec<Reading>> {
    let refused = |i: usize, column: &str, found: &str, expected: &'static str| DataError::SensorCell {
        path: path.into(),
        row: cells.row(i),
        column: column.into(),
        found: found.into(),
        expected,
    };
    let needed = |i: usize, column: &'static str| match cells.number(path, i, column)? {
        Some(number) => Ok(number),
        None => Err(refused(i, column, "an empty cell", "a number")),
    };
    let measured = |i: usize, value: &str| {
        let own = format!("noise_{value}");
        let Some(number) = cells.number(path, i, value)? else { return Ok(None) };
        let mut stated = noise;
        for column in ["noise", &own] {
            if let Some(found) = cells.number(path, i, column)? {
                if found <= 0.0 {
                    return Err(refused(i, column, &found.to_string(), "a number above 0"));
                }
                stated = Some(found);
            }
        }
        match stated {
            Some(noise) => Ok(Some(Measured { value: number, noise })),
            None => {
                Err(refused(i, &own, "nothing", "a standard deviation there, under `noise` or by --noise"))
            }
        }
    };
    let reading = |i: usize| {
        let mut components = [None; MOST_COMPONENTS];
        for (component, name) in components.iter_mut().zip(&columns.components) {
            *component = measured(i, name)?;
        }
        Ok(Reading {
            row: cells.row(i),
            time: needed(i, "time")?,
            x: needed(i, "x")?,
            y: needed(i, "y")?,
            components,
        })
    };
    let readings: Vec<Reading> = (0..cells.rows()).map(reading).collect::<Result<_>>()?;
    if readings.iter().all(|r| r.components.iter().all(Option::is_none)) {
        let names = either(columns.components.clone());
        let detail = format!("found no reading, expected a number under {names}");
        return Err(DataError::SensorTable { path: path.into(), detail });
    }
    Ok(readings)
}
