//! NetCDF-4, and any HDF5 file whose axes are named by dimension scales: jax-cfd, xarray, the CF conventions.

use super::hdf5_holds;
use super::named::{self, Catalogue, Variable};
use super::plain::{named as member_of, take_mask};
use crate::array::Member;
use crate::attribute::Attributes;
use crate::file::Hdf5File;
use crate::location::Location;
use crate::source::Source;
use crate::stored::{parent, ticks, with_attributes};
use crate::ticks::Ticks;
use crate::{AxisOrder, Result};
use hdf5::types::VarLenArray;
use hdf5::{ObjectReference1, ReferencedObject};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The attribute that names the scales of each axis.
const SCALES: &str = "DIMENSION_LIST";

/// What a dimension scale is called that is no variable.
const NO_VARIABLE: &str = "This is a netCDF dimension but not a netCDF variable";

/// Whether a file has axes that are named.
pub(crate) fn holds(path: &Path) -> bool {
    hdf5_holds(path, |file| {
        let names = file.members().unwrap_or_default();
        names.iter().any(|name| file.root.dataset(name).is_ok_and(|dataset| dataset.attr(SCALES).is_ok()))
    })
}

/// Opens a file: its velocity, or the variables asked for.
///
/// # Errors
/// As of [`named::open`].
pub(crate) fn open(path: &Path, at: &Location, axes: Option<AxisOrder>) -> Result<Box<dyn Source>> {
    let file = Arc::new(Hdf5File::open(&at.file)?);
    let names = file.members()?;
    let mut found = NetCdf { path: path.into(), file: Arc::clone(&file), variables: Vec::new() };
    for name in names.iter().filter(|name| file.root.dataset(name).is_ok()) {
        let (dataset, attributes) = with_attributes(&file, name)?;
        if !attributes.is_dimension_scale() {
            let (name, axes, rank) = (name.clone(), found.axes(name), dataset.ndim());
            found.variables.push(Variable { name, axes, rank });
        }
    }
    let mut parts = named::open(path, at, axes, &found)?;
    let group = at.datasets.first().map_or("", |name| parent(name));
    take_mask(path, &file, group, &mut parts)?;
    Ok(Box::new(parts))
}

/// An open file.
struct NetCdf {
    path: PathBuf,
    file: Arc<Hdf5File>,
    variables: Vec<Variable>,
}

impl Catalogue for NetCdf {
    fn format(&self) -> &'static str {
        "netCDF"
    }

    fn variables(&self) -> &[Variable] {
        &self.variables
    }

    fn axes(&self, name: &str) -> Vec<String> {
        scales(&self.file, name).unwrap_or_default()
    }

    fn asked(&self, path: &str) -> Result<Vec<Member>> {
        member_of(&self.path, &self.file, path)
    }

    fn coordinate(&self, axis: &str) -> Result<Option<(Ticks, Attributes)>> {
        if self.file.root.dataset(axis).is_err() {
            return Ok(None);
        }
        let (_, attributes) = with_attributes(&self.file, axis)?;
        let called = attributes.text(&self.path, "NAME")?.unwrap_or_default();
        if called.starts_with(NO_VARIABLE) {
            return Ok(None);
        }
        Ok(ticks(&self.path, &self.file, axis, usize::MAX)?.map(|ticks| (ticks, attributes)))
    }
}

/// The first scale of each axis of a dataset, by its path without the first stroke; `None` where an axis has none.
fn scales(file: &Hdf5File, name: &str) -> Option<Vec<String>> {
    let dataset = file.root.dataset(name).ok()?;
    let lists = dataset.attr(SCALES).ok()?.read_raw::<VarLenArray<ObjectReference1>>().ok()?;
    let scale = |list: &VarLenArray<ObjectReference1>| match dataset.dereference(list.first()?).ok()? {
        ReferencedObject::Dataset(scale) => Some(scale.name().trim_start_matches('/').to_owned()),
        _ => None,
    };
    lists.iter().map(scale).collect()
}
