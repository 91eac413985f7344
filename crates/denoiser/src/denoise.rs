//! The trait, and the capability of knowing Cov[x | x_t] exactly.

use crate::DenoiserError;
use equipoise_field::Real;
use equipoise_schedule::Level;
use std::sync::Arc;

/// An estimate x̂(x_t) of E[x | x_t = μx + σε] and the transpose of its Jacobian.
pub trait Denoiser<R: Real>: Send + Sync {
    /// D, the length of a field.
    fn dim(&self) -> usize;

    /// x̂ from x_t. Overwrites `x_hat`.
    ///
    /// # Errors
    /// [`DenoiserError`] when the estimate cannot be made.
    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError>;

    /// Jᵀv with J = ∂x̂/∂x_t at x_t. Overwrites `out`.
    ///
    /// # Errors
    /// [`DenoiserError`] when the product cannot be made.
    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError>;
}

/// A denoiser that knows V = Cov[x | x_t] in closed form.
pub trait ExactCovariance<R: Real>: Denoiser<R> {
    /// V v. Overwrites `out`.
    ///
    /// # Errors
    /// [`DenoiserError`] when the product cannot be made.
    fn covariance(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError>;
}

/// ln p(y | x) of a field x, up to a constant.
pub type LogLikelihood<'a, R> = dyn Fn(&[R]) -> f64 + Sync + 'a;

/// Mean and variance of every entry of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// The mean, D numbers.
    pub mean: Vec<f64>,
    /// The variance, D numbers.
    pub variance: Vec<f64>,
}

/// The exact denoiser of a distribution on finitely many fields x_i with probabilities p_i.
///
/// Such a prior is its own conjugate: given any observation, x lies on the same fields with
/// p(x_i | y) ∝ p_i p(y | x_i), so that posterior and guidance are known exactly.
pub trait Empirical<R: Real>: ExactCovariance<R> {
    /// The denoiser E[x | x_t, y] of the prior given y.
    ///
    /// # Errors
    /// [`DenoiserError`] when the fields cannot be read, or a likelihood is no number.
    fn given(&self, log_likelihood: &LogLikelihood<'_, R>) -> Result<Arc<dyn Empirical<R>>, DenoiserError>;

    /// Mean and variance of x, without an x_t.
    ///
    /// # Errors
    /// [`DenoiserError`] when the fields cannot be read.
    fn moments(&self) -> Result<Moments, DenoiserError>;
}
