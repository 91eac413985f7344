//! Predictor and corrector in the mean field: δ = τ/mean(ε_y²) is self-averaging.

use crate::certificate::Crossing;
use crate::course::gain;
use crate::spectra::Block;
use crate::{Corrector, Course, Likelihood, Result, Spectra, StabilityError, Verdict};
use equipoise_field::Real;

/// The run of a predictor–corrector, as its variance per observed mode predicts it.
#[derive(Clone, Debug)]
pub struct MeanField {
    /// max √(s(1 − ĥ)), the whitened amplitude, at every time of the course; the first is that of
    /// the start.
    pub amplitude: Vec<f64>,
    /// The largest of them.
    pub peak: f64,
    /// δ of the last correction of every step; empty without corrections.
    pub delta: Vec<f64>,
    /// e² = mean(ε_y²) of the last correction of every step.
    pub mean_square: Vec<f64>,
    /// The first time above the limit of the verdict.
    pub crossing: Option<Crossing>,
    /// The verdict, from the last amplitude and the peak.
    pub verdict: Verdict,
}

/// One level as the modes see it.
struct Level {
    /// ρ².
    square: f64,
    /// L = 1 − ĥ + ρ²λ̃ for every mode, the eigenvalue of σ ∂ε_y/∂x.
    pull: Vec<f64>,
    /// 1 − ĥ.
    prior: Vec<f64>,
}

impl Level {
    /// λ̂ + ρ′² over λ̂ + ρ², the prior's marginal variance at ρ′ over that here, where λ̂ is the
    /// variance that a mode of gain ĥ has: ĥ = λ̂/(λ̂ + ρ²).
    fn marginal_ratio(&self, mode: usize, next: f64) -> f64 {
        let rest = self.prior[mode];
        (1.0 - rest) + rest * next / self.square
    }
}

impl<R: Real> Spectra<R> {
    /// Carries the variance s of each observed mode in units of σ², from s = 1 at the start:
    ///
    /// > predictor s ← (1 − qL)² (ρ/ρ′)² s, L = 1 − ĥ + ρ²λ̃,
    /// > corrector e² = tr(I − H)/D + Σ L²s/D, δ = τ/e², s ← (1 − δL)² s + 2δ,
    ///
    /// with λ̃ the eigenvalues of W A H² Aᵀ and ĥ = uᵀHu the gain in their directions. Modes keep
    /// their rank while they turn; what is carried from level to level is s(1 − ĥ), the variance in
    /// units of the prior's marginal, which a mode of constant direction carries all the same.
    ///
    /// # Errors
    /// [`StabilityError::NoSpectrum`] where only the largest λ̃ is known, [`StabilityError::Tau`],
    /// and as [`Certifier::certificate`](crate::Certifier::certificate).
    pub fn mean_field(
        &self,
        course: &Course,
        likelihood: &Likelihood,
        corrector: Corrector,
    ) -> Result<MeanField> {
        if !self.certifier().is_complete() {
            return Err(StabilityError::NoSpectrum);
        }
        if !(corrector.tau.is_finite() && corrector.tau > 0.0) {
            return Err(StabilityError::Tau { found: corrector.tau });
        }
        let (first, multiplicity) = self.level(course, likelihood, 0)?;
        let mut white = first.prior.clone();
        let mut run = MeanField {
            amplitude: vec![amplitude(&white)],
            peak: 1.0,
            delta: Vec::new(),
            mean_square: Vec::new(),
            crossing: None,
            verdict: Verdict::Stable,
        };
        let mut now = first;
        for i in 0..course.steps() {
            let (q, rho) = (course.share(i), course.ratio(i + 1));
            if rho <= 0.0 {
                // Nothing is left to measure an amplitude by.
                break;
            }
            for (mode, white) in white.iter_mut().enumerate() {
                *white *= (1.0 - q * now.pull[mode]).powi(2) / now.marginal_ratio(mode, rho * rho);
            }
            now = self.level(course, likelihood, i + 1)?.0;
            for correction in 1..=corrector.corrections {
                let (e2, delta) = self.correct(rho, &now, &multiplicity, corrector.tau, &mut white);
                if correction == corrector.corrections {
                    run.mean_square.push(e2);
                    run.delta.push(delta);
                }
            }
            run.amplitude.push(amplitude(&white));
        }
        let nan = |a: f64, b: f64| if b.is_nan() { b } else { a.max(b) };
        run.peak = run.amplitude.iter().copied().fold(0.0, nan);
        let last = run.amplitude.last().copied().unwrap_or(1.0);
        // Which direction a mode has in the field is lost where modes keep their rank alone.
        run.verdict = Verdict::of(last, run.peak, f64::INFINITY, R::epsilon().wide());
        run.crossing = Crossing::of(course, &run.amplitude, run.verdict);
        Ok(run)
    }

    /// One Langevin correction; e² and δ.
    fn correct(&self, rho: f64, at: &Level, multiplicity: &[f64], tau: f64, white: &mut [f64]) -> (f64, f64) {
        let covariance = self.certifier().observed.covariance();
        let dim = covariance.dim() as f64;
        let prior = covariance.trace(&|l| 1.0 - gain(l, rho)) / dim;
        // s = s(1 − ĥ)/(1 − ĥ); ĥ < 1 at every ρ above 0.
        let s = |mode: usize, white: &[f64]| white[mode] / at.prior[mode].max(f64::MIN_POSITIVE);
        let term = |mode: usize| multiplicity[mode] * at.pull[mode].powi(2) * s(mode, white);
        let e2 = prior + (0..white.len()).map(term).sum::<f64>() / dim;
        let delta = tau / e2;
        for (mode, white) in white.iter_mut().enumerate() {
            *white = (1.0 - delta * at.pull[mode]).powi(2) * *white + 2.0 * delta * at.prior[mode];
        }
        (e2, delta)
    }

    /// All modes at entry `i` of the course, and how many directions share each.
    fn level(&self, course: &Course, likelihood: &Likelihood, i: usize) -> Result<(Level, Vec<f64>)> {
        let rho = course.ratio(i);
        let at = course.weight(likelihood, i)?;
        let (weight, blocks): (f64, Vec<Block>) = match (at.uniform(), self.place(rho)) {
            (Some(w), Some(place)) => (w, (0..self.blocks()).map(|block| self.seen(place, block)).collect()),
            _ => (at.factor, self.certifier().blocks(&at)?),
        };
        let modes = || blocks.iter().flatten();
        let pull = modes().map(|m| 1.0 - m.gain + rho * rho * weight * m.value).collect();
        let prior = modes().map(|m| 1.0 - m.gain).collect();
        Ok((Level { square: rho * rho, pull, prior }, modes().map(|m| m.multiplicity).collect()))
    }
}

/// max √(s(1 − ĥ)): s is in units of σ², and 1 − ĥ is σ² over the prior's marginal variance.
fn amplitude(white: &[f64]) -> f64 {
    white.iter().fold(0.0, |a: f64, b| if b.is_nan() { *b } else { a.max(*b) }).sqrt()
}
