//! Euler's method on the probability flow.

use crate::grid::TimeGrid;
use crate::{Run, Sampler, SamplerError, Steps};
use equipoise_field::Real;

/// Euler steps of the probability flow in x̃ = x/μ and ρ = σ/μ, in which dx̃/dρ = (x − μx̂)/σ = ε_y:
///
/// > x′ = (μ′/μ) x + μ′(ρ′ − ρ) ε_y.
///
/// First order in the step; one evaluation a step; equal to [`Ddim`](crate::Ddim) with η = 0.
///
/// Reference: Karras et al. 2022 (arXiv 2206.00364), section 3 and equation 4 with s(t) = μ.
#[derive(Clone, Debug, PartialEq)]
pub struct Euler {
    grid: TimeGrid,
}

impl Euler {
    /// What its steps are made of.
    pub const STEPS: Steps = Steps::euler();

    /// Along `grid`, from its first to its last time.
    ///
    /// # Errors
    /// [`SamplerError::Grid`] unless the times descend within [0, 1].
    pub fn new(grid: Vec<f64>) -> Result<Self, SamplerError> {
        Ok(Self { grid: TimeGrid::new(grid)? })
    }
}

impl<R: Real> Sampler<R> for Euler {
    fn grid(&self) -> &[f64] {
        self.grid.times()
    }

    fn steps(&self) -> Option<Steps> {
        Some(Self::STEPS)
    }

    fn step(&self, run: &mut Run<'_, R>, _: usize, t: f64, next: f64) -> Result<(), SamplerError> {
        let now = run.evaluate(t)?;
        run.advance(now, run.level(next));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PredictorCorrector;
    use crate::problem::{Scalar, grids, schedule};
    use equipoise_schedule::uniform_grid;
    use equipoise_stream::Stream;

    /// The global error is c·h + O(h²): halving the step halves it, but for the next order.
    #[test]
    fn the_flow_is_followed_to_first_order() {
        let (schedule, problem) = (schedule(), Scalar { prior: 4.0, pull: 0.0, dim: 1 });
        let error = |steps: usize| {
            grids(&schedule, steps)
                .map(|(name, grid)| (name, problem.error(&Euler::new(grid).unwrap(), &schedule)))
        };
        for ((name, coarse), (_, fine)) in error(400).into_iter().zip(error(800)) {
            let ratio = coarse / fine;
            assert!((1.9..2.1).contains(&ratio), "{name}: error ratio {ratio}");
        }
    }

    #[test]
    fn the_predictor_alone_is_euler() {
        let (schedule, problem) = (schedule(), Scalar { prior: 4.0, pull: -0.3, dim: 5 });
        let grid = uniform_grid(16).unwrap();
        let start: Vec<f64> = Stream::new("start").normal(0, 5);
        let noise = Stream::new("unused");
        let euler = Euler::new(grid.clone()).unwrap();
        let found = euler.run(&problem, &schedule, start.clone(), &noise, 10.0).unwrap();
        let predictor = PredictorCorrector::new(grid, 0, 1.0).unwrap();
        assert_eq!(found, predictor.run(&problem, &schedule, start, &noise, 10.0).unwrap());
        assert_eq!(found.trace().evaluations, Sampler::<f64>::evaluated(&euler).len());
    }

    /// σ = 0 at the beginning of a step leaves no noise to estimate.
    #[test]
    fn a_level_without_noise_is_named() {
        struct Silent;
        impl equipoise_schedule::Schedule for Silent {
            fn mu(&self, _: f64) -> f64 {
                1.0
            }
            fn sigma(&self, _: f64) -> f64 {
                0.0
            }
        }
        let problem = Scalar { prior: 1.0, pull: 0.0, dim: 1 };
        let sampler = Euler::new(vec![0.5, 0.0]).unwrap();
        let error = sampler.run(&problem, &Silent, vec![1.0], &Stream::new("z"), 10.0).unwrap_err();
        let expected = "schedule at t = 0.5: found mu = 1, sigma = 0, expected both positive where the \
                        guidance is evaluated";
        assert_eq!(error.to_string(), expected);
    }
}
