//! Carrying out trials on flows: from a trial to its outcome.

use crate::excess::{EXCESS_COLUMNS, EXCESS_TIMES, ForwardPath};
use crate::judge::{Judged, judge};
use crate::pictures::Pictures;
use crate::problem::{Draw, Problem, Shared, once};
use crate::{BoxError, Error, Executor, Flow, Outcome, Start, Trial};
use equipoise_denoiser::Denoiser;
use equipoise_field::sum;
use equipoise_guidance::{Exact, Guidance, Sda, Strength};
use equipoise_sampler::{Outcome as RunOutcome, PredictorCorrector};
use equipoise_scaling::{Law, NConvention, PUBLISHED_REFERENCE_SUB, lattice_count};
use equipoise_schedule::{Level, Schedule, ScheduleName, uniform_grid};
use equipoise_solver::{Guided, Member, PosteriorSampler, Start as StartLaw};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;
use std::time::Instant;

/// Carries out trials on opened flows; shares whatever trials have in common.
pub struct FlowExecutor<'a> {
    flows: &'a [Flow],
    denoisers: Vec<Arc<Wiener<f32>>>,
    problems: Shared<Problem>,
    paths: Shared<ForwardPath>,
    pictures: Option<&'a Pictures<'a>>,
}

/// A trial's guidance with what the results say of it.
struct Chosen {
    guidance: Arc<dyn Guidance<f32>>,
    /// `None` for the exact guidance, which no law scales.
    strength: Option<Strength>,
    std: Option<f64>,
    gamma: Option<f64>,
    note: String,
}

/// The run of a trial: schedule, grid, and the levels that tables are made for.
struct Course {
    schedule: Arc<dyn Schedule>,
    sampler: PredictorCorrector,
    levels: Vec<Level>,
    /// Names the levels.
    key: String,
}

impl<'a> FlowExecutor<'a> {
    /// For these flows; `pictures` draws reconstructions where given.
    ///
    /// # Errors
    /// [`Error::Flow`] when a prior's mean and covariance do not fit each other.
    pub fn new(flows: &'a [Flow], pictures: Option<&'a Pictures<'a>>) -> crate::Result<Self> {
        let denoiser = |flow: &Flow| match flow.prior.denoiser() {
            Ok(wiener) => Ok(Arc::new(wiener)),
            Err(e) => Err(Error::Flow { dataset: flow.name.clone(), source: Box::new(e) }),
        };
        let denoisers = flows.iter().map(denoiser).collect::<crate::Result<_>>()?;
        Ok(Self { flows, denoisers, problems: Shared::default(), paths: Shared::default(), pictures })
    }

    fn flow(&self, dataset: &str) -> Result<(&Flow, &Arc<Wiener<f32>>), BoxError> {
        let found = self.flows.iter().zip(&self.denoisers).find(|(flow, _)| flow.name == dataset);
        found.ok_or_else(|| Error::UnknownDataset { dataset: dataset.to_owned() }.into())
    }

    fn problem(&self, trial: &Trial) -> Result<Arc<Problem>, BoxError> {
        let (flow, denoiser) = self.flow(&trial.dataset)?;
        once(&self.problems, &format!("{} {}", trial.dataset, trial.sub), || {
            Ok(Arc::new(Problem::new(flow, Arc::clone(denoiser), trial.sub)?))
        })
    }

    /// The excess of the trial's law at [`EXCESS_TIMES`]: all ones for the exact guidance.
    ///
    /// # Errors
    /// Whatever keeps the guidance from being evaluated.
    pub fn excess(&self, trial: &Trial) -> Result<Vec<f64>, BoxError> {
        let (flow, denoiser) = self.flow(&trial.dataset)?;
        let problem = self.problem(trial)?;
        let course = Course::of(trial)?;
        let draw = problem.draw(flow, trial.seed)?;
        let chosen = choose(trial, flow, &problem, &draw, &course)?;
        let Some(strength) = &chosen.strength else { return Ok(vec![1.0; EXCESS_TIMES.len()]) };
        let run = format!("{} {} {}", trial.seed, trial.schedule, trial.eta);
        let path = once(&self.paths, &format!("{} {run}", trial.dataset), || {
            let start = member(flow, trial.seed, 0).start;
            Ok(Arc::new(ForwardPath::new(flow, denoiser, &*course.schedule, start)?))
        })?;
        let norms = problem.norms(&run, &path, &draw)?;
        path.excess(&norms, strength, &*chosen.guidance)
    }
}

/// Start and Langevin noise are keyed by seed, dataset and member, never by the law.
fn member(flow: &Flow, seed: u64, member: u64) -> Member {
    let stream = |label| Stream::new(label).number(seed).text(&flow.name).number(member);
    Member { start: stream("start"), langevin: stream("langevin") }
}

impl Course {
    fn of(trial: &Trial) -> Result<Self, BoxError> {
        let name: ScheduleName = trial.schedule.parse()?;
        let schedule: Arc<dyn Schedule> = Arc::from(name.build(trial.eta)?);
        let sampler = PredictorCorrector::new(uniform_grid(trial.steps)?, trial.corrections, trial.tau)?;
        let times = sampler.evaluated().iter().chain(&EXCESS_TIMES);
        let levels = times.map(|&t| schedule.level(t)).collect();
        let key = format!("{} {} {} {}", trial.schedule, trial.eta, trial.steps, trial.corrections.min(1));
        Ok(Self { schedule, sampler, levels, key })
    }
}

fn choose(
    trial: &Trial,
    flow: &Flow,
    problem: &Problem,
    draw: &Draw,
    course: &Course,
) -> Result<Chosen, BoxError> {
    let denoiser = Arc::clone(&problem.denoiser) as Arc<dyn Denoiser<f32>>;
    let observation = Arc::clone(&draw.observation);
    if trial.method == "exact" {
        let innovations = problem.innovations(&course.key, &course.levels)?;
        let guidance =
            Arc::new(Exact::new(denoiser, observation, innovations).along(Arc::clone(&problem.path)));
        let std = Some(problem.noise.mean(problem.observed.count()).sqrt());
        return Ok(Chosen { guidance, strength: None, std, gamma: None, note: String::new() });
    }
    if trial.method != "sda" {
        return Err(Error::UnknownMethod { found: trial.method.clone() }.into());
    }
    let law: Law = trial.law.parse()?;
    let (strength, note) = strength(law, trial, flow, problem, course)?;
    let gamma = match strength.excess {
        equipoise_guidance::Excess::Gamma(gamma) => Some(gamma),
        equipoise_guidance::Excess::Levels(_) => None,
    };
    let std = Some(strength.variance.mean(problem.observed.count()).sqrt());
    let guidance =
        Arc::new(Sda::new(denoiser, observation, strength.clone()).along(Arc::clone(&problem.path)));
    Ok(Chosen { guidance, strength: Some(strength), std, gamma, note })
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
        Some(std) => equipoise_innovation::NoiseVariance::Uniform(std * std),
        None => problem.noise.clone(),
    };
    if matches!(law, Law::Matched | Law::Active) {
        let ratios = problem.ratios(law, &course.key, &course.levels)?;
        let worst = course.levels.iter().filter_map(|&l| {
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
fn counts(trial: &Trial, flow: &Flow) -> Result<(usize, usize), BoxError> {
    let convention: NConvention = trial.n_convention.parse()?;
    let s = flow.shape;
    let count = |sub| lattice_count(s.frames, s.channels, s.height, s.width, sub, convention);
    let n_ref = match trial.n_ref {
        Some(n) => n,
        None => count(PUBLISHED_REFERENCE_SUB.min(s.height).min(s.width))?,
    };
    Ok((count(trial.sub)?, n_ref))
}

impl Executor for FlowExecutor<'_> {
    fn execute(&self, trial: &Trial) -> Result<Outcome, BoxError> {
        let (flow, _) = self.flow(&trial.dataset)?;
        let problem = self.problem(trial)?;
        let course = Course::of(trial)?;
        let draw = problem.draw(flow, trial.seed)?;
        let chosen = choose(trial, flow, &problem, &draw, &course)?;
        let excess = self.excess(trial)?;
        let (low, high, _) = sum::range(&flow.truth);
        let start = match trial.start {
            Start::Normal => StartLaw::Normal,
            Start::Prior => StartLaw::Prior {
                mean: Arc::new(problem.denoiser.mean().to_vec()),
                covariance: Arc::clone(problem.denoiser.prior_covariance()),
            },
        };
        let sampler = Guided {
            guidance: Arc::clone(&chosen.guidance),
            sampler: Arc::new(course.sampler.clone()),
            schedule: Arc::clone(&course.schedule),
            start,
            bound: equipoise_metrics::EXPLOSION * high.abs().max(low.abs()),
        };
        let members: Vec<Member> = (0..trial.members).map(|m| member(flow, trial.seed, m as u64)).collect();
        let clock = Instant::now();
        let runs: Vec<RunOutcome<f32>> = if self.parallel_inside(trial) {
            members.iter().map(|m| sampler.sample(m)).collect::<Result<_, _>>()?
        } else {
            sampler.ensemble(&members)?
        };
        let seconds = clock.elapsed().as_secs_f64();
        let judged = judge(flow, &problem, &draw, &runs, course.schedule.sigma(0.0))?;
        if let Some(pictures) = self.pictures {
            pictures.reconstruction(flow, trial, runs[0].x(), &judged)?;
        }
        let (n_obs, n_ref) = counts(trial, flow)?;
        let column = |t: f64| EXCESS_TIMES.iter().position(|&s| (s - t).abs() < 1e-9).map(|i| excess[i]);
        let note =
            [chosen.note, judged.note.clone()].iter().filter(|n| !n.is_empty()).cloned().collect::<Vec<_>>();
        let Judged { mut outcome, .. } = judged;
        outcome.n_obs = n_obs;
        outcome.n_ref = Some(n_ref);
        outcome.std = chosen.std;
        outcome.gamma = chosen.gamma;
        outcome.guidance_excess = EXCESS_COLUMNS.map(column);
        outcome.seconds = seconds;
        outcome.note = note.join("; ");
        Ok(outcome)
    }

    /// Fields that elementwise passes share among threads.
    fn parallel_inside(&self, trial: &Trial) -> bool {
        self.flow(&trial.dataset).is_ok_and(|(flow, _)| flow.shape.len() >= sum::PARALLEL_FROM)
    }
}
