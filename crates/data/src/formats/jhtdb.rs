//! The Johns Hopkins Turbulence Databases: cut-outs, a dataset a frame, (z, y, x, components).

use super::grid::Direction;
use super::hdf5_holds;
use super::plain::named;
use crate::clock::Clock;
use crate::file::Hdf5File;
use crate::location::Location;
use crate::parts::{Layout, Parts};
use crate::source::Source;
use crate::stored::ticks;
use crate::ticks::Ticks;
use crate::{AxisOrder, DataError, Result, Suspicion};
use std::path::Path;
use std::sync::Arc;

const NAME: &str = "JHTDB";

/// The variable that is read where none is asked for.
const VELOCITY: &str = "velocity";

/// The name of a variable and the index of a frame, counted from 1, of a dataset.
fn frame(name: &str) -> Option<(&str, usize)> {
    let (variable, index) = name.rsplit_once('_')?;
    let digits = index.len() >= 4 && index.bytes().all(|b| b.is_ascii_digit());
    index.parse().ok().filter(|_| digits).map(|index| (variable, index))
}

/// Whether a file has datasets of frames and coordinates of a cut-out.
pub(crate) fn holds(path: &Path) -> bool {
    hdf5_holds(path, |file| {
        let names = file.members().unwrap_or_default();
        let has = |name: &str| names.iter().any(|n| n == name);
        has("xcoor") && has("ycoor") && names.iter().any(|name| frame(name).is_some())
    })
}

/// Opens a file: all frames of its velocity, or the datasets asked for.
///
/// # Errors
/// [`DataError::UnevenTimes`] for frames that are not equally far apart, [`DataError::UnevenSpacing`] for grids that
/// are stretched, and any fault of the file.
pub(crate) fn open(path: &Path, at: &Location, axes: Option<AxisOrder>) -> Result<Box<dyn Source>> {
    let file = Arc::new(Hdf5File::open(&at.file)?);
    let names = if at.datasets.is_empty() { usual(path, &file)? } else { at.datasets.clone() };
    let index = |name: &String| frame(name).map_or(0, |(_, index)| index);
    let mut frames: Vec<(usize, String)> = names.into_iter().map(|name| (index(&name), name)).collect();
    frames.sort();
    let side = frames.iter().map(|(_, name)| named(path, &file, name)).collect::<Result<Vec<_>, _>>()?;
    let side = side.into_iter().flatten().collect();
    let variable = match &frames[..] {
        [(_, one)] => one.clone(),
        [(_, first), .., (_, last)] => format!("{first} to {last}"),
        [] => String::new(),
    };
    let is_velocity = frame(&frames[0].1).is_some_and(|(of, _)| of.eq_ignore_ascii_case(VELOCITY));
    let order = axes.map_or_else(|| "ZYXC".parse(), Ok)?;
    let mut layout = Layout { variable, frames_apart: true, ..Layout::of(vec![side], order, at) };
    if is_velocity {
        layout = layout.of_velocity();
    }
    let mut parts = Parts::of(path, layout)?;
    parts.header.take_format(NAME);
    take_grid(path, &file, &frames, &mut parts)?;
    Ok(Box::new(parts))
}

/// The frames of the velocity, or else of the only variable.
fn usual(path: &Path, file: &Hdf5File) -> Result<Vec<String>> {
    let names = file.members()?;
    let of = |name: &str| frame(name).map(|(variable, _)| variable.to_lowercase());
    let mut variables: Vec<String> = names.iter().filter_map(|name| of(name)).collect();
    variables.sort();
    variables.dedup();
    let chosen = match &variables[..] {
        [one] => one,
        many if many.iter().any(|name| name == VELOCITY) => VELOCITY,
        _ => return Err(DataError::NoVariable { path: path.into(), found: names }),
    };
    Ok(names.iter().filter(|name| of(name).as_deref() == Some(chosen)).cloned().collect())
}

/// Takes places of points, and looks at the indices of frames.
fn take_grid(path: &Path, file: &Hdf5File, frames: &[(usize, String)], parts: &mut Parts) -> Result<()> {
    for (direction, name) in Direction::BOTH.into_iter().zip(["xcoor", "ycoor"]) {
        if let Some(places) = ticks(path, file, name, usize::MAX)? {
            parts.header.take_places(path, direction, &places)?;
        }
    }
    let header = &mut parts.header;
    let [uv, w] = ["zcoor_uv", "zcoor_w"].map(|name| file.root.dataset(name).is_ok());
    if uv && w && header.shape[2] == 3 {
        header.warnings.push(Suspicion::Staggered { offsets: "u and v at zcoor_uv, w at zcoor_w".into() });
    }
    let values: Vec<f64> = frames.iter().map(|(index, _)| *index as f64).collect();
    let name = "index of a frame".into();
    let indices = Ticks { name, shape: vec![values.len()], values: Some(values), coarse: false, units: None };
    if let Clock::Even { step, .. } = Clock::of(path, &indices, header.leading(), header.order, true)? {
        header
            .notes
            .push(format!("frames are {step} of the database's steps apart; their time is not in the file"));
    }
    Ok(())
}
