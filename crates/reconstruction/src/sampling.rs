//! Members of x | y.

use crate::closed_form::ClosedForm;
use crate::{Other, Problem, ReconstructionError, Result};
use equipoise_guidance::Strength;
use equipoise_prior::DenoiserName;
use equipoise_sampler::SamplerName;
use equipoise_scaling::Law;
use equipoise_schedule::{Level, Schedule, ScheduleName, Spacing};
use equipoise_solver::{
    Ensemble, Inference, Member, Method, PosteriorSampler, ProbedRatios, Recipe, SolverError, Start, Watch,
};
use equipoise_stream::Stream;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// GiB that the factors of all levels may take.
const MEMORY: f64 = 4.0;

/// Who draws.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// The exact posterior of the Gaussian, in closed form, without diffusion.
    Posterior,
    /// A method of `solver` with its settings; one that takes a law under `matched`.
    Diffusion(Recipe),
}

impl Choice {
    /// The name of [`Choice::Posterior`].
    const POSTERIOR: &'static str = "posterior";

    /// Who draws under a prior unless another is asked for: `posterior` under the Gaussian, `exact` where
    /// the posterior is known otherwise, and else `mmps`, which takes any denoiser.
    pub fn of(prior: &DenoiserName) -> Self {
        match (prior.is_gaussian(), prior.knows_posterior()) {
            (true, _) => Self::Posterior,
            (_, true) => Self::Diffusion(Method::EXACT.into()),
            _ => Self::Diffusion(Method::MMPS.into()),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Posterior => f.write_str(Self::POSTERIOR),
            Self::Diffusion(recipe) => recipe.fmt(f),
        }
    }
}

impl FromStr for Choice {
    type Err = ReconstructionError;

    fn from_str(text: &str) -> Result<Self> {
        if text == Self::POSTERIOR {
            return Ok(Self::Posterior);
        }
        match text.parse() {
            Ok(recipe) => Ok(Self::Diffusion(recipe)),
            Err(SolverError::UnknownMethod { found }) => Err(ReconstructionError::Choice { found }),
            Err(fault) => Err(fault.into()),
        }
    }
}

/// How members are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// Who draws.
    pub choice: Choice,
    /// How many.
    pub members: usize,
    /// The seed of all streams.
    pub seed: u64,
    /// Steps of a diffusion.
    pub steps: usize,
    /// How its time advances.
    pub sampler: SamplerName,
    /// How its times are spaced.
    pub spacing: Spacing,
    /// Its schedule.
    pub schedule: ScheduleName,
    /// η of the schedule.
    pub eta: f64,
}

/// What was drawn, in normalised units; member k has index k.
pub type Drawn = Ensemble<f32>;

impl Sampling {
    /// Draws all members on all threads; member k is the same whatever else is drawn, but by a method whose
    /// members interact. `watch` may end it, and the members that are under way are kept.
    ///
    /// # Errors
    /// [`ReconstructionError::Memory`], [`ReconstructionError::Closed`] for the closed form under another
    /// prior, [`ReconstructionError::Diverged`] when no member is finite, and those of the method.
    pub fn draw(&self, problem: &Problem, watch: Watch<'_>) -> Result<Drawn> {
        let stream = |what, index| Stream::new(what).number(self.seed).number(index);
        let member = |index| Member { start: stream("start", index), langevin: stream("langevin", index) };
        let members: Vec<Member> = (0..self.members as u64).map(member).collect();
        let drawn = match (&self.choice, &problem.other) {
            (Choice::Posterior, Some(other)) => {
                return Err(ReconstructionError::Closed { prior: other.name.clone() });
            }
            (Choice::Posterior, None) => {
                ClosedForm::new(problem, self.seed, &members)?.draw(&members, watch)?
            }
            (Choice::Diffusion(recipe), _) => self.bind(problem, recipe)?.draw(&members, watch)?,
        };
        if drawn.is_empty() {
            let method = self.choice.to_string();
            return Err(ReconstructionError::Diverged { method, members: drawn.diverged() });
        }
        Ok(drawn)
    }

    /// What the user of the method on this prior is to know, in a sentence without its end.
    pub fn caveat(&self, problem: &Problem) -> Option<&'static str> {
        match &self.choice {
            Choice::Diffusion(recipe) => recipe.method().caveat(problem.inverse.denoiser().jacobian()),
            Choice::Posterior => None,
        }
    }

    fn bind(&self, problem: &Problem, recipe: &Recipe) -> Result<Box<dyn PosteriorSampler<f32>>> {
        let schedule: Arc<dyn Schedule> = Arc::from(self.schedule.build(self.eta)?);
        let grid = self.spacing.grid(&*schedule, self.steps)?;
        let wiener = problem.gaussian.wiener();
        let inference = Inference {
            problem: problem.inverse.clone(),
            sampler: self.sampler.build(&*schedule, grid, 0, 0.5)?,
            schedule,
            start: Start::Prior {
                mean: Arc::new(wiener.mean().to_vec()),
                covariance: Arc::clone(wiener.prior_covariance()),
            },
            bound: f64::INFINITY,
        };
        let (method, levels) = (recipe.method(), inference.levels());
        within_memory(problem, method, levels.len())?;
        let strength = match &problem.other {
            _ if !method.spec().lawful => None,
            Some(other) => Some(probed(problem, other, &levels)?),
            None => {
                let ratios = problem.gaussian.ratios(Law::Matched, &levels);
                Some(Strength::traced(problem.observation().noise(), ratios))
            }
        };
        Ok(inference.bind(recipe, strength.as_ref())?)
    }
}

/// The factors of all levels, of a method that keeps them, fit into memory.
fn within_memory(problem: &Problem, method: Method, levels: usize) -> Result<()> {
    let count = problem.observation().count();
    let gib = levels as f64 * 4.0 * (count * count) as f64 / f64::from(1 << 30);
    if problem.inverse.as_gaussian().is_none() || !method.spec().factors || gib <= MEMORY {
        return Ok(());
    }
    Err(ReconstructionError::Memory { method: method.name(), levels, count, gib, limit: MEMORY })
}

/// The law `matched` with traces from probes at training windows.
fn probed(problem: &Problem, other: &Other, levels: &[Level]) -> Result<Strength> {
    if other.windows.is_empty() {
        return Err(ReconstructionError::Unprobed { prior: other.name.clone() });
    }
    let observation = problem.inverse.observation();
    let stream = Stream::new("probes").text("reconstruction").text(&other.name);
    let clean = (Arc::clone(&other.windows), stream);
    let ratios = ProbedRatios::new(Law::Matched, &problem.inverse.denoiser(), observation, levels, clean)?;
    Ok(Strength::traced(observation.noise(), Arc::clone(ratios.table())))
}
