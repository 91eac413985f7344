//! Members of x | y.

use crate::{Other, Problem, ReconstructionError, Result};
use equipoise_field::each;
use equipoise_guidance::{ConditionalCovariance, Strength};
use equipoise_prior::{Analytic, DenoiserModel, DenoiserName};
use equipoise_sampler::{Outcome, SamplerName};
use equipoise_scaling::Law;
use equipoise_schedule::{Level, Schedule, ScheduleName, Spacing};
use equipoise_solver::{Inference, Member, Method, PosteriorSampler, ProbedRatios, Start};
use equipoise_stream::Stream;
use rayon::prelude::*;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// GiB that the factors of all levels may take.
const MEMORY: f64 = 4.0;

/// Who draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The exact posterior of the Gaussian, in closed form, without diffusion.
    Posterior,
    /// A method of `solver`; `sda` under the law `matched`.
    Diffusion(Method),
}

impl Choice {
    /// The name of [`Choice::Posterior`].
    const POSTERIOR: &'static str = "posterior";

    /// Who draws under a prior unless another is asked for: `posterior` under the Gaussian, `exact` where
    /// the posterior is known otherwise, and else `mmps`, which takes any denoiser.
    pub fn of(prior: DenoiserName) -> Self {
        match prior.model {
            DenoiserModel::Wiener => Self::Posterior,
            DenoiserModel::Optimal => Self::Diffusion(Method::Exact),
            _ => Self::Diffusion(Method::Mmps),
        }
    }

    /// Every name, in order.
    pub fn names() -> Vec<&'static str> {
        [Self::POSTERIOR].into_iter().chain(Method::ALL.map(Method::name)).collect()
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Posterior => f.write_str(Self::POSTERIOR),
            Self::Diffusion(method) => method.fmt(f),
        }
    }
}

impl FromStr for Choice {
    type Err = ReconstructionError;

    fn from_str(text: &str) -> Result<Self> {
        if text == Self::POSTERIOR { Ok(Self::Posterior) } else { Ok(Self::Diffusion(text.parse()?)) }
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

/// What was drawn, in normalised units.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drawn {
    /// Index and field of every finite member, in order.
    #[serde(skip)]
    pub members: Vec<(u64, Vec<f32>)>,
    /// How many diverged.
    pub diverged: usize,
    /// How many were not begun because the run was stopped.
    pub skipped: usize,
}

impl Sampling {
    /// Draws all members on all threads; member k is the same whatever else is drawn.
    ///
    /// `go_on` is told the number of members done, after each, and answers whether to begin further
    /// ones.
    ///
    /// # Errors
    /// [`ReconstructionError::Memory`], [`ReconstructionError::Closed`] for the closed form under another
    /// prior, [`ReconstructionError::Diverged`] when no member is finite, and those of the method.
    pub fn draw(&self, problem: &Problem, go_on: &(dyn Fn(usize) -> bool + Sync)) -> Result<Drawn> {
        if let (Choice::Posterior, Some(other)) = (self.choice, &problem.other) {
            return Err(ReconstructionError::Closed { prior: other.name.clone() });
        }
        let done = std::sync::atomic::AtomicUsize::new(0);
        let stopped = std::sync::atomic::AtomicBool::new(false);
        let order = std::sync::atomic::Ordering::Relaxed;
        let draw = self.member(problem)?;
        let outcomes: Vec<Option<Outcome<f32>>> = (0..self.members as u64)
            .into_par_iter()
            .map(|index| {
                if stopped.load(order) {
                    return Ok(None);
                }
                let outcome = draw(index)?;
                if !go_on(done.fetch_add(1, order) + 1) {
                    stopped.store(true, order);
                }
                Ok(Some(outcome))
            })
            .collect::<Result<_>>()?;
        let mut drawn = Drawn { members: Vec::new(), diverged: 0, skipped: 0 };
        for (index, outcome) in (0..).zip(outcomes) {
            match outcome {
                Some(Outcome::Finished { x, .. }) => drawn.members.push((index, x)),
                Some(Outcome::Diverged { .. }) => drawn.diverged += 1,
                None => drawn.skipped += 1,
            }
        }
        if drawn.members.is_empty() {
            let method = self.choice.to_string();
            return Err(ReconstructionError::Diverged { method, members: drawn.diverged });
        }
        Ok(drawn)
    }

    /// What draws one member.
    #[expect(clippy::type_complexity, reason = "one closure, named by its one caller")]
    fn member<'p>(
        &self,
        problem: &'p Problem,
    ) -> Result<Box<dyn Fn(u64) -> Result<Outcome<f32>> + Sync + 'p>> {
        let seed = self.seed;
        match self.choice {
            Choice::Posterior => {
                let mean = problem.posterior.mean(problem.observation.values())?;
                Ok(Box::new(move |index| {
                    let mut x = problem.posterior.deviation(Stream::new("posterior").number(seed), index)?;
                    each::update1(&mut x, &mean, |x, m| x + m);
                    Ok(Outcome::Finished { x, trace: Default::default() })
                }))
            }
            Choice::Diffusion(method) => {
                let sampler = self.bind(problem, method)?;
                Ok(Box::new(move |index| {
                    let stream = |what| Stream::new(what).number(seed).number(index);
                    let member = Member { start: stream("start"), langevin: stream("langevin") };
                    Ok(sampler.sample(&member)?)
                }))
            }
        }
    }

    fn bind(&self, problem: &Problem, method: Method) -> Result<Box<dyn PosteriorSampler<f32>>> {
        let schedule: Arc<dyn Schedule> = Arc::from(self.schedule.build(self.eta)?);
        let grid = self.spacing.grid(&*schedule, self.steps)?;
        let gaussian = &problem.gaussian;
        let wiener = Arc::clone(gaussian.wiener());
        let own = || ConditionalCovariance::Exact(wiener.clone());
        let other = problem.other.as_ref();
        let inference = Inference {
            denoiser: other.map_or_else(own, |other| conditional(&other.denoiser)),
            gaussian: other.is_none().then(|| Arc::clone(gaussian)),
            observation: Arc::clone(&problem.observation),
            sampler: self.sampler.build(&*schedule, grid, 0, 0.5)?,
            schedule,
            start: Start::Prior {
                mean: Arc::new(wiener.mean().to_vec()),
                covariance: Arc::clone(wiener.prior_covariance()),
            },
            bound: f64::INFINITY,
        };
        let (levels, count) = (inference.levels(), problem.observation.count());
        let gib = levels.len() as f64 * 4.0 * (count * count) as f64 / f64::from(1 << 30);
        if other.is_none() && matches!(method, Method::Exact | Method::Jfps) && gib > MEMORY {
            let (method, levels) = (method.name(), levels.len());
            return Err(ReconstructionError::Memory { method, levels, count, gib, limit: MEMORY });
        }
        let strength = match (method, other) {
            (Method::Sda, Some(other)) => Some(probed(problem, other, &levels)?),
            (Method::Sda, None) => {
                Some(Strength::traced(problem.observation.noise(), gaussian.ratios(Law::Matched, &levels)))
            }
            _ => None,
        };
        Ok(inference.bind(method, None, strength.as_ref())?)
    }
}

/// A denoiser with what it knows of Cov[x | x_t].
fn conditional(analytic: &Analytic) -> ConditionalCovariance<f32> {
    match analytic.empirical() {
        Some(prior) => ConditionalCovariance::Empirical(prior),
        None => ConditionalCovariance::Jacobian(analytic.denoiser()),
    }
}

/// The law `matched` with traces from probes at training windows.
fn probed(problem: &Problem, other: &Other, levels: &[Level]) -> Result<Strength> {
    let (denoiser, observation) = (other.denoiser.denoiser(), &problem.observation);
    let clean = (&other.windows[..], Stream::new("probes").text("reconstruction").text(&other.name));
    let ratios = ProbedRatios::new(Law::Matched, &*denoiser, observation, levels, clean)?;
    Ok(Strength::traced(observation.noise(), Arc::clone(ratios.table())))
}
