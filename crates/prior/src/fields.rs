//! The fields that a learned prior is over: what its own files say of them, and training data held against it.

use crate::error::Fault;
use crate::fit::Fitted;
use crate::{DenoiserName, Model, Prior, PriorError, Provenance, Result, Settings};
use equipoise_covariance::Modes;
use equipoise_data::{Dataset, Described, Field, Normalizer, NormalizerKind, Remark};
use equipoise_field::{Axis, Shape};
use std::fmt::Display;
use std::sync::Arc;

/// Relative difference above which two stated spacings, or two time steps, are not the same.
const SAME: f64 = 1e-4;

/// What to do where a learned prior does not go with the Gaussian beside it.
const BESIDE: &str = " as the fitted prior has; leave its file out, and give the training file alone: what is fitted \
                      there is in these units";

/// What a prior that was learned elsewhere takes: a trained network, or whatever another process serves.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    /// What data are held against: who says so, a file or the name of the prior; a frame, and what is stated of grid,
    /// coordinates and units. What is not stated is a default.
    pub about: Described,
    /// w, the frames of a window; longer trajectories are composed of such.
    pub frames: usize,
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
    /// [`PriorError::Refused`] for two that take different ones, and what keeps a prior from being read.
    pub fn of(names: &[DenoiserName], beside: Option<Beside>) -> Result<Option<Self>> {
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
            first.frames = first.frames.max(fields.frames);
        }
        Ok(kept.map(|(fields, _)| fields))
    }

    /// What keeps two priors from being compared on the same fields.
    fn difference(&self, other: &Self) -> Option<(&'static str, String, String)> {
        let axis = |fields: &Self| format!("{:?}", fields.about.grid.x_axis);
        let mut all = vec![
            ("(T, C, H, W) of a frame", other.about.frame.to_string(), self.about.frame.to_string()),
            ("units", told(&other.normalizer), told(&self.normalizer)),
            ("x axis", axis(other), axis(self)),
        ];
        all.extend(self.against(&other.about));
        all.into_iter().find(|(_, found, expected)| found != expected)
    }

    /// Kind, and what of grid and coordinates both sides state and is not the same: name, found, expected.
    fn against(&self, other: &Described) -> Vec<(&'static str, String, String)> {
        let own = &self.about;
        let both = |field| [other, own].iter().all(|it| it.particulars.stated.contains(&field));
        let mut all = vec![("kind", other.kind.to_string(), own.kind.to_string())];
        if both(Field::Boundary) {
            let borders = |of: &Described| format!("{:?}", of.grid.boundary);
            all.push(("borders", borders(other), borders(own)));
        }
        for (field, name, found, expected) in [
            (Field::Dx, "dx", other.grid.dx, own.grid.dx),
            (Field::Dy, "dy", other.grid.dy, own.grid.dy),
            (Field::TimeStep, "time step", other.coordinates.time_step, own.coordinates.time_step),
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
    pub fn receive(&self, train: Dataset) -> Result<(Dataset, Vec<Remark>)> {
        let own = &self.about;
        let (train, thinned) = train.thinned_as(own.particulars.stride, own.frame, &own.path)?;
        let mut there = Described::of(&train)?;
        if there.grid.x_axis != own.grid.x_axis {
            there.grid.x_axis = own.grid.x_axis;
            there.particulars.stated.insert(Field::Orientation);
        }
        (there.path, there.kind, there.frame) = (own.path.clone(), own.kind, own.frame);
        for field in &own.particulars.stated {
            match field {
                Field::Boundary => there.grid.boundary = own.grid.boundary,
                Field::Dx => there.grid.dx = own.grid.dx,
                Field::Dy => there.grid.dy = own.grid.dy,
                Field::XFirst => there.coordinates.x_first = own.coordinates.x_first,
                Field::YFirst => there.coordinates.y_first = own.coordinates.y_first,
                Field::TimeStep => there.coordinates.time_step = own.coordinates.time_step,
                _ => continue,
            }
            there.particulars.stated.insert(*field);
        }
        let (units, own) = (&mut there.particulars.units, &own.particulars.units);
        for (kept, own) in [
            (&mut units.velocity, &own.velocity),
            (&mut units.length, &own.length),
            (&mut units.time, &own.time),
        ] {
            if own.is_some() {
                kept.clone_from(own);
            }
        }
        let (train, mut remarks) = there.align(train, self.frames)?;
        remarks.extend(thinned);
        Ok((train, remarks))
    }

    /// The settings of a fit beside this prior: at least its frames, in its units; `asked` is the normalizer that
    /// somebody asked for.
    ///
    /// # Errors
    /// [`PriorError::Refused`] for another normalizer than its own.
    pub fn settings(&self, defaults: Settings, asked: Option<NormalizerKind>) -> Result<Settings> {
        let own = self.normalizer.kind();
        if let Some(found) = asked.filter(|asked| *asked != own) {
            let expected = format!("{own}, which it was trained with: leave it out");
            return Err(self.refused("normalizer", found, expected));
        }
        Ok(Settings { window: defaults.window.max(self.frames), normalizer: own, ..defaults })
    }

    /// Whether a prior is over these fields.
    ///
    /// # Errors
    /// [`PriorError::Refused`] for windows shorter than those of this prior, [`PriorError::Refused`] for another
    /// frame, orientation or units.
    pub fn check(&self, prior: &Prior) -> Result<()> {
        if prior.shape().frames < self.frames {
            return Err(self.too_short(prior.shape().frames));
        }
        for (field, found, expected) in self.against(&prior.about) {
            if found != expected {
                return Err(self.refused(field, expected, format!("{found}{BESIDE}")));
            }
        }
        let words = |about: &Described, normalizer: &Normalizer| {
            let (frame, axis) = (about.frame, about.grid.x_axis);
            format!("(T, C, H, W) = {frame}, x along {axis:?}, {}", told(normalizer))
        };
        let (found, expected) =
            (words(&prior.about, prior.normalizer()), words(&self.about, &self.normalizer));
        if found == expected {
            return Ok(());
        }
        Err(self.refused("fields", expected, format!("{found}{BESIDE}")))
    }

    fn refused(&self, field: &'static str, found: impl Display, expected: impl Display) -> PriorError {
        PriorError::refused(self.about.path.display(), field, found, expected)
    }

    fn too_short(&self, frames: usize) -> PriorError {
        self.refused("frames of a window", frames, format!("at least {}", self.frames))
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
    pub fn standard(fields: &Fields, frames: usize) -> Result<Self> {
        let Fields { mut about, frames: least, normalizer } = fields.clone();
        if frames < least {
            return Err(fields.too_short(frames));
        }
        let (shape, path) = (Shape { frames, ..about.frame }, &about.path);
        let modes = Modes::new(shape.len(), Vec::new(), Vec::new(), Some(1.0));
        let modes = modes.map_err(|source| Fault::from(source).of(path))?;
        let model = Model::LowRank { rank: Some(0) };
        let file = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let notes = vec![format!("{}: no training file: the Gaussian beside it is N(0, I)", path.display())];
        about.particulars.moments = normalizer.moments();
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
