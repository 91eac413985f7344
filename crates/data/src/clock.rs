//! The times of frames, where a dataset beside the field states them.

use crate::file::Hdf5File;
use crate::stored::ticks;
use crate::ticks::{EVEN, Steps, Ticks, shortest};
use crate::{AxisOrder, DataError, Result};
use std::path::Path;

/// The datasets that hold times.
const NAMES: [&str; 2] = ["time", "t"];

/// What a dataset of times says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Clock {
    /// Frames are this far apart; the first of every trajectory is at this time, where it is the same for all.
    Even { name: Box<str>, step: f64, first: Option<f64> },
    /// The dataset says nothing of the frames, for this reason.
    Silent { name: Box<str>, reason: &'static str },
}

impl Clock {
    /// Of a file whose field, in this group, has these leading axes in this order.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub(crate) fn read(
        path: &Path,
        file: &Hdf5File,
        group: &str,
        leading: [usize; 2],
        order: AxisOrder,
    ) -> Result<Option<Self>> {
        let within = |name: &str| format!("{group}/{name}");
        let beside = NAMES.into_iter().filter(|_| !group.is_empty()).map(within);
        for place in beside.chain(NAMES.into_iter().map(str::to_owned)) {
            if let Some(ticks) = ticks(path, file, &place, usize::MAX)? {
                return Self::of(path, &ticks, leading, order, false).map(Some);
            }
        }
        Ok(None)
    }

    /// Of times beside a field with these leading axes in this order; `known` where a format says that they are those
    /// of frames.
    ///
    /// Times of one axis are those of the frames of every trajectory; those of both leading axes may begin
    /// elsewhere in every trajectory, but have the same steps.
    ///
    /// # Errors
    /// [`DataError::UnevenTimes`], [`DataError::TimeNotFinite`].
    pub(crate) fn of(
        path: &Path,
        ticks: &Ticks,
        leading: [usize; 2],
        order: AxisOrder,
        known: bool,
    ) -> Result<Self> {
        let name = ticks.name.clone();
        let silent = |reason| Ok(Self::Silent { name: ticks.name.clone(), reason });
        let time = order.time_axis();
        let (trajectories, frames) = (leading[1 - time], leading[time]);
        let stride = match ticks.shape[..] {
            [length] if !known && length == frames && frames == trajectories && frames > 1 => {
                return silent("there are as many trajectories as frames, and it may be of either");
            }
            [length] if length == frames => 1,
            [length] if length == trajectories => return silent("it has one number a trajectory"),
            [rows, columns] if [rows, columns] == leading && time == 0 => leading[1],
            [rows, columns] if [rows, columns] == leading => 1,
            _ => return silent("its shape is not that of the leading axes"),
        };
        let Some(times) = &ticks.values else { return silent("it holds no numbers") };
        if let Some(place) = times.iter().position(|t| !t.is_finite()) {
            return Err(DataError::TimeNotFinite { path: path.into(), name, place, value: times[place] });
        }
        let Some(found) = Steps::of(times, frames, stride) else { return silent("there is one frame") };
        let Steps { least, most, mean } = found;
        if least == 0.0 && most == 0.0 {
            return silent("all its times are the same");
        }
        if least <= 0.0 || most - least > EVEN * most + ticks.rounding() {
            return Err(DataError::UnevenTimes { path: path.into(), name, least, most });
        }
        let begins = (0..times.len()).filter(|i| i / stride % frames == 0);
        let same = begins.into_iter().all(|i| (times[i] - times[0]).abs() <= EVEN * mean);
        Ok(Self::Even { name, step: shortest(mean), first: same.then_some(times[0]) })
    }
}
