//! Fields whose axes have names, as netCDF and Zarr have them: which variables are the velocity, and which axis is which.

use super::grid::Direction;
use super::staggered;
use crate::array::Member;
use crate::attribute::{Attribute, Attributes, Place};
use crate::clock::Clock;
use crate::location::Location;
use crate::parts::{Layout, Parts};
use crate::source::stated;
use crate::ticks::Ticks;
use crate::{AxisOrder, DataError, Result, Suspicion};
use std::path::Path;

/// Names of the velocity along x and along y, and along z where there is one.
const VELOCITIES: [[&str; 3]; 11] = [
    ["u", "v", "w"],
    ["U", "V", "W"],
    ["Vx", "Vy", "Vz"],
    ["vx", "vy", "vz"],
    ["ux", "uy", "uz"],
    ["u_x", "u_y", "u_z"],
    ["velocity_x", "velocity_y", "velocity_z"],
    ["x_velocity", "y_velocity", "z_velocity"],
    ["uo", "vo", "wo"],
    ["u10", "v10", ""],
    ["water_u", "water_v", ""],
];

/// Words for axes beyond those of an axis order, each behind its letter.
const WORDS: [(u8, &[&str]); 6] = [
    (b'N', &["n", "number", "realization", "realisation", "run", "case"]),
    (b'T', &["t", "valid_time", "ocean_time"]),
    (b'C', &["c", "values", "vector"]),
    (b'Z', &["z", "height", "plev", "pressure_level", "zcoor_uv", "zcoor_w", "zc", "zf", "z_c", "z_f"]),
    (b'Y', &["y", "yc", "yf", "y_c", "y_f", "nav_lat"]),
    (b'X', &["x", "xc", "xf", "x_c", "x_f", "nav_lon"]),
];

/// A variable by its name, with the names of its axes; none where they have none.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) axes: Vec<String>,
    /// How many axes it has.
    pub(super) rank: usize,
}

/// A file or folder of named variables.
pub(super) trait Catalogue {
    /// What messages call the format.
    fn format(&self) -> &'static str;

    /// The variables at its root that are no coordinates.
    fn variables(&self) -> &[Variable];

    /// The names of the axes of a variable, wherever it stands.
    fn axes(&self, name: &str) -> Vec<String>;

    /// The variables of a path, which may stand for several.
    fn asked(&self, path: &str) -> Result<Vec<Member>>;

    /// The coordinate of an axis, with its attributes; `None` where there is none.
    fn coordinate(&self, axis: &str) -> Result<Option<(Ticks, Attributes)>>;
}

/// Opens the velocity of a catalogue, or the variables asked for.
///
/// # Errors
/// [`DataError::Layout`] for axes whose names say nothing, and any fault of the variables.
pub(super) fn open(
    path: &Path,
    at: &Location,
    axes: Option<AxisOrder>,
    catalogue: &impl Catalogue,
) -> Result<Parts> {
    let mut of = at.clone();
    if at.datasets.is_empty() {
        of.datasets = velocity(path, catalogue)?;
    }
    let members = of.datasets.iter().map(|name| catalogue.asked(name)).collect::<Result<Vec<_>, _>>()?;
    let first = &members[0][0];
    let named = catalogue.axes(&first.name);
    let declared = stated(path, &first.name, &first.attributes, axes);
    let order = match (declared, order_of(path, catalogue, &first.name, &named)) {
        (Some(declared), Ok(order)) if declared.agrees(order) => order,
        (Some(declared), Ok(order)) if axes.is_none() => {
            let found =
                vec![format!("attributes of `{}` say {declared}", first.name), format!("its axes {order}")];
            return Err(DataError::AxesAmbiguous { path: path.into(), found });
        }
        (Some(declared), _) => declared,
        (None, order) => order?,
    };
    let mut sides = Vec::new();
    for side in &members {
        let axes = catalogue.axes(&side[0].name);
        let other = if declared.is_some() { order } else { order_of(path, catalogue, &side[0].name, &axes)? };
        if other != order {
            let what = format!("axes of `{}`", side[0].name);
            return Err(DataError::layout(
                path,
                catalogue.format(),
                what,
                other,
                format!("{order}, as of `{}`", first.name),
            ));
        }
        sides.push((side[0].name.clone(), axes, side[0].attributes.at(Place::Dataset, "offset").cloned()));
    }
    let mut layout = Layout::of(members, order, &of);
    layout = match &of.datasets[..] {
        [one] if one.ends_with("velocity") && order.place(b'C').is_some() => layout.of_velocity(),
        names if at.datasets.is_empty() && names.len() > 1 => {
            Layout { components: Some(["u,v", "u,v,w"][names.len() - 2].into()), ..layout }
        }
        _ => layout.called(&of),
    };
    let mut parts = Parts::of(path, layout)?;
    parts.header.take_format(catalogue.format());
    take_grid(path, catalogue, &named, &mut parts)?;
    staggered::look(path, &mut parts.header, &sides)?;
    Ok(parts)
}

/// Takes times and places of points from the coordinates of axes.
fn take_grid(path: &Path, catalogue: &impl Catalogue, axes: &[String], parts: &mut Parts) -> Result<()> {
    let (order, header) = (parts.header.order, &mut parts.header);
    let name = |letter: u8| order.place(letter).and_then(|axis| axes.get(axis));
    if let Some(name) = name(b'T')
        && let Some((mut times, _)) = catalogue.coordinate(name)?
    {
        // Of an axis that grows, netCDF stores no more of a variable than was written.
        let frames = header.shape[order.time_axis()];
        if let ([all], Some(values)) = (&mut times.shape[..], &mut times.values)
            && *all > frames
        {
            let by = format!("the length of axis `{name}`").into();
            header.warnings.push(Suspicion::FramesLeftOut { by, frames, all: *all });
            values.truncate(frames);
            *all = frames;
        }
        let clock = Clock::of(path, &times, header.leading(), order, true)?;
        header.take_clock(path, &clock)?;
        // CF: "hours since 2000-01-01".
        let unit = times.units.as_deref().and_then(|units| units.split_whitespace().next());
        if let Some(unit) = unit {
            header.attributes.supply("time_units", Attribute::Text(unit.into()));
        }
    }
    for direction in Direction::BOTH {
        if let Some(name) = name(direction.letter())
            && let Some((places, _)) = catalogue.coordinate(name)?
        {
            header.take_places(path, direction, &places)?;
        }
    }
    Ok(())
}

/// The variables that hold the velocity: the state of the house, or components by their usual names.
fn velocity(path: &Path, catalogue: &impl Catalogue) -> Result<Vec<String>> {
    let variables = catalogue.variables();
    let find = |name: &str| variables.iter().find(|v| v.name == name && v.rank >= 2);
    for name in ["x", "velocity"] {
        if find(name).is_some() {
            return Ok(vec![name.into()]);
        }
    }
    if let [only] = variables
        && only.name.is_empty()
    {
        return Ok(vec![String::new()]);
    }
    let pairs: Vec<[&str; 3]> =
        VELOCITIES.into_iter().filter(|[u, v, _]| find(u).is_some() && find(v).is_some()).collect();
    match pairs[..] {
        [[u, v, w]] => {
            let along_z = find(w).filter(|w| find(u).is_some_and(|u| u.rank == w.rank));
            Ok([u, v].into_iter().map(str::to_owned).chain(along_z.map(|w| w.name.clone())).collect())
        }
        _ => {
            let listed = variables.iter().map(|v| format!("{}({})", v.name, v.axes.join(", ")));
            Err(DataError::NoVariable { path: path.into(), found: listed.collect() })
        }
    }
}

/// The order of axes of these names.
fn order_of(path: &Path, catalogue: &impl Catalogue, variable: &str, axes: &[String]) -> Result<AxisOrder> {
    let mut letters = String::new();
    for axis in axes {
        let attributes = catalogue.coordinate(axis)?.map(|(_, attributes)| attributes);
        letters.extend(letter(axis, attributes.as_ref()).map(char::from));
    }
    let refused = || {
        let expected = "x and y, and sample, time, component and z where there are such, or an attribute `axis` of their \
                        coordinates; say which is which (--axes NTYX)";
        let found = format!("({})", axes.join(", "));
        DataError::layout(path, catalogue.format(), format!("axes of `{variable}`"), found, expected)
    };
    let parsed = letters.parse::<AxisOrder>().ok();
    parsed.filter(|order| order.rank() == axes.len()).ok_or_else(refused)
}

/// What an axis is, by the attributes of its coordinate as the CF conventions have them, else by its name.
fn letter(axis: &str, attributes: Option<&Attributes>) -> Option<u8> {
    let text = |name: &str| match attributes?.at(Place::Dataset, name) {
        Some(Attribute::Text(text)) => Some(text.to_lowercase()),
        _ => None,
    };
    if let Some(axis) = text("axis") {
        let known = [("x", b'X'), ("y", b'Y'), ("z", b'Z'), ("t", b'T')];
        return known.into_iter().find(|(name, _)| *name == axis).map(|(_, letter)| letter);
    }
    let standard = text("standard_name").unwrap_or_default();
    let units = text("units").unwrap_or_default();
    match &*standard {
        "longitude" | "projection_x_coordinate" | "grid_longitude" => return Some(b'X'),
        "latitude" | "projection_y_coordinate" | "grid_latitude" => return Some(b'Y'),
        "time" => return Some(b'T'),
        "depth" | "height" | "altitude" | "air_pressure" => return Some(b'Z'),
        "realization" => return Some(b'N'),
        _ => {}
    }
    if units.contains(" since ") {
        return Some(b'T');
    }
    let name = axis.rsplit('/').next().unwrap_or(axis).to_lowercase();
    let own = WORDS.iter().find(|(_, names)| names.contains(&&*name)).map(|(letter, _)| *letter);
    own.or_else(|| AxisOrder::letter_of(&name)).or(match &*units {
        "degrees_east" | "degree_east" => Some(b'X'),
        "degrees_north" | "degree_north" => Some(b'Y'),
        _ => None,
    })
}
