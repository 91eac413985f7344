//! The Wiener filter that a network stands around: what the network learned is what the filter misses.

use crate::{Prior, PriorError, Result};
use equipoise_covariance::Covariance;
use equipoise_data::Offset;
use equipoise_field::Real;
use equipoise_network::{Filter, Manifest};
use equipoise_schedule::Level;
use equipoise_wiener::Wiener;
use std::sync::Arc;

/// Relative difference above which two units are not the same.
const SAME: f64 = 1e-9;

/// (tr V/D)^½, the root of the mean of Var[x_i | x_t] under x ~ N(m, Σ): that of ρ²λ/(λ + ρ²) over all modes, ρ = σ/μ.
pub fn spread<R: Real>(covariance: &dyn Covariance<R>, level: Level) -> f64 {
    let square = level.ratio() * level.ratio();
    let left = |lambda: f64| if lambda > 0.0 { square * lambda / (lambda + square) } else { 0.0 };
    (covariance.trace(&left) / covariance.dim() as f64).sqrt()
}

/// W x_t = E[x | x_t] of a Gaussian, with its [`spread`].
pub fn filter<R: Real>(wiener: Wiener<R>) -> Filter<R> {
    let covariance = Arc::clone(wiener.prior_covariance());
    Filter { denoiser: Arc::new(wiener), spread: Arc::new(move |level| spread(&*covariance, level)) }
}

impl Prior {
    /// Mean over the plane and deviation of every component, as the manifest of a network around it states them.
    pub fn units(&self) -> [Vec<f64>; 2] {
        let mean = match self.normalizer.offset() {
            Offset::Channel(mean) => mean.clone(),
            Offset::Profile { mean, .. } => {
                mean.iter().map(|mean| mean.iter().sum::<f64>() / mean.len().max(1) as f64).collect()
            }
        };
        [mean, self.normalizer.scale().to_vec()]
    }

    /// The filter that the network of a manifest stands around.
    ///
    /// # Errors
    /// [`PriorError::Refused`] for a prior over another window or in other units than the manifest states.
    pub(crate) fn around(&self, manifest: &Manifest) -> Result<Filter<f32>> {
        let differs = |field, found: String, expected: String| {
            let of = manifest.gaussian.as_ref().map_or("", |it| &it.file);
            Err(PriorError::refused(of, field, found, format!("{expected}, as the network beside it says")))
        };
        let found = [self.shape.frames, self.shape.channels];
        if found != [manifest.window, manifest.components] {
            let expected = format!("{} x {}", manifest.window, manifest.components);
            return differs("frames x components", format!("{} x {}", found[0], found[1]), expected);
        }
        let units = self.units();
        for (field, found, expected) in
            [("mean", &units[0], &manifest.mean), ("std", &units[1], &manifest.std)]
        {
            let near = |(a, b): (&f64, &f64)| (a - b).abs() <= SAME * (1.0 + b.abs());
            if found.len() != expected.len() || !found.iter().zip(expected).all(near) {
                return differs(field, format!("{found:?}"), format!("{expected:?}"));
            }
        }
        Ok(filter(self.denoiser()?))
    }
}

#[cfg(test)]
mod tests;
