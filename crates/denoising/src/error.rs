//! What can go wrong when denoisers are compared.

use equipoise_data::DataError;
use equipoise_denoiser::DenoiserError;
use equipoise_elbo::ElboError;
use equipoise_locality::LocalityError;
use equipoise_metrics::MetricsError;
use equipoise_prior::PriorError;
use equipoise_report::ReportError;
use equipoise_sampler::SamplerError;
use std::path::PathBuf;

/// A comparison that could not be made or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DenoisingError {
    /// An output pixel outside the grid.
    #[error(
        "pixel: found {},{}, expected H,W with H from 0 to {} and W from 0 to {}", found[0], found[1], height - 1, width - 1
    )]
    Pixel {
        /// (h, w).
        found: [usize; 2],
        /// H.
        height: usize,
        /// W.
        width: usize,
    },
    /// A folder that has content and may not be written into.
    #[error("{}: the folder has content; pass --force to replace what an earlier run left; nothing was changed", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// A file of fields.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The prior or a denoiser over it.
    #[error(transparent)]
    Prior(#[from] PriorError),
    /// A denoiser.
    #[error(transparent)]
    Denoiser(#[from] DenoiserError),
    /// A training set.
    #[error(transparent)]
    Locality(#[from] LocalityError),
    /// The evidence lower bound.
    #[error(transparent)]
    Elbo(#[from] ElboError),
    /// What runs advance by, or a table that has no CSV form.
    #[error(transparent)]
    Experiment(#[from] equipoise_experiment::Error),
    /// The sampler.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
    /// A diagnostic.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// A picture or the page.
    #[error(transparent)]
    Report(#[from] ReportError),
}
