//! How far the runs of a law are from the exact posterior on the way: bias and spread against t.
//!
//! Under a linear law a step is affine in x that is so wherever ε_y is. Where nothing is drawn on the way, the
//! run of the mean start is then the mean of all runs, and the square of another run's distance from it has the
//! spread for its expectation: two runs say what an ensemble would, the bias without sampling error.

use crate::choose::Ready;
use crate::{Boxed, FlowExecutor, Trial};
use equipoise_experiment::{Course, Moments, member};
use equipoise_field::{each, sum};
use equipoise_guidance::Guidance;
use equipoise_sampler::{Kept, Outcome, Rest};
use equipoise_scaling::Law;
use equipoise_schedule::Schedule;
use equipoise_solver::{Inference, Member};

/// Times at which a run is compared, about.
const STAGES: usize = 16;

/// Bias and spread of a law's runs at some times, relative to x_t | y of the exact posterior.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClosedLoop {
    pub(crate) times: Vec<f64>,
    /// ‖E[x_t] − μm_y‖/√(D(μ²p + σ²)), m_y and p the posterior's mean and mean variance.
    pub(crate) bias: Vec<f64>,
    /// √(tr Cov[x_t]/(D(μ²p + σ²))).
    pub(crate) spread: Vec<f64>,
}

/// Whether the runs of a trial are affine in their start and draw no noise on the way.
pub(crate) fn is_affine(trial: &Trial) -> bool {
    let steps = trial.steps_of_sampler();
    let affine = steps.affine && steps.is_deterministic() && steps.follows_from_state;
    let follows_the_state = trial.approach.law() == Some(Law::Adaptive);
    affine && trial.is_gaussian() && trial.approach.in_coefficients() && !follows_the_state
}

/// The curves of one guidance; they end where a state stops being finite.
pub(crate) fn closed_loop(
    inference: &Inference<f32>,
    guidance: &dyn Guidance<f32>,
    course: &Course,
    exact: &Moments,
    member: &Member,
) -> Boxed<ClosedLoop> {
    let grid = course.sampler.grid();
    let stride = (grid.len() - 1).div_ceil(STAGES);
    let first = course.schedule.level(grid[0]);
    let dim = guidance.denoiser().dim();
    let starts = [inference.start.mean(dim, first), inference.start.draw(dim, first, member.start)];
    let mut runs = starts.map(Kept::start);
    let mut found = ClosedLoop { times: Vec::new(), bias: Vec::new(), spread: Vec::new() };
    loop {
        let [mean, other] = &runs;
        let at = mean.done;
        found.record(&mean.x, &other.x, &*course.schedule, grid[at], exact);
        let to = (at + stride).min(grid.len() - 1);
        if to == at {
            return Ok(found);
        }
        for kept in &mut runs {
            let from = std::mem::replace(kept, Kept::start(Vec::new()));
            let rest = course.sampler.run_from(
                guidance,
                &*course.schedule,
                from,
                &member.langevin,
                inference.bound,
                &mut |reached| reached.done < to,
            )?;
            *kept = match rest {
                Rest::Stopped(kept) => kept,
                Rest::Ended(Outcome::Finished { x, trace }) => Kept { done: to, x, trace },
                Rest::Ended(Outcome::Diverged { .. }) => return Ok(found),
            };
        }
    }
}

impl ClosedLoop {
    fn record(&mut self, mean: &[f32], other: &[f32], schedule: &dyn Schedule, t: f64, exact: &Moments) {
        let level = schedule.level(t);
        let mu = level.mu as f32;
        let variance = level.mu.powi(2) * exact.mean_variance + level.sigma.powi(2);
        let scale = (mean.len() as f64 * variance).sqrt();
        let mut target = vec![0.0; mean.len()];
        each::map1(&mut target, &exact.mean, |m| mu * m);
        self.times.push(t);
        self.bias.push(sum::squared_distance(mean, &target).sqrt() / scale);
        self.spread.push(sum::squared_distance(other, mean).sqrt() / scale);
    }
}

impl FlowExecutor<'_> {
    /// The curves of a trial; `None` where its runs are not affine or draw noise on the way.
    pub(crate) fn closed_loop(&self, trial: &Trial) -> Boxed<Option<ClosedLoop>> {
        if !is_affine(trial) {
            return Ok(None);
        }
        let ready = Ready::new(&self.flows, trial)?;
        let (law, known, inference) = (ready.law()?, ready.known()?, ready.inference()?);
        let Some(exact) = known.moments() else { return Ok(None) };
        let guidance = inference.guidance(trial.approach.recipe(), law.as_ref().map(|l| &l.strength))?;
        let member = member(ready.flow, trial.seed, 0);
        Ok(Some(closed_loop(&inference, &*guidance, &ready.course, exact, &member)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Approach;
    use crate::trial::tests::example;
    use equipoise_sampler::SamplerName;

    #[test]
    fn adaptive_corrected_and_stochastic_runs_are_left_out() {
        let with = |change: &dyn Fn(&mut Trial)| {
            let mut trial = example();
            change(&mut trial);
            is_affine(&trial)
        };
        assert!(with(&|_| ()) && with(&|t| t.approach = "exact".parse().unwrap()));
        assert!(!with(&|t| t.approach = "adaptive".parse().unwrap()) && !with(&|t| t.corrections = 1));
        assert!(
            !with(&|t| t.sampler = "ddpm".parse().unwrap())
                && !with(&|t| t.prior = "optimal".parse().unwrap())
        );
        assert!(with(&|t| t.sampler = SamplerName::Euler) && with(&|t| t.sampler = SamplerName::Heun));
        assert!(!with(&|t| t.approach = "mmps".parse().unwrap()));
        let set = |law: Law| Approach::scaled(law, &"sda:gamma=0.5".parse().unwrap());
        assert!(!with(&|t| t.approach = set(Law::Adaptive)) && with(&|t| t.approach = set(Law::Dual)));
    }
}
