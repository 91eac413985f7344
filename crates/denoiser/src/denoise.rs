//! The trait, and the capability of knowing Cov[x | x_t] exactly.

use crate::DenoiserError;
use equipoise_field::Real;
use equipoise_schedule::Level;

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
