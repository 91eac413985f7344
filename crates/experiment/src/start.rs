//! The law of the state at t = 1, as plans name it.

use equipoise_covariance::Covariance;
use equipoise_prior::Prior;
use equipoise_solver::Start as Law;
use equipoise_wiener::Wiener;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The law of the state at t = 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// N(0, I), as the study starts.
    #[default]
    Normal,
    /// N(μm, μ²Σ + σ²I), the exact marginal of the Gaussian, also under another prior.
    Prior,
}

impl Start {
    /// The law, for the Gaussian behind a denoiser.
    pub fn law(self, wiener: &Wiener<f32>) -> Law<f32> {
        self.of(wiener.mean(), wiener.prior_covariance())
    }

    /// The same for a prior whose denoiser is not made.
    pub fn law_of(self, prior: &Prior) -> Law<f32> {
        self.of(prior.mean(), &prior.covariance())
    }

    fn of(self, mean: &[f32], covariance: &Arc<dyn Covariance<f32>>) -> Law<f32> {
        match self {
            Self::Normal => Law::Normal,
            Self::Prior => Law::Prior { mean: Arc::new(mean.to_vec()), covariance: Arc::clone(covariance) },
        }
    }
}
