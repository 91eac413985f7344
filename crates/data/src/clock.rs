//! The times of frames, where a dataset beside the field states them.

use crate::file::Hdf5File;
use crate::{AxisOrder, DataError};
use std::path::Path;

/// The datasets that hold times.
const NAMES: [&str; 2] = ["time", "t"];

/// Steps that differ by less than this part of a step are equal.
const EVEN: f64 = 1e-3;

/// What a dataset of times says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Clock {
    /// Frames are this far apart; the first of every trajectory is at this time, where it is the same for all.
    Even { name: &'static str, step: f64, first: Option<f64> },
    /// The dataset says nothing of the frames, for this reason.
    Silent { name: &'static str, reason: &'static str },
}

impl Clock {
    /// Of a file whose field, in this group, has these leading axes in this order.
    ///
    /// Times of one axis are those of the frames of every trajectory; those of both leading axes may begin
    /// elsewhere in every trajectory, but have the same steps.
    ///
    /// # Errors
    /// [`DataError::UnevenTimes`], [`DataError::TimeNotFinite`].
    pub(crate) fn read(
        path: &Path,
        file: &Hdf5File,
        group: &str,
        leading: [usize; 2],
        order: AxisOrder,
    ) -> Result<Option<Self>, DataError> {
        let members = file.members()?;
        let beside = |name: &&str| !group.is_empty() && file.root.link_exists(&format!("{group}/{name}"));
        let root = |name: &&str| members.iter().any(|m| m == name);
        for (name, place) in NAMES
            .into_iter()
            .filter(beside)
            .map(|name| (name, format!("{group}/{name}")))
            .chain(NAMES.into_iter().filter(root).map(|name| (name, name.to_owned())))
        {
            // A group of this name is no clock.
            let Ok(dataset) = file.root.dataset(&place) else { continue };
            return Self::of(path, name, &dataset, leading, order).map(Some);
        }
        Ok(None)
    }

    fn of(
        path: &Path,
        name: &'static str,
        dataset: &hdf5::Dataset,
        leading: [usize; 2],
        order: AxisOrder,
    ) -> Result<Self, DataError> {
        let silent = |reason| Ok(Self::Silent { name, reason });
        let time = order.time_axis();
        let (trajectories, frames) = (leading[1 - time], leading[time]);
        let stride = match *dataset.shape() {
            [length] if length == frames && frames == trajectories && frames > 1 => {
                return silent("there are as many trajectories as frames, and it may be of either");
            }
            [length] if length == frames => 1,
            [length] if length == trajectories => return silent("it has one number a trajectory"),
            [rows, columns] if [rows, columns] == leading && time == 0 => leading[1],
            [rows, columns] if [rows, columns] == leading => 1,
            _ => return silent("its shape is not that of the leading axes"),
        };
        let Ok(times) = dataset.read_raw::<f64>() else { return silent("it holds no numbers") };
        if let Some(place) = times.iter().position(|t| !t.is_finite()) {
            return Err(DataError::TimeNotFinite { path: path.into(), name, place, value: times[place] });
        }
        let Some(steps) = Steps::of(&times, frames, stride) else { return silent("there is one frame") };
        if steps.least == 0.0 && steps.most == 0.0 {
            return silent("all its times are the same");
        }
        let coarse = dataset.dtype().is_ok_and(|stored| stored.size() <= 4 && stored.is::<f32>());
        let size = times.iter().fold(0.0f64, |size, t| size.max(t.abs()));
        let rounding = if coarse { 4.0 * f64::from(f32::EPSILON) * size } else { 0.0 };
        let Steps { least, most, mean } = steps;
        if least <= 0.0 || most - least > EVEN * most + rounding {
            return Err(DataError::UnevenTimes { path: path.into(), name, least, most });
        }
        let begins = (0..times.len()).filter(|i| i / stride % frames == 0);
        let same = begins.into_iter().all(|i| (times[i] - times[0]).abs() <= EVEN * mean);
        Ok(Self::Even { name, step: shortest(mean), first: same.then_some(times[0]) })
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
