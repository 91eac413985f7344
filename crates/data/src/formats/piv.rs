//! Text of PIV programs as fields: one frame a file, alone or all of a folder in the order of their names.

use crate::array::Member;
use crate::attribute::{Attribute, Attributes};
use crate::formats::held::Held;
use crate::formats::single::{VARIABLE, layout, only};
use crate::formats::{beside, text};
use crate::location::Location;
use crate::packing::unmeasured;
use crate::parts::Parts;
use crate::sensors::vectors::{self, Lacks, Stated, Vector, Vectors};
use crate::source::Source;
use crate::{AxisOrder, DataError, Mask, Result, Suspicion};
use std::path::{Path, PathBuf};

/// The order of the axes of the frames.
const ORDER: &str = "TCYX";

/// Places that differ from an even grid by this part of a step are on it: text has five digits.
const EVEN: f64 = 1e-2;

/// Whether a file, or a file of a folder, is such a text.
pub(crate) fn holds(path: &Path) -> bool {
    files(path).is_ok_and(|files| !files.is_empty())
}

/// The files: itself, or those of the folder.
///
/// # Errors
/// Of reading the folder.
pub(crate) fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if path.is_dir() {
        return text::series(path, |file| file.is_file() && vectors::begins(file));
    }
    Ok(if path.is_file() && vectors::begins(path) { vec![path.into()] } else { Vec::new() })
}

/// Opens them: H = y, upwards, W = x, open borders.
///
/// Cells without a vector in any frame are masked; those without one in some are missing there.
///
/// # Errors
/// As of [`vectors::read`]; [`DataError::Array`] for places that are not an even grid, the same in all frames.
pub(crate) fn open(path: &Path, at: &Location, axes: Option<AxisOrder>) -> Result<Box<dyn Source>> {
    let order = only(path, at, axes, ORDER)?;
    let mut attributes = Attributes::default();
    let mut notes: Vec<String> = beside::take(&at.file, &mut attributes)?.into_iter().collect();
    let files = files(&at.file).map_err(|source| DataError::io(&at.file, source))?;
    let gap = text::gap(&files);
    let (mut frames, mut lacks, mut count) = (Vec::new(), Lacks::default(), 0);
    for file in files {
        let found = vectors::read(&file, Stated { of: &at.file, attributes: &attributes })?;
        lacks.add(found.lacks);
        count += found.vectors.len();
        frames.push((file, found));
    }
    notes.extend(frames.iter().take(1).flat_map(|(_, first)| first.notes.clone()));
    if let [(first, _), .., (last, _)] = &frames[..] {
        let [first, last] = [first, last].map(|file| file.file_name().unwrap_or_default().to_string_lossy());
        notes.push(format!("{} frames in the order of their names, {first} to {last}", frames.len()));
    }
    let plane = Plane::of(&frames)?;
    plane.state(path, &frames, &mut attributes)?;
    let shape = [frames.len(), 2, plane.y.len(), plane.x.len()];
    let values = plane.values(&frames)?;
    let mask = masked(&values, shape);
    let array = Box::new(Held { path: at.file.clone(), shape: shape.to_vec(), values });
    let member = Member { name: VARIABLE.into(), attributes, array };
    let mut parts = Parts::of(path, layout(vec![member], order, at, false))?;
    parts.header.take_format("vectors of PIV");
    parts.header.notes.extend(notes);
    parts.header.notes.extend(mask.as_ref().map(Mask::note));
    parts.header.mask = mask;
    let interpolated = (lacks.interpolated > 0).then(|| {
        format!("{} of {count} vectors were interpolated by the program that wrote them", lacks.interpolated)
    });
    let told = lacks.told(count).into_iter().chain(interpolated).chain(gap);
    parts.header.warnings.extend(told.map(|told| Suspicion::Vectors { told: told.into() }));
    Ok(Box::new(parts))
}

/// The places of all frames: those along x, and along y, in ascending order.
struct Plane {
    x: Vec<f64>,
    y: Vec<f64>,
}

type Frame = (PathBuf, Vectors);

fn sorted(mut places: Vec<f64>) -> Vec<f64> {
    places.sort_by(f64::total_cmp);
    places.dedup_by(|a, b| a.total_cmp(b).is_eq());
    places
}

fn refused(path: &Path, found: impl Into<Box<str>>) -> DataError {
    DataError::Array { path: path.into(), name: "vectors".into(), found: found.into() }
}

impl Plane {
    /// That of all frames.
    fn of(frames: &[Frame]) -> Result<Self> {
        let along = |of: fn(&Vector) -> f64| {
            sorted(frames.iter().flat_map(|(_, found)| found.vectors.iter().map(of)).collect())
        };
        let plane = Self { x: along(|vector| vector.x), y: along(|vector| vector.y) };
        let path = frames.first().map_or(Path::new(""), |(path, _)| path);
        for (name, places) in [("x", &plane.x), ("y", &plane.y)] {
            let Some(step) = step(places) else {
                return Err(refused(
                    path,
                    format!("{} places along {name}, expected two at least", places.len()),
                ));
            };
            let even = places
                .iter()
                .enumerate()
                .all(|(i, place)| (place - places[0] - step * i as f64).abs() <= EVEN * step);
            if !even {
                let found = format!(
                    "{} places along {name} that are not on an even grid, the same in all frames",
                    places.len()
                );
                return Err(refused(path, found));
            }
        }
        Ok(plane)
    }

    /// u and v, flat (T, 2, H, W); what is missing is marked.
    fn values(&self, frames: &[Frame]) -> Result<Vec<f32>> {
        let plane = self.x.len() * self.y.len();
        let mut values = vec![unmeasured(); frames.len() * 2 * plane];
        let place = |places: &[f64], at: f64| {
            places.binary_search_by(|place| place.total_cmp(&at)).unwrap_or_default()
        };
        for ((path, found), frame) in frames.iter().zip(values.chunks_exact_mut(2 * plane)) {
            let mut seen = vec![false; plane];
            for vector in &found.vectors {
                let cell = place(&self.y, vector.y) * self.x.len() + place(&self.x, vector.x);
                if std::mem::replace(&mut seen[cell], true) {
                    return Err(refused(
                        path,
                        format!(
                            "a second vector at x = {}, y = {} in line {}",
                            vector.x, vector.y, vector.line
                        ),
                    ));
                }
                if let Some([u, v]) = vector.velocity {
                    (frame[cell], frame[plane + cell]) = (u as f32, v as f32);
                }
            }
        }
        Ok(values)
    }

    /// States grid and units where the file beside does not.
    fn state(&self, path: &Path, frames: &[Frame], attributes: &mut Attributes) -> Result<()> {
        for (names, places) in [(["dx", "x_first"], &self.x), (["dy", "y_first"], &self.y)] {
            let step = step(places).unwrap_or(1.0);
            for (name, value) in names.into_iter().zip([step, places[0]]) {
                attributes.agree(path, name, value, EVEN * step, "the places in the file")?;
            }
        }
        let [length, speed] = frames.first().map(|(_, found)| found.units.clone()).unwrap_or_default();
        for (name, value) in [
            ("length_units", length),
            ("units", speed),
            ("channels", "u,v".into()),
            ("boundary", "open".into()),
        ] {
            attributes.supply(name, Attribute::Text(value));
        }
        Ok(())
    }
}

/// The mean step between places; `None` for fewer than two.
fn step(places: &[f64]) -> Option<f64> {
    let steps = places.len().checked_sub(1).filter(|steps| *steps > 0)?;
    Some((places[steps] - places[0]) / steps as f64)
}

/// The cells that have no vector in any frame.
fn masked(values: &[f32], [frames, _, height, width]: [usize; 4]) -> Option<Mask> {
    let plane = height * width;
    let missing = |cell: usize| (0..frames).all(|t| values[t * 2 * plane + cell].is_nan());
    Mask::new(width, (0..plane).map(missing).collect())
}
