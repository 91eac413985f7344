//! The fields that a learned prior is over: what its own files say of them, and training data held against it.

use crate::error::Fault;
use crate::fit::Fitted;
use crate::{DenoiserName, Model, Prior, PriorError, Provenance, Settings};
use equipoise_covariance::Modes;
use equipoise_data::{
    Coordinates, Dataset, Described, Field, Kind, Normalizer, NormalizerKind, Particulars, Remark, Units,
};
use equipoise_field::{Axis, Grid, Shape};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::PathBuf;
use std::sync::Arc;

/// Relative difference above which two stated spacings, or two time steps, are not the same.
const SAME: f64 = 1e-4;

/// What to do where a learned prior does not go with the Gaussian beside it.
const BESIDE: &str = " as the fitted prior has; leave its file out, and give the training file alone: what is fitted \
                      there is in these units";

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
    /// Units in words, where they are stated.
    pub units: Units,
    /// Between physical units and those of the prior.
    pub normalizer: Normalizer,
    /// n, where every n-th point of such data along H and W is its grid; other data are on it already.
    pub stride: Option<usize>,
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
    /// [`PriorError::Refused`] for two that take different ones, and what keeps a prior from being read.
    pub fn of(names: &[DenoiserName], beside: Option<Beside>) -> Result<Option<Self>, PriorError> {
        let mut kept: Option<(Self, &DenoiserName)> = None;
        for name in names {
            let Some(fields) = name.chosen().fields(beside)? else { continue };
            let Some((first, known)) = &mut kept else {
                kept = Some((fields, name));
                continue;
            };
            if let Some((field, found, expected)) = first.difference(&fields) {
                let expected = format!("{expected} as prior {known} takes; give each a run of its own");
                return Err(PriorError::refused(format!("prior {name}"), field, found, expected));
            }
            first.window.frames = first.window.frames.max(fields.window.frames);
        }
        Ok(kept.map(|(fields, _)| fields))
    }

    /// What keeps two priors from being compared on the same fields.
    fn difference(&self, other: &Self) -> Option<(&'static str, String, String)> {
        let frame = |fields: &Self| Shape { frames: 1, ..fields.window }.to_string();
        let mut all = vec![
            ("(T, C, H, W) of a frame", frame(other), frame(self)),
            ("units", told(&other.normalizer), told(&self.normalizer)),
            ("x axis", format!("{:?}", other.grid.x_axis), format!("{:?}", self.grid.x_axis)),
        ];
        all.extend(self.against(other.kind, other.grid, other.coordinates, &other.stated));
        all.into_iter().find(|(_, found, expected)| found != expected)
    }

    /// Kind, and what of grid and coordinates both sides state and is not the same: name, found, expected.
    fn against(
        &self,
        kind: Kind,
        grid: Grid,
        coordinates: Coordinates,
        stated: &BTreeSet<Field>,
    ) -> Vec<(&'static str, String, String)> {
        let both = |field| stated.contains(&field) && self.stated.contains(&field);
        let mut all = vec![("kind", kind.to_string(), self.kind.to_string())];
        if both(Field::Boundary) {
            all.push(("borders", format!("{:?}", grid.boundary), format!("{:?}", self.grid.boundary)));
        }
        for (field, name, found, expected) in [
            (Field::Dx, "dx", grid.dx, self.grid.dx),
            (Field::Dy, "dy", grid.dy, self.grid.dy),
            (Field::TimeStep, "time step", coordinates.time_step, self.coordinates.time_step),
        ] {
            if both(field) && (found - expected).abs() > SAME * expected.abs() {
                all.push((name, found.to_string(), expected.to_string()));
            }
        }
        all
    }

    /// Training data on the grid and in the units of this prior, with what is to be said of that. What the prior
    /// does not state is taken as the data have it.
    ///
    /// # Errors
    /// [`PriorError::Data`] naming both for another kind, frame, border, spacing, origin, time step or unit than it
    /// states.
    pub fn receive(&self, train: Dataset) -> Result<(Dataset, Vec<Remark>), PriorError> {
        let (train, thinned) = train.thinned_as(self.stride, self.window, &self.path)?;
        let mut there = Described::of(&train)?;
        if there.grid.x_axis != self.grid.x_axis {
            there.grid.x_axis = self.grid.x_axis;
            there.particulars.stated.insert(Field::Orientation);
        }
        (there.path, there.kind) = (self.path.clone(), self.kind);
        there.frame = Shape { frames: 1, ..self.window };
        for field in &self.stated {
            match field {
                Field::Boundary => there.grid.boundary = self.grid.boundary,
                Field::Dx => there.grid.dx = self.grid.dx,
                Field::Dy => there.grid.dy = self.grid.dy,
                Field::XFirst => there.coordinates.x_first = self.coordinates.x_first,
                Field::YFirst => there.coordinates.y_first = self.coordinates.y_first,
                Field::TimeStep => there.coordinates.time_step = self.coordinates.time_step,
                _ => continue,
            }
            there.particulars.stated.insert(*field);
        }
        let units = &mut there.particulars.units;
        for (kept, own) in [
            (&mut units.velocity, &self.units.velocity),
            (&mut units.length, &self.units.length),
            (&mut units.time, &self.units.time),
        ] {
            if own.is_some() {
                kept.clone_from(own);
            }
        }
        let (train, mut remarks) = there.align(train, self.window.frames)?;
        remarks.extend(thinned);
        Ok((train, remarks))
    }

    /// The settings of a fit beside this prior: at least its frames, in its units; `asked` is the normalizer that
    /// somebody asked for.
    ///
    /// # Errors
    /// [`PriorError::Refused`] for another normalizer than its own.
    pub fn settings(
        &self,
        defaults: Settings,
        asked: Option<NormalizerKind>,
    ) -> Result<Settings, PriorError> {
        let own = self.normalizer.kind();
        if let Some(found) = asked.filter(|asked| *asked != own) {
            let expected = format!("{own}, which it was trained with: leave it out");
            return Err(self.refused("normalizer", found, expected));
        }
        Ok(Settings { window: defaults.window.max(self.window.frames), normalizer: own, ..defaults })
    }

    /// Whether a prior is over these fields.
    ///
    /// # Errors
    /// [`PriorError::Refused`] for windows shorter than those of this prior, [`PriorError::Refused`] for another
    /// frame, orientation or units.
    pub fn check(&self, prior: &Prior) -> Result<(), PriorError> {
        let (found, expected) = (prior.shape(), self.window);
        if found.frames < expected.frames {
            return Err(self.too_short(found.frames));
        }
        let stated = &prior.particulars().stated;
        for (field, found, expected) in self.against(prior.kind(), prior.grid(), prior.coordinates(), stated)
        {
            if found != expected {
                return Err(self.refused(field, expected, format!("{found}{BESIDE}")));
            }
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
        Err(self.refused("fields", expected, format!("{found}{BESIDE}")))
    }

    fn refused(&self, field: &'static str, found: impl Display, expected: impl Display) -> PriorError {
        PriorError::refused(self.path.display(), field, found, expected)
    }

    fn too_short(&self, frames: usize) -> PriorError {
        self.refused("frames of a window", frames, format!("at least {}", self.window.frames))
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
    /// [`PriorError::Refused`] for fewer frames than a window of the learned prior has.
    pub fn standard(fields: &Fields, frames: usize) -> Result<Self, PriorError> {
        let Fields { path, window, kind, grid, coordinates, stated, units, normalizer, stride } =
            fields.clone();
        if frames < window.frames {
            return Err(fields.too_short(frames));
        }
        let shape = Shape { frames, ..window };
        let modes = Modes::new(shape.len(), Vec::new(), Vec::new(), Some(1.0));
        let modes = modes.map_err(|source| Fault::from(source).of(&path))?;
        let model = Model::LowRank { rank: Some(0) };
        let file = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let notes = vec![format!("{}: no training file: the Gaussian beside it is N(0, I)", path.display())];
        let moments = normalizer.moments();
        let particulars = Particulars { stated, units, moments, stride, ..Particulars::default() };
        let frame = Shape { frames: 1, ..window };
        let about =
            Described { path, kind, frame, grid, coordinates, geometry: None, mask: None, particulars };
        Ok(Self {
            shape,
            about,
            settings: Settings { window: frames, normalizer: normalizer.kind(), model, ridge: 0.0 },
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
