//! What a file of weights does not say, and a prior must know: `network.json` beside the weights.

mod answers;
mod context;
mod describe;
mod facts;
mod found;
mod parts;
mod questions;
mod words;

pub use answers::Answers;
pub use context::Context;
pub use describe::{Described, describe};
pub use found::configured;
pub(crate) use found::folder;
pub use parts::{ChannelOrder, FlowKind, Gaussian, Particulars, Picked, Preset};
pub use questions::{Question, Questions};

use crate::entries::fault;
use crate::{
    Architecture, NetworkError, Preconditioner, Preconditioning, Predicts, Result, Shares, TimeInput,
    TrainedOn,
};
use equipoise_field::{Axis, Boundary};
use equipoise_weights::{Pick, State, put, sha256};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// The name of the manifest in its folder.
pub const MANIFEST: &str = "network.json";
/// The version of its format.
const FORMAT: &str = "equipoise-network 1";
/// Numbers closer to 0 than this are no deviation of data in any unit.
const LEAST_STD: f64 = 1e-30;

/// Everything about a trained network that its weights do not say. Every entry is written out; what a preset
/// settled is named beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `equipoise-network 1`.
    format: String,
    /// The file of weights, beside the manifest.
    pub weights: String,
    /// Its SHA-256; what is written here states it, and another file is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights_sha256: Option<String>,
    /// That of the file of the context, if there is one, in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_sha256: Option<String>,
    /// Which weights of the file are meant.
    pub pick: Picked,
    /// The network.
    pub architecture: Architecture,
    /// Frames w of a window.
    pub window: usize,
    /// Components C of a frame.
    pub components: usize,
    /// How the channels of the network are ordered.
    pub channel_order: ChannelOrder,
    /// What the network predicts.
    pub prediction: Predicts,
    /// What stands around it.
    pub preconditioning: Preconditioning,
    /// What it is told of the time.
    pub time: TimeInput,
    /// The schedule that it was trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<TrainedOn>,
    /// The least and the largest σ/μ that it was trained for, where that is not the schedule's range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratios: Option<[f64; 2]>,
    /// The Gaussian of the preconditioning `wiener`, in whose units the network is; no other has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gaussian: Option<Gaussian>,
    /// How much of the network's correction of that Gaussian's filter stands at each level; all of it without an entry.
    #[serde(default, skip_serializing_if = "Shares::is_empty")]
    pub shares: Shares,
    /// What was subtracted from each component of the data, in their unit.
    pub mean: Vec<f64>,
    /// What each was then divided by.
    pub std: Vec<f64>,
    /// The kind of flow.
    pub kind: FlowKind,
    /// The array axis along which x increases.
    pub x_axis: Axis,
    /// What stands beyond the borders of the flow.
    pub boundary: Boundary,
    /// What the network is handed beside the state.
    pub context: Context,
    /// H and W, where the network has a grid of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<[usize; 2]>,
    /// Distances, first points and time step of the training data, and their units.
    #[serde(default, skip_serializing_if = "Particulars::is_empty")]
    pub data: Particulars,
    /// A preset that settled entries, and which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
}

impl Manifest {
    /// That of a network which was trained here, with `weights` beside it. What follows from neither is as a network
    /// has it that sees raw fields of open borders, x along W, and makes x̂ by azula's `KarrasDenoiser` without
    /// context; [`write`](Self::write) checks what took its place.
    pub fn of(weights: &str, architecture: Architecture, [window, components]: [usize; 2]) -> Self {
        Self {
            format: FORMAT.to_owned(),
            weights: weights.to_owned(),
            weights_sha256: None,
            context_sha256: None,
            pick: Picked::Only,
            architecture,
            window,
            components,
            channel_order: ChannelOrder::Frames,
            prediction: Predicts::X,
            preconditioning: Preconditioning::Karras,
            time: TimeInput::LogRatio,
            schedule: None,
            ratios: None,
            gaussian: None,
            shares: Shares::default(),
            mean: vec![0.0; components],
            std: vec![1.0; components],
            kind: FlowKind::Generic,
            x_axis: Axis::W,
            boundary: Boundary::Open,
            context: Context::None,
            grid: None,
            data: Particulars::default(),
            preset: None,
        }
    }

    /// Reads a manifest, and holds its entries to each other.
    ///
    /// # Errors
    /// [`NetworkError::File`], [`NetworkError::Json`], or [`NetworkError::Manifest`] with the entry.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .map_err(|source| NetworkError::File { file: path.to_owned(), source })?;
        let json = |source| NetworkError::Json { file: path.to_owned(), source };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(json)?;
        let format = value.get("format").cloned().unwrap_or_default();
        if format != FORMAT {
            return Err(NetworkError::Manifest {
                file: path.to_owned(),
                field: "format".to_owned(),
                found: format.to_string(),
                expected: format!("\"{FORMAT}\""),
            });
        }
        // From the text again: its errors name line and column.
        let manifest: Self = serde_json::from_str(&text).map_err(json)?;
        manifest.check().map(|()| manifest).map_err(|error| error.of_manifest(path))
    }

    /// Writes the manifest, whole or not at all. A file that is there is replaced if `replace`.
    ///
    /// # Errors
    /// [`NetworkError::File`]; [`NetworkError::Architecture`] where entries do not go together.
    pub fn write(&self, path: &Path, replace: bool) -> Result<()> {
        self.check()?;
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|source| NetworkError::Json { file: path.to_owned(), source })?;
        text.push('\n');
        put(path, text.as_bytes(), replace)
            .map_err(|source| NetworkError::File { file: path.to_owned(), source })
    }

    /// The weights in `folder`, if they, the Gaussian and the context beside them are the files that the manifest states.
    ///
    /// # Errors
    /// [`NetworkError::Manifest`] for a file of another checksum; [`NetworkError::Weights`].
    pub fn state(&self, folder: &Path, pick: Pick) -> Result<State> {
        let weights = folder.join(&self.weights);
        let gaussian = self.gaussian.as_ref().map(|it| (folder.join(&it.file), &it.sha256));
        let own = self.weights_sha256.as_ref().map(|sha256| (weights.clone(), sha256));
        let context = match (&self.context, &self.context_sha256) {
            (Context::File { name }, Some(sha256)) => Some((folder.join(name), sha256)),
            _ => None,
        };
        for (file, expected) in own.into_iter().chain(gaussian).chain(context) {
            let (found, field) = (sha256(&file)?, "SHA-256".to_owned());
            if found != *expected {
                let expected = format!(
                    "{expected}, as {MANIFEST} beside it says; of a training that was cut off --resume writes both again"
                );
                return Err(NetworkError::Manifest { file, field, found, expected });
            }
        }
        Ok(State::read(&weights, pick)?)
    }

    /// What stands around the network.
    ///
    /// # Errors
    /// [`NetworkError::Architecture`] for entries that do not go together.
    pub fn preconditioner(&self) -> Result<Preconditioner> {
        Preconditioner::new(self.preconditioning, self.prediction, self.time, self.schedule, self.ratios)
    }

    /// That the entries make a prior.
    fn check(&self) -> Result<()> {
        self.architecture.check()?;
        self.preconditioner()?;
        let channels = self.window.checked_mul(self.components);
        let (inner, outer) = (self.architecture.channels(), self.architecture.outputs());
        if self.window == 0 || self.components == 0 || channels != Some(inner) || inner != outer {
            let found = format!("{} × {}", self.window, self.components);
            let expected =
                format!("the {inner} channels that go into the network and the {outer} that come out");
            return Err(fault("window × components", found, expected));
        }
        if let Architecture::Sda(sda) = &self.architecture
            && sda.window != self.window
        {
            return Err(fault("window", self.window, format!("{}, that of the architecture", sda.window)));
        }
        for (field, values) in [("mean", &self.mean), ("std", &self.std)] {
            let expected = format!("one for each of the {} components", self.components);
            if values.len() != self.components {
                return Err(fault(field, format!("{} numbers", values.len()), expected));
            }
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                return Err(fault(field, value, "finite numbers"));
            }
        }
        if let Some(value) = self.std.iter().find(|value| **value < LEAST_STD) {
            return Err(fault("std", value, "numbers above 0"));
        }
        if let Some((x_axis, boundary)) = self.kind.settles()
            && (x_axis, boundary) != (self.x_axis, self.boundary)
        {
            let found = format!("{:?}, {:?}", self.x_axis, self.boundary).to_lowercase();
            let expected = format!("{x_axis:?}, {boundary:?}, those of {}", self.kind).to_lowercase();
            return Err(fault("x_axis, boundary", found, expected));
        }
        if self.gaussian.is_some() != (self.preconditioning == Preconditioning::Wiener) {
            let found = self.gaussian.as_ref().map_or("none", |gaussian| gaussian.file.as_str());
            let expected = "one where the preconditioning is wiener, and none elsewhere";
            return Err(fault("gaussian", found, expected));
        }
        if self.gaussian.is_none() && !self.shares.is_empty() {
            return Err(fault("shares", "some", "none where no filter of a Gaussian is corrected"));
        }
        self.shares.check()?;
        self.check_particulars()?;
        self.context.check(&self.architecture)
    }

    fn check_particulars(&self) -> Result<()> {
        let data = &self.data;
        for (field, value) in [("dx", data.dx), ("dy", data.dy), ("dt", data.dt)] {
            if let Some(value) = value
                && !(value > 0.0 && value.is_finite())
            {
                return Err(fault(field, value, "a finite number above 0"));
            }
        }
        for (field, value) in [("x_first", data.x_first), ("y_first", data.y_first)] {
            if let Some(value) = value
                && !value.is_finite()
            {
                return Err(fault(field, value, "a finite number"));
            }
        }
        if data.stride == Some(0) {
            return Err(fault("stride", 0, "at least 1"));
        }
        match self.grid {
            Some(grid) if grid.contains(&0) => {
                Err(fault("grid", format!("{grid:?}"), "points along both axes"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
