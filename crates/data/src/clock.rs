//! The times of frames, where a dataset beside the field states them.

use crate::DataError;
use crate::file::Hdf5File;
use std::path::Path;

/// The datasets that hold times.
const NAMES: [&str; 2] = ["time", "t"];

/// Steps that differ by less than this part of a step are equal.
const EVEN: f64 = 1e-3;

/// What a dataset of times says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Clock {
    /// Frames are this far apart.
    Even { name: &'static str, step: f64 },
    /// The dataset says nothing of the frames, for this reason.
    Silent { name: &'static str, reason: &'static str },
}

impl Clock {
    /// Of a file whose field has these leading axes.
    ///
    /// # Errors
    /// [`DataError::UnevenTimes`].
    pub(crate) fn read(path: &Path, file: &Hdf5File, leading: [usize; 2]) -> Result<Option<Self>, DataError> {
        let members = file.members()?;
        for name in NAMES.into_iter().filter(|name| members.iter().any(|m| m == name)) {
            // A group of this name is no clock.
            let Ok(dataset) = file.root.dataset(name) else { continue };
            let silent = |reason| Ok(Some(Self::Silent { name, reason }));
            let [a, b] = leading;
            let series = match *dataset.shape() {
                [length] if length == b || length == a => vec![[length, 1]],
                [rows, columns] if [rows, columns] == leading => vec![[b, 1], [a, b]],
                _ => return silent("its shape is not that of the leading axes"),
            };
            let Ok(times) = dataset.read_raw::<f64>() else { return silent("it holds no numbers") };
            let coarse = dataset.dtype().is_ok_and(|stored| stored.size() <= 4 && stored.is::<f32>());
            let epsilon = f64::from(if coarse { f32::EPSILON } else { 0.0 });
            let found: Vec<Steps> =
                series.iter().filter_map(|[length, stride]| Steps::of(&times, *length, *stride)).collect();
            let size = times.iter().fold(0.0f64, |size, t| size.max(t.abs()));
            let Some(first) = found.first() else { return silent("there is one frame") };
            if found.iter().all(|steps| steps.least == 0.0 && steps.most == 0.0) {
                return silent("all its times are the same");
            }
            let even = |steps: &&Steps| {
                steps.least > 0.0 && steps.most - steps.least <= EVEN * steps.most + 4.0 * epsilon * size
            };
            return match found.iter().find(even) {
                Some(steps) => Ok(Some(Self::Even { name, step: shortest(steps.mean) })),
                None => {
                    let (path, least, most) = (path.into(), first.least, first.most);
                    Err(DataError::UnevenTimes { path, name, least, most })
                }
            };
        }
        Ok(None)
    }
}

/// A mean of differences without the digits that their rounding made: 12 of them.
fn shortest(step: f64) -> f64 {
    format!("{step:.11e}").parse().unwrap_or(step)
}

/// The steps between neighbours along an axis of times.
struct Steps {
    least: f64,
    most: f64,
    mean: f64,
}

impl Steps {
    fn of(times: &[f64], length: usize, stride: usize) -> Option<Self> {
        let inner = (0..times.len()).filter(|i| i / stride % length + 1 < length);
        let steps: Vec<f64> = inner.map(|i| times[i + stride] - times[i]).collect();
        let ends = |f: fn(f64, f64) -> f64| steps.iter().copied().reduce(f);
        let (least, most) = (ends(f64::min)?, ends(f64::max)?);
        Some(Self { least, most, mean: steps.iter().sum::<f64>() / steps.len() as f64 })
    }
}
