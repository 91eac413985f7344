//! Ancestral DDPM sampling with the forward variance β (Ho, Jain and Abbeel 2020, arXiv 2006.11239).

use crate::grid::TimeGrid;
use crate::{Run, Sampler, SamplerError, Steps};
use equipoise_field::{Real, each};
use equipoise_schedule::Level;

/// Algorithm 2 of the paper with σ_t² = β_t, which is best for x ~ N(0, I):
///
/// > x′ = (x − (β/σ) ε_y)/α + √β z, α = μ/μ′, β = σ² − α²σ′².
///
/// For discrete levels α and β are the paper's √α_t and β_t. The other choice of variance, β̃ = βσ′²/σ²,
/// is [`Ddim`](crate::Ddim) with η = 1. Step i takes draw i of the noise; as in the paper the last step draws nothing.
/// First order in the step; one evaluation a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Ancestral {
    grid: TimeGrid,
}

impl Ancestral {
    /// What its steps are made of.
    pub const STEPS: Steps = Steps::affine(1, 1);

    /// Along `grid`, from its first to its last time.
    ///
    /// # Errors
    /// [`SamplerError::Grid`] unless the times descend within [0, 1].
    pub fn new(grid: Vec<f64>) -> Result<Self, SamplerError> {
        Ok(Self { grid: TimeGrid::new(grid)? })
    }
}

/// 1/α, the factor of ε_y, and β, which is 0 where noise does not fall relative to the signal.
fn factors(now: Level, then: Level) -> (f64, f64, f64) {
    let alpha = now.mu / then.mu;
    let beta = (now.sigma.powi(2) - (alpha * then.sigma).powi(2)).max(0.0);
    (1.0 / alpha, -beta / (alpha * now.sigma), beta)
}

impl<R: Real> Sampler<R> for Ancestral {
    fn grid(&self) -> &[f64] {
        self.grid.times()
    }

    fn steps(&self) -> Option<Steps> {
        Some(Self::STEPS)
    }

    fn step(&self, run: &mut Run<'_, R>, index: usize, t: f64, next: f64) -> Result<(), SamplerError> {
        let now = run.evaluate(t)?;
        let (keep, of_noise, beta) = factors(now, run.level(next));
        let (keep, of_noise) = (R::narrow(keep), R::narrow(of_noise));
        if index + 2 == self.grid.times().len() || beta <= 0.0 {
            each::update1(&mut run.x, &run.eps, |x, e| keep * x + of_noise * e);
            return Ok(());
        }
        run.draw(index as u64);
        let kick = R::narrow(beta.sqrt());
        each::update2(&mut run.x, &run.eps, &run.spare, |x, e, z| keep * x + (of_noise * e + kick * z));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Scalar;
    use crate::{Ddim, Recorded};
    use equipoise_schedule::{Ddpm, LinearBeta, Schedule, uniform_grid};

    /// Under x ~ N(0, 1) and μ² + σ² = 1 the step is exact: it keeps the marginal's variance 1 whatever its length.
    #[test]
    fn it_is_exact_for_white_data() {
        let (schedule, problem) = (LinearBeta::default(), Scalar { prior: 1.0, pull: 0.0, dim: 1 });
        let run = |sampler: &dyn Sampler<f64>, x: f64, z: f64| {
            let noise = Recorded(vec![z, 0.0]);
            sampler.run(&problem, &schedule, vec![x], &noise, 10.0).unwrap().x()[0]
        };
        for middle in [0.9, 0.5, 0.1] {
            let grid = vec![1.0, middle, 0.0];
            // The second step draws nothing and multiplies by one number, known from x̂ alone.
            let last = schedule.level(middle);
            let end = last.mu / (last.mu.powi(2) + last.sigma.powi(2));
            let variance = |sampler: &dyn Sampler<f64>| {
                (run(sampler, 1.0, 0.0).powi(2) + run(sampler, 0.0, 1.0).powi(2)) / end.powi(2)
            };
            let kept = variance(&Ancestral::new(grid.clone()).unwrap());
            assert!((kept - 1.0).abs() < 64.0 * f64::EPSILON / last.mu.powi(2), "{middle}: {kept}");
            // β̃ = βσ′²/σ² falls short by the rest of β.
            let (_, _, beta) = factors(schedule.level(1.0), last);
            let short = beta * (1.0 - (last.sigma / schedule.level(1.0).sigma).powi(2));
            let found = variance(&Ddim::new(grid, 1.0).unwrap());
            assert!(
                (found - (1.0 - short)).abs() < 64.0 * f64::EPSILON / last.mu.powi(2),
                "{middle}: {found}"
            );
        }
    }

    /// α and β are the paper's, and the mean is that of the discrete posterior q(x_{t−1} | x_t, x̂).
    #[test]
    fn its_mean_is_that_of_the_discrete_posterior() {
        let ddpm = Ddpm::published();
        for t in [2, 10, 500, 1000] {
            let (now, then, reverse) = (ddpm.level(t), ddpm.level(t - 1), ddpm.reverse(t));
            let (keep, of_noise, beta) = factors(now, then);
            // 1 − ᾱ has lost 1/(1 − ᾱ) of its digits.
            let bound = 32.0 * f64::EPSILON / now.sigma.powi(2);
            assert!((beta - ddpm.beta(t)).abs() < bound, "t = {t}");
            let (x_t, x_hat) = (0.7, -1.3);
            let eps = (x_t - now.mu * x_hat) / now.sigma;
            let mean = reverse.clean * x_hat + reverse.noisy * x_t;
            assert!((keep * x_t + of_noise * eps - mean).abs() < bound, "t = {t}");
        }
    }

    #[test]
    fn the_grid_is_checked() {
        assert!(Ancestral::new(vec![0.0, 1.0]).is_err());
        assert!(Ancestral::new(uniform_grid(4).unwrap()).is_ok());
    }
}
