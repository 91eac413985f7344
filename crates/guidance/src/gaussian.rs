//! The guided step of a Gaussian prior in the prior's own coefficients.
//!
//! With c = Uᵀ(x_t − μm), w the weighted residual and d = UᵀAᵀw, both products with J fall together:
//!
//! > σ ε_y = (x_t − μm) − J u, u = μ(x_t − μm) + σ²Aᵀw, Uᵀu = μc + σ²d.
//!
//! For explicit modes this reads all modes twice and their observed rows twice, where denoising and
//! a vjp read all modes four times.

use crate::guide::{Scratch, sized};
use crate::{Evidence, GuidanceError};
use equipoise_field::{Real, each, sum};
use equipoise_innovation::ObservedPrior;
use equipoise_schedule::Level;
use equipoise_wiener::Wiener;
use std::sync::Arc;

/// A Wiener denoiser with the operator that its fields are seen through.
pub struct GaussianPath<R: Real> {
    wiener: Arc<Wiener<R>>,
    observed: ObservedPrior<R>,
    /// A m.
    observed_mean: Vec<R>,
}

/// What a method makes of a prediction: the weighted residual and its coefficients are written, the
/// factor on both is returned.
pub(crate) struct Prediction<'a, R> {
    /// A x̂.
    pub(crate) values: &'a [R],
    /// w, to be written.
    pub(crate) weighted: &'a mut [R],
    /// r, room for N numbers.
    pub(crate) residual: &'a mut [R],
    /// d = UᵀAᵀw, to be written.
    pub(crate) coefficients: &'a mut [R],
    /// ‖ε̂‖.
    pub(crate) prior_norm: f64,
}

impl<R: Real> GaussianPath<R> {
    /// `observed` must be of the denoiser's own covariance.
    ///
    /// # Errors
    /// [`GuidanceError::Length`] when the covariances are of different dimensions.
    pub fn new(wiener: Arc<Wiener<R>>, observed: ObservedPrior<R>) -> Result<Self, GuidanceError> {
        let (found, expected) = (observed.covariance().dim(), wiener.mean().len());
        if found != expected {
            return Err(GuidanceError::Length { what: "observed prior", found, expected });
        }
        let mut observed_mean = vec![R::zero(); observed.count()];
        observed.operator().apply(wiener.mean(), &mut observed_mean);
        Ok(Self { wiener, observed, observed_mean })
    }

    /// U and A.
    pub(crate) fn observed(&self) -> &ObservedPrior<R> {
        &self.observed
    }

    /// ‖J Aᵀw‖ from w and its coefficients.
    pub(crate) fn guidance_norm(&self, level: Level, weighted: &[R], coefficients: &[R]) -> f64 {
        let gains = self.wiener.gains(level);
        let mut spread = vec![R::zero(); self.wiener.mean().len()];
        self.observed.operator().adjoint(weighted, &mut spread);
        self.norm(coefficients, &spread, &gains.resolved, gains.complement, |j| j)
    }

    /// ε_y, with the weighted residual made by `weigh`, which returns the factor on it and the
    /// evidence of how it was made.
    pub(crate) fn noise_estimate(
        &self,
        x_t: &[R],
        level: Level,
        eps: &mut [R],
        scratch: &mut Scratch<R>,
        weigh: impl FnOnce(Prediction<'_, R>) -> Result<(f64, Evidence), GuidanceError>,
    ) -> Result<Evidence, GuidanceError> {
        let Scratch { x_hat, gradient, field, residual, weighted, prediction, .. } = scratch;
        let gains = self.wiener.gains(level);
        let (mu, sigma) = (R::narrow(level.mu), R::narrow(level.sigma));
        let centred = sized(x_hat, x_t.len());
        each::map2(centred, x_t, self.wiener.mean(), |x, m| x - mu * m);
        let (count, modes) = (self.observed.count(), self.observed.coefficients());
        let (c, d) = sized(gradient, 2 * modes).split_at_mut(modes);
        self.observed.covariance().analyse(centred, c);
        let values = sized(prediction, count);
        self.observed.observe(&gains, c, centred, values);
        each::update1(values, &self.observed_mean, |p, m| p + m);
        let prior_norm = self.norm(c, centred, &gains.resolved, gains.complement, |j| 1.0 - level.mu * j);
        let weighted = sized(weighted, count);
        let (factor, mut evidence) = weigh(Prediction {
            values,
            weighted: &mut *weighted,
            residual: sized(residual, count),
            coefficients: &mut *d,
            prior_norm: prior_norm / level.sigma,
        })?;
        let spread = sized(field, x_t.len());
        self.observed.operator().adjoint(weighted, spread);
        evidence.guidance_norm = factor * self.norm(d, spread, &gains.resolved, gains.complement, |j| j);
        let pull = R::narrow(level.sigma * level.sigma * factor);
        each::update1(spread, centred, |s, c| mu * c + pull * s);
        each::update1(c, d, |c, d| mu * c + pull * d);
        self.observed.lift(&gains, c, spread, eps);
        each::update1(eps, centred, |j, c| (c - j) / sigma);
        Ok(evidence)
    }

    /// ‖f(J)v‖ from the coefficients of v: the complement's share is what they leave of ‖v‖².
    fn norm(
        &self,
        coefficients: &[R],
        v: &[R],
        resolved: &[R],
        complement: R,
        f: impl Fn(f64) -> f64 + Sync,
    ) -> f64 {
        let rest = complement.wide();
        let along =
            sum::of(coefficients.len(), |i| (f(resolved[i].wide() + rest) * coefficients[i].wide()).powi(2));
        let beyond = if self.observed.covariance().complement().is_some() {
            (sum::squared_norm(v) - sum::squared_norm(coefficients)).max(0.0)
        } else {
            0.0
        };
        (along + f(rest).powi(2) * beyond).sqrt()
    }
}
