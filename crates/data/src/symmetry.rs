//! The symmetries of flows: maps of a field under which a flow is as likely as it is.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A symmetry of a flow (u, v)(x, y): in a periodic box, where f = sin(k y) e_x may force it, or of the wake of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Symmetry {
    /// Shifts along x by any number of points.
    ShiftX,
    /// Shifts along y by a period of the forcing, one k-th of the box.
    ShiftY,
    /// (−u, v)(−x, y + half a period of the forcing): reflected in x where the forcing has changed its sign.
    ShiftReflect,
    /// (−u, −v)(−x, −y): turned by π about a point where the forcing is 0.
    Rotate,
    /// (u, −v)(x, −y) about the body in the middle: of a wake that sheds vortices, the same flow half a period later.
    ReflectY,
}

impl Symmetry {
    /// Those of a periodic box under f.
    pub const FORCED: [Self; 4] = [Self::ShiftX, Self::ShiftY, Self::ShiftReflect, Self::Rotate];
    /// Those of a wake.
    pub const WAKE: [Self; 1] = [Self::ReflectY];

    /// The name that files use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ShiftX => "shift_x",
            Self::ShiftY => "shift_y",
            Self::ShiftReflect => "shift_reflect",
            Self::Rotate => "rotate",
            Self::ReflectY => "reflect_y",
        }
    }
}

impl fmt::Display for Symmetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
