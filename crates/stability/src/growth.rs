//! The cheap form: growth by over-guidance, from one eigenvalue for each block and step.

use crate::certificate::{Crossing, Direction};
use crate::course::Weight;
use crate::spectra::Block;
use crate::{Course, Likelihood, Result, Spectra, Verdict};
use equipoise_field::Real;

/// G of a run.
#[derive(Clone, Debug)]
pub struct Growth {
    /// G = exp(max ℓ) at the end of the run.
    pub g: f64,
    /// exp(max ℓ) at every time of the course; the first is 1.
    pub growth: Vec<f64>,
    /// The largest of them.
    pub peak: f64,
    /// The block that it belongs to at its peak.
    pub direction: Direction,
    /// The first time above the limit of the verdict.
    pub crossing: Option<Crossing>,
    /// The verdict, from G and its peak as from σ_W and its peak.
    pub verdict: Verdict,
}

impl<R: Real> Spectra<R> {
    /// Per block β = qσ²λ_max(W B), B = A J Jᵀ Aᵀ, ℓ ← max(ℓ + ln|1 − β|, 0), G = exp(max ℓ).
    ///
    /// A direction guided more than twice as far as its residual calls for overshoots by |1 − β| a
    /// step. What damps it is left out, ℓ being held at 0, and so is how directions turn from step
    /// to step. For the exact guidance σ²S⁻¹A J² Aᵀ = S⁻¹A (μJ)V Aᵀ < 1, so that G = 1 without a
    /// look. Where W is one number a level, the cost is a few operations a block and step.
    ///
    /// # Errors
    /// As [`Certifier::certificate`](crate::Certifier::certificate).
    pub fn growth(&self, course: &Course, likelihood: &Likelihood) -> Result<Growth> {
        let blocks = self.blocks();
        let mut level = vec![0.0f64; blocks];
        let mut log = vec![0.0; course.steps() + 1];
        let (mut best, mut worst) = (0, 0.0);
        let exact = matches!(likelihood, Likelihood::Exact);
        for i in (0..course.steps()).filter(|_| !exact) {
            let values = self.largest_of(&course.weight(likelihood, i)?)?;
            let scale = course.share(i) * course.ratio(i).powi(2);
            for (block, (level, value)) in level.iter_mut().zip(values).enumerate() {
                *level = (*level + (1.0 - scale * value).abs().ln()).max(0.0);
                if *level > worst {
                    (best, worst) = (block, *level);
                }
            }
            log[i + 1] = level.iter().copied().fold(0.0, f64::max);
        }
        let growth: Vec<f64> = log.iter().map(|l: &f64| l.exp()).collect();
        let (g, peak) = (growth[course.steps()], worst.exp());
        // Without a direction there is no field to measure.
        let verdict = Verdict::of(g, peak, f64::INFINITY, R::epsilon().wide());
        let crossing = Crossing::of(course, &growth, verdict);
        Ok(Growth { g, growth, peak, direction: self.certifier().block_name(best), crossing, verdict })
    }

    /// λ_max(W A H² Aᵀ) of every block.
    fn largest_of(&self, weight: &Weight) -> Result<Vec<f64>> {
        if let (Some(w), Some(place)) = (weight.uniform(), self.place(weight.rho)) {
            return Ok((0..self.blocks()).map(|block| w * self.top(place, block)).collect());
        }
        let largest = |block: &Block| weight.factor * block.iter().map(|seen| seen.value).fold(0.0, f64::max);
        Ok(self.certifier().blocks(weight)?.iter().map(largest).collect())
    }
}
