//! Files of the immersed boundary projection solver `ibpm`, one frame each: restart files and Tecplot text, alone or
//! all of a folder.

use crate::array::{Array, Member};
use crate::attribute::{Attribute, Attributes};
use crate::clock::Clock;
use crate::formats::held::Held;
use crate::formats::restart::{self, Restart};
use crate::formats::single::{layout, only};
use crate::formats::tecplot::{self, Zone};
use crate::formats::{beside, text};
use crate::location::Location;
use crate::parts::Parts;
use crate::source::Source;
use crate::ticks::Ticks;
use crate::{AxisOrder, DataError, Result};
use std::path::{Path, PathBuf};

/// The order of the axes of one frame.
const ORDER: &str = "TCYX";

/// Lines along an axis whose places differ from an even grid by this part of a step are on it: text has six digits.
const EVEN: f64 = 1e-2;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Restart,
    Tecplot,
}

/// One frame.
struct Frame {
    array: Box<dyn Array>,
    /// The place of its first point, and the spacings, along x and y.
    first: [f64; 2],
    steps: [f64; 2],
    time: Option<f64>,
}

/// That of a file; `.plt` is a name that others use too.
fn style(path: &Path) -> Option<Style> {
    let end = path.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase);
    match end.as_deref() {
        Some("plt" | "dat" | "tec" | "tp") if tecplot::begins(path) => Some(Style::Tecplot),
        Some("plt") => None,
        _ if restart::begins(path) => Some(Style::Restart),
        _ => None,
    }
}

/// The frames of a file or folder in the order of their names; restart files where there are both.
fn frames(path: &Path) -> Option<(Style, Vec<PathBuf>)> {
    if !path.is_dir() {
        return Some((style(path)?, vec![path.into()]));
    }
    let of = |style_: Style| text::series(path, |file| file.is_file() && style(file) == Some(style_)).ok();
    let found = [Style::Restart, Style::Tecplot].map(|style| Some((style, of(style)?)));
    found.into_iter().flatten().find(|(_, files)| !files.is_empty())
}

/// Whether a file, or files of a folder, are the solver's.
pub(crate) fn holds(path: &Path) -> bool {
    frames(path).is_some()
}

/// Opens one frame, or those of a folder in the order of their times: H = y, W = x, open borders.
///
/// # Errors
/// [`DataError::Array`], [`DataError::Parts`] where grids differ, [`DataError::UnevenTimes`].
pub(crate) fn open(path: &Path, at: &Location, axes: Option<AxisOrder>) -> Result<Box<dyn Source>> {
    let order = only(path, at, axes, ORDER)?;
    let gone = || DataError::NotHdf5 { path: path.into(), found: "a file that changes".into() };
    let (style, files) = frames(&at.file).ok_or_else(gone)?;
    let frame = |file: PathBuf| {
        let frame = match style {
            Style::Restart => of_restart(&file),
            Style::Tecplot => of_tecplot(&file),
        };
        frame.map(|frame| (file, frame))
    };
    let mut read = files.into_iter().map(frame).collect::<Result<Vec<_>, _>>()?;
    // Times are numbers of the solver: those that are none come last, and are refused below.
    read.sort_by(|(_, a), (_, b)| a.time.partial_cmp(&b.time).unwrap_or(std::cmp::Ordering::Equal));
    let mut attributes = Attributes::default();
    let note = beside::take(&at.file, &mut attributes)?;
    for (name, value) in [("channels", "u,v"), ("boundary", "open")] {
        attributes.supply(name, Attribute::Text(value.into()));
    }
    let times: Option<Vec<f64>> = read.iter().map(|(_, frame)| frame.time).collect();
    let mut members = Vec::new();
    for (file, frame) in read {
        let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        members.push(member(path, name, frame, attributes.clone())?);
    }
    let mut parts = Parts::of(path, layout(members, order, at, true))?;
    parts.header.notes.extend(note);
    parts.header.take_format("ibpm");
    take_times(path, times, &mut parts)?;
    Ok(Box::new(parts))
}

/// Takes the times of frames for attributes: their step, and the first.
fn take_times(path: &Path, times: Option<Vec<f64>>, parts: &mut Parts) -> Result<()> {
    let Some(times) = times else { return Ok(()) };
    let (leading, order, shape) = (parts.header.leading(), parts.header.order, vec![times.len()]);
    if let [time] = times[..] {
        parts.header.attributes.supply("t_first", Attribute::Numbers(vec![time]));
        return Ok(());
    }
    let ticks = Ticks::of(path, "time", (Some(times), shape, false), &Attributes::default())?;
    let clock = Clock::of(path, &ticks, leading, order, true)?;
    parts.header.take_clock(path, &clock)
}

fn member(path: &Path, name: String, frame: Frame, mut attributes: Attributes) -> Result<Member> {
    let ([x, y], [dx, dy]) = (frame.first, frame.steps);
    for (name, value) in [("dx", dx), ("dy", dy), ("x_first", x), ("y_first", y)] {
        attributes.agree(path, name, value, EVEN * dx.max(dy), "the frame")?;
    }
    Ok(Member { name, attributes, array: frame.array })
}

fn of_restart(path: &Path) -> Result<Frame> {
    let restart = Restart::open(path)?;
    let (dx, time) = (restart.dx, Some(restart.time));
    let first = restart.corner.map(|corner| corner + dx);
    Ok(Frame { first, steps: [dx; 2], time, array: Box::new(restart) })
}

fn of_tecplot(path: &Path) -> Result<Frame> {
    let zone = Zone::read(path)?;
    let refused = |found: String| DataError::Array {
        path: path.into(),
        name: "Tecplot file".into(),
        found: found.into(),
    };
    let column = |name: &str| {
        let missing = || refused(format!("variables {}, expected x, y, u, v", zone.variables.join(", ")));
        zone.column(name).map(Iterator::collect::<Vec<f64>>).ok_or_else(missing)
    };
    let [x, y, u, v] = [column("x")?, column("y")?, column("u")?, column("v")?];
    let [width, height] = zone.points;
    let along = |places: &[f64], stride: usize, count: usize| {
        let step =
            if count > 1 { (places[(count - 1) * stride] - places[0]) / (count - 1) as f64 } else { 1.0 };
        let on_grid = places.iter().enumerate().all(|(i, place)| {
            (place - places[0] - step * (i / stride % count) as f64).abs() <= EVEN * step.abs()
        });
        (on_grid && step > 0.0).then_some((places[0], step))
    };
    let uneven =
        || refused("points that are not an even grid, x fastest, both coordinates increasing".into());
    let (x, dx) = along(&x, 1, width).ok_or_else(uneven)?;
    let (y, dy) = along(&y, width, height).ok_or_else(uneven)?;
    let values = u.into_iter().chain(v).map(|value| value as f32).collect();
    let array = Held { path: path.into(), shape: vec![1, 2, height, width], values };
    Ok(Frame { first: [x, y], steps: [dx, dy], time: zone.time, array: Box::new(array) })
}
