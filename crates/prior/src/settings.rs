//! How a prior is fitted, and the defaults of each kind of flow.

use equipoise_data::{Kind, NormalizerKind};
use equipoise_field::{Boundary, Grid};
use serde::{Deserialize, Serialize};

/// The model of the covariance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// All modes of the sample covariance; small fields only.
    Dense,
    /// The leading modes plus an isotropic rest.
    LowRank {
        /// r; `None` takes 20, or as many as the windows allow.
        rank: Option<usize>,
    },
    /// One block per wavenumber of a periodic grid.
    Stationary,
}

impl Model {
    /// The name that the command line and the tables use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dense => "dense",
            Self::LowRank { .. } => "low_rank",
            Self::Stationary => "stationary",
        }
    }

    /// The ridge unless another is asked for: 1e-6 of a low-rank model, else 1e-4; normalised units.
    pub const fn default_ridge(self) -> f64 {
        match self {
            Self::LowRank { .. } => 1e-6,
            Self::Dense | Self::Stationary => 1e-4,
        }
    }
}

/// What a fit is told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// T, the frames of a window.
    pub window: usize,
    /// The normalizer.
    pub normalizer: NormalizerKind,
    /// The model of the covariance.
    pub model: Model,
    /// Low rank: the least λ_⊥. Dense and stationary: what is added to every eigenvalue. Normalised units.
    pub ridge: f64,
}

impl Settings {
    /// The defaults: the wake takes 16 frames, rank 20 and λ_⊥ ≥ 1e-6; the turbulence 8 frames, a
    /// stationary covariance and a ridge of 1e-4; other data 8 frames and whichever of the two
    /// models its borders allow.
    pub fn of(kind: Kind, grid: Grid) -> Self {
        let normalizer = kind.default_normalizer();
        let periodic = grid.boundary == Boundary::Periodic;
        let window = kind.convention().window;
        let model = if periodic { Model::Stationary } else { Model::LowRank { rank: None } };
        Self { window, normalizer, model, ridge: model.default_ridge() }
    }
}
