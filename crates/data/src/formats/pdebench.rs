//! PDEBench (Takamoto et al. 2022): compressible and incompressible flows, and groups of one trajectory each.

use super::grid::Direction;
use super::hdf5_holds;
use super::plain::asked;
use crate::attribute::{Attribute, Attributes};
use crate::clock::Clock;
use crate::file::Hdf5File;
use crate::location::Location;
use crate::parts::{Layout, Parts};
use crate::source::Source;
use crate::stored::{parent, ticks};
use crate::{AxisOrder, DataError, Result};
use std::path::Path;
use std::sync::Arc;

const NAME: &str = "PDEBench";

/// The attribute of incompressible flows that counts frames as they are written.
const LATEST: &str = "latestIndex";

/// How the fields of a file are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A dataset a component, (N, T, X, Y[, Z]), coordinates beside them.
    Compressible,
    /// `velocity` (N, T, X, Y[, Z], components), room for all frames from the start.
    Incompressible,
    /// A group a trajectory: `data` (T, X, Y, components), coordinates in a group `grid`.
    Groups,
}

impl Kind {
    fn of(file: &Hdf5File) -> Option<Self> {
        let has = |name: &str| file.root.dataset(name).is_ok();
        if ["Vx", "Vy", "x-coordinate", "y-coordinate"].iter().all(|name| has(name)) {
            return Some(Self::Compressible);
        }
        if has("velocity") && file.root.attr(LATEST).is_ok() {
            return Some(Self::Incompressible);
        }
        let first = groups(file).into_iter().next()?;
        ["data", "grid/x", "grid/y"]
            .iter()
            .all(|name| has(&format!("{first}/{name}")))
            .then_some(Self::Groups)
    }

    /// The fields that are read where none are asked for.
    fn usual(self, file: &Hdf5File) -> Vec<String> {
        let names: &[&str] = match self {
            Self::Compressible if file.root.dataset("Vz").is_ok() => &["Vx", "Vy", "Vz"],
            Self::Compressible => &["Vx", "Vy"],
            Self::Incompressible => &["velocity"],
            Self::Groups => &["*/data"],
        };
        names.iter().map(ToString::to_string).collect()
    }

    /// The order of the axes of a field of so many; a force has no times.
    fn order(self, name: &str, axes: usize) -> &'static str {
        let steady = name.ends_with("force");
        match (self, steady, axes) {
            (Self::Compressible, _, 5) => "NTXYZ",
            (Self::Compressible, ..) => "NTXY",
            (Self::Incompressible, true, 5) => "NXYZC",
            (Self::Incompressible, true, _) => "NXYC",
            (Self::Incompressible, false, 6) => "NTXYZC",
            (Self::Incompressible, false, _) => "NTXYC",
            (Self::Groups, ..) => "TXYC",
        }
    }

    /// The datasets of times and of places along x and y, in the group of a trajectory.
    fn coordinates(self, group: &str) -> [String; 3] {
        match self {
            Self::Compressible => ["t", "x", "y"].map(|axis| format!("{axis}-coordinate")),
            Self::Incompressible => ["t", "x", "y"].map(str::to_owned),
            Self::Groups => ["t", "x", "y"].map(|axis| format!("{group}/grid/{axis}")),
        }
    }
}

/// The groups of trajectories: names of digits.
fn groups(file: &Hdf5File) -> Vec<String> {
    let mut names = file.members().unwrap_or_default();
    names.retain(|name| name.len() >= 4 && name.bytes().all(|b| b.is_ascii_digit()));
    names.retain(|name| file.root.group(name).is_ok());
    names.sort();
    names
}

/// Whether a file has one of the three layouts.
pub(crate) fn holds(path: &Path) -> bool {
    hdf5_holds(path, |file| Kind::of(file).is_some())
}

/// Opens a file: its velocities, else the one field of groups, or the fields asked for.
///
/// # Errors
/// [`DataError::Layout`] where trajectories stand on different grids, and any fault of the file.
pub(crate) fn open(path: &Path, at: &Location, axes: Option<AxisOrder>) -> Result<Box<dyn Source>> {
    let file = Arc::new(Hdf5File::open(&at.file)?);
    let kind = Kind::of(&file).unwrap_or(Kind::Compressible);
    let mut of = at.clone();
    if at.datasets.is_empty() {
        of.datasets = kind.usual(&file);
    }
    let members = asked(path, &file, &of)?;
    let first = &members[0][0];
    let order = match axes {
        Some(order) => order,
        None => kind.order(&first.name, first.array.shape().len()).parse()?,
    };
    let group = parent(&first.name).to_owned();
    let written = match kind {
        Kind::Incompressible => latest(path, &first.attributes)?,
        _ => None,
    };
    let room = order.place(b'T').and_then(|axis| first.array.shape().get(axis).copied());
    let several = members[0].len() > 1;
    let velocity = kind == Kind::Incompressible && first.name == "velocity";
    let written = written.filter(|_| order.place(b'T').is_some());
    let layout = Layout { written, ..Layout::of(members, order, &of) };
    let layout = if velocity { layout.of_velocity() } else { layout.called(&of) };
    let mut parts = Parts::of(path, layout)?;
    parts.header.take_format(NAME);
    take_grid(path, &file, (kind, &group, room), &mut parts)?;
    if kind == Kind::Groups && several {
        alike(path, &file)?;
    }
    Ok(Box::new(parts))
}

impl Layout {
    /// With the names of the components of a velocity, of two or three.
    pub(super) fn of_velocity(mut self) -> Self {
        let array = &self.members[0][0].array;
        let count = self.order.place(b'C').and_then(|axis| array.shape().get(axis).copied());
        self.components = Some(["u,v", "u,v,w"][usize::from(count == Some(3))].to_owned());
        self
    }
}

/// How many frames were written.
fn latest(path: &Path, attributes: &Attributes) -> Result<Option<usize>> {
    match attributes.get(LATEST) {
        Some(Attribute::Numbers(found))
            if found.len() == 1 && found[0].fract() == 0.0 && found[0] >= -1.0 =>
        {
            Ok(Some((found[0] + 1.0) as usize))
        }
        Some(found) => Err(DataError::attribute(path, LATEST, found, "the index of a frame, or -1")),
        None => Ok(None),
    }
}

/// Takes times and places of points, given the frames that the file has room for.
fn take_grid(
    path: &Path,
    file: &Hdf5File,
    (kind, group, room): (Kind, &str, Option<usize>),
    parts: &mut Parts,
) -> Result<()> {
    let [times, x, y] = kind.coordinates(group);
    let (order, header) = (parts.header.order, &mut parts.header);
    if let Some(room) = room {
        let frames = header.shape[order.time_axis()];
        let stated = file.root.dataset(&times).ok().and_then(|times| times.shape().last().copied());
        let most = match (kind, stated) {
            (Kind::Compressible, Some(stated)) if stated == room + 1 => {
                header
                    .notes
                    .push(format!("`{times}` has one time more than there are frames: the last is left out"));
                frames
            }
            // What is left out of the field is left out of its times.
            (Kind::Incompressible, Some(stated)) if stated == room => frames,
            _ => usize::MAX,
        };
        if let Some(times) = ticks(path, file, &times, most)? {
            let clock = Clock::of(path, &times, header.leading(), order, true)?;
            header.take_clock(path, &clock)?;
        }
    }
    for (direction, name) in Direction::BOTH.into_iter().zip([x, y]) {
        if let Some(places) = ticks(path, file, &name, usize::MAX)? {
            header.take_places(path, direction, &places)?;
        }
    }
    Ok(())
}

/// Refuses trajectories with grids or times of their own.
fn alike(path: &Path, file: &Hdf5File) -> Result<()> {
    let of = |group: &String| -> Result<_> {
        let read = |name: String| Ok(ticks(path, file, &name, usize::MAX)?.and_then(|ticks| ticks.values));
        Kind::Groups.coordinates(group).map(read).into_iter().collect::<Result<Vec<_>>>()
    };
    let all = groups(file);
    let Some(first) = all.first() else { return Ok(()) };
    let expected = of(first)?;
    for group in &all[1..] {
        if of(group)? != expected {
            let expected = format!("those of group `{first}`: name one with its like, FILE:/{group}/data");
            return Err(DataError::layout(
                path,
                NAME,
                format!("group `{group}`"),
                "other coordinates",
                expected,
            ));
        }
    }
    Ok(())
}
