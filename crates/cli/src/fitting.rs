//! Flags of every verb that fits a prior: how files are read, and what replaces the kind's settings.

use crate::failure::usage;
use crate::number::{count, non_negative};
use clap::ValueEnum;
use equipoise_data::{AxisOrder, Kind, LoadOptions, NormalizerKind};
use equipoise_prior::Model;
use equipoise_sweep::SettingsChange;

/// Reading files and fitting a prior.
#[derive(clap::Args)]
#[command(next_help_heading = "Prior")]
pub(crate) struct Fitting {
    /// The axis order of the files, against whatever they declare
    #[arg(long, value_name = "NTCHW|TNCHW")]
    axes: Option<AxisOrder>,

    /// The kind of flow, against whatever the files declare
    #[arg(long, value_name = "ibpm|kolmogorov|generic")]
    kind: Option<Kind>,

    /// Frames of a window [default: 16 for ibpm, else 8]
    #[arg(long, value_name = "T", value_parser = count, allow_negative_numbers = true)]
    window: Option<usize>,

    /// channel, profile, published or identity [default: profile for kolmogorov, else channel]
    #[arg(long)]
    normalizer: Option<NormalizerKind>,

    /// The model of the covariance [default: stationary where borders wrap, else low_rank]
    #[arg(long, value_enum)]
    covariance: Option<Covariance>,

    /// Rank of a low-rank covariance, and the choice of one [default: 20]
    #[arg(long, value_parser = count, allow_negative_numbers = true)]
    rank: Option<usize>,

    /// Least λ_⊥ of a low-rank covariance; else what is added to every eigenvalue; normalised units
    /// [default: 1e-6 for low_rank, else 1e-4]
    #[arg(long, value_parser = non_negative, allow_negative_numbers = true)]
    ridge: Option<f64>,
}

/// A covariance model by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Covariance {
    Dense,
    LowRank,
    Stationary,
}

impl Fitting {
    /// How files are read.
    pub(crate) fn load_options(&self) -> LoadOptions {
        LoadOptions { axes: self.axes, kind: self.kind }
    }

    /// A flag that says how to fit, if one was given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let flags = [
            ("--window", self.window.is_some()),
            ("--normalizer", self.normalizer.is_some()),
            ("--covariance", self.covariance.is_some()),
            ("--rank", self.rank.is_some()),
            ("--ridge", self.ridge.is_some()),
        ];
        flags.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
    }

    /// What replaces the settings of the data's kind.
    ///
    /// # Errors
    /// Bad usage: a rank for a model that has none.
    pub(crate) fn change(&self) -> anyhow::Result<SettingsChange> {
        let model = self.covariance.map(|covariance| match covariance {
            Covariance::Dense => Model::Dense,
            Covariance::LowRank => Model::LowRank { rank: None },
            Covariance::Stationary => Model::Stationary,
        });
        match model {
            Some(model @ (Model::Dense | Model::Stationary)) if self.rank.is_some() => {
                let name = model.name();
                Err(usage(&format!("--rank: found with --covariance {name}, expected --covariance low_rank")))
            }
            _ => Ok(SettingsChange {
                window: self.window,
                normalizer: self.normalizer,
                model,
                rank: self.rank,
                ridge: self.ridge,
            }),
        }
    }
}
