//! How a run ended, and what it passed through.

use equipoise_guidance::Evidence;

/// The end of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<R> {
    /// The state at the last time, and the way there. It may still be far too large: see
    /// [`Trace::excursion`].
    Finished {
        /// x at the last time of the grid.
        x: Vec<R>,
        /// The way there.
        trace: Trace,
    },
    /// The state stopped being finite.
    Diverged {
        /// The last state, with its entries that are not finite.
        x: Vec<R>,
        /// The time of that state.
        t: f64,
        /// How many of its entries are not finite.
        non_finite: usize,
        /// The way there.
        trace: Trace,
    },
}

impl<R> Outcome<R> {
    /// The last state.
    pub fn x(&self) -> &[R] {
        match self {
            Self::Finished { x, .. } | Self::Diverged { x, .. } => x,
        }
    }

    /// Whether the run came to its end.
    pub fn is_finished(&self) -> bool {
        matches!(self, Self::Finished { .. })
    }

    /// The way there.
    pub fn trace(&self) -> &Trace {
        match self {
            Self::Finished { trace, .. } | Self::Diverged { trace, .. } => trace,
        }
    }
}

/// What a run passed through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Evaluations of the guidance.
    pub evaluations: usize,
    /// The largest finite |x_t| among the fields that were seen on the way.
    pub peak: f64,
    /// The largest ‖x_t − μm‖/√D on the way, of a run whose states are known by their coordinates and of
    /// which no field but the last is seen.
    pub peak_deviation: Option<f64>,
    /// The first time at which |x_t| left the bound that it was run with.
    pub excursion: Option<Excursion>,
    /// ‖g‖ of the last evaluation.
    pub guidance_norm: f64,
    /// Iterations of inner solvers, in all.
    pub iterations: usize,
    /// The largest relative residual that an inner solver ended with.
    pub residual: Option<f64>,
    /// Evaluations whose inner solver was ended by what no covariance shows: a direction of non-positive
    /// curvature, or an iterate past its bound.
    pub breakdowns: usize,
    /// The first of them.
    pub first_breakdown: Option<Breakdown>,
    /// Variances that came out negative and were taken as zero, in all.
    pub floors: usize,
}

impl Trace {
    /// Adds an evaluation at time `t`.
    pub(crate) fn record(&mut self, t: f64, evidence: &Evidence) {
        self.evaluations += 1;
        self.witness(t, evidence);
    }

    /// Adds what a gradient at time `t` left as evidence, for a loop that counts its evaluations itself.
    pub fn witness(&mut self, t: f64, evidence: &Evidence) {
        self.guidance_norm = evidence.guidance_norm;
        self.iterations += evidence.iterations;
        self.residual = match (self.residual, evidence.residual) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        if let Some(found) = evidence.breakdown {
            self.breakdowns += 1;
            let (iteration, curvature, growth) = (found.iteration, found.curvature, found.growth);
            let first = Breakdown { t, iteration, curvature, growth };
            self.first_breakdown.get_or_insert(first);
        }
        self.floors += evidence.floors;
    }
}

/// An inner solver that met a direction d with dᵀSd ≤ 0, or an iterate u longer than ‖r‖/s², which no
/// S = s²I + A V Aᵀ with a covariance V leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breakdown {
    /// The time of the evaluation.
    pub t: f64,
    /// Iterations done before it.
    pub iteration: usize,
    /// dᵀSd.
    pub curvature: f64,
    /// ‖u‖ s²/‖r‖, where that was past 1 and ended the solve.
    pub growth: Option<f64>,
}

/// A state beyond the bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Excursion {
    /// Its time.
    pub t: f64,
    /// max |x_t|; infinite when an entry is not finite.
    pub max_abs: f64,
    /// The bound it left.
    pub bound: f64,
}

#[cfg(test)]
mod tests {
    use crate::{Breakdown, Euler, Sampler};
    use equipoise_denoiser::{Denoiser, DenoiserError};
    use equipoise_guidance::{ConditionalCovariance, Guidance, Mmps, Tmpd};
    use equipoise_observation::Observed;
    use equipoise_observation::{ConjugateGradients, NoiseVariance};
    use equipoise_operator::Mask;
    use equipoise_schedule::{Alpha, Level, Schedule, Sda, Variance};
    use equipoise_stream::Stream;
    use std::sync::Arc;

    /// x̂ = (x_t, −x_t)/μ below σ = ½ and x_t/μ above: C = (σ/μ)² diag(1, −1), or (σ/μ)² I.
    struct Turning;

    impl Denoiser<f64> for Turning {
        fn dim(&self) -> usize {
            2
        }
        fn denoise(&self, x: &[f64], level: Level, out: &mut [f64]) -> Result<(), DenoiserError> {
            let second = if level.sigma < 0.5 { -1.0 } else { 1.0 };
            out.copy_from_slice(&[x[0] / level.mu, second * x[1] / level.mu]);
            Ok(())
        }
        fn vjp(&self, _: &[f64], level: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
            self.denoise(v, level, out)
        }
    }

    /// Only the second number is observed, with s² = 1e-6: S = s² ± (σ/μ)² is negative below σ = ½.
    #[test]
    fn breakdowns_and_floors_are_counted_over_the_run() {
        let operator = Arc::new(Mask::new(2, vec![1]).unwrap());
        let noise = NoiseVariance::Uniform(1e-6);
        let observation = Arc::new(Observed::shared(vec![0.3], operator, noise).unwrap());
        let covariance = || ConditionalCovariance::Jacobian(Arc::new(Turning));
        let mmps = Mmps::new(covariance(), observation.clone(), ConjugateGradients::default());
        let tmpd = Tmpd::new(covariance(), observation);
        let schedule = Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap();
        let times = [1.0, 0.8, 0.4, 0.2, 0.1];
        let low: Vec<f64> = times[..4].iter().copied().filter(|t| schedule.sigma(*t) < 0.5).collect();
        let run = |guidance: &dyn Guidance<f64>| {
            let euler = Euler::new(times.to_vec()).unwrap();
            let run = euler.run(guidance, &schedule, vec![0.5, -0.2], &Stream::new("unused"), 1.0);
            run.unwrap().trace().clone()
        };
        let trace = run(&mmps);
        let first: Breakdown = trace.first_breakdown.unwrap();
        assert!((1..4).contains(&low.len()), "{low:?}");
        assert_eq!((trace.breakdowns, first.iteration, trace.floors), (low.len(), 0, 0));
        assert!(first.t.to_bits() == low[0].to_bits() && first.curvature < 0.0, "{first:?}");
        let trace = run(&tmpd);
        assert_eq!((trace.breakdowns, trace.first_breakdown, trace.floors), (0, None, low.len()));
    }
}
