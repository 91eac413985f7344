//! SDA's predictor–corrector (Rozet & Louppe 2023, arXiv 2306.10574, section 3.3).

use crate::grid::TimeGrid;
use crate::{Corrector, Noise, Outcome, Run, Sampler, SamplerError, Steps};
use equipoise_field::{Real, each, sum};
use equipoise_guidance::Guidance;
use equipoise_schedule::Schedule;

/// DDIM steps with Langevin corrections after each:
///
/// > x ← (μ′/μ) x + (σ′ − (μ′/μ)σ) ε_y(x, t), then `corrections` times
/// > x ← x − σ′(δ ε_y(x, t′) + √(2δ) z), δ = τ/mean(ε_y²),
///
/// the mean over one sample, which must not be zero.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictorCorrector {
    grid: TimeGrid,
    corrector: Corrector,
}

impl PredictorCorrector {
    /// Along `grid`, from its first to its last time.
    ///
    /// # Errors
    /// [`SamplerError::Grid`] unless the times descend within [0, 1]; [`SamplerError::Tau`].
    pub fn new(grid: Vec<f64>, corrections: usize, tau: f64) -> Result<Self, SamplerError> {
        let grid = TimeGrid::new(grid)?;
        if !(tau.is_finite() && tau > 0.0) {
            return Err(SamplerError::Tau { found: tau });
        }
        Ok(Self { grid, corrector: Corrector { corrections, tau } })
    }

    /// The time grid.
    pub fn grid(&self) -> &[f64] {
        Sampler::<f64>::grid(self)
    }

    /// The times at which the guidance is evaluated, in order, without repeats.
    pub fn evaluated(&self) -> &[f64] {
        Sampler::<f64>::evaluated(self)
    }

    /// Langevin corrections after each predictor step.
    pub fn corrections(&self) -> usize {
        self.corrector.corrections
    }

    /// τ of the corrections.
    pub fn tau(&self) -> f64 {
        self.corrector.tau
    }

    /// Runs from `start` to the end of the grid, as [`Sampler::run`].
    ///
    /// Correction j after step i takes draw i·corrections + j of `noise`.
    ///
    /// # Errors
    /// Those of [`Sampler::run`]; [`SamplerError::Still`].
    pub fn run<R: Real>(
        &self,
        guidance: &dyn Guidance<R>,
        schedule: &dyn Schedule,
        start: Vec<R>,
        noise: &dyn Noise<R>,
        bound: f64,
    ) -> Result<Outcome<R>, SamplerError> {
        Sampler::run(self, guidance, schedule, start, noise, bound)
    }

    fn correct<R: Real>(&self, run: &mut Run<'_, R>, t: f64) -> Result<(), SamplerError> {
        let sigma = run.evaluate(t)?.sigma;
        let dim = run.dim();
        for k in 0..run.members() {
            let at = k * dim..(k + 1) * dim;
            let square = sum::squared_norm(&run.eps[at.clone()]);
            if square <= 0.0 {
                return Err(SamplerError::Still { t });
            }
            let delta = self.corrector.tau * dim as f64 / square;
            let (drift, kick) = (R::narrow(sigma * delta), R::narrow(sigma * (2.0 * delta).sqrt()));
            let (eps, z) = (&run.eps[at.clone()], &run.spare[at.clone()]);
            each::update2(&mut run.x[at], eps, z, |x, e, z| x - (drift * e + kick * z));
        }
        Ok(())
    }
}

impl<R: Real> Sampler<R> for PredictorCorrector {
    fn grid(&self) -> &[f64] {
        self.grid.times()
    }

    fn evaluated(&self) -> &[f64] {
        if self.corrector.corrections == 0 { self.grid.beginnings() } else { self.grid.times() }
    }

    fn steps(&self) -> Option<Steps> {
        Some(Steps::euler().corrected(self.corrector))
    }

    fn step(&self, run: &mut Run<'_, R>, index: usize, t: f64, next: f64) -> Result<(), SamplerError> {
        let now = run.evaluate(t)?;
        let then = run.level(next);
        run.advance(now, then);
        if then.sigma <= 0.0 {
            // A correction is proportional to σ, and without noise ε̂ has no value.
            return Ok(());
        }
        let corrections = self.corrector.corrections;
        for j in 0..corrections {
            run.draw((index * corrections + j) as u64);
            self.correct(run, next)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Scalar, schedule};
    use equipoise_schedule::{LinearBeta, uniform_grid};
    use equipoise_stream::Stream;

    /// The corrector alone, many times at one level, reaches the stationary variance of its Markov
    /// chain; with small δ that is the marginal μ²v + σ².
    #[test]
    fn the_corrector_keeps_the_marginal() {
        let (prior, schedule, dim) = (1.0, schedule(), 20_000);
        let problem = Scalar { prior, pull: 0.0, dim };
        let (t, tau) = (0.5, 0.02);
        let level = schedule.level(t);
        let marginal = problem.marginal(level);
        let corrections = 400;
        let sampler = PredictorCorrector::new(vec![t + 1e-9, t], corrections, tau).unwrap();
        let start = Stream::new("start").normal(0, dim);
        // mean(ε²) = σ²·x²/marginal² with x² → marginal, so δ = τ·marginal/σ² and the chain
        // x ← (1 − δσ²/marginal)x + σ√(2δ)z has variance marginal/(1 − τ/2).
        let out = sampler.run(&problem, &schedule, start, &Stream::new("z"), 1e3).unwrap();
        let variance = sum::squared_norm(out.x()) / dim as f64;
        let expected = marginal / (1.0 - tau / 2.0);
        let standard_error = expected * (2.0 / dim as f64).sqrt();
        assert!((variance - expected).abs() < 4.0 * standard_error, "{variance} {expected}");
    }

    /// Under `linear_beta` σ(0) = 0: corrections there change nothing, so the run ends where the last
    /// predictor step alone takes it.
    #[test]
    fn corrections_without_noise_change_nothing() {
        let (problem, schedule) = (Scalar { prior: 2.0, pull: 0.0, dim: 5 }, LinearBeta::default());
        let run = |grid: &[f64], corrections: usize, start: Vec<f64>| {
            let sampler = PredictorCorrector::new(grid.to_vec(), corrections, 0.1).unwrap();
            sampler.run(&problem, &schedule, start, &Stream::new("z"), 1e3).unwrap().x().to_vec()
        };
        let start: Vec<f64> = Stream::new("start").normal(0, 5);
        let whole = run(&[1.0, 0.5, 0.25, 0.0], 2, start.clone());
        let last = run(&[0.25, 0.0], 0, run(&[1.0, 0.5, 0.25], 2, start));
        assert!(whole.iter().all(|x| x.is_finite()), "{whole:?}");
        assert_eq!(whole, last);
    }

    /// Where ε_y is zero, δ has no value: an error, not a state without one.
    #[test]
    fn a_correction_without_a_noise_estimate_is_refused() {
        let problem = Scalar { prior: 1.0, pull: 0.0, dim: 3 };
        let run = |corrections| {
            let sampler = PredictorCorrector::new(vec![1.0, 0.5], corrections, 0.5).unwrap();
            sampler.run(&problem, &schedule(), vec![0.0; 3], &Stream::new("z"), 10.0)
        };
        assert_eq!(run(0).unwrap().x(), [0.0; 3]);
        assert_eq!(
            run(1).unwrap_err().to_string(),
            "correction at t = 0.5: found a noise estimate of zero, expected one that gives it a size"
        );
    }

    #[test]
    fn divergence_is_an_outcome_with_evidence() {
        let problem = Scalar { prior: 1.0, pull: 1e200, dim: 3 };
        let sampler = PredictorCorrector::new(uniform_grid(16).unwrap(), 0, 0.5).unwrap();
        let out = sampler.run(&problem, &schedule(), vec![1.0, 0.0, 1.0], &Stream::new("z"), 10.0).unwrap();
        let Outcome::Diverged { t, non_finite, trace, .. } = out else { panic!("finished: {out:?}") };
        assert_eq!((t.to_bits(), non_finite), ((14.0f64 / 16.0).to_bits(), 2));
        let excursion = trace.excursion.unwrap();
        assert!(excursion.t.to_bits() == (15.0f64 / 16.0).to_bits() && excursion.max_abs > 1e190);
    }

    #[test]
    fn faults_are_named() {
        assert!(PredictorCorrector::new(vec![1.0, 0.5, 0.5], 0, 1.0).is_err());
        assert!(PredictorCorrector::new(vec![1.0, 0.0], 1, 0.0).is_err());
        let sampler = PredictorCorrector::new(vec![1.0, 0.0], 0, 1.0).unwrap();
        let problem = Scalar { prior: 1.0, pull: 0.0, dim: 3 };
        let error = sampler.run(&problem, &schedule(), vec![0.0], &Stream::new("z"), 1.0).unwrap_err();
        assert_eq!(error.to_string(), "start: found length 1, expected 3");
    }
}
