//! From physical places and times of readings to rows, columns and frames of a grid.

use super::{Measured, Reading};
use crate::Described;
use equipoise_field::{Axis, Boundary};
use equipoise_operator::{Sensor, TimeRule};
use std::fmt;

/// Cells beyond an open border within which a place counts as on it: written coordinates are rounded.
const EDGE: f64 = 1e-3;

/// Frames between a reading and the frame it is taken for above which it is worth a word.
pub const SNAP_TOLERANCE: f64 = 0.1;

/// How readings become observations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlacingRule {
    /// L, the frames of the trajectory; those of a window unless it is composed of several.
    pub frames: usize,
    /// Time of the first frame, in the table's unit.
    pub start: f64,
    /// Between frames: linear, or the nearest frame.
    pub times: TimeRule,
    /// What happens to readings that no field speaks of.
    pub outside: Outside,
}

/// What happens to a reading outside the domain, the time span or the fluid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// The table is refused, naming the first.
    Refuse,
    /// It is left out.
    Drop,
}

/// Why no field speaks of a reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Offence {
    /// A coordinate beyond the domain or the time span.
    Beyond {
        /// `time`, `x` or `y`.
        column: &'static str,
        /// Its value.
        found: f64,
        /// The least value inside.
        low: f64,
        /// The largest.
        high: f64,
    },
    /// A time outside the frames, but nearer to one than half a frame, which linear interpolation does not take.
    Between {
        /// The time.
        found: f64,
        /// That of the first frame.
        low: f64,
        /// That of the last.
        high: f64,
    },
    /// A place inside the cylinder, or interpolated from a masked cell.
    Solid {
        /// Its x.
        x: f64,
        /// Its y.
        y: f64,
        /// Whether it is a mask beside the data that says so.
        masked: bool,
    },
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beyond { column, found, low, high } => {
                write!(f, "column `{column}`: found {found}, expected {low} to {high}")
            }
            Self::Between { found, low, high } => write!(
                f,
                "column `time`: found {found}, expected {low} to {high} (--times nearest takes it for the nearest frame)"
            ),
            Self::Solid { x, y, masked } => {
                write!(
                    f,
                    "columns `x`, `y`: found ({x}, {y}), {}, expected a place in the fluid",
                    if *masked { "beside or under masked cells" } else { "inside the cylinder" }
                )
            }
        }
    }
}

/// One measured number with its place on the grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Its row in the table.
    pub row: u64,
    /// When, where, in the table's units.
    pub time: f64,
    /// Along x.
    pub x: f64,
    /// Along y.
    pub y: f64,
    /// Number and noise, in physical units.
    pub measured: Measured,
    /// Frame, component, row and column on the grid.
    pub sensor: Sensor,
}

/// A reading that was left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropped {
    /// Its row in the table.
    pub row: u64,
    /// Why.
    pub offence: Offence,
}

/// How far readings were moved to a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Snap {
    /// The row moved furthest.
    pub row: u64,
    /// By how much, in frames.
    pub frames: f64,
    /// Rows moved by more than [`SNAP_TOLERANCE`].
    pub beyond: usize,
}

/// The readings on the grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// One entry a measured number, in the order of the table, u before v.
    pub entries: Vec<Entry>,
    /// What was left out.
    pub dropped: Vec<Dropped>,
    /// How far times were moved; `None` under linear interpolation.
    pub snap: Option<Snap>,
}

/// Places readings on the grid of a file; those that lie elsewhere are [`dropped`](Placed::dropped), and it is for the caller to
/// refuse them.
///
/// x = x₀ + i·dx and y = y₀ + j·dy; frame k is at `start` + k·Δt, k to L − 1. Open borders: from the first to the
/// last grid point. Periodic ones: one period from the first grid point, and the cell before it, which is the last of
/// the period. Under [`TimeRule::Nearest`] times up to half a frame before the first frame and after the last count.
pub fn place(at: &Described, readings: &[Reading], rule: &PlacingRule) -> Placed {
    let mut placed = Placed { entries: Vec::new(), dropped: Vec::new(), snap: None };
    for reading in readings.iter().filter(|r| r.components.iter().any(Option::is_some)) {
        match locate(at, reading, rule) {
            Ok(sensor) => placed.add(reading, sensor, moved(at, reading, rule)),
            Err(offence) => placed.dropped.push(Dropped { row: reading.row, offence }),
        }
    }
    placed
}

impl Placed {
    fn add(&mut self, reading: &Reading, sensor: Sensor, moved: Option<f64>) {
        let Reading { row, time, x, y, components } = *reading;
        for (channel, measured) in components.into_iter().enumerate() {
            if let Some(measured) = measured {
                let sensor = Sensor { channel, ..sensor };
                self.entries.push(Entry { row, time, x, y, measured, sensor });
            }
        }
        if let Some(frames) = moved {
            let snap = self.snap.get_or_insert(Snap { row, frames, beyond: 0 });
            snap.beyond += usize::from(frames > SNAP_TOLERANCE);
            if frames > snap.frames {
                (snap.row, snap.frames) = (row, frames);
            }
        }
    }
}

/// The place of a reading, for channel 0.
fn locate(
    described: &Described,
    reading: &Reading,
    rule: &PlacingRule,
) -> std::result::Result<Sensor, Offence> {
    let (shape, grid, at) = (described.frame, described.grid, described.coordinates);
    let (nx, ny) = match grid.x_axis {
        Axis::H => (shape.height, shape.width),
        Axis::W => (shape.width, shape.height),
    };
    let last = rule.frames.saturating_sub(1) as f64;
    let frame = (reading.time - rule.start) / at.time_step;
    let slack = if rule.times == TimeRule::Nearest { 0.5 } else { EDGE };
    if !(-slack..=last + slack).contains(&frame) {
        let (found, low, high) = (reading.time, rule.start, rule.start + last * at.time_step);
        return Err(if (-0.5..=last + 0.5).contains(&frame) {
            Offence::Between { found, low, high }
        } else {
            Offence::Beyond { column: "time", found, low, high }
        });
    }
    let frame = match rule.times {
        TimeRule::Nearest => frame.round().clamp(0.0, last),
        TimeRule::Linear => frame.clamp(0.0, last),
    };
    let x = along("x", reading.x, at.x_first, grid.dx, nx, grid.boundary)?;
    let y = along("y", reading.y, at.y_first, grid.dy, ny, grid.boundary)?;
    let (row, column) = if grid.x_axis == Axis::H { (x, y) } else { (y, x) };
    if described.is_solid(row, column) {
        let masked = !described.geometry.is_some_and(|cylinder| cylinder.encloses(row, column));
        return Err(Offence::Solid { x: reading.x, y: reading.y, masked });
    }
    Ok(Sensor { frame, channel: 0, row, column })
}

/// The distance of a reading from its nearest frame, in frames, where it is moved there.
fn moved(described: &Described, reading: &Reading, rule: &PlacingRule) -> Option<f64> {
    let frame = (reading.time - rule.start) / described.coordinates.time_step;
    (rule.times == TimeRule::Nearest).then(|| (frame - frame.round()).abs())
}

/// A coordinate in grid steps from the first point.
fn along(
    column: &'static str,
    found: f64,
    first: f64,
    step: f64,
    length: usize,
    boundary: Boundary,
) -> std::result::Result<f64, Offence> {
    let (position, length) = ((found - first) / step, length as f64);
    let (low, high, slack) = match boundary {
        Boundary::Open => (0.0, length - 1.0, EDGE),
        Boundary::Periodic => (-1.0, length, 0.0),
    };
    if !(low - slack..=high + slack).contains(&position) {
        return Err(Offence::Beyond { column, found, low: first + low * step, high: first + high * step });
    }
    Ok(match boundary {
        Boundary::Open => position.clamp(low, high),
        // A remainder can round up to the length itself.
        Boundary::Periodic => Some(position.rem_euclid(length)).filter(|p| *p < length).unwrap_or(0.0),
    })
}
