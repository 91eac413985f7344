//! A denoiser made of two functions.

use crate::{Denoiser, DenoiserError, Jacobian, Result};
use equipoise_field::{Length, Real};
use equipoise_schedule::Level;
use std::error::Error;
use std::marker::PhantomData;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// A model of your own as a [`Denoiser`]: one function for x̂, one for Jᵀv. Lengths are checked
/// before either is called.
///
/// ```
/// use equipoise_denoiser::{Closure, check_denoiser};
/// use equipoise_field::Shape;
/// use equipoise_schedule::Level;
///
/// // Signs with equal odds: E[x | x_t] = tanh(μx_t/σ²).
/// let slope = |level: Level| level.mu / level.sigma.powi(2);
/// let signs = Closure::new(
///     3,
///     move |x_t: &[f64], level, x_hat: &mut [f64]| {
///         x_hat.iter_mut().zip(x_t).for_each(|(h, x)| *h = (slope(level) * x).tanh());
///         Ok(())
///     },
///     move |x_t, level, v, out| {
///         for (i, out) in out.iter_mut().enumerate() {
///             *out = slope(level) * (slope(level) * x_t[i]).cosh().powi(-2) * v[i];
///         }
///         Ok(())
///     },
/// );
/// let level = Level { mu: 0.6, sigma: 0.8 };
/// check_denoiser(&signs, &[0.3, -1.2, 0.1], level, Shape::new(1, 1, 1, 3))?;
/// # Ok::<(), equipoise_denoiser::DenoiserError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Closure<R, D, V> {
    dim: usize,
    denoise: D,
    vjp: V,
    jacobian: Jacobian,
    element: PhantomData<fn(R)>,
}

impl<R, D, V> Closure<R, D, V>
where
    R: Real,
    D: Fn(&[R], Level, &mut [R]) -> Outcome + Send + Sync,
    V: Fn(&[R], Level, &[R], &mut [R]) -> Outcome + Send + Sync,
{
    /// On fields of `dim` numbers: `denoise(x_t, level, x_hat)` overwrites x̂,
    /// `vjp(x_t, level, v, out)` overwrites `out` with Jᵀv. What they return as an error becomes
    /// [`DenoiserError::Model`].
    pub fn new(dim: usize, denoise: D, vjp: V) -> Self {
        Self { dim, denoise, vjp, jacobian: Jacobian::Symmetric, element: PhantomData }
    }

    /// With what is known of J: [`Jacobian::General`] where x̂ is no posterior mean, as a network's.
    #[must_use]
    pub fn with_jacobian(mut self, jacobian: Jacobian) -> Self {
        self.jacobian = jacobian;
        self
    }

    fn check(&self, buffers: &[(&'static str, usize)]) -> Result<()> {
        buffers.iter().try_for_each(|(what, found)| Ok(Length::check(what, *found, self.dim)?))
    }
}

impl<R, D, V> Denoiser<R> for Closure<R, D, V>
where
    R: Real,
    D: Fn(&[R], Level, &mut [R]) -> Outcome + Send + Sync,
    V: Fn(&[R], Level, &[R], &mut [R]) -> Outcome + Send + Sync,
{
    fn dim(&self) -> usize {
        self.dim
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<()> {
        self.check(&[("x_t", x_t.len()), ("x_hat", x_hat.len())])?;
        (self.denoise)(x_t, level, x_hat).map_err(DenoiserError::Model)
    }

    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<()> {
        self.check(&[("x_t", x_t.len()), ("v", v.len()), ("out", out.len())])?;
        (self.vjp)(x_t, level, v, out).map_err(DenoiserError::Model)
    }

    fn jacobian(&self) -> Jacobian {
        self.jacobian
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_failures_are_told() {
        let broken = Closure::new(
            2,
            |_: &[f64], _, _: &mut [f64]| Err("no weights were loaded".into()),
            |_, _, v, out| {
                out.copy_from_slice(v);
                Ok(())
            },
        );
        let (level, mut out) = (Level { mu: 1.0, sigma: 1.0 }, [f64::NAN; 2]);
        let error = broken.denoise(&[0.0; 2], level, &mut out).unwrap_err();
        assert_eq!(error.to_string(), "denoiser: no weights were loaded");
        let error = broken.vjp(&[0.0; 2], level, &[1.0; 3], &mut out).unwrap_err();
        assert_eq!(error.to_string(), "v: found length 3, expected 2");
    }
}
