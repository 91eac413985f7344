//! The law of the state at the first time of a run.

use equipoise_covariance::Covariance;
use equipoise_field::{Real, each};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::fmt;
use std::sync::Arc;

/// How x_1 is drawn.
#[derive(Clone)]
pub enum Start<R: Real> {
    /// N(0, I), as published. It ignores the prior where μ²λ is not small.
    Normal,
    /// N(μm, μ²Σ + σ²I), the exact marginal of a Gaussian prior.
    Prior {
        /// m.
        mean: Arc<Vec<R>>,
        /// Σ.
        covariance: Arc<dyn Covariance<R>>,
    },
}

impl<R: Real> Start<R> {
    /// The mean of x_1 at the first level of the grid.
    pub fn mean(&self, dim: usize, level: Level) -> Vec<R> {
        let mut x = vec![R::zero(); dim];
        if let Self::Prior { mean, .. } = self {
            let mu = R::narrow(level.mu);
            each::map1(&mut x, mean, |m| mu * m);
        }
        x
    }

    /// x_1 of length `dim` at the first level of the grid, from draw 0 of the stream.
    pub fn draw(&self, dim: usize, level: Level, stream: Stream) -> Vec<R> {
        let white: Vec<R> = stream.normal(0, dim);
        match self {
            Self::Normal => white,
            Self::Prior { mean, covariance } => {
                let (mu2, sigma2) = (level.mu * level.mu, level.sigma * level.sigma);
                let root = covariance.weights(&|l| (mu2 * l + sigma2).sqrt());
                let mut x = vec![R::zero(); dim];
                covariance.apply(&root, &white, &mut x);
                let mu = R::narrow(level.mu);
                each::update1(&mut x, mean, |x, m| x + mu * m);
                x
            }
        }
    }
}

impl<R: Real> fmt::Debug for Start<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("Normal"),
            Self::Prior { mean, .. } => {
                f.debug_struct("Prior").field("dim", &mean.len()).finish_non_exhaustive()
            }
        }
    }
}
