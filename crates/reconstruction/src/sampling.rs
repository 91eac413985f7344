//! Members of x | y.

use crate::probing;
use crate::{Other, Problem, ReconstructionError, Result};
use equipoise_experiment::{Setup, Start};
use equipoise_guidance::Strength;
use equipoise_prior::DenoiserName;
use equipoise_scaling::Law;
use equipoise_schedule::Level;
use equipoise_solver::{
    Ensemble, Inference, JacobianUse, Member, Method, ProbedRatios, Recipe, SolverError, Start as LawOfStart,
    Watch,
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
    /// The exact posterior of the Gaussian, in closed form, without diffusion; of a trajectory longer than its windows
    /// that of the Gauss–Markov prior which they tell, exact for that prior.
    Posterior,
    /// A method of `solver` with its settings; one that takes a law under `matched`.
    Diffusion(Recipe),
}

impl Choice {
    /// The name of [`Choice::Posterior`].
    const POSTERIOR: &'static str = "posterior";

    /// Who draws a trajectory that is composed of windows, unless another is asked for: `sda`, whose law takes the
    /// composite's own traces, or `mmps` where there is nothing to probe it at.
    pub fn of_composite(problem: &Problem) -> Self {
        match &problem.other {
            Some(other) if other.windows.is_empty() => Self::Diffusion(Method::MMPS.into()),
            _ => Self::Diffusion(Method::SDA.into()),
        }
    }

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
    /// How a diffusion advances.
    pub setup: Setup,
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
        let members = members(self.seed, self.members);
        let drawn = match (&self.choice, &problem.other) {
            (Choice::Posterior, Some(other)) => {
                return Err(ReconstructionError::Closed { prior: other.name.clone() });
            }
            (Choice::Posterior, None) if problem.composite.is_some() => {
                problem.along()?.draw(self.seed, &members, watch)?
            }
            (Choice::Posterior, None) => {
                problem.closed()?.draw(problem.observation().values(), self.seed, &members, watch)?
            }
            (Choice::Diffusion(recipe), _) => {
                let (inference, strength) = self.inference(problem, recipe)?;
                inference.bind(recipe, strength.as_ref())?.draw(&members, watch)?
            }
        };
        self.finished(drawn)
    }

    /// What was drawn, unless no member is finite.
    pub(crate) fn finished(&self, drawn: Drawn) -> Result<Drawn> {
        if drawn.is_empty() {
            let (method, members) = (self.choice.to_string(), drawn.diverged());
            return Err(ReconstructionError::Diverged { method, members });
        }
        Ok(drawn)
    }

    /// What the user of the method on this prior is to know, in a sentence without its end.
    pub fn caveat(&self, problem: &Problem) -> Option<&'static str> {
        let Choice::Diffusion(recipe) = &self.choice else { return None };
        match problem.composite {
            Some(_) if recipe.method().spec().jacobian == JacobianUse::Covariance => Some(
                "the covariance taken is that of the windows, symmetric and nowhere negative where each window's own is, \
                 and not (σ²/μ)J of the composite, which is neither",
            ),
            _ => recipe.method().caveat(problem.inverse.denoiser().jacobian()),
        }
    }

    /// What a method is bound to, with its law where it takes one.
    pub(crate) fn inference(
        &self,
        problem: &Problem,
        recipe: &Recipe,
    ) -> Result<(Inference<f32>, Option<Strength>)> {
        let inference = self.setup.build()?.inference(problem.inverse.clone(), start(problem), f64::INFINITY);
        let (method, levels) = (recipe.method(), inference.levels());
        within_memory(problem, method, levels.len())?;
        let strength = match (&problem.other, &problem.composite, &problem.closed) {
            _ if !method.spec().lawful => None,
            (_, Some((composite, window)), _) => {
                Some(probing::probed(problem, (composite, window), &levels)?)
            }
            (Some(other), ..) => Some(probed(problem, other, &levels)?),
            (None, _, Some(closed)) => {
                let ratios = closed.gaussian.ratios(Law::Matched, &levels);
                Some(Strength::traced(problem.observation().noise(), ratios))
            }
            (None, None, None) => None,
        };
        Ok((inference, strength))
    }
}

/// The streams of the first members.
pub(crate) fn members(seed: u64, count: usize) -> Vec<Member> {
    let stream = |what, index| Stream::new(what).number(seed).number(index);
    let member = |index| Member { start: stream("start", index), langevin: stream("langevin", index) };
    (0..count as u64).map(member).collect()
}

/// The law of x_1: the exact marginal of the Gaussian, of a composite that of its windows, side by side.
fn start(problem: &Problem) -> LawOfStart<f32> {
    let prior = &problem.prior;
    match problem.composite {
        Some(_) => {
            LawOfStart::Windows { mean: Arc::new(prior.mean().to_vec()), covariance: prior.covariance() }
        }
        None => Start::Prior.law_of(prior),
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
