//! Guidance excess ‖g_law‖/‖g_exact‖ and relative guidance error ‖g_law − g_exact‖/‖g_exact‖ along the
//! forward process of the truth.
//!
//! x_t = μx + σε with the true x and one fixed ε: (x_t, y) then has the law that an exact sampler
//! visits, and a law that diverges is measured where the others are.

use crate::{Boxed, Flow};
use equipoise_denoiser::{Denoiser, Tape};
use equipoise_experiment::{Known, Problem};
use equipoise_field::{each, sum};
use equipoise_guidance::{Evidence, Exact, Excess, Guidance, Scratch, Sda, States, Strength};
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_scaling::adaptive;
use equipoise_schedule::{Level, Schedule};
use equipoise_stream::Stream;
use std::sync::Arc;

/// The times of the curve, from noise to data.
pub const EXCESS_TIMES: [f64; 13] = [0.98, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02];

/// The times that have a column in the results.
pub const EXCESS_COLUMNS: [f64; 3] = [0.9, 0.5, 0.1];

/// x_t at every time of the curve, under one schedule and one ε.
pub(crate) struct ForwardPath {
    points: Vec<Point>,
}

struct Point {
    level: Level,
    x_t: Vec<f32>,
    /// ‖ε̂‖.
    prior_norm: f64,
}

/// Products at every time of the curve for one observation, of what the laws are multiples of.
pub(crate) struct Norms {
    points: Vec<Products>,
    exact: Arc<dyn Guidance<f32>>,
}

/// What is known of h = JᵀAᵀr and g_exact at one time.
struct Products {
    /// ‖h‖.
    raw: f64,
    /// ‖g_exact‖.
    exact: f64,
    /// ⟨h, g_exact⟩.
    inner: f64,
}

/// A law's guidance against the exact one at every time of [`EXCESS_TIMES`]; NaN where the exact one is 0.
#[derive(Clone, Debug, PartialEq)]
pub struct GuidanceCurves {
    /// ‖g‖/‖g_exact‖.
    pub excess: Vec<f64>,
    /// ‖g − g_exact‖/‖g_exact‖.
    pub error: Vec<f64>,
}

impl GuidanceCurves {
    /// The exact guidance against itself.
    pub(crate) fn exact() -> Self {
        Self { excess: vec![1.0; EXCESS_TIMES.len()], error: vec![0.0; EXCESS_TIMES.len()] }
    }
}

impl ForwardPath {
    /// ε is draw 0 of `start`, the start noise of member 0.
    pub(crate) fn new(
        flow: &Flow,
        denoiser: &dyn Denoiser<f32>,
        schedule: &dyn Schedule,
        start: Stream,
    ) -> Boxed<Self> {
        let noise: Vec<f32> = start.normal(0, flow.shape().len());
        let points = EXCESS_TIMES
            .iter()
            .map(|&t| {
                let level = schedule.level(t);
                let (mu, sigma) = (level.mu as f32, level.sigma as f32);
                let mut x_t = vec![0.0; flow.shape().len()];
                each::map2(&mut x_t, flow.truth(), &noise, |x, e| mu * x + sigma * e);
                let mut x_hat = vec![0.0; flow.shape().len()];
                denoiser.denoise(&x_t, level, &mut x_hat)?;
                let square = |i: usize| f64::from(x_t[i] - mu * x_hat[i]).powi(2);
                let prior_norm = sum::of(x_t.len(), square).sqrt() / level.sigma;
                Ok(Point { level, x_t, prior_norm })
            })
            .collect::<Boxed<_>>()?;
        Ok(Self { points })
    }

    /// The noise levels of the curve.
    fn levels(&self) -> Vec<Level> {
        self.points.iter().map(|p| p.level).collect()
    }

    /// The norms that every law's excess under a prior is relative to: h = JᵀAᵀr is the guidance of v = 1.
    pub(crate) fn norms(
        &self,
        problem: &Problem,
        draw: &Arc<Observed<f32>>,
        denoiser: &Arc<dyn Denoiser<f32>>,
        known: &Known,
    ) -> Boxed<Norms> {
        let (variance, excess) = (NoiseVariance::Uniform(1.0), Excess::Gamma(0.0));
        let one = Strength { variance, excess, factor: 1.0, adaptive: None };
        let unit = Sda::new(Arc::clone(denoiser), Arc::clone(draw), one);
        let exact: Arc<dyn Guidance<f32>> = match known {
            Known::Empirical { exact, .. } => Arc::clone(exact) as Arc<dyn Guidance<f32>>,
            _ => {
                let innovations = Exact::innovations(problem.gaussian.observed(), &self.levels())?;
                Arc::new(Exact::new(Arc::clone(denoiser), Arc::clone(draw), innovations))
            }
        };
        Ok(Norms { points: self.compare(&unit, &*exact)?, exact })
    }

    /// Norms and inner products of two guidances of one denoiser at every time, where it is linearised once.
    fn compare(&self, law: &dyn Guidance<f32>, exact: &dyn Guidance<f32>) -> Boxed<Vec<Products>> {
        let (mut scratch, mut tape, mut evidence) = (Scratch::new(), Tape::new(), [Evidence::default()]);
        let dim = self.points.first().map_or(0, |p| p.x_t.len());
        let (mut x_hat, mut h, mut g) = (vec![0.0; dim], vec![0.0; dim], vec![0.0; dim]);
        let mut products = |point: &Point| {
            let Point { x_t, level, .. } = point;
            let mut local = law.denoiser().linearise(x_t, *level, &mut x_hat, &mut tape)?;
            let mut at = States { x_t, level: *level, x_hat: &x_hat, local: &mut *local };
            law.gradients(&mut at, &mut h, &mut evidence, &mut scratch)?;
            exact.gradients(&mut at, &mut g, &mut evidence, &mut scratch)?;
            Ok(Products { raw: sum::norm(&h), exact: sum::norm(&g), inner: sum::dot(&h, &g) })
        };
        self.points.iter().map(&mut products).collect()
    }

    /// A law against the exact guidance at every time. Where one v serves all observations,
    /// g = factor·h/v needs no further product; otherwise `guidance` is evaluated.
    pub(crate) fn curves(
        &self,
        norms: &Norms,
        strength: &Strength,
        guidance: &dyn Guidance<f32>,
    ) -> Boxed<GuidanceCurves> {
        let of = |pairs: &mut dyn Iterator<Item = (f64, &Products)>| -> GuidanceCurves {
            let (excess, error) = pairs.map(|(c, p)| p.relative(c)).unzip();
            GuidanceCurves { excess, error }
        };
        match strength.variance {
            NoiseVariance::Uniform(_) => {
                let factors = self.factors(norms, strength)?;
                Ok(of(&mut factors.into_iter().zip(&norms.points)))
            }
            _ => Ok(of(&mut self.compare(guidance, &*norms.exact)?.iter().map(|p| (1.0, p)))),
        }
    }

    /// What h is multiplied by at every time.
    fn factors(&self, norms: &Norms, strength: &Strength) -> Boxed<Vec<f64>> {
        let factor = |(point, products): (&Point, &Products)| {
            let c = strength.factor / strength.variance_at(point.level)?.at(0);
            let sigma = point.level.sigma;
            let scale = |xi| adaptive::factor(xi, point.prior_norm, sigma * c * products.raw);
            Ok(c * strength.adaptive.map_or(1.0, scale))
        };
        self.points.iter().zip(&norms.points).map(factor).collect()
    }
}

impl Products {
    /// ‖c h‖ and ‖c h − g_exact‖ over ‖g_exact‖.
    fn relative(&self, c: f64) -> (f64, f64) {
        let (law, exact) = (c * self.raw, self.exact);
        if exact == 0.0 {
            return (f64::NAN, f64::NAN);
        }
        let square = law * law - 2.0 * c * self.inner + exact * exact;
        (law / exact, square.max(0.0).sqrt() / exact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// h = (3, 4) against g = (3, 0): twice h is (6, 8), (3, 8) away.
    #[test]
    fn excess_and_error_are_those_of_the_vectors() {
        let products = Products { raw: 5.0, exact: 3.0, inner: 9.0 };
        let (excess, error) = products.relative(2.0);
        assert!((excess - 10.0 / 3.0).abs() < 1e-15);
        assert!((error - 73f64.sqrt() / 3.0).abs() < 1e-15);
    }
}
