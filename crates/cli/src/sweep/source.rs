//! Which data a sweep observes, and where their priors come from.

use crate::failure::usage;
use crate::fitting::Fitting;
use crate::number::positive;
use crate::priors::{Priors, told};
use clap::ValueEnum;
use equipoise_experiment::{EMBEDDED, FlowFile, FlowRequest, requests};
use std::path::PathBuf;

/// What is said of `--prior` before the names.
const PRIORS: &str =
    "Priors by name, each with trials of its own on the same observations and draws [default: wiener]:";

/// What `-h` says of it.
const BRIEF: &str = "Priors by name, each with trials of its own [default: wiener]";

/// The data, their noise and their priors.
#[derive(clap::Args)]
#[command(next_help_heading = "Data")]
#[group(id = "prior_source", args = ["train", "prior", "prior_file"], multiple = true)]
pub(crate) struct Source {
    /// The file to observe [default: the embedded samples]
    ///
    /// HDF5 with a dataset `x` or `velocity`, of which the first frames are observed; needs --train,
    /// --prior-file or a prior that was trained elsewhere. Its name without the ending names the dataset, in
    /// results and in the streams of noise.
    #[arg(long, value_name = "FILE", requires = "prior_source")]
    data: Option<PathBuf>,

    /// The training file that the prior is fitted to
    ///
    /// With --prior-file: the one that it was fitted to, for the windows of other priors.
    #[arg(long, value_name = "FILE", requires = "data")]
    train: Option<PathBuf>,

    #[arg(long, value_name = "NAME", help = BRIEF, long_help = told(PRIORS))]
    prior: Vec<String>,

    /// A prior that `fit` saved, in the place of wiener
    #[arg(long, value_name = "FILE")]
    prior_file: Option<PathBuf>,

    /// Embedded samples, ibpm or kolmogorov [default: both]
    #[arg(long, value_enum, value_delimiter = ',', conflicts_with = "data")]
    dataset: Vec<Embedded>,

    /// Standard deviation of the noise, normalised units [default: 0.1]
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
        self.fitting.change()?;
        let priors = Priors::of(&self.prior, self.prior_file.as_deref())?;
        let physical = &self.noise_physical;
        let asked = FlowFile {
            noise: self.noise,
            noise_physical: (!physical.is_empty()).then(|| physical.clone()),
            include_solid: self.include_solid,
            priors: Some(priors.names.clone()),
            ..self.fitting.file()
        };
        if self.data.is_some() {
            self.check(&priors)?;
            let sliced =
                |path: &Option<PathBuf>| path.as_ref().map(|path| self.fitting.loading.of(path)).transpose();
            let (data, train) = (sliced(&self.data)?, sliced(&self.train)?);
            return Ok(requests(&[FlowFile { data, train, prior_file: priors.file, ..asked }])?);
        }
        if let Some(file) = &priors.file {
            let file = file.display();
            return Err(usage(&format!("--prior-file: found {file} without --data, expected both")));
        }
        let named = |name: &str| self.dataset.is_empty() || self.dataset.iter().any(|of| of.name() == name);
        let embedded = EMBEDDED.iter().filter(|(name, _)| named(name));
        let files =
            embedded.map(|(name, _)| FlowFile { embedded: Some((*name).to_owned()), ..asked.clone() });
        Ok(requests(&files.collect::<Vec<_>>())?)
    }

    /// Refuses files that do not make a Gaussian prior.
    fn check(&self, priors: &Priors) -> anyhow::Result<()> {
        let Some(path) = &priors.file else {
            let asked = priors.names.first().map_or_else(String::new, ToString::to_string);
            let missing =
                || usage(&format!("--prior: found {asked} without --train, expected a training file"));
            return self.train.is_some().then_some(()).ok_or_else(missing);
        };
        let file = path.display();
        if let Some(flag) = self.fitting.given() {
            return Err(usage(&format!("{flag}: found with --prior-file {file}, which is fitted already")));
        }
        match (priors.windowed(), &self.train) {
            (Some(name), None) => {
                let expected = "expected the training file that it was fitted to, for its windows";
                Err(usage(&format!(
                    "--prior: found {name} beside --prior-file {file} without --train, {expected}"
                )))
            }
            (None, Some(_)) => {
                let expected =
                    "expected one of them, or a prior beside the file that stands on training windows";
                Err(usage(&format!("--train: found with --prior-file {file}, {expected}")))
            }
            _ => Ok(()),
        }
    }
}
