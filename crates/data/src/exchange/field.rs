//! What is written of fields: members, mean and spread on a grid, with all that is known of both.

use crate::store::{Along, Dimension};
use crate::{Attribute, Coordinates, DataError, Mask, Result, Units};
use equipoise_field::{Axis, Grid, Shape};
use std::collections::BTreeSet;

/// An ensemble of fields in physical units, each (T, C, H, W) and flat in that order.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    /// (T, C, H, W) of a member.
    pub shape: Shape,
    /// The orientation of the grid.
    pub grid: Grid,
    /// Where the first grid point lies, and how far frames are apart.
    pub coordinates: Coordinates,
    /// The time of the first frame.
    pub t_first: f64,
    /// What of them is known: what is not is not written.
    pub known: Known,
    /// What the components are called.
    pub components: Vec<String>,
    /// The channels of the velocity along x and along y, where there are both.
    pub velocities: Option<[usize; 2]>,
    /// Units, where they are stated.
    pub units: Units,
    /// Cells that hold no flow, which are written as NaN.
    pub mask: Option<&'a Mask>,
    /// The members.
    pub members: Vec<&'a [f32]>,
    /// The index of every member, which names its draw.
    pub indices: Vec<u64>,
    /// What each member counts, in all 1; `None` where all count the same.
    pub weights: Option<&'a [f64]>,
    /// The mean, where there is one.
    pub mean: Option<&'a [f32]>,
    /// The standard deviation, where there is one.
    pub std: Option<&'a [f32]>,
    /// What else is known: kind of flow, orientation, what they were made from and by.
    pub attributes: Vec<(&'static str, Attribute)>,
    /// Where the same numbers stand in the HDF5 file beside, for what only refers to it.
    pub stored: Stored,
}

/// What is known of coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The spacings.
    pub spacing: bool,
    /// x and y of the first grid point. Without one its axis has no coordinates, since a 0 there would be taken for a
    /// fact; the spacing stands among the attributes.
    pub first: [bool; 2],
    /// The time between two frames.
    pub time: bool,
}

impl Known {
    /// Everything, or nothing.
    pub fn all(known: bool) -> Self {
        Self { spacing: known, first: [known; 2], time: known }
    }
}

/// Datasets of an HDF5 file: members (M, T, C, H, W), mean (1, T, C, H, W) and standard deviation (T, C, H, W).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The members.
    pub members: &'static str,
    /// The mean; read where there is one.
    pub mean: &'static str,
    /// The standard deviation; read where there is one.
    pub std: &'static str,
}

impl Fields<'_> {
    /// Every number has its place.
    ///
    /// # Errors
    /// [`DataError::Length`].
    pub(super) fn check(&self) -> Result<()> {
        let (entries, members) = (self.shape.len(), self.members.len());
        let fields = self.members.iter().map(|member| ("a member", member.len()));
        let fields = fields.chain(self.mean.iter().map(|mean| ("the mean", mean.len())));
        let fields = fields.chain(self.std.iter().map(|std| ("the standard deviation", std.len())));
        let fields = fields.map(|(field, found)| (field, found, entries));
        let masked = self.mask.map(|mask| ("the mask", mask.cells().len(), self.shape.plane()));
        let others = [
            ("names of components", self.components.len(), self.shape.channels),
            ("indices of members", self.indices.len(), members),
            ("weights of members", self.weights.map_or(members, <[f64]>::len), members),
        ];
        match fields.chain(masked).chain(others).find(|(_, found, expected)| found != expected) {
            Some((field, found, expected)) => Err(DataError::Length { field, found, expected }),
            None => Ok(()),
        }
    }

    /// What both axes of a plane are called, `x` and `y` or `y` and `x`.
    pub fn axes(&self) -> [&'static str; 2] {
        if self.grid.x_axis == Axis::H { ["x", "y"] } else { ["y", "x"] }
    }

    /// Points along x and along y.
    pub(super) fn extent(&self) -> [usize; 2] {
        let Shape { height, width, .. } = self.shape;
        if self.grid.x_axis == Axis::H { [height, width] } else { [width, height] }
    }

    /// The dimensions `member`, `time` and those of a plane, each with what is known along it.
    pub fn dimensions(&self) -> Vec<Dimension> {
        let ([nx, ny], at, grid) = (self.extent(), self.coordinates, self.grid);
        let Known { spacing, first, time } = self.known;
        let axis = |name: &str| match name {
            "x" => self.axis("x", "X", (at.x_first, grid.dx, nx), spacing && first[0]),
            _ => self.axis("y", "Y", (at.y_first, grid.dy, ny), spacing && first[1]),
        };
        let planes = self.axes().map(axis);
        let members = Along::Indices(self.indices.clone());
        let texts = vec![("long_name", "index of the member, which names its draw".to_owned())];
        let time = self.axis("time", "T", (self.t_first, at.time_step, self.shape.frames), time);
        let members = Dimension { name: "member".into(), along: members, texts };
        [members, time].into_iter().chain(planes).collect()
    }

    fn axis(
        &self,
        name: &str,
        axis: &str,
        (first, step, length): (f64, f64, usize),
        known: bool,
    ) -> Dimension {
        let unit = if axis == "T" { &self.units.time } else { &self.units.length };
        let mut texts = Vec::new();
        let along = match known {
            true => {
                texts.push(("axis", axis.to_owned()));
                texts.extend(unit.iter().map(|unit| ("units", unit.clone())));
                Along::Reals((0..length).map(|i| first + i as f64 * step).collect())
            }
            false => Along::Places(length),
        };
        Dimension { name: name.into(), along, texts }
    }

    /// The unit of a component, where it is stated: one of all, or one each in a row.
    pub(super) fn unit(&self, component: usize) -> Option<&str> {
        let stated = self.units.velocity.as_deref()?;
        let each: Vec<&str> = stated.split(',').map(str::trim).collect();
        if each.len() == self.shape.channels { Some(each[component]) } else { Some(stated) }
    }

    /// Names of the components that no two share, and that are no other entry's: letters, digits and `_`.
    pub(super) fn names(&self, taken: &[&str]) -> Vec<String> {
        let mut used: BTreeSet<String> = taken.iter().map(|name| (*name).to_owned()).collect();
        let mut names = Vec::new();
        for (c, component) in self.components.iter().enumerate() {
            let plain = |letter: char| if letter.is_alphanumeric() { letter } else { '_' };
            let mut name: String = component.chars().map(plain).collect();
            if name.is_empty() {
                name = format!("c{c}");
            }
            let all = |name: &str| [name.to_owned(), format!("{name}_mean"), format!("{name}_std")];
            while all(&name).iter().any(|name| used.contains(name)) {
                name.push('_');
            }
            used.extend(all(&name));
            names.push(name);
        }
        names
    }

    /// A plane, with NaN in cells without flow.
    pub(super) fn plane(&self, field: &[f32], frame: usize, component: usize, to: &mut Vec<f32>) {
        let plane = self.shape.plane();
        let values = &field[(frame * self.shape.channels + component) * plane..][..plane];
        match self.mask {
            None => to.extend_from_slice(values),
            Some(mask) => {
                let cells = values.iter().zip(mask.cells());
                to.extend(cells.map(|(x, hidden)| if *hidden { f32::NAN } else { *x }));
            }
        }
    }

    /// A field in its order, with NaN in cells without flow.
    pub(super) fn whole(&self, field: &[f32]) -> Vec<f32> {
        let mut values = Vec::with_capacity(self.shape.len());
        for (t, c) in (0..self.shape.frames).flat_map(|t| (0..self.shape.channels).map(move |c| (t, c))) {
            self.plane(field, t, c, &mut values);
        }
        values
    }
}
