//! Heun's method on the probability flow (Karras et al. 2022, arXiv 2206.00364, algorithm 1).

use crate::grid::TimeGrid;
use crate::run::flow_distance;
use crate::{Run, Sampler, SamplerError, Steps};
use equipoise_field::{Real, each};

/// Heun steps of the probability flow in x̃ = x/μ and ρ = σ/μ, in which dx̃/dρ = ε_y:
///
/// > x* = (μ′/μ) x + μ′(ρ′ − ρ) ε_y(x, t),
/// > x′ = (μ′/μ) x + μ′(ρ′ − ρ) (ε_y(x, t) + ε_y(x*, t′))/2.
///
/// Where σ′ = 0, at which ε_y does not exist, the step is Euler's, x′ = x*; however small a positive
/// σ′ is, the average is taken. Second order in the step; two evaluations a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Heun {
    grid: TimeGrid,
}

impl Heun {
    /// What its steps are made of.
    pub const STEPS: Steps = Steps::affine(2, 0);

    /// Along `grid`, from its first to its last time.
    ///
    /// # Errors
    /// [`SamplerError::Grid`] unless the times descend within [0, 1].
    pub fn new(grid: Vec<f64>) -> Result<Self, SamplerError> {
        Ok(Self { grid: TimeGrid::new(grid)? })
    }
}

impl<R: Real> Sampler<R> for Heun {
    fn grid(&self) -> &[f64] {
        self.grid.times()
    }

    fn evaluated(&self) -> &[f64] {
        self.grid.times()
    }

    fn steps(&self) -> Option<Steps> {
        Some(Self::STEPS)
    }

    fn step(&self, run: &mut Run<'_, R>, _: usize, t: f64, next: f64) -> Result<(), SamplerError> {
        let now = run.evaluate(t)?;
        let then = run.level(next);
        run.advance(now, then);
        if then.sigma <= 0.0 {
            return Ok(());
        }
        // From a state that is not finite there is no second estimate; its run ends with it.
        run.leave_lost(next);
        run.spare.resize(run.x.len(), R::zero());
        std::mem::swap(&mut run.eps, &mut run.spare);
        run.evaluate(next)?;
        let half = R::narrow(0.5 * flow_distance(now, then));
        each::update2(&mut run.x, &run.eps, &run.spare, |x, end, start| x + half * (end - start));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outcome;
    use crate::problem::{Scalar, grids, schedule};
    use equipoise_schedule::{LinearBeta, Schedule, edm_grid, uniform_grid};
    use equipoise_stream::Stream;

    const PROBLEM: Scalar = Scalar { prior: 4.0, pull: 0.0, dim: 1 };

    /// The global error is c·h² + O(h³): halving the step quarters it, but for the next order.
    #[test]
    fn the_flow_is_followed_to_second_order() {
        let schedule = schedule();
        let error = |steps: usize| {
            grids(&schedule, steps)
                .map(|(name, grid)| (name, PROBLEM.error(&Heun::new(grid).unwrap(), &schedule)))
        };
        for ((name, coarse), (_, fine)) in error(400).into_iter().zip(error(800)) {
            let ratio = coarse / fine;
            assert!((3.8..4.2).contains(&ratio), "{name}: error ratio {ratio}");
        }
    }

    /// The step to σ = 0 is Euler's and saves an evaluation. On the EDM grid it starts from
    /// ρ = ρ(1)/steps⁷ and does not spoil the order.
    #[test]
    fn the_last_step_to_no_noise_is_eulers() {
        let schedule = LinearBeta::default();
        let error = |steps: usize| {
            let heun = Heun::new(edm_grid(&schedule, steps).unwrap()).unwrap();
            PROBLEM.error(&heun, &schedule)
        };
        let ratio = error(200) / error(400);
        assert!((3.8..4.2).contains(&ratio), "error ratio {ratio}");

        let heun = Heun::new(uniform_grid(8).unwrap()).unwrap();
        let run = |schedule: &dyn Schedule| {
            heun.run(&PROBLEM, schedule, vec![1.0], &Stream::new("unused"), 10.0).unwrap()
        };
        assert_eq!(run(&schedule).trace().evaluations, 15);
        assert_eq!(run(&crate::problem::schedule()).trace().evaluations, 16);
    }

    #[test]
    fn nothing_is_estimated_from_a_state_that_overflowed() {
        let problem = Scalar { prior: 1.0, pull: f64::MAX, dim: 2 };
        let heun = Heun::new(uniform_grid(4).unwrap()).unwrap();
        let start = vec![8.0, 0.0];
        let out = heun.run(&problem, &schedule(), start, &Stream::new("unused"), 10.0).unwrap();
        let Outcome::Diverged { t, non_finite, trace, .. } = out else { panic!("finished: {out:?}") };
        assert_eq!((t.to_bits(), non_finite, trace.evaluations), (0.75f64.to_bits(), 1, 1));
    }
}
