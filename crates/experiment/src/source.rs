//! Where the numbers of a dataset come from, and what its prior is fitted with, as plans bear it.

use crate::{Error, text};
use equipoise_data::{AxisOrder, Kind, NormalizerKind};
use equipoise_prior::{Model, Settings};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where the numbers of a dataset come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Name of the dataset.
    pub dataset: String,
    /// SHA-256 of the file that holds the truth.
    pub data_checksum: String,
    /// SHA-256 of the file that the prior is fitted from or read from.
    pub train_checksum: String,
    /// Kind of flow.
    #[serde(with = "text")]
    pub kind: Kind,
    /// Axis order that the loader used; `None` where no file told one.
    #[serde(with = "text::option")]
    pub axes: Option<AxisOrder>,
}

/// Name of a model of the prior covariance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelName {
    /// All modes of the sample covariance.
    Dense,
    /// The leading modes plus an isotropic rest.
    LowRank,
    /// One block per wavenumber.
    Stationary,
}

/// The model of the prior covariance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CovarianceSettings {
    /// Its name.
    pub model: ModelName,
    /// Rank of a low-rank model.
    pub rank: Option<usize>,
    /// Smallest eigenvalue, or what is added to the spectrum, as the model defines it.
    pub ridge: f64,
}

impl CovarianceSettings {
    /// Those of a fit.
    pub fn of(settings: &Settings) -> Self {
        let (model, rank) = match settings.model {
            Model::Dense => (ModelName::Dense, None),
            Model::LowRank { rank } => (ModelName::LowRank, rank),
            Model::Stationary => (ModelName::Stationary, None),
        };
        Self { model, rank, ridge: settings.ridge }
    }
}

/// The units of a prior, as [`Normalizer::told`](equipoise_data::Normalizer::told) says them.
#[derive(Clone, Debug, PartialEq)]
pub enum Units {
    /// Fitted to the training file.
    Fitted(NormalizerKind),
    /// Those that a learned prior brings: offset and scale of each channel, physical units.
    Given {
        /// Offset.
        offset: Vec<f64>,
        /// Scale.
        scale: Vec<f64>,
    },
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>().join(",");
        match self {
            Self::Fitted(kind) => kind.fmt(f),
            Self::Given { offset, scale } => write!(f, "given({};{})", list(offset), list(scale)),
        }
    }
}

impl FromStr for Units {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let Some(inner) = text.strip_prefix("given(").and_then(|rest| rest.strip_suffix(')')) else {
            return Ok(Self::Fitted(text.parse()?));
        };
        let list = |part: &str| part.split(',').map(str::parse).collect::<Result<Vec<f64>, _>>().ok();
        let both = inner.split_once(';').and_then(|(offset, scale)| Some((list(offset)?, list(scale)?)));
        let (offset, scale) = both.ok_or_else(|| Error::Setting {
            field: "normalizer",
            found: text.to_owned(),
            expected: "given(OFFSET,…;SCALE,…) with a number for each channel",
        })?;
        Ok(Self::Given { offset, scale })
    }
}

/// Element type of fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// `f32`, in which every run is carried out.
    #[default]
    F32,
}
