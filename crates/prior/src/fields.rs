//! The fields that a learned prior is over: what its own files say of them, and training data held against it.

use crate::fit::Fitted;
use crate::{DenoiserName, Model, Prior, PriorError, Provenance, Settings};
use equipoise_covariance::{CovarianceError, Modes};
use equipoise_data::{
    Coordinates, Dataset, Described, Field, Kind, Normalizer, NormalizerKind, Particulars, Remark,
};
use equipoise_field::{Axis, Boundary, Grid, Shape};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Relative difference above which two stated spacings, or two time steps, are not the same.
const SAME: f64 = 1e-4;

/// What a prior that was learned elsewhere takes: a trained network, or whatever another process serves.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    /// Who says so: a file, or the name of the prior.
    pub path: PathBuf,
    /// (w, C, H, W) of a window; longer trajectories are composed of such.
    pub window: Shape,
    /// The kind of flow.
    pub kind: Kind,
    /// The orientation of the grid.
    pub grid: Grid,
    /// Where the first grid point lies, and the time between two frames.
    pub coordinates: Coordinates,
    /// Which of grid and coordinates are stated; the others are defaults.
    pub stated: BTreeSet<Field>,
    /// Between physical units and those of the prior.
    pub normalizer: Normalizer,
}

/// The grid of data that a learned prior stands beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside {
    /// The array axis along which x increases.
    pub x_axis: Axis,
    /// H and W.
    pub sides: [usize; 2],
}

impl Beside {
    /// The grid of a data file.
    pub fn of(data: &Dataset) -> Self {
        let Shape { height, width, .. } = data.shape(1);
        Self { x_axis: data.grid().x_axis, sides: [height, width] }
    }

    /// H and W where x is along this axis.
    pub(crate) fn sides(self, x_axis: Axis) -> [usize; 2] {
        let [height, width] = self.sides;
        if self.x_axis == x_axis { [height, width] } else { [width, height] }
    }
}

impl Fields {
    /// Of the learned ones among several priors, which must take the same fields; `None` where none is learned.
    ///
    /// # Errors
    /// [`PriorError::Apart`] for two that take different ones, and what keeps a prior from being read.
    pub fn of(names: &[DenoiserName], beside: Option<Beside>) -> Result<Option<Self>, PriorError> {
        let mut kept: Option<(Self, &DenoiserName)> = None;
        for name in names {
            let Some(fields) = name.chosen().fields(beside)? else { continue };
            let Some((first, known)) = &mut kept else {
                kept = Some((fields, name));
                continue;
            };
            if let Some((field, found, expected)) = first.difference(&fields) {
                let (first, second) = (known.to_string(), name.to_string());
                return Err(PriorError::Apart { first, second, field, found, expected });
            }
            first.window.frames = first.window.frames.max(fields.window.frames);
        }
        Ok(kept.map(|(fields, _)| fields))
    }

    /// What keeps two priors from being compared on the same fields.
    fn difference(&self, other: &Self) -> Option<(&'static str, String, String)> {
        let words = |fields: &Self| {
            let frame = Shape { frames: 1, ..fields.window };
            format!(
                "{}, {frame}, x along {:?}, {:?} borders",
                fields.kind, fields.grid.x_axis, fields.grid.boundary
            )
        };
        if words(self) != words(other) {
            return Some(("grid", words(other), words(self)));
        }
        let [found, expected] = [other, self].map(|fields| told(&fields.normalizer));
        (found != expected).then_some(("units", found, expected))
    }

    /// Training data on the grid of this prior, transposed where it takes the other orientation, with what is to
    /// be said of that.
    ///
    /// # Errors
    /// [`PriorError::Grid`] for another kind, frame, border, spacing or time step than it takes.
    pub fn receive(&self, train: Dataset) -> Result<(Dataset, Vec<Remark>), PriorError> {
        let (train, remarks) = if train.grid().x_axis == self.grid.x_axis {
            (train, Vec::new())
        } else {
            let mut there = Described::of(&train)?;
            let Shape { height, width, .. } = there.frame;
            (there.frame.height, there.frame.width) = (width, height);
            (there.grid.x_axis, there.path) = (self.grid.x_axis, self.path.clone());
            there.particulars.stated.insert(Field::Orientation);
            there.align(train, self.window.frames)?
        };
        let found = Described::of(&train)?;
        for (field, found, expected) in self.compared(&found) {
            if found != expected {
                let [found, expected] = [found, expected].map(|value| format!("{field} {value}"));
                return Err(PriorError::Grid { path: train.path().into(), found, expected });
            }
        }
        Ok((train, remarks))
    }

    /// Field, value of the data, value of the prior.
    fn compared(&self, data: &Described) -> Vec<(&'static str, String, String)> {
        let frame = Shape { frames: 1, ..self.window };
        let words = |boundary: Boundary| format!("{boundary:?}");
        let mut all = vec![
            ("kind", data.kind.to_string(), self.kind.to_string()),
            ("(T, C, H, W) of a frame", data.frame.to_string(), frame.to_string()),
        ];
        if self.stated.contains(&Field::Boundary) {
            all.push(("borders", words(data.grid.boundary), words(self.grid.boundary)));
        }
        let steps = [
            (Field::Dx, data.grid.dx, self.grid.dx),
            (Field::Dy, data.grid.dy, self.grid.dy),
            (Field::TimeStep, data.coordinates.time_step, self.coordinates.time_step),
        ];
        for (field, found, expected) in steps {
            let both = data.particulars.stated.contains(&field) && self.stated.contains(&field);
            if both && (found - expected).abs() > SAME * expected.abs() {
                let name = match field {
                    Field::Dx => "dx",
                    Field::Dy => "dy",
                    _ => "time step",
                };
                all.push((name, found.to_string(), expected.to_string()));
            }
        }
        all
    }

    /// The settings of a fit beside this prior: at least its frames, in its units; `asked` is the normalizer that
    /// somebody asked for.
    ///
    /// # Errors
    /// [`PriorError::Normalizer`] for another normalizer than its own.
    pub fn settings(
        &self,
        defaults: Settings,
        asked: Option<NormalizerKind>,
    ) -> Result<Settings, PriorError> {
        let own = self.normalizer.kind();
        if let Some(found) = asked.filter(|asked| *asked != own) {
            return Err(PriorError::Normalizer { path: self.path.clone(), found, expected: own });
        }
        Ok(Settings { window: defaults.window.max(self.window.frames), normalizer: own, ..defaults })
    }

    /// Whether a prior is over these fields.
    ///
    /// # Errors
    /// [`PriorError::Window`] for windows shorter than those of this prior, [`PriorError::Grid`] for another
    /// frame, orientation or units.
    pub fn check(&self, prior: &Prior) -> Result<(), PriorError> {
        let (found, expected) = (prior.shape(), self.window);
        if found.frames < expected.frames {
            let path = self.path.clone();
            return Err(PriorError::Window { path, found: found.frames, least: expected.frames });
        }
        let words = |frame: Shape, axis: Axis, normalizer: &Normalizer| {
            let frame = Shape { frames: 1, ..frame };
            format!("(T, C, H, W) = {frame}, x along {axis:?}, {}", told(normalizer))
        };
        let found = words(found, prior.grid().x_axis, prior.normalizer());
        let expected = words(expected, self.grid.x_axis, &self.normalizer);
        if found == expected {
            return Ok(());
        }
        Err(PriorError::Units { path: self.path.clone(), found: expected, expected: found })
    }
}

/// A normalizer in words that no two share.
fn told(normalizer: &Normalizer) -> String {
    format!(
        "normalizer {}: offset {:?}, scale {:?}",
        normalizer.kind(),
        normalizer.offset(),
        normalizer.scale()
    )
}

impl Prior {
    /// Whether it was fitted to nothing: [`standard`](Self::standard).
    pub fn is_standard(&self) -> bool {
        self.provenance.windows == 0
    }

    /// N(0, I) in the units of a learned prior, over `frames` frames: what is known of its fields without training
    /// data, mean and spread of every channel.
    ///
    /// # Errors
    /// [`PriorError::Window`] for fewer frames than a window of the learned prior has.
    pub fn standard(fields: &Fields, frames: usize) -> Result<Self, PriorError> {
        let Fields { path, window, kind, grid, coordinates, stated, normalizer } = fields.clone();
        if frames < window.frames {
            return Err(PriorError::Window { path, found: frames, least: window.frames });
        }
        let shape = Shape { frames, ..window };
        let fault = |source: CovarianceError| PriorError::Covariance { path: path.clone(), source };
        let modes = Modes::new(shape.len(), Vec::new(), Vec::new(), Some(1.0)).map_err(fault)?;
        let model = Model::LowRank { rank: Some(0) };
        let file = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let notes = vec![format!("{}: no training file: the Gaussian beside it is N(0, I)", path.display())];
        Ok(Self {
            shape,
            kind,
            grid,
            coordinates,
            geometry: None,
            settings: Settings { window: frames, normalizer: normalizer.kind(), model, ridge: 0.0 },
            particulars: Particulars { stated, moments: normalizer.moments(), ..Particulars::default() },
            normalizer,
            mean: vec![0.0; shape.len()],
            fitted: Fitted::Modes(Arc::new(modes)),
            provenance: Provenance {
                file,
                sha256: String::new(),
                axes: "NTCHW".into(),
                windows: 0,
                notes,
                warnings: Vec::new(),
                sampled: None,
            },
        })
    }
}
