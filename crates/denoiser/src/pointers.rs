//! Denoisers behind an `Arc`, which stand wherever one by value does.

use crate::{
    Denoiser, Empirical, ExactCovariance, Jacobian, Linearised, LogLikelihood, Moments, Result, Tape,
};
use equipoise_field::Real;
use equipoise_schedule::Level;
use std::sync::Arc;

impl<R: Real, D: Denoiser<R> + ?Sized> Denoiser<R> for Arc<D> {
    fn dim(&self) -> usize {
        (**self).dim()
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<()> {
        (**self).denoise(x_t, level, x_hat)
    }

    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<()> {
        (**self).vjp(x_t, level, v, out)
    }

    fn jvp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<()> {
        (**self).jvp(x_t, level, v, out)
    }

    fn covariance(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<()> {
        (**self).covariance(x_t, level, v, out)
    }

    fn batch(&self) -> usize {
        (**self).batch()
    }

    fn jacobian(&self) -> Jacobian {
        (**self).jacobian()
    }

    fn linearise<'a>(
        &'a self,
        x_t: &'a [R],
        level: Level,
        x_hat: &mut [R],
        tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<R> + 'a>> {
        (**self).linearise(x_t, level, x_hat, tape)
    }

    fn estimates(&self, x_t: &[R], level: Level, x_hat: &mut [R], tape: &mut Tape) -> Result<()> {
        (**self).estimates(x_t, level, x_hat, tape)
    }
}

impl<R: Real, D: ExactCovariance<R> + ?Sized> ExactCovariance<R> for Arc<D> {}

impl<R: Real, D: Empirical<R> + ?Sized> Empirical<R> for Arc<D> {
    fn given(&self, log_likelihood: &LogLikelihood<'_, R>) -> Result<Arc<dyn Empirical<R>>> {
        (**self).given(log_likelihood)
    }

    fn moments(&self) -> Result<Moments> {
        (**self).moments()
    }
}
