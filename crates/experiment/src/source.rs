//! Where the numbers of a dataset come from, and how its prior's covariance is modelled, as plans bear it.

use equipoise_prior::{Model, Settings};
use serde::{Deserialize, Serialize};

/// Where the numbers of a dataset come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Name of the dataset.
    pub dataset: String,
    /// SHA-256 of the file that holds the truth.
    pub data_checksum: String,
    /// SHA-256 of the file that the prior is fitted from or read from.
    pub train_checksum: String,
    /// Kind of flow: `ibpm`, `kolmogorov` or `generic`.
    pub kind: String,
    /// Axis order that the loader used, such as `NTCHW`.
    pub axes: String,
}

/// The model of the prior covariance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CovarianceSettings {
    /// Name of the model: `dense`, `low_rank` or `stationary`.
    pub model: String,
    /// Rank of a low-rank model.
    pub rank: Option<usize>,
    /// Smallest eigenvalue, or what is added to the spectrum, as the model defines it.
    pub ridge: f64,
}

impl CovarianceSettings {
    /// Those of a fit.
    pub fn of(settings: &Settings) -> Self {
        let rank = match settings.model {
            Model::LowRank { rank } => rank,
            _ => None,
        };
        Self { model: settings.model.name().to_owned(), rank, ridge: settings.ridge }
    }
}
