//! DDIM and, with η = 1, ancestral DDPM sampling (Song, Meng and Ermon 2021, arXiv 2010.02502).

use crate::grid::TimeGrid;
use crate::run::flow_distance;
use crate::{Run, Sampler, SamplerError, Steps};
use equipoise_field::{Real, each};
use equipoise_schedule::Level;

/// The steps, with x̂_y = (x − σε_y)/μ,
///
/// > x′ = μ′x̂_y + σ′√(1−τ) ε_y + σ′√τ z, τ = η(1 − (μσ′/(μ′σ))²) clipped to [0, 1],
///
/// taken as x′ = (μ′/μ) x + (σ′√(1−τ) − (μ′/μ)σ) ε_y + σ′√τ z. η = 0 is deterministic, the Euler
/// step of the probability flow; η = 1 is the ancestral step of Ho et al. 2020 (arXiv 2006.11239).
///
/// η multiplies the variance τ, as in azula's `DDIMSampler`: it is the square of the paper's
/// (equation 16), which multiplies the standard deviation. A larger η than 1 is allowed for the sake
/// of the clip. Step i takes draw i of the noise; with τ = 0 nothing is drawn. First order in the
/// step; one evaluation a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Ddim {
    grid: TimeGrid,
    eta: f64,
}

impl Ddim {
    /// Along `grid`, from its first to its last time, with η = `eta` ≥ 0.
    ///
    /// # Errors
    /// [`SamplerError::Grid`] unless the times descend within [0, 1]; [`SamplerError::Eta`].
    pub fn new(grid: Vec<f64>, eta: f64) -> Result<Self, SamplerError> {
        let grid = TimeGrid::new(grid)?;
        if !(eta.is_finite() && eta >= 0.0) {
            return Err(SamplerError::Eta { found: eta });
        }
        Ok(Self { grid, eta })
    }

    /// What its steps are made of at η = `eta`: Euler's where there is no fresh noise.
    pub const fn steps_at(eta: f64) -> Steps {
        if eta > 0.0 { Steps::affine(1, 1) } else { Steps::euler() }
    }
}

/// τ = η(1 − (μσ′/(μ′σ))²) clipped to [0, 1]: the share of fresh noise in the variance σ′² of a step.
pub fn fresh_share(eta: f64, now: Level, then: Level) -> f64 {
    let kept = now.mu * then.sigma / (then.mu * now.sigma);
    (eta * (1.0 - kept * kept)).clamp(0.0, 1.0)
}

impl<R: Real> Sampler<R> for Ddim {
    fn grid(&self) -> &[f64] {
        self.grid.times()
    }

    fn steps(&self) -> Option<Steps> {
        Some(Self::steps_at(self.eta))
    }

    fn step(&self, run: &mut Run<'_, R>, index: usize, t: f64, next: f64) -> Result<(), SamplerError> {
        let now = run.evaluate(t)?;
        let then = run.level(next);
        let tau = fresh_share(self.eta, now, then);
        if tau <= 0.0 {
            run.advance(now, then);
            return Ok(());
        }
        run.draw(index as u64);
        let keep = R::narrow(then.mu / now.mu);
        let still = Level { sigma: then.sigma * (1.0 - tau).sqrt(), ..then };
        let (move_by, kick) = (R::narrow(flow_distance(now, still)), R::narrow(then.sigma * tau.sqrt()));
        each::update2(&mut run.x, &run.eps, &run.spare, |x, e, z| keep * x + (move_by * e + kick * z));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Scalar, grids, schedule};
    use crate::{Euler, Recorded};
    use equipoise_field::sum;
    use equipoise_schedule::{Schedule, uniform_grid};
    use equipoise_stream::Stream;

    /// x′ as the formula has it in x̂: the factor of x, for the Wiener gain, and the factor of z.
    fn factors(problem: &Scalar, now: Level, then: Level, eta: f64) -> (f64, f64) {
        let tau = (eta * (1.0 - (now.mu * then.sigma / (then.mu * now.sigma)).powi(2))).clamp(0.0, 1.0);
        let gain = now.mu * problem.prior / problem.marginal(now);
        let still = then.sigma * (1.0 - tau).sqrt() * (1.0 - now.mu * gain) / now.sigma;
        (then.mu * gain + still, then.sigma * tau.sqrt())
    }

    /// Every draw has its place. At η = 2 every τ is clipped to 1.
    #[test]
    fn a_run_is_the_formula_step_by_step() {
        let (schedule, problem) = (schedule(), Scalar { prior: 4.0, pull: 0.0, dim: 2 });
        let grid = uniform_grid(5).unwrap();
        let z: Vec<f64> = Stream::new("z").normal(0, 10);
        for eta in [0.0, 0.3, 1.0, 2.0] {
            let mut expected = vec![0.7, -1.9];
            let sampler = Ddim::new(grid.clone(), eta).unwrap();
            let found = sampler.run(&problem, &schedule, expected.clone(), &Recorded(z.clone()), 10.0);
            for (i, times) in grid.windows(2).enumerate() {
                let (of_x, of_z) = factors(&problem, schedule.level(times[0]), schedule.level(times[1]), eta);
                expected.iter_mut().zip(&z[2 * i..]).for_each(|(x, z)| *x = of_x * *x + of_z * z);
            }
            // x/μ − (σ/μ)ε_y = x̂ cancels by 1/μ ≤ 100; a few roundings each of five steps.
            let error = sum::squared_distance(found.unwrap().x(), &expected).sqrt();
            assert!(error < 100.0 * 16.0 * f64::EPSILON * sum::norm(&expected), "eta {eta}: {error:e}");
        }
    }

    #[test]
    fn without_noise_it_is_euler_and_of_first_order() {
        let (schedule, problem) = (schedule(), Scalar { prior: 4.0, pull: 0.0, dim: 1 });
        let error = |steps: usize| {
            grids(&schedule, steps).map(|(name, grid)| {
                let ddim = problem.error(&Ddim::new(grid.clone(), 0.0).unwrap(), &schedule);
                let euler = problem.error(&Euler::new(grid).unwrap(), &schedule);
                assert_eq!(ddim.to_bits(), euler.to_bits(), "{name}");
                ddim
            })
        };
        for (coarse, fine) in error(400).into_iter().zip(error(800)) {
            // c·h + O(h²), as for Euler.
            assert!((1.9..2.1).contains(&(coarse / fine)), "error ratio {}", coarse / fine);
        }
    }

    /// The ancestral step leaves out the variance of x given x_t. At 512 steps that costs 0.9 % of
    /// the marginal μ²v + σ², less than one standard error of 1.4 %; four are allowed.
    #[test]
    fn the_ancestral_step_keeps_the_marginal() {
        let (schedule, dim) = (schedule(), 10_000);
        let problem = Scalar { prior: 4.0, pull: 0.0, dim };
        let scale = problem.marginal(schedule.level(1.0)).sqrt();
        let start: Vec<f64> = Stream::new("start").normal(0, dim);
        let start = start.into_iter().map(|z| scale * z).collect();
        let sampler = Ddim::new(uniform_grid(512).unwrap(), 1.0).unwrap();
        let out = sampler.run(&problem, &schedule, start, &Stream::new("z"), 100.0).unwrap();
        let variance = sum::squared_norm(out.x()) / dim as f64;
        let marginal = problem.marginal(schedule.level(0.0));
        let standard_error = marginal * (2.0 / dim as f64).sqrt();
        assert!((variance - marginal).abs() < 4.0 * standard_error, "{variance} {marginal}");
    }

    #[test]
    fn eta_is_checked() {
        for eta in [-0.1, f64::NAN, f64::INFINITY] {
            let error = Ddim::new(vec![1.0, 0.0], eta).unwrap_err().to_string();
            assert_eq!(error, format!("eta: found {eta}, expected a finite number of at least 0"));
        }
    }
}
