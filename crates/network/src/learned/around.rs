//! What stands around a network: factors, and a filter where there is one.

use crate::{Coefficients, Preconditioner, Result, Shares};
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_schedule::Level;
use std::fmt;
use std::sync::Arc;

/// A linear denoiser W in the place of c_skip, whose Jacobian is its own adjoint.
#[derive(Clone)]
pub struct Filter<R: Real> {
    /// W x_t.
    pub denoiser: Arc<dyn Denoiser<R>>,
    /// What c_out is multiplied by at a level: the root of the mean variance that the filter leaves.
    pub spread: Arc<dyn Fn(Level) -> f64 + Send + Sync>,
}

impl<R: Real> Filter<R> {
    /// The same, of whose correction so much is taken.
    pub fn corrected_by(self, shares: Shares) -> Self {
        if shares.is_empty() {
            return self;
        }
        let Self { denoiser, spread } = self;
        let spread = move |level: Level| spread(level) * shares.at(level.sigma / level.mu);
        Self { denoiser, spread: Arc::new(spread) }
    }
}

/// x̂ = c_skip·x_t + c_out·F(c_in·x_t, c_time), or W x_t + c_out·F with a filter.
#[derive(Debug)]
pub struct Around<R: Real> {
    /// The factors.
    pub factors: Preconditioner,
    /// W, of the preconditioning `wiener`.
    pub filter: Option<Filter<R>>,
}

impl<R: Real> Around<R> {
    /// The factors at a level, those of the network's part alone where there is a filter.
    ///
    /// # Errors
    /// As [`Preconditioner::at`].
    pub fn at(&self, level: Level) -> Result<Coefficients> {
        let at = self.factors.at(level)?;
        let Some(filter) = &self.filter else { return Ok(at) };
        Ok(Coefficients { skip: 0.0, out: at.out * (filter.spread)(level), ..at })
    }
}

impl<R: Real> fmt::Debug for Filter<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter").field("denoiser", &self.denoiser).finish_non_exhaustive()
    }
}
