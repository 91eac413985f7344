//! A network around the Wiener filter: what it learned is what the filter misses.

use crate::{Prior, PriorError};
use equipoise_covariance::Covariance;
use equipoise_data::Offset;
use equipoise_denoiser::{Denoiser, DenoiserError, Jacobian, Linearised, Tape};
use equipoise_field::{Length, Real, Shape};
use equipoise_network::{
    Coefficients, Keep, Kept, Linear, Manifest, Network, NetworkError, OnGrid, Preconditioner,
};
use equipoise_schedule::Level;
use equipoise_wiener::Wiener;
use std::sync::Arc;

/// Relative difference above which two units are not the same.
const SAME: f64 = 1e-9;

/// x̂ = W x_t + c_out·F(c_in·x_t, c_time), J = W + c_in c_out·J_F, with W x_t = E[x | x_t] of a Gaussian N(m, Σ) and
/// c_out = (tr V/D)^½ by its V = Cov[x | x_t]: the root of the mean variance that the filter leaves ([`spread`]).
///
/// Where F is 0 this is the Wiener filter, and an error of 1 in F is one of the filter's own size at every level. c_in,
/// c_time and the order of channels are those of the network's manifest. J is in general not symmetric.
#[derive(Debug)]
pub struct Residual<R: Real> {
    wiener: Wiener<R>,
    network: Network<R>,
    manifest: Manifest,
    around: Preconditioner,
    shape: Shape,
    context: Vec<R>,
    planes: Vec<usize>,
    batch: usize,
}

/// (tr V/D)^½, the root of the mean of Var[x_i | x_t] under x ~ N(m, Σ): that of ρ²λ/(λ + ρ²) over all modes, ρ = σ/μ.
pub fn spread<R: Real>(covariance: &dyn Covariance<R>, level: Level) -> f64 {
    let square = level.ratio() * level.ratio();
    let left = |lambda: f64| if lambda > 0.0 { square * lambda / (lambda + square) } else { 0.0 };
    (covariance.trace(&left) / covariance.dim() as f64).sqrt()
}

impl Residual<f32> {
    /// Of a network and the prior that its manifest names.
    ///
    /// # Errors
    /// [`PriorError::Refused`] for a prior over another window or in other units than the manifest states;
    /// [`PriorError::Denoiser`] with what the network refuses.
    pub fn new(
        manifest: Manifest,
        network: Network<f32>,
        context: Vec<f32>,
        prior: &Prior,
    ) -> Result<Self, PriorError> {
        let shape = prior.shape();
        let differs = |field, found: String, expected: String| {
            let of = manifest.gaussian.as_ref().map_or("", |it| &it.file);
            PriorError::refused(of, field, found, format!("{expected}, as the network beside it says"))
        };
        let found = [shape.frames, shape.channels];
        if found != [manifest.window, manifest.components] {
            let expected = format!("{} x {}", manifest.window, manifest.components);
            return Err(differs("frames x components", format!("{} x {}", found[0], found[1]), expected));
        }
        let units = units(prior);
        for (field, found, expected) in
            [("mean", &units[0], &manifest.mean), ("std", &units[1], &manifest.std)]
        {
            let near = |(a, b): (&f64, &f64)| (a - b).abs() <= SAME * (1.0 + b.abs());
            if found.len() != expected.len() || !found.iter().zip(expected).all(near) {
                return Err(differs(field, format!("{found:?}"), format!("{expected:?}")));
            }
        }
        let wiener = Wiener::new(prior.mean().to_vec(), prior.covariance())?;
        Ok(Self::around(manifest, network, context, wiener, shape)?)
    }
}

/// Mean over the plane and deviation of every component, as the manifest of a network around the prior states them.
pub(crate) fn units(prior: &Prior) -> [Vec<f64>; 2] {
    let normalizer = prior.normalizer();
    let mean = match normalizer.offset() {
        Offset::Channel(mean) => mean.clone(),
        Offset::Profile { mean, .. } => {
            mean.iter().map(|mean| mean.iter().sum::<f64>() / mean.len().max(1) as f64).collect()
        }
    };
    [mean, normalizer.scale().to_vec()]
}

impl Prior {
    /// Mean over the plane and deviation of every component, as the manifest of a network around it states them.
    pub fn units(&self) -> [Vec<f64>; 2] {
        units(self)
    }
}

impl<R: Real> Residual<R> {
    /// Of a network over fields of this shape and the Wiener filter over them.
    ///
    /// # Errors
    /// [`DenoiserError::Model`] with what the network refuses, [`DenoiserError::Length`] of filter or context.
    pub fn around(
        manifest: Manifest,
        network: Network<R>,
        context: Vec<R>,
        wiener: Wiener<R>,
        shape: Shape,
    ) -> Result<Self, DenoiserError> {
        let (grid, plane) = ([shape.height, shape.width], shape.height * shape.width);
        for (what, found, expected) in [
            ("Wiener filter", wiener.dim(), shape.len()),
            ("window of the network", network.channels() * plane, shape.len()),
            ("context", context.len(), network.context() * plane),
        ] {
            Length::check(what, found, expected)?;
        }
        let around = manifest.preconditioner().map_err(model)?;
        let (batch, planes) = (network.batch(grid).map_err(model)?, manifest.planes());
        Ok(Self { wiener, network, manifest, around, shape, context, planes, batch })
    }

    /// Shape of a window: (w, C, H, W).
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// What the network is.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn coefficients(&self, level: Level) -> Result<Coefficients, DenoiserError> {
        let at = self.around.at(level).map_err(model)?;
        let covariance: &Arc<dyn Covariance<R>> = self.wiener.prior_covariance();
        Ok(Coefficients { skip: 0.0, out: at.out * spread(&**covariance, level), ..at })
    }

    fn evaluate<'a>(
        &'a self,
        x_t: &[R],
        level: Level,
        x_hat: &mut [R],
        keep: Keep,
        kept: &'a mut Kept<R>,
    ) -> Result<Sum<'a, R>, DenoiserError> {
        let Self { network, shape, planes, context, wiener, .. } = self;
        let on = OnGrid { network, shape: *shape, planes, context };
        let linear = on.linearise(x_t, self.coefficients(level)?, x_hat, keep, kept)?;
        let mut filtered = vec![R::zero(); shape.len()];
        for (x_t, x_hat) in x_t.chunks_exact(shape.len()).zip(x_hat.chunks_exact_mut(shape.len())) {
            wiener.denoise(x_t, level, &mut filtered)?;
            x_hat.iter_mut().zip(&filtered).for_each(|(x, &w)| *x += w);
        }
        Ok(Sum { linear, wiener, level, filtered })
    }

    fn one(&self, what: &'static str, x: &[R]) -> Result<(), DenoiserError> {
        Ok(Length::check(what, x.len(), self.shape.len())?)
    }
}

/// x̂ linearised at n states: J = W + c_in c_out·J_F.
struct Sum<'a, R: Real> {
    linear: Linear<'a, R>,
    wiener: &'a Wiener<R>,
    level: Level,
    filtered: Vec<R>,
}

impl<R: Real> Sum<'_, R> {
    /// Adds W v, which is Wᵀv, of every member.
    fn add(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        let dim = self.filtered.len();
        for (v, out) in v.chunks_exact(dim).zip(out.chunks_exact_mut(dim)) {
            self.wiener.vjp(v, self.level, v, &mut self.filtered)?;
            out.iter_mut().zip(&self.filtered).for_each(|(out, &w)| *out += w);
        }
        Ok(())
    }
}

impl<R: Real> Linearised<R> for Sum<'_, R> {
    fn vjp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.linear.vjp(v, out)?;
        self.add(v, out)
    }

    fn jvp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.linear.jvp(v, out)?;
        self.add(v, out)
    }
}

impl<R: Real> Denoiser<R> for Residual<R> {
    fn dim(&self) -> usize {
        self.shape.len()
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError> {
        self.one("x_t", x_t)?;
        self.evaluate(x_t, level, x_hat, Keep::Output, &mut Kept::default()).map(drop)
    }

    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.one("x_t", x_t)?;
        let (mut kept, mut x_hat) = (Kept::default(), vec![R::zero(); x_t.len()]);
        self.evaluate(x_t, level, &mut x_hat, Keep::Products, &mut kept)?.vjp(v, out)
    }

    fn jvp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.one("x_t", x_t)?;
        let (mut kept, mut x_hat) = (Kept::default(), vec![R::zero(); x_t.len()]);
        self.evaluate(x_t, level, &mut x_hat, Keep::Products, &mut kept)?.jvp(v, out)
    }

    /// A network is no posterior mean.
    fn jacobian(&self) -> Jacobian {
        Jacobian::General
    }

    fn estimates(
        &self,
        x_t: &[R],
        level: Level,
        x_hat: &mut [R],
        tape: &mut Tape,
    ) -> Result<(), DenoiserError> {
        self.evaluate(x_t, level, x_hat, Keep::Output, tape.room()).map(drop)
    }

    fn batch(&self) -> usize {
        self.batch
    }

    fn linearise<'a>(
        &'a self,
        x_t: &'a [R],
        level: Level,
        x_hat: &mut [R],
        tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<R> + 'a>, DenoiserError> {
        Ok(Box::new(self.evaluate(x_t, level, x_hat, Keep::Products, tape.room())?))
    }
}

fn model(error: NetworkError) -> DenoiserError {
    DenoiserError::Model(Box::new(error))
}

#[cfg(test)]
mod tests;
