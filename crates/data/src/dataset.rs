//! Trajectories in memory, in the one order (N, T, C, H, W), with what is known of their grid.

mod converted;
mod part;
mod thinned;

pub(crate) use converted::Conversion;

use crate::load::Frame;
use crate::{Attributes, Audit, CylinderGeometry, DataError, Kind, Mask, Result, Suspicion};
use equipoise_field::{Grid, Shape};
use std::path::{Path, PathBuf};

/// N trajectories of T frames as f32 in the order (N, T, C, H, W), in physical units, all finite.
#[derive(Clone, Debug)]
pub struct Dataset {
    path: PathBuf,
    kind: Kind,
    grid: Grid,
    geometry: Option<CylinderGeometry>,
    mask: Option<Mask>,
    trajectories: usize,
    /// Every how many points of the file stand here.
    stride: usize,
    series: Shape,
    values: Vec<f32>,
    attributes: Attributes,
    audit: Option<Audit>,
    notes: Vec<String>,
    warnings: Vec<Suspicion>,
}

/// Whether each point of a plane is masked or lies inside a cylinder; `None` where there is neither.
pub fn solid(mask: Option<&Mask>, body: Option<&CylinderGeometry>, shape: Shape) -> Option<Vec<bool>> {
    let body = body.map(|body| body.mask(shape.height, shape.width));
    match (mask, body) {
        (Some(mask), Some(body)) => Some(mask.cells().iter().zip(body).map(|(m, b)| *m || b).collect()),
        (Some(mask), None) => Some(mask.cells().to_vec()),
        (None, body) => body,
    }
}

/// A run of consecutive frames of one trajectory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window<'a> {
    /// n, the trajectory.
    pub trajectory: usize,
    /// The first frame.
    pub start: usize,
    /// The values, flat (T, C, H, W).
    pub values: &'a [f32],
}

impl Dataset {
    pub(crate) fn loaded(
        audit: Audit,
        kind: Kind,
        [trajectories, frames, channels, height, width]: [usize; 5],
        values: Vec<f32>,
        frame: Frame,
        attributes: Attributes,
    ) -> Self {
        Self {
            path: audit.path.clone(),
            kind,
            grid: frame.grid,
            geometry: frame.geometry,
            mask: frame.mask,
            trajectories,
            stride: 1,
            series: Shape::new(frames, channels, height, width),
            values,
            attributes,
            audit: Some(audit),
            notes: frame.notes,
            warnings: frame.warnings,
        }
    }

    /// Trajectories made in memory, flat (N, T, C, H, W), each of shape `series`.
    ///
    /// # Errors
    /// [`DataError::Length`] unless `values` holds at least one whole number of series;
    /// [`DataError::NotFinite`].
    pub fn in_memory(kind: Kind, grid: Grid, series: Shape, values: Vec<f32>) -> Result<Self> {
        let path = PathBuf::from("(memory)");
        if series.is_empty() || values.is_empty() || !values.len().is_multiple_of(series.len()) {
            return Err(DataError::Length {
                field: "values of a dataset in memory",
                found: values.len(),
                expected: series.len(),
            });
        }
        if let Some(i) = values.iter().position(|x| !x.is_finite()) {
            let (t, c, h, w) = series.position(i % series.len());
            return Err(DataError::NotFinite {
                path,
                variable: "x".into(),
                index: [i / series.len(), t, c, h, w],
                value: values[i],
                count: values.iter().filter(|x| !x.is_finite()).count(),
            });
        }
        let trajectories = values.len() / series.len();
        let (attributes, notes, warnings) = (Attributes::default(), Vec::new(), Vec::new());
        Ok(Self {
            path,
            kind,
            grid,
            geometry: None,
            mask: None,
            trajectories,
            stride: 1,
            series,
            values,
            attributes,
            audit: None,
            notes,
            warnings,
        })
    }

    /// With cells that hold no flow: there every frame takes the number of the first other cell.
    ///
    /// # Errors
    /// [`DataError::Length`] for a mask of another plane.
    pub fn masked(mut self, mask: Mask) -> Result<Self> {
        let ([height, width], shape) = (mask.sides(), self.series);
        if [height, width] != [shape.height, shape.width] {
            let (field, found, expected) = ("cells of a mask", height * width, shape.plane());
            return Err(DataError::Length { field, found, expected });
        }
        let first = mask.first_open().unwrap_or(0);
        for channel in 0..shape.channels {
            let fill = self.values[channel * shape.plane() + first];
            let planes = self.values.chunks_exact_mut(shape.plane()).skip(channel).step_by(shape.channels);
            planes.flat_map(|plane| plane.iter_mut().zip(mask.cells())).for_each(|(x, hidden)| {
                if *hidden {
                    *x = fill;
                }
            });
        }
        self.mask = Some(mask);
        Ok(self)
    }

    /// The file, or `(memory)`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The kind of flow.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Axis map, spacings and border rule.
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// The cylinder of a wake, when the file describes one.
    pub fn geometry(&self) -> Option<&CylinderGeometry> {
        self.geometry.as_ref()
    }

    /// The cells that hold no flow, where a mask beside the field says so; there every frame holds one number.
    pub fn mask(&self) -> Option<&Mask> {
        self.mask.as_ref()
    }

    /// Whether each point of an (H, W) plane is masked or lies inside the cylinder; `None` where nothing says so.
    pub fn solid(&self) -> Option<Vec<bool>> {
        solid(self.mask.as_ref(), self.geometry.as_ref(), self.series)
    }

    /// N, the number of trajectories.
    pub fn trajectories(&self) -> usize {
        self.trajectories
    }

    /// T, the number of frames of every trajectory.
    pub fn frames(&self) -> usize {
        self.series.frames
    }

    /// C, the number of channels.
    pub fn channels(&self) -> usize {
        self.series.channels
    }

    /// The shape of a window of `frames` frames.
    pub fn shape(&self, frames: usize) -> Shape {
        Shape { frames, ..self.series }
    }

    /// All values, flat (N, T, C, H, W).
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The attributes of the file.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// The audit of the file; `None` for a dataset made in memory.
    pub fn audit(&self) -> Option<&Audit> {
        self.audit.as_ref()
    }

    /// Every default and override that went into reading the file, one sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What is odd about the numbers of the file: nothing that certainly is no velocity, which no dataset holds.
    pub fn warnings(&self) -> &[Suspicion] {
        &self.warnings
    }

    /// The frames `start..start + frames` of trajectory `n`, flat (T, C, H, W).
    ///
    /// # Errors
    /// [`DataError::Trajectory`], [`DataError::Window`] (also for `frames` = 0).
    pub fn window(&self, n: usize, start: usize, frames: usize) -> Result<&[f32]> {
        if n >= self.trajectories {
            let path = self.path.clone();
            return Err(DataError::Trajectory { path, trajectory: n, found: self.trajectories });
        }
        let end = start.checked_add(frames).filter(|&end| frames > 0 && end <= self.frames());
        let Some(end) = end else { return Err(self.does_not_fit(start, frames)) };
        let (base, frame) = (n * self.series.len(), self.series.frame());
        Ok(&self.values[base + start * frame..base + end * frame])
    }

    /// All overlapping windows of `frames` frames, by trajectory and then by first frame.
    ///
    /// There are N·(T − frames + 1).
    ///
    /// # Errors
    /// [`DataError::Window`] when `frames` is 0 or exceeds the series.
    pub fn windows(&self, frames: usize) -> Result<impl Iterator<Item = Window<'_>> + Clone> {
        if frames == 0 || frames > self.frames() {
            return Err(self.does_not_fit(0, frames));
        }
        let starts = self.frames() - frames + 1;
        let (series, frame) = (self.series.len(), self.series.frame());
        Ok((0..self.trajectories * starts).map(move |i| {
            let (trajectory, start) = (i / starts, i % starts);
            let from = trajectory * series + start * frame;
            Window { trajectory, start, values: &self.values[from..from + frames * frame] }
        }))
    }

    fn does_not_fit(&self, start: usize, frames: usize) -> DataError {
        DataError::Window { path: self.path.clone(), start, frames, found: self.frames() }
    }
}
