//! A part of a dataset: some of its trajectories, or some frames of all.

use crate::{DataError, Dataset, Result};
use equipoise_field::Shape;
use std::ops::Range;

impl Dataset {
    /// These trajectories, and of them these frames; what is known of the file is kept, with a note on the part.
    ///
    /// # Errors
    /// [`DataError::Trajectory`] or [`DataError::Window`] for what is not there, and for nothing.
    pub fn part(&self, trajectories: Range<usize>, frames: Range<usize>) -> Result<Self> {
        if trajectories.is_empty() {
            let (path, trajectory) = (self.path.clone(), trajectories.start);
            return Err(DataError::Trajectory { path, trajectory, found: self.trajectories });
        }
        let mut values = Vec::with_capacity(trajectories.len() * frames.len() * self.series.frame());
        for n in trajectories.clone() {
            values.extend_from_slice(self.window(n, frames.start, frames.len())?);
        }
        let mut notes = self.notes.clone();
        notes.push(format!(
            "trajectories {} to {} of {}, frames {} to {} of {}, counted from 0",
            trajectories.start,
            trajectories.end - 1,
            self.trajectories,
            frames.start,
            frames.end - 1,
            self.frames()
        ));
        Ok(Self {
            path: self.path.clone(),
            kind: self.kind,
            grid: self.grid,
            geometry: self.geometry,
            mask: self.mask.clone(),
            trajectories: trajectories.len(),
            stride: self.stride,
            series: Shape { frames: frames.len(), ..self.series },
            values,
            attributes: self.attributes.clone(),
            audit: self.audit.clone(),
            notes,
            warnings: self.warnings.clone(),
        })
    }
}
