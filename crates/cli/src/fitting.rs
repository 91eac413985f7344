//! Flags of every verb that fits a prior: how files are read, and what replaces the kind's settings.

use crate::failure::usage;
use crate::format::duration;
use crate::loading::Loading;
use crate::number::{count, non_negative};
use clap::ValueEnum;
use equipoise_data::{LoadOptions, NormalizerKind};
use equipoise_experiment as experiment;
use equipoise_experiment::{FlowFile, ModelName, SettingsChange};
use equipoise_field::Shape;
use equipoise_prior::{Model, Settings};

/// Seconds that LAPACK takes for all modes of a D × D matrix over D³, on one core under the fastest and the
/// slowest kernels of BLAS that were seen.
const EIGEN: [f64; 2] = [0.7e-9, 3.3e-9];

/// Seconds below which nothing is said before a fit.
const SILENT: f64 = 5.0;

/// Says on standard error what a dense fit to windows of this shape will take.
pub(crate) fn announce(settings: &Settings, window: Shape) {
    if let Some(text) = forewarning(settings.model, window.len()) {
        note!("{text}");
    }
}

fn forewarning(model: Model, dim: usize) -> Option<String> {
    let [least, most] = EIGEN.map(|share| share * (dim as f64).powi(3));
    (model == Model::Dense && most >= SILENT).then(|| {
        let (least, most) = (duration(least), duration(most));
        format!("eigenvalues of a {dim} × {dim} matrix: {least} to {most} on one idle core, by the kernels of BLAS")
    })
}

/// Reading files and fitting a prior.
#[derive(clap::Args)]
#[command(next_help_heading = "Prior")]
pub(crate) struct Fitting {
    #[command(flatten)]
    pub(crate) loading: Loading,

    /// Frames of a window [default: 16 for ibpm, else 8]
    #[arg(long, value_name = "T", value_parser = count, allow_negative_numbers = true)]
    window: Option<usize>,

    /// Normalizer [default: profile for kolmogorov, else channel]
    ///
    /// channel, profile, published or identity.
    #[arg(long)]
    normalizer: Option<NormalizerKind>,

    /// Model of the covariance [default: stationary or low_rank]
    ///
    /// Without it stationary where borders wrap, else low_rank.
    #[arg(long, value_enum)]
    covariance: Option<Covariance>,

    /// Rank of a low-rank covariance, and the choice of one [default: 20]
    #[arg(long, value_parser = count, allow_negative_numbers = true)]
    rank: Option<usize>,

    /// Ridge of the eigenvalues, normalised units [default: see --help]
    ///
    /// Least λ_⊥ of a low-rank covariance; else what is added to every eigenvalue. Without it 1e-6 for
    /// low_rank, else 1e-4.
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
    /// The same in a plan's file, with what replaces the settings of the data's kind.
    pub(crate) fn file(&self) -> FlowFile {
        let &Self { ref loading, window, normalizer, covariance, rank, ridge } = self;
        let LoadOptions { axes, kind } = loading.options();
        let model = covariance.map(|covariance| match covariance {
            Covariance::Dense => ModelName::Dense,
            Covariance::LowRank => ModelName::LowRank,
            Covariance::Stationary => ModelName::Stationary,
        });
        let covariance = experiment::Covariance { model, rank, ridge };
        let covariance = (covariance != Default::default()).then_some(covariance);
        FlowFile { axes, kind, window, normalizer, covariance, ..FlowFile::default() }
    }

    /// A flag that says how to fit, if one was given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        self.given_beside("")
    }

    /// A flag that says how to fit, if one was given, other than `allowed`.
    pub(crate) fn given_beside(&self, allowed: &str) -> Option<&'static str> {
        let flags = [
            ("--window", self.window.is_some()),
            ("--normalizer", self.normalizer.is_some()),
            ("--covariance", self.covariance.is_some()),
            ("--rank", self.rank.is_some()),
            ("--ridge", self.ridge.is_some()),
        ];
        flags.into_iter().find(|(flag, given)| *given && *flag != allowed).map(|(flag, _)| flag)
    }

    /// What replaces the settings of the data's kind.
    ///
    /// # Errors
    /// Bad usage: a rank for a model that has none.
    pub(crate) fn change(&self) -> anyhow::Result<SettingsChange> {
        match self.covariance {
            Some(model @ (Covariance::Dense | Covariance::Stationary)) if self.rank.is_some() => {
                let name = if model == Covariance::Dense { "dense" } else { "stationary" };
                Err(usage(&format!("--rank: found with --covariance {name}, expected --covariance low_rank")))
            }
            _ => Ok(self.file().change()?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use equipoise_data::Kind;
    use equipoise_field::{Axis, Boundary, Grid};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        fitting: Fitting,
    }

    /// The ridge is that of the model used, whatever the kind's own model is.
    #[test]
    fn a_model_brings_its_own_ridge() {
        let ridge = |boundary: Boundary, arguments: &[&str]| {
            let line = Line::try_parse_from([&["fit"], arguments].concat()).unwrap();
            let grid = Grid { x_axis: Axis::W, dx: 1.0, dy: 1.0, boundary };
            line.fitting.change().unwrap().apply(Settings::of(Kind::GENERIC, grid)).ridge
        };
        for boundary in [Boundary::Periodic, Boundary::Open] {
            for (arguments, expected) in [
                (&["--covariance", "low_rank"][..], 1e-6),
                (&["--rank", "3"], 1e-6),
                (&["--covariance", "dense"], 1e-4),
                (&["--covariance", "dense", "--ridge", "0.5"], 0.5),
            ] {
                let found = ridge(boundary, arguments);
                assert!(
                    (found / expected - 1.0f64).abs() < f64::EPSILON,
                    "{boundary:?} {arguments:?}: {found}"
                );
            }
        }
        assert_eq!((ridge(Boundary::Periodic, &[]), ridge(Boundary::Open, &[])), (1e-4, 1e-6));
    }

    #[test]
    fn only_a_long_dense_fit_is_announced() {
        assert_eq!(forewarning(Model::Stationary, 4096), None);
        assert_eq!(forewarning(Model::Dense, 512), None);
        let told = forewarning(Model::Dense, 2048).unwrap();
        assert_eq!(
            told,
            "eigenvalues of a 2048 × 2048 matrix: 6 s to 28 s on one idle core, by the kernels of BLAS"
        );
    }
}
