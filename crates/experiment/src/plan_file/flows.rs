//! One flow of a plan's file: its files, its prior, its noise, and what is varied on it alone.

use super::{Case, Protocol, Seed};
use crate::{
    CovarianceSettings, Error, FlowRequest, ModelName, PriorSource, Result, SettingsChange, Source, Units,
};
use equipoise_data::samples::Sample;
use equipoise_data::{AxisOrder, Kind, LoadOptions, NoiseLevel, NormalizerKind};
use equipoise_prior::{DenoiserName, Model};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Observation noise where none is asked for, normalised units.
const NOISE: f64 = 0.1;

/// One flow. Either `embedded`, or `data` with `train` or `prior_file`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FlowFile {
    /// Its name in the results; that of the embedded sample, or of the file of the data without its ending.
    pub name: Option<String>,
    /// An embedded sample: `ibpm` or `kolmogorov`.
    pub embedded: Option<String>,
    /// The file whose first frames are observed.
    pub data: Option<PathBuf>,
    /// The training file that the prior is fitted to, or was, for denoisers beside `prior_file`.
    pub train: Option<PathBuf>,
    /// The file of a fitted prior.
    pub prior_file: Option<PathBuf>,
    /// SHA-256 that the file of the data must have.
    pub data_checksum: Option<String>,
    /// SHA-256 that the file of the prior, or the one that it is fitted to, must have. A `train` beside `prior_file` is
    /// held to the checksum that the prior keeps of its own.
    pub train_checksum: Option<String>,
    /// Kind of flow, against what the files declare.
    pub kind: Option<Kind>,
    /// Axis order, against what the files declare.
    pub axes: Option<AxisOrder>,
    /// T, frames of a window.
    pub window: Option<usize>,
    /// The normalizer.
    pub normalizer: Option<NormalizerKind>,
    /// Standard deviation of the observation noise, normalised units.
    pub noise: Option<f64>,
    /// The same in physical units: one number, or one a channel.
    pub noise_physical: Option<Vec<f64>>,
    /// Whether cells inside the body take part in error measures.
    pub include_solid: bool,
    /// The priors, by the names of their denoisers. Paths inside names are relative to the process's folder; a checksum
    /// behind a name is held to.
    pub priors: Option<Vec<DenoiserName>>,
    /// Seeds.
    pub seeds: Option<Vec<Seed>>,
    /// Posterior samples a trial.
    pub members: Option<usize>,
    /// How the prior covariance is modelled.
    pub covariance: Option<Covariance>,
    /// Protocols.
    pub protocols: Option<Vec<Protocol>>,
    /// What is observed, and in how many steps.
    pub cases: Option<Vec<Case>>,
}

/// The model of a covariance, as far as it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Covariance {
    /// Its name.
    pub model: Option<ModelName>,
    /// Rank, of a low-rank model.
    pub rank: Option<usize>,
    /// Least eigenvalue, or what is added to the spectrum.
    pub ridge: Option<f64>,
}

/// The embedded samples by name: what priors are fitted to, and what is observed.
pub const EMBEDDED: [(&str, [Sample; 2]); 2] = [
    ("ibpm", [Sample::IbpmTrain, Sample::IbpmTest]),
    ("kolmogorov", [Sample::KolmogorovTrain, Sample::KolmogorovTest]),
];

impl FlowFile {
    /// An embedded sample.
    pub fn embedded(name: &str) -> Self {
        Self { embedded: Some(name.to_owned()), ..Self::default() }
    }

    /// Paths relative to `folder` become relative to the process's own.
    pub(super) fn within(&mut self, folder: &Path) {
        for path in [&mut self.data, &mut self.train, &mut self.prior_file].into_iter().flatten() {
            *path = folder.join(&*path);
        }
    }

    /// Refuses keys that a verb does not take: name, and whether it is given.
    ///
    /// # Errors
    /// [`Error::FlowFile`] with the first that is given.
    pub fn refuse(&self, keys: &[(&str, bool)], expected: &'static str) -> Result<()> {
        match keys.iter().find(|(_, given)| *given) {
            Some((key, _)) => Err(self.fault(key, expected)),
            None => Ok(()),
        }
    }

    /// What is asked of the flow.
    ///
    /// # Errors
    /// For files or settings that do not go together, and an embedded sample that is missing.
    pub fn request(&self) -> Result<FlowRequest> {
        let (name, data, prior) = self.files()?;
        let noise = match (self.noise, &self.noise_physical) {
            (Some(_), Some(_)) => return Err(self.fault("noise and noise_physical", "one of them")),
            (_, Some(stds)) => NoiseLevel::Physical(stds.clone()),
            (noise, None) => NoiseLevel::Normalised(noise.unwrap_or(NOISE)),
        };
        Ok(FlowRequest {
            name: self.name.clone().unwrap_or(name),
            data,
            prior,
            denoisers: self.priors.clone().unwrap_or_else(|| vec![DenoiserName::wiener()]),
            load: LoadOptions { axes: self.axes, kind: self.kind },
            noise,
            include_solid: self.include_solid,
        })
    }

    fn files(&self) -> Result<(String, PathBuf, PriorSource)> {
        let Self { embedded, data, train, prior_file, .. } = self;
        match (embedded.as_deref(), data, train, prior_file) {
            (Some(name), None, None, None) => {
                let none = || self.fault(name, "an embedded sample: ibpm or kolmogorov");
                let (_, [train, test]) =
                    EMBEDDED.iter().find(|(known, _)| *known == name).ok_or_else(none)?;
                let train = PriorSource::Train { path: train.path()?, change: self.change()? };
                Ok((name.to_owned(), test.path()?, train))
            }
            (None, Some(data), Some(train), None) => {
                let train = PriorSource::Train { path: train.clone(), change: self.change()? };
                Ok((FlowRequest::name_of(data), data.clone(), train))
            }
            (None, Some(data), train, Some(prior)) => {
                if self.window.is_some() || self.normalizer.is_some() || self.covariance.is_some() {
                    let found = "prior_file with window, normalizer or covariance";
                    return Err(self.fault(found, "none of them: the prior is fitted already"));
                }
                let prior = PriorSource::File { path: prior.clone(), train: train.clone() };
                Ok((FlowRequest::name_of(data), data.clone(), prior))
            }
            _ => {
                let given = [("embedded", embedded.is_some()), ("data", data.is_some())];
                let given = given
                    .into_iter()
                    .chain([("train", train.is_some()), ("prior_file", prior_file.is_some())]);
                let found: Vec<&str> = given.filter_map(|(name, is)| is.then_some(name)).collect();
                let found = if found.is_empty() { "no file".to_owned() } else { found.join(", ") };
                Err(self.fault(&found, "embedded alone, or data with train or prior_file"))
            }
        }
    }

    /// What replaces the settings of the data's kind.
    ///
    /// # Errors
    /// [`Error::FlowFile`] for a rank of a model that has none.
    pub fn change(&self) -> Result<SettingsChange> {
        let Covariance { model, rank, ridge } = self.covariance.clone().unwrap_or_default();
        let model = match (model, rank) {
            (Some(ModelName::Dense | ModelName::Stationary), Some(_)) => {
                return Err(self.fault("covariance with a rank", "a rank of model low_rank alone"));
            }
            (Some(ModelName::Dense), None) => Some(Model::Dense),
            (Some(ModelName::Stationary), None) => Some(Model::Stationary),
            (Some(ModelName::LowRank), rank) => Some(Model::LowRank { rank }),
            (None, _) => None,
        };
        Ok(SettingsChange { window: self.window, normalizer: self.normalizer, model, rank, ridge })
    }

    fn fault(&self, found: &str, expected: &'static str) -> Error {
        let dataset = self.name.clone().or(self.embedded.clone());
        let dataset = dataset.or(self.data.as_deref().map(FlowRequest::name_of)).unwrap_or_default();
        Error::flow_file(&dataset, found, expected)
    }

    /// Refuses files that are not those of the plan.
    ///
    /// # Errors
    /// [`Error::FlowFile`].
    pub fn check(&self, source: &Source) -> Result<()> {
        let pairs = [
            ("data_checksum", &self.data_checksum, &source.data_checksum),
            ("train_checksum", &self.train_checksum, &source.train_checksum),
        ];
        for (field, asked, found) in pairs {
            if let Some(expected) = asked.as_ref().filter(|asked| *asked != found) {
                let (dataset, expected) = (source.dataset.clone(), format!("{expected} as the plan says"));
                return Err(Error::OfDataset { dataset, field, found: found.clone(), expected });
            }
        }
        Ok(())
    }

    /// All that is said of a flow and its prior; paths are absolute.
    pub fn of(
        request: &FlowRequest,
        source: &Source,
        (window, normalizer, covariance): (usize, &Units, &CovarianceSettings),
    ) -> Self {
        let absolute = |path: &Path| Some(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
        let mut found = Self {
            name: Some(request.name.clone()),
            data: absolute(&request.data),
            data_checksum: Some(source.data_checksum.clone()),
            train_checksum: Some(source.train_checksum.clone()),
            kind: request.load.kind,
            axes: request.load.axes,
            include_solid: request.include_solid,
            ..Self::default()
        };
        match &request.prior {
            PriorSource::Train { path, .. } => {
                let CovarianceSettings { model, rank, ridge } = *covariance;
                found.train = absolute(path);
                found.window = Some(window);
                if let Units::Fitted(kind) = normalizer {
                    found.normalizer = Some(*kind);
                }
                found.covariance = Some(Covariance { model: Some(model), rank, ridge: Some(ridge) });
            }
            PriorSource::File { path, train } => {
                found.prior_file = absolute(path);
                found.train = train.as_deref().and_then(absolute);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::MAIN_SEPARATOR_STR;

    #[test]
    fn paths_move_with_the_plan() {
        let mut moved = FlowFile { data: Some("a.h5:/*/x".into()), ..FlowFile::default() };
        moved.within(Path::new("plans"));
        assert_eq!(moved.data.unwrap(), Path::new(&["plans", "a.h5:", "*", "x"].join(MAIN_SEPARATOR_STR)));
    }
}
