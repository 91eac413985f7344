//! How probable the observations are under the prior.

use crate::{ExactPosterior, PosteriorError};
use equipoise_field::Real;
use equipoise_innovation::LogDeterminant;
use equipoise_stream::Stream;
use std::f64::consts::TAU;

/// log p(y) and what it is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogEvidence {
    /// log p(y), in nats.
    pub value: f64,
    /// rᵀS⁻¹r, r = y − A m: χ² with N degrees of freedom where prior and noise are right.
    pub squared_innovation: f64,
    /// log det S, with its standard error where it comes from probes.
    pub log_determinant: LogDeterminant,
}

impl LogEvidence {
    /// The standard error of `value`, half that of log det S; `None` where it is exact.
    pub fn standard_error(&self) -> Option<f64> {
        self.log_determinant.standard_error.map(|e| e / 2.0)
    }
}

impl<R: Real> ExactPosterior<R> {
    /// log p(y) = −½ [rᵀS⁻¹r + log det S + N log 2π], r = y − A m, S = AΣAᵀ + diag(s²).
    ///
    /// One solve, and log det S in closed form, dense or from `probes` directions of `stream`, as
    /// [`ObservedPrior::log_determinant`](equipoise_innovation::ObservedPrior::log_determinant) says.
    ///
    /// # Errors
    /// [`PosteriorError::Length`] unless y has length N; [`PosteriorError::Innovation`].
    ///
    /// Reference: Rasmussen & Williams 2006, eq. 2.30.
    pub fn log_evidence(
        &self,
        y: &[R],
        probes: usize,
        stream: Stream,
    ) -> Result<LogEvidence, PosteriorError> {
        let r = self.residual(&self.prior_mean, y)?;
        let squared_innovation = self.innovation.quadratic(&r)?;
        let log_determinant = self.observed.log_determinant(&|l| l, probes, stream)?;
        let constant = y.len() as f64 * TAU.ln();
        let value = -0.5 * (squared_innovation + log_determinant.value + constant);
        Ok(LogEvidence { value, squared_innovation, log_determinant })
    }
}
