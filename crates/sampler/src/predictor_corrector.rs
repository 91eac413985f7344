//! SDA's predictor–corrector (Rozet & Louppe 2023, arXiv 2306.10574, algorithm 4).

use crate::{Excursion, Noise, Outcome, SamplerError, Trace};
use equipoise_field::{Real, each, sum};
use equipoise_guidance::{Evidence, Guidance, Scratch};
use equipoise_schedule::Schedule;

/// The noise that a state may hold at any time, in units of σ: beyond it something else is at work.
const NOISE_BOUND: f64 = 10.0;

/// DDIM steps with Langevin corrections after each:
///
/// > x ← (μ′/μ) x + (σ′ − (μ′/μ)σ) ε_y(x, t), then `corrections` times
/// > x ← x − σ′(δ ε_y(x, t′) + √(2δ) z), δ = τ/mean(ε_y²),
///
/// the mean over one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictorCorrector {
    grid: Vec<f64>,
    corrections: usize,
    tau: f64,
}

impl PredictorCorrector {
    /// Along `grid`, from its first to its last time.
    ///
    /// # Errors
    /// [`SamplerError::Grid`] unless the times descend within [0, 1]; [`SamplerError::Tau`].
    pub fn new(grid: Vec<f64>, corrections: usize, tau: f64) -> Result<Self, SamplerError> {
        for (index, &found) in grid.iter().enumerate() {
            if !(0.0..=1.0).contains(&found) || (index > 0 && found >= grid[index - 1]) {
                return Err(SamplerError::Grid { index, found });
            }
        }
        if !(tau.is_finite() && tau > 0.0) {
            return Err(SamplerError::Tau { found: tau });
        }
        Ok(Self { grid, corrections, tau })
    }

    /// The time grid.
    pub fn grid(&self) -> &[f64] {
        &self.grid
    }

    /// The times at which the guidance is evaluated, in order, without repeats.
    pub fn evaluated(&self) -> &[f64] {
        let last = usize::from(self.corrections == 0 && !self.grid.is_empty());
        &self.grid[..self.grid.len() - last]
    }

    /// Runs from `start` to the end of the grid.
    ///
    /// Correction j after step i takes draw i·corrections + j of `noise`. `bound` is the largest
    /// |x| that a clean state can have; the trace records the first |x_t| > μ·bound + 10σ. A state
    /// that is not finite ends the run.
    ///
    /// # Errors
    /// [`SamplerError::Start`], [`SamplerError::Guidance`].
    pub fn run<R: Real>(
        &self,
        guidance: &dyn Guidance<R>,
        schedule: &dyn Schedule,
        start: Vec<R>,
        noise: &dyn Noise<R>,
        bound: f64,
    ) -> Result<Outcome<R>, SamplerError> {
        let dim = guidance.denoiser().dim();
        if start.len() != dim {
            return Err(SamplerError::Start { found: start.len(), expected: dim });
        }
        let mut run = Run {
            x: start,
            eps: vec![R::zero(); dim],
            z: vec![R::zero(); if self.corrections > 0 { dim } else { 0 }],
            scratch: Scratch::new(),
            trace: Trace::default(),
            guidance,
            schedule,
            bound,
        };
        for (i, times) in self.grid.windows(2).enumerate() {
            let (t, next) = (times[0], times[1]);
            run.predict(t, next)?;
            for j in 0..self.corrections {
                noise.fill((i * self.corrections + j) as u64, &mut run.z);
                run.correct(next, self.tau)?;
            }
            if let Some(non_finite) = run.inspect(next) {
                return Ok(Outcome::Diverged { x: run.x, t: next, non_finite, trace: run.trace });
            }
        }
        Ok(Outcome::Finished { x: run.x, trace: run.trace })
    }
}

struct Run<'a, R: Real> {
    x: Vec<R>,
    eps: Vec<R>,
    z: Vec<R>,
    scratch: Scratch<R>,
    trace: Trace,
    guidance: &'a dyn Guidance<R>,
    schedule: &'a dyn Schedule,
    bound: f64,
}

impl<R: Real> Run<'_, R> {
    fn evaluate(&mut self, t: f64) -> Result<(), SamplerError> {
        let level = self.schedule.level(t);
        let evidence: Evidence =
            self.guidance.noise_estimate(&self.x, level, &mut self.eps, &mut self.scratch)?;
        let trace = &mut self.trace;
        trace.evaluations += 1;
        trace.guidance_norm = evidence.guidance_norm;
        trace.iterations += evidence.iterations;
        trace.residual = match (trace.residual, evidence.residual) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        Ok(())
    }

    fn predict(&mut self, t: f64, next: f64) -> Result<(), SamplerError> {
        self.evaluate(t)?;
        let (now, then) = (self.schedule.level(t), self.schedule.level(next));
        let ratio = then.mu / now.mu;
        let (keep, move_by) = (R::narrow(ratio), R::narrow(then.sigma - ratio * now.sigma));
        each::update1(&mut self.x, &self.eps, |x, e| keep * x + move_by * e);
        Ok(())
    }

    fn correct(&mut self, t: f64, tau: f64) -> Result<(), SamplerError> {
        self.evaluate(t)?;
        let sigma = self.schedule.sigma(t);
        let delta = tau * self.eps.len() as f64 / sum::squared_norm(&self.eps);
        let (drift, kick) = (R::narrow(sigma * delta), R::narrow(sigma * (2.0 * delta).sqrt()));
        each::update2(&mut self.x, &self.eps, &self.z, |x, e, z| x - (drift * e + kick * z));
        Ok(())
    }

    /// Records the size of the state; the number of entries that are not finite, if there are any.
    fn inspect(&mut self, t: f64) -> Option<usize> {
        let (max_abs, non_finite) = sum::max_abs(&self.x);
        let level = self.schedule.level(t);
        let bound = level.mu * self.bound + NOISE_BOUND * level.sigma;
        self.trace.peak = self.trace.peak.max(max_abs);
        let max_abs = if non_finite > 0 { f64::INFINITY } else { max_abs };
        if max_abs > bound {
            self.trace.excursion.get_or_insert(Excursion { t, max_abs, bound });
        }
        (non_finite > 0).then_some(non_finite)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_denoiser::{Denoiser, DenoiserError};
    use equipoise_guidance::GuidanceError;
    use equipoise_schedule::{Alpha, Level, Sda, Variance, uniform_grid};
    use equipoise_stream::Stream;

    /// x ~ N(0, v I) without observations, or with a gradient that is a multiple of x_t.
    struct Scalar {
        prior: f64,
        pull: f64,
        dim: usize,
    }

    impl Denoiser<f64> for Scalar {
        fn dim(&self) -> usize {
            self.dim
        }
        fn denoise(&self, x: &[f64], l: Level, out: &mut [f64]) -> Result<(), DenoiserError> {
            let gain = l.mu * self.prior / (l.mu * l.mu * self.prior + l.sigma * l.sigma);
            out.iter_mut().zip(x).for_each(|(o, x)| *o = gain * x);
            Ok(())
        }
        fn vjp(&self, _: &[f64], l: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
            self.denoise(v, l, out)
        }
    }

    impl Guidance<f64> for Scalar {
        fn denoiser(&self) -> &dyn Denoiser<f64> {
            self
        }
        fn gradient(
            &self,
            x_t: &[f64],
            _: Level,
            _: &[f64],
            g: &mut [f64],
            _: &mut Scratch<f64>,
        ) -> Result<Evidence, GuidanceError> {
            g.iter_mut().zip(x_t).for_each(|(g, x)| *g = self.pull * x);
            Ok(Evidence::default())
        }
    }

    fn schedule() -> Sda {
        Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap()
    }

    /// Without guidance the deterministic flow maps N(0, μ²v + σ²) at t = 1 to v + σ² at t = 0; the
    /// Euler error halves with the step.
    #[test]
    fn the_probability_flow_is_followed_to_first_order() {
        let (prior, schedule) = (4.0, schedule());
        let problem = Scalar { prior, pull: 0.0, dim: 1 };
        let variance = |t: f64| {
            let l = schedule.level(t);
            l.mu * l.mu * prior + l.sigma * l.sigma
        };
        let expected = (variance(0.0) / variance(1.0)).sqrt();
        let error = |steps: usize| {
            let sampler = PredictorCorrector::new(uniform_grid(steps).unwrap(), 0, 1.0).unwrap();
            let out = sampler.run(&problem, &schedule, vec![1.0], &Stream::new("unused"), 10.0).unwrap();
            assert_eq!(out.trace().evaluations, steps);
            (out.x()[0] - expected).abs()
        };
        let ratio = error(400) / error(800);
        assert!((1.8..2.2).contains(&ratio), "error ratio {ratio}");
    }

    /// The corrector alone, many times at one level, reaches the stationary variance of its Markov
    /// chain; with small δ that is the marginal μ²v + σ².
    #[test]
    fn the_corrector_keeps_the_marginal() {
        let (prior, schedule, dim) = (1.0, schedule(), 20_000);
        let problem = Scalar { prior, pull: 0.0, dim };
        let (t, tau) = (0.5, 0.02);
        let level = schedule.level(t);
        let marginal = level.mu * level.mu * prior + level.sigma * level.sigma;
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
        let grid = PredictorCorrector::new(vec![1.0, 0.5, 0.5], 0, 1.0).unwrap_err();
        assert_eq!(
            grid.to_string(),
            "time grid, entry 2: found 0.5, expected times that descend within [0, 1]"
        );
        assert!(PredictorCorrector::new(vec![1.0, 0.0], 1, 0.0).is_err());
        let sampler = PredictorCorrector::new(vec![1.0, 0.0], 0, 1.0).unwrap();
        let problem = Scalar { prior: 1.0, pull: 0.0, dim: 3 };
        let error = sampler.run(&problem, &schedule(), vec![0.0], &Stream::new("z"), 1.0).unwrap_err();
        assert_eq!(error.to_string(), "start: found length 1, expected 3");
    }
}
