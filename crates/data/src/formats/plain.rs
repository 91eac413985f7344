//! Datasets of an HDF5 file that follow no format: `x` or `velocity`, or those asked for by path.

use crate::array::Member;
use crate::clock::Clock;
use crate::file::Hdf5File;
use crate::location::Location;
use crate::parts::{Layout, Parts};
use crate::source::{Source, stated};
use crate::stored::{mask, member, members, parent, with_attributes};
use crate::{AxisOrder, DataError, Mask, Result};
use std::path::Path;
use std::sync::Arc;

/// Finds the datasets asked for, or else `x`, or `velocity` where there is no `x`, and refuses what cannot be read.
///
/// Times are looked for along the axis that the caller or else an attribute declares as time; without either
/// the file is refused later.
///
/// # Errors
/// Any fault of the file but those that its numbers show.
pub(crate) fn open(path: &Path, at: &Location, axes: Option<AxisOrder>) -> Result<Box<dyn Source>> {
    let file = Arc::new(Hdf5File::open(&at.file)?);
    let members = match at.datasets[..] {
        [] => vec![vec![usual(path, &file)?]],
        _ => asked(path, &file, at)?,
    };
    let first = &members[0][0];
    let group = parent(&first.name).to_owned();
    let order = stated(path, &first.name, &first.attributes, axes);
    let layout = Layout::of(members, order.unwrap_or(AxisOrder::NTCHW), at);
    let mut parts = Parts::of(path, layout.called(at))?;
    if let Some(order) = order
        && let Some(clock) = Clock::read(path, &file, &group, parts.header.leading(), order)?
    {
        parts.header.take_clock(path, &clock)?;
    }
    take_mask(path, &file, &group, &mut parts)?;
    Ok(Box::new(parts))
}

/// Takes the mask beside a field for its cells that hold no flow.
///
/// # Errors
/// [`DataError::Mask`], [`DataError::Hdf5`].
pub(crate) fn take_mask(path: &Path, file: &Hdf5File, group: &str, parts: &mut Parts) -> Result<()> {
    let header = &mut parts.header;
    let [_, _, _, height, width] = header.shape;
    let [.., h, w] = header.order.places();
    header.mask = mask(path, file, group, [height, width], h > w)?;
    header.notes.extend(header.mask.as_ref().map(Mask::note));
    Ok(())
}

/// The datasets asked for, by component.
///
/// # Errors
/// [`DataError::NoEntry`], [`DataError::Hdf5`].
pub(crate) fn asked(path: &Path, file: &Arc<Hdf5File>, at: &Location) -> Result<Vec<Vec<Member>>> {
    at.datasets.iter().map(|name| named(path, file, name)).collect()
}

impl Layout {
    /// With the names of datasets for those of components: what was asked for by name and holds one component each.
    pub(crate) fn called(mut self, at: &Location) -> Self {
        let names = at.datasets.iter().map(|name| component(name)).collect::<Option<Vec<_>>>();
        if let Some(names) = names.filter(|names| !names.is_empty()) {
            self.components = Some(names.join(","));
        }
        self
    }
}

/// The dataset `x` or else `velocity`; one of this name that is a coordinate is no field.
fn usual(path: &Path, file: &Arc<Hdf5File>) -> Result<Member> {
    let members = file.members()?;
    for variable in ["x", "velocity"].into_iter().filter(|name| members.iter().any(|m| m == name)) {
        let (_, attributes) = with_attributes(file, variable)?;
        if !attributes.is_dimension_scale() {
            return member(path, file, variable);
        }
    }
    if file.root.attr("format").is_ok() && file.root.attr("normalizer").is_ok() {
        return Err(DataError::IsPrior { path: path.into() });
    }
    Err(DataError::NoVariable { path: path.into(), found: members })
}

/// The dataset of a path, or those of every name that a `*` in it stands for.
pub(super) fn named(path: &Path, file: &Arc<Hdf5File>, name: &str) -> Result<Vec<Member>> {
    let mut paths = vec![String::new()];
    for part in name.split('/') {
        let mut longer = Vec::new();
        for path in paths {
            let join = |part: &str| if path.is_empty() { part.to_owned() } else { format!("{path}/{part}") };
            if part != "*" {
                longer.push(join(part));
                continue;
            }
            let mut members = members(file, &path).unwrap_or_default();
            members.sort();
            longer.extend(members.iter().map(|member| join(member)));
        }
        paths = longer;
    }
    // A `*` also stands before groups that hold no such dataset, as those of coordinates.
    if name.contains('*') {
        paths.retain(|path| file.root.dataset(path).is_ok());
    }
    let missing = paths.is_empty() || paths.iter().any(|path| file.root.dataset(path).is_err());
    if missing {
        let (path, found) = (path.into(), listed(file, parent(name)));
        return Err(DataError::NoEntry { path, what: "dataset", name: format!("/{name}"), found });
    }
    paths.iter().map(|name| member(path, file, name)).collect()
}

/// What stands in a group, or else at the root.
fn listed(file: &Hdf5File, group: &str) -> Vec<String> {
    let (within, names) = match members(file, group) {
        Some(names) => (group, names),
        None => ("", members(file, "").unwrap_or_default()),
    };
    let divider = if within.is_empty() { "" } else { "/" };
    names.iter().map(|name| format!("/{within}{divider}{name}")).collect()
}

/// What a path says of the component in it: its last part that stands for one name alone, if any.
fn component(name: &str) -> Option<&str> {
    name.rsplit('/').find(|part| *part != "*")
}
