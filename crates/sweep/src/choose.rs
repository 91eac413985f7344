//! From the names of a trial to its run: schedule, sampler, law, method.

use crate::approach::traced;
use crate::excess::EXCESS_TIMES;
use crate::problem::{Draw, Problem};
use crate::{BoxError, Flow, Start, Trial};
use equipoise_guidance::{ConditionalCovariance, Excess, Strength};
use equipoise_observation::NoiseVariance;
use equipoise_prior::PriorDenoiser;
use equipoise_sampler::{Sampler, SamplerName};
use equipoise_scaling::{Law, NConvention, PUBLISHED_REFERENCE_SUB, lattice_count};
use equipoise_schedule::{Level, Schedule, ScheduleName, Spacing};
use equipoise_solver::{Inference, Start as StartLaw};
use std::sync::Arc;

/// The run of a trial: schedule and sampler.
pub(crate) struct Course {
    pub(crate) schedule: Arc<dyn Schedule>,
    pub(crate) sampler: Arc<dyn Sampler<f32>>,
}

/// A trial's law with what the results say of it.
pub(crate) struct Scaled {
    pub(crate) strength: Strength,
    pub(crate) note: String,
}

impl Course {
    pub(crate) fn of(trial: &Trial) -> Result<Self, BoxError> {
        let name: ScheduleName = trial.schedule.parse()?;
        let schedule: Arc<dyn Schedule> = Arc::from(name.build(trial.eta)?);
        let grid = trial.spacing.parse::<Spacing>()?.grid(&*schedule, trial.steps)?;
        let sampler =
            trial.sampler.parse::<SamplerName>()?.build(&*schedule, grid, trial.corrections, trial.tau)?;
        Ok(Self { schedule, sampler })
    }

    /// The levels of the run.
    pub(crate) fn run_levels(&self) -> Vec<Level> {
        self.sampler.evaluated().iter().map(|&t| self.schedule.level(t)).collect()
    }

    /// The levels of the run and those of the excess curve.
    pub(crate) fn levels(&self) -> Vec<Level> {
        let excess = EXCESS_TIMES.iter().map(|&t| self.schedule.level(t));
        self.run_levels().into_iter().chain(excess).collect()
    }

    /// The inverse problem of a trial, ready for any method.
    pub(crate) fn inference(
        &self,
        trial: &Trial,
        flow: &Flow,
        problem: &Problem,
        draw: &Draw,
    ) -> Result<Inference<f32>, BoxError> {
        let wiener = problem.gaussian.wiener();
        let start = match trial.start {
            Start::Normal => StartLaw::Normal,
            Start::Prior => StartLaw::Prior {
                mean: Arc::new(wiener.mean().to_vec()),
                covariance: Arc::clone(wiener.prior_covariance()),
            },
        };
        Ok(Inference {
            problem: problem.inverse(flow.denoiser_of(&trial.prior)?, draw)?,
            schedule: Arc::clone(&self.schedule),
            sampler: Arc::clone(&self.sampler),
            start,
            bound: equipoise_metrics::EXPLOSION * problem.truth.max.abs().max(problem.truth.min.abs()),
        })
    }
}

/// A denoiser with what it knows of Cov[x | x_t].
pub fn conditional(denoiser: &PriorDenoiser) -> ConditionalCovariance<f32> {
    ConditionalCovariance::of(denoiser.denoiser(), denoiser.empirical(), denoiser.exact())
}

/// The law of a trial, where its method takes one; a γ among the method's settings takes the place of the
/// law's, where the trial's is what the law makes one of.
pub(crate) fn scaled(
    trial: &Trial,
    flow: &Flow,
    problem: &Problem,
    course: &Course,
) -> Result<Option<Scaled>, BoxError> {
    let approach = trial.approach();
    let Some(law) = approach.scaling()? else { return Ok(None) };
    let (mut strength, note) = strength(law, trial, flow, problem, course)?;
    if let (Some(given), Excess::Gamma(of_law)) = (approach.recipe()?.given("gamma"), &mut strength.excess) {
        *of_law = given.number();
    }
    Ok(Some(Scaled { strength, note }))
}

impl Scaled {
    /// γ, for a law that has one.
    pub(crate) fn gamma(&self) -> Option<f64> {
        match self.strength.excess {
            Excess::Gamma(gamma) => Some(gamma),
            _ => None,
        }
    }
}

/// The base is the observation noise with γ = 0.01, or the law's published base where it has one of
/// its own (`clamped_linear`); `std` and `gamma` of the trial replace either.
fn strength(
    law: Law,
    trial: &Trial,
    flow: &Flow,
    problem: &Problem,
    course: &Course,
) -> Result<(Strength, String), BoxError> {
    let published = law.published_base();
    let own = law == Law::ClampedLinear;
    let noise = match trial.std.or(own.then_some(published.std)) {
        Some(std) => NoiseVariance::Uniform(std * std),
        None => problem.noise().clone(),
    };
    if traced(law) {
        if let Some(denoiser) = flow.denoiser_of(&trial.prior)? {
            let traces = problem.traces(law, flow, trial, (course, denoiser))?;
            return Ok((Strength::traced(&noise, Arc::clone(traces.table())), traces.to_string()));
        }
        let levels = course.levels();
        let ratios = problem.gaussian.ratios(law, &levels);
        let worst = levels.iter().filter_map(|&l| {
            let ratio = ratios.get(l).ok()?;
            ratio.standard_error.map(|e| e / ratio.value)
        });
        let note = worst
            .reduce(f64::max)
            .map_or_else(String::new, |e| format!("traces by probes, relative standard error up to {e:.1e}"));
        return Ok((Strength::traced(&noise, ratios), note));
    }
    let gamma = trial.gamma.unwrap_or(published.gamma);
    let (n_obs, n_ref) = counts(trial, flow)?;
    Ok((Strength::of_law(law, &noise, gamma, n_obs, n_ref)?, String::new()))
}

/// N and N_ref under the trial's convention; N_ref is the N of sub 4 unless given.
pub(crate) fn counts(trial: &Trial, flow: &Flow) -> Result<(usize, usize), BoxError> {
    let convention: NConvention = trial.n_convention.parse()?;
    let s = flow.shape;
    let count = |sub| lattice_count(s.frames, s.channels, s.height, s.width, sub, convention);
    let n_ref = match trial.n_ref {
        Some(n) => n,
        None => count(PUBLISHED_REFERENCE_SUB.min(s.height).min(s.width))?,
    };
    Ok((count(trial.sub)?, n_ref))
}
