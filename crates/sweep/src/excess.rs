//! Guidance excess ‖g_law‖/‖g_exact‖ along the forward process of the truth.
//!
//! x_t = μx + σε with the true x and one fixed ε: (x_t, y) then has the law that an exact sampler
//! visits, and a law that diverges is measured where the others are.

use crate::{BoxError, Flow};
use equipoise_denoiser::Denoiser;
use equipoise_field::{each, sum};
use equipoise_guidance::{Guidance, Scratch, Strength};
use equipoise_innovation::NoiseVariance;
use equipoise_scaling::adaptive;
use equipoise_schedule::{Level, Schedule};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;

/// The times of the curve, from noise to data.
pub const EXCESS_TIMES: [f64; 13] = [0.98, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02];

/// The times that have a column in the results.
pub const EXCESS_COLUMNS: [f64; 3] = [0.9, 0.5, 0.1];

/// x_t and x̂ at every time of the curve, under one schedule and one ε.
pub(crate) struct ForwardPath {
    points: Vec<Point>,
}

struct Point {
    level: Level,
    x_t: Vec<f32>,
    x_hat: Vec<f32>,
    /// ‖ε̂‖.
    prior_norm: f64,
}

/// ‖g‖ at every time of the curve for one observation, of what the laws are multiples of.
pub(crate) struct Norms {
    /// ‖JᵀAᵀr‖.
    raw: Vec<f64>,
    /// ‖g_exact‖.
    exact: Vec<f64>,
}

impl ForwardPath {
    /// ε is draw 0 of `start`, the start noise of member 0.
    pub(crate) fn new(
        flow: &Flow,
        denoiser: &Wiener<f32>,
        schedule: &dyn Schedule,
        start: Stream,
    ) -> Result<Self, BoxError> {
        let noise: Vec<f32> = start.normal(0, flow.shape.len());
        let points = EXCESS_TIMES
            .iter()
            .map(|&t| {
                let level = schedule.level(t);
                let (mu, sigma) = (level.mu as f32, level.sigma as f32);
                let mut x_t = vec![0.0; flow.shape.len()];
                each::map2(&mut x_t, &flow.truth, &noise, |x, e| mu * x + sigma * e);
                let mut x_hat = vec![0.0; flow.shape.len()];
                denoiser.denoise(&x_t, level, &mut x_hat)?;
                let square = |i: usize| f64::from(x_t[i] - mu * x_hat[i]).powi(2);
                let prior_norm = sum::of(x_t.len(), square).sqrt() / level.sigma;
                Ok(Point { level, x_t, x_hat, prior_norm })
            })
            .collect::<Result<_, BoxError>>()?;
        Ok(Self { points })
    }

    /// The noise levels of the curve.
    pub(crate) fn levels(&self) -> Vec<Level> {
        self.points.iter().map(|p| p.level).collect()
    }

    /// ‖g‖ of a guidance at every time.
    fn norms_of(&self, guidance: &dyn Guidance<f32>) -> Result<Vec<f64>, BoxError> {
        let mut scratch = Scratch::new();
        let mut g = vec![0.0; self.points.first().map_or(0, |p| p.x_t.len())];
        self.points
            .iter()
            .map(|p| Ok(guidance.gradient(&p.x_t, p.level, &p.x_hat, &mut g, &mut scratch)?.guidance_norm))
            .collect()
    }

    /// `unit` is the guidance JᵀAᵀr, that is v = 1.
    pub(crate) fn norms(
        &self,
        unit: &dyn Guidance<f32>,
        exact: &dyn Guidance<f32>,
    ) -> Result<Norms, BoxError> {
        Ok(Norms { raw: self.norms_of(unit)?, exact: self.norms_of(exact)? })
    }

    /// The excess of a law at every time. Where one v serves all observations, ‖g‖ = factor‖JᵀAᵀr‖/v
    /// needs no further product; otherwise `guidance` is evaluated.
    pub(crate) fn excess(
        &self,
        norms: &Norms,
        strength: &Strength,
        guidance: &dyn Guidance<f32>,
    ) -> Result<Vec<f64>, BoxError> {
        let found = match strength.variance {
            NoiseVariance::Uniform(_) => self.scaled(norms, strength)?,
            _ => self.norms_of(guidance)?,
        };
        Ok(found.iter().zip(&norms.exact).map(|(law, exact)| law / exact).collect())
    }

    fn scaled(&self, norms: &Norms, strength: &Strength) -> Result<Vec<f64>, BoxError> {
        let norm = |(point, raw): (&Point, &f64)| {
            let v = strength.variance_at(point.level)?.at(0);
            let norm = strength.factor * raw / v;
            let sigma = point.level.sigma;
            let scale = |xi| adaptive::factor(xi, point.prior_norm, sigma * norm);
            Ok(norm * strength.adaptive.map_or(1.0, scale))
        };
        self.points.iter().zip(&norms.raw).map(norm).collect()
    }
}
