//! Which physical direction each array axis points in, how far apart points lie, and what
//! happens at the border.

use serde::{Deserialize, Serialize};

/// One of the two spatial array axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Axis {
    /// The second to last axis.
    H,
    /// The last axis.
    W,
}

/// How differences are taken at the border of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    /// Both axes wrap around (Kolmogorov flow).
    Periodic,
    /// Neither axis wraps; one-sided differences at the border (cylinder wake).
    Open,
}

/// The orientation of a field: channel 0 is the velocity along x, channel 1 along y, whichever
/// array axis x is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// The array axis along which x increases; y is the other one.
    pub x_axis: Axis,
    /// Distance of neighbouring points along x, in the data's unit of length.
    pub dx: f64,
    /// Distance of neighbouring points along y, in the data's unit of length.
    pub dy: f64,
    /// Border rule of differences.
    pub boundary: Boundary,
}

impl Grid {
    /// The array axis along which y increases.
    pub const fn y_axis(&self) -> Axis {
        match self.x_axis {
            Axis::H => Axis::W,
            Axis::W => Axis::H,
        }
    }
}
