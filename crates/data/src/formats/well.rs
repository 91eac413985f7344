//! The Well (Ohana et al. 2024), version 1.2: fields of all orders in groups, components last, a group of coordinates.

use super::grid::Direction;
use super::hdf5_holds;
use super::plain::asked;
use crate::array::Member;
use crate::attribute::{Attribute, Attributes, Place};
use crate::clock::Clock;
use crate::file::Hdf5File;
use crate::location::Location;
use crate::parts::{Layout, Parts};
use crate::source::Source;
use crate::stored::{attributes_of, member, members, parent, ticks};
use crate::{AxisOrder, DataError, Result};
use std::path::Path;
use std::sync::Arc;

const NAME: &str = "The Well";

/// The groups of scalars, vectors and tensors.
const GROUPS: [&str; 3] = ["t0_fields", "t1_fields", "t2_fields"];

/// Whether a file has the groups of the format.
pub(crate) fn holds(path: &Path) -> bool {
    let group = |file: &Hdf5File, name: &str| file.root.group(name).is_ok();
    hdf5_holds(path, |file| group(file, "dimensions") && GROUPS.iter().any(|name| group(file, name)))
}

/// Opens a file: `t1_fields/velocity`, or the fields asked for.
///
/// # Errors
/// [`DataError::Layout`] for other grids than Cartesian ones, and any fault of the file.
pub(crate) fn open(path: &Path, at: &Location, axes: Option<AxisOrder>) -> Result<Box<dyn Source>> {
    let file = Arc::new(Hdf5File::open(&at.file)?);
    let about = attributes_of(&file, "dimensions")?;
    let dims = dimensions(path, &about)?;
    let members =
        if at.datasets.is_empty() { vec![vec![velocity(path, &file)?]] } else { asked(path, &file, at)? };
    let first = &members[0][0];
    let order = match axes {
        Some(order) => order,
        None => order_of(path, first, &dims)?,
    };
    let names: Vec<String> = members.iter().flat_map(|side| components(&side[0], &dims)).collect();
    let components = Some(names.join(","));
    let mut parts = Parts::of(path, Layout { components, ..Layout::of(members, order, at) })?;
    parts.header.take_format(NAME);
    take_grid(path, &file, &mut parts)?;
    borders(path, &file, &mut parts)?;
    Ok(Box::new(parts))
}

/// Takes times and places of points.
fn take_grid(path: &Path, file: &Hdf5File, parts: &mut Parts) -> Result<()> {
    let (order, header) = (parts.header.order, &mut parts.header);
    if let Some(times) = ticks(path, file, "dimensions/time", usize::MAX)?
        && order.place(b'T').is_some()
    {
        let clock = Clock::of(path, &times, header.leading(), order, true)?;
        header.take_clock(path, &clock)?;
    }
    for direction in Direction::BOTH {
        let name = char::from(direction.letter()).to_ascii_lowercase();
        if let Some(places) = ticks(path, file, &format!("dimensions/{name}"), usize::MAX)? {
            if places.shape.len() > 1 {
                let (what, found) = (format!("dimensions/{name}"), format!("shape {:?}", places.shape));
                return Err(DataError::layout(path, NAME, what, found, "one grid for all trajectories"));
            }
            header.take_places(path, direction, &places)?;
        }
    }
    Ok(())
}

/// The names of the axes of space, in their order.
fn dimensions(path: &Path, about: &Attributes) -> Result<Vec<String>> {
    let grid = about.text(path, "grid_type")?.unwrap_or("cartesian");
    if !grid.eq_ignore_ascii_case("cartesian") {
        return Err(DataError::layout(
            path,
            NAME,
            "attribute `grid_type`",
            format!("{grid:?}"),
            "\"cartesian\"",
        ));
    }
    let named = about.text(path, "spatial_dims")?.unwrap_or_default();
    let dims: Vec<String> = named.split(',').map(|name| name.trim().to_lowercase()).collect();
    let known = dims.iter().all(|name| ["x", "y", "z"].contains(&&**name));
    if !known || !["x", "y"].iter().all(|name| dims.iter().any(|dim| dim == name)) {
        let what = "attribute `spatial_dims` of `dimensions`";
        return Err(DataError::layout(path, NAME, what, format!("{named:?}"), "x and y, and z beside them"));
    }
    Ok(dims)
}

/// The field of velocities.
fn velocity(path: &Path, file: &Arc<Hdf5File>) -> Result<Member> {
    let name = "t1_fields/velocity";
    if file.root.dataset(name).is_ok() {
        return member(path, file, name);
    }
    let all = GROUPS.iter().flat_map(|group| {
        members(file, group).unwrap_or_default().into_iter().map(move |name| format!("/{group}/{name}"))
    });
    Err(DataError::NoEntry {
        path: path.into(),
        what: "dataset",
        name: format!("/{name}"),
        found: all.collect(),
    })
}

/// The group of a field: 0 for scalars, 1 for vectors, 2 for tensors.
fn rank(member: &Member) -> Option<usize> {
    let group = parent(&member.name);
    GROUPS.iter().position(|name| *name == group)
}

/// The order of the axes that a field has: it need not vary along all.
fn order_of(path: &Path, member: &Member, dims: &[String]) -> Result<AxisOrder> {
    let of = |name: &str| match member.attributes.at(Place::Dataset, name) {
        Some(Attribute::Numbers(flags)) => Some(flags.iter().map(|flag| *flag != 0.0).collect::<Vec<bool>>()),
        _ => None,
    };
    let varies = |name: &str| of(name).and_then(|flags| flags.first().copied()).unwrap_or(true);
    let along = of("dim_varying").unwrap_or_else(|| vec![true; dims.len()]);
    let mut letters = String::new();
    for (name, letter) in [("sample_varying", 'N'), ("time_varying", 'T')] {
        letters.extend(varies(name).then_some(letter));
    }
    for (dim, varies) in dims.iter().zip(&along) {
        letters.extend(varies.then(|| dim.to_uppercase()));
    }
    match rank(member) {
        Some(0) => {}
        Some(1) => letters.push('C'),
        _ => {
            let what = format!("dataset `{}`", member.name);
            return Err(DataError::layout(
                path,
                NAME,
                what,
                "a tensor or no field",
                "a field of t0_fields or t1_fields",
            ));
        }
    }
    letters.parse().map_err(|_| {
        let what = format!("attribute `dim_varying` of `{}`", member.name);
        DataError::layout(path, NAME, what, format!("{along:?}"), "a field that varies along x and y")
    })
}

/// What the components of a field are called.
fn components(member: &Member, dims: &[String]) -> Vec<String> {
    let name = member.name.rsplit('/').next().unwrap_or_default();
    if rank(member) != Some(1) {
        return vec![name.into()];
    }
    let letter = |dim: &String| match (name, &**dim) {
        ("velocity", "x") => "u".to_owned(),
        ("velocity", "y") => "v".to_owned(),
        ("velocity", _) => "w".to_owned(),
        _ => format!("{name}_{dim}"),
    };
    dims.iter().map(letter).collect()
}

/// Takes the border rule: periodic where x and y are, else open, with a sentence on what there is, and walls.
fn borders(path: &Path, file: &Hdf5File, parts: &mut Parts) -> Result<()> {
    let (mut told, mut rules) = (Vec::new(), Vec::new());
    for name in members(file, "boundary_conditions").unwrap_or_default() {
        let of = attributes_of(file, &format!("boundary_conditions/{name}"))?;
        let (Some(rule), Some(dims)) = (of.text(path, "bc_type")?, of.text(path, "associated_dims")?) else {
            continue;
        };
        let rule = rule.to_lowercase();
        rules.extend(dims.split(',').map(|dim| (dim.trim().to_lowercase(), rule.clone())));
        told.push(format!("{dims} {rule}"));
    }
    if told.is_empty() {
        return Ok(());
    }
    let both = ["x", "y"].iter().all(|dim| rules.iter().any(|(of, rule)| of == dim && rule == "periodic"));
    if !both {
        parts.header.notes.push(format!("borders ({}) are taken as open", told.join("; ")));
        let walled = walled(&rules);
        if !walled.is_empty() && !parts.header.attributes.has("walls") {
            parts.header.attributes.state("walls", Attribute::Text(walled.join(",")));
        }
    }
    parts.header.take_boundary(both);
    Ok(())
}

/// The directions that end at walls and at nothing else, of directions and their rules.
fn walled(rules: &[(String, String)]) -> Vec<&'static str> {
    let mut both = ["x", "y"].to_vec();
    both.retain(|dim| {
        let mut own = rules.iter().filter(|(of, _)| of == dim).map(|(_, rule)| rule == "wall").peekable();
        own.peek().is_some() && own.all(|wall| wall)
    });
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walls_are_where_nothing_else_is() {
        let rules =
            |all: &[(&str, &str)]| all.iter().map(|(d, r)| ((*d).into(), (*r).into())).collect::<Vec<_>>();
        assert_eq!(walled(&rules(&[("x", "periodic"), ("y", "wall"), ("z", "wall")])), ["y"]);
        assert_eq!(walled(&rules(&[("x", "wall"), ("y", "wall")])), ["x", "y"]);
        assert!(walled(&rules(&[("x", "wall"), ("x", "open"), ("y", "open")])).is_empty());
    }
}
