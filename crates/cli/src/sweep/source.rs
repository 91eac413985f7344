//! Which data a sweep observes, and where their priors come from.

use crate::fitting::Fitting;
use crate::number::positive;
use clap::ValueEnum;
use equipoise_data::NoiseLevel;
use equipoise_sweep::{FlowRequest, PriorSource};
use std::path::{Path, PathBuf};

/// Observation noise of the embedded sweep, normalised units.
const NOISE: f64 = 0.1;

/// The data, their noise and their priors.
#[derive(clap::Args)]
#[command(next_help_heading = "Data")]
#[group(id = "prior_source", args = ["train", "prior"], multiple = false)]
pub(crate) struct Source {
    /// The file whose first frames are observed, HDF5 with a dataset `x` or `velocity`; needs
    /// --train or --prior; its name without the ending names the dataset, in results and in the
    /// streams of noise [default: the embedded samples]
    #[arg(long, value_name = "FILE", requires = "prior_source")]
    data: Option<PathBuf>,

    /// The training file that the prior is fitted to
    #[arg(long, value_name = "FILE", requires = "data")]
    train: Option<PathBuf>,

    /// A prior that `fit` saved
    #[arg(
        long, value_name = "FILE", requires = "data",
        conflicts_with_all = ["window", "normalizer", "covariance", "rank", "ridge"]
    )]
    prior: Option<PathBuf>,

    /// Which embedded samples [default: both]
    #[arg(long, value_enum, value_delimiter = ',', conflicts_with = "data")]
    dataset: Vec<Embedded>,

    /// Standard deviation of the observation noise, normalised units [default: 0.1]
    #[arg(long, value_name = "S", value_parser = positive, allow_negative_numbers = true)]
    noise: Option<f64>,

    /// The same in physical units: one number, or one a channel
    #[arg(
        long, value_name = "S[,S]", value_delimiter = ',', value_parser = positive,
        allow_negative_numbers = true, conflicts_with = "noise"
    )]
    noise_physical: Vec<f64>,

    /// Let cells inside the cylinder take part in error measures
    #[arg(long)]
    include_solid: bool,

    #[command(flatten)]
    fitting: Fitting,
}

/// An embedded sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Embedded {
    /// Cylinder wake
    Ibpm,
    /// Kolmogorov turbulence
    Kolmogorov,
}

impl Embedded {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ibpm => "ibpm",
            Self::Kolmogorov => "kolmogorov",
        }
    }
}

impl Source {
    /// What is asked of each dataset.
    ///
    /// # Errors
    /// Bad usage, or an embedded sample that is missing.
    pub(crate) fn requests(&self) -> anyhow::Result<Vec<FlowRequest>> {
        let change = self.fitting.change()?;
        let load = self.fitting.load_options();
        let noise = match &self.noise_physical[..] {
            [] => NoiseLevel::Normalised(self.noise.unwrap_or(NOISE)),
            stds => NoiseLevel::Physical(stds.to_vec()),
        };
        let fitted = || self.train.clone().map(|path| PriorSource::Train { path, change });
        let prior = self.prior.clone().map(PriorSource::File).or_else(fitted);
        if let (Some(data), Some(prior)) = (self.data.clone(), prior) {
            let (name, include_solid) = (name(&data), self.include_solid);
            return Ok(vec![FlowRequest { name, data, prior, load, noise, include_solid }]);
        }
        let mut requests = FlowRequest::embedded(change, &noise, self.include_solid)?;
        requests.retain(|request| {
            self.dataset.is_empty() || self.dataset.iter().any(|asked| asked.name() == request.name)
        });
        requests.iter_mut().for_each(|request| request.load = load);
        Ok(requests)
    }
}

/// The file's name without its ending: the dataset's name in rows, folders and streams.
pub(crate) fn name(data: &Path) -> String {
    data.file_stem().map_or_else(|| "data".into(), |stem| stem.to_string_lossy().into_owned())
}
