//! Carrying out trials on flows: from a trial to its outcome.

use crate::accelerator::{Accelerator, Places};
use crate::choose::{Course, Scaled, counts, scaled};
use crate::excess::{EXCESS_COLUMNS, EXCESS_TIMES, ForwardPath, GuidanceCurves};
use crate::judge::{Judged, heaviest, judge};
use crate::known::Known;
use crate::pictures::Pictures;
use crate::problem::{Problem, Shared, once};
use crate::{BoxError, Error, Executor, Flow, Outcome, Trial};
use equipoise_field::sum;
use equipoise_solver::{Ensemble, Inference, Member, PosteriorSampler, SolverError, Watch};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The name of the CPU in full space, where a trial runs that no accelerator takes.
pub const CPU: &str = "cpu";

/// Carries out trials on opened flows; shares whatever trials have in common.
pub struct FlowExecutor<'a> {
    flows: &'a [Flow],
    denoisers: Vec<Arc<Wiener<f32>>>,
    problems: Shared<Problem>,
    paths: Shared<ForwardPath>,
    pictures: Option<&'a Pictures<'a>>,
    accelerator: Option<&'a dyn Accelerator>,
    accelerated: AtomicUsize,
    plain: AtomicUsize,
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
        Ok(Self {
            flows,
            denoisers,
            problems: Shared::default(),
            paths: Shared::default(),
            pictures,
            accelerator: None,
            accelerated: AtomicUsize::new(0),
            plain: AtomicUsize::new(0),
        })
    }

    /// Takes the runs of trials there that it has steps for.
    #[must_use]
    pub fn with_accelerator(mut self, accelerator: &'a dyn Accelerator) -> Self {
        self.accelerator = Some(accelerator);
        self
    }

    /// Draws reconstructions.
    #[must_use]
    pub fn with_pictures(mut self, pictures: &'a Pictures<'a>) -> Self {
        self.pictures = Some(pictures);
        self
    }

    /// The trials with the backends that will run them here, on which their identities depend.
    ///
    /// # Errors
    /// [`Error::Trial`] for one whose problem cannot be made.
    pub fn placed(&self, mut trials: Vec<Trial>) -> crate::Result<Vec<Trial>> {
        for trial in &mut trials {
            let backend = self.backend(trial);
            let backend = backend.map_err(|source| Error::Trial { trial: trial.to_string(), source })?;
            backend.clone_into(&mut trial.backend);
        }
        Ok(trials)
    }

    /// What will run a trial.
    fn backend(&self, trial: &Trial) -> Result<&'static str, BoxError> {
        let Some(accelerator) = self.accelerator.filter(|_| trial.is_gaussian()) else { return Ok(CPU) };
        let (flow, _) = self.flow(&trial.dataset)?;
        let problem = self.problem(trial)?;
        let draw = problem.draw(flow, trial.seed)?;
        let inference = Course::of(trial)?.inference(trial, flow, &problem, &draw)?;
        let approach = trial.approach();
        let (recipe, law) = (approach.recipe()?, approach.scaling()?);
        Ok(if accelerator.takes(&inference, &recipe, law) { accelerator.name() } else { CPU })
    }

    /// Where the runs of the trials so far took place.
    pub fn places(&self) -> Places {
        let count = |of: &AtomicUsize| of.load(Ordering::Relaxed);
        Places { accelerator: count(&self.accelerated), cpu: count(&self.plain) }
    }

    /// The runs of a trial, on the backend that its identity names and on no other.
    fn run(
        &self,
        trial: &Trial,
        flow: &Flow,
        inference: &Inference<f32>,
        law: Option<&Scaled>,
    ) -> Result<Ran, BoxError> {
        let strength = law.map(|law| &law.strength);
        let recipe = trial.approach().recipe()?;
        if trial.backend == CPU {
            self.plain.fetch_add(1, Ordering::Relaxed);
            return self.sample(trial, flow, &*inference.bind(&recipe, strength)?);
        }
        let refused = || Error::Backend { backend: trial.backend.clone() };
        let named = self.accelerator.filter(|accelerator| accelerator.name() == trial.backend);
        let bound = named.ok_or_else(refused)?.bind(inference, &recipe, strength)?.ok_or_else(refused)?;
        self.accelerated.fetch_add(1, Ordering::Relaxed);
        self.sample(trial, flow, &*bound)
    }

    /// All members of a trial.
    fn sample(
        &self,
        trial: &Trial,
        flow: &Flow,
        sampler: &dyn PosteriorSampler<f32>,
    ) -> Result<Ran, BoxError> {
        let members: Vec<Member> = (0..trial.members).map(|m| member(flow, trial.seed, m as u64)).collect();
        let clock = Instant::now();
        let drawn = sampler.draw(&members, Watch::NONE)?;
        Ok(Ran { drawn, seconds: clock.elapsed().as_secs_f64() })
    }

    pub(crate) fn flow(&self, dataset: &str) -> Result<(&Flow, &Arc<Wiener<f32>>), BoxError> {
        let found = self.flows.iter().zip(&self.denoisers).find(|(flow, _)| flow.name == dataset);
        found.ok_or_else(|| Error::UnknownDataset { dataset: dataset.to_owned() }.into())
    }

    pub(crate) fn problem(&self, trial: &Trial) -> Result<Arc<Problem>, BoxError> {
        let (flow, denoiser) = self.flow(&trial.dataset)?;
        once(&self.problems, &format!("{} {}", trial.dataset, trial.sub), || {
            Ok(Arc::new(Problem::new(flow, Arc::clone(denoiser), trial.sub)?))
        })
    }

    /// The trial's law against the exact guidance at [`EXCESS_TIMES`](crate::EXCESS_TIMES); `None` for
    /// methods that no law scales, and under a prior whose exact guidance is not known.
    ///
    /// # Errors
    /// Whatever keeps the guidance from being evaluated.
    pub fn guidance_curves(&self, trial: &Trial) -> Result<Option<GuidanceCurves>, BoxError> {
        let (flow, _) = self.flow(&trial.dataset)?;
        let problem = self.problem(trial)?;
        if matches!(*problem.known(flow, trial)?, Known::Nothing) {
            return Ok(None);
        }
        let course = Course::of(trial)?;
        self.curves_of(trial, &course, scaled(trial, flow, &problem, &course)?.as_ref())
    }

    fn curves_of(
        &self,
        trial: &Trial,
        course: &Course,
        law: Option<&Scaled>,
    ) -> Result<Option<GuidanceCurves>, BoxError> {
        let Some(law) = law else {
            return Ok(trial.is_exact().then(GuidanceCurves::exact));
        };
        let (flow, _) = self.flow(&trial.dataset)?;
        let problem = self.problem(trial)?;
        let (draw, known) = (problem.draw(flow, trial.seed)?, problem.known(flow, trial)?);
        if matches!(*known, Known::Nothing) {
            return Ok(None);
        }
        let denoiser = problem.denoiser(flow.denoiser_of(&trial.prior)?);
        let run = format!("{} {} {} {}", trial.prior, trial.seed, trial.schedule, trial.eta);
        let path = once(&self.paths, &format!("{} {run}", trial.dataset), || {
            let start = member(flow, trial.seed, 0).start;
            Ok(Arc::new(ForwardPath::new(flow, &*denoiser, &*course.schedule, start)?))
        })?;
        let Some(norms) = problem.norms(&run, &path, &draw, &denoiser, &known)? else { return Ok(None) };
        let inference = course.inference(trial, flow, &problem, &draw)?;
        let guidance = inference.guidance(&trial.approach().recipe()?, Some(&law.strength))?;
        Ok(Some(path.curves(&norms, &law.strength, &*guidance)?))
    }
}

impl fmt::Debug for FlowExecutor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.flows.iter().map(|flow| flow.name.as_str()).collect();
        let accelerator = self.accelerator.map(|accelerator| accelerator.name());
        f.debug_struct("FlowExecutor")
            .field("flows", &names)
            .field("accelerator", &accelerator)
            .finish_non_exhaustive()
    }
}

/// What the members of a trial came to, and the time it took.
struct Ran {
    drawn: Ensemble<f32>,
    seconds: f64,
}

/// Start and Langevin noise are keyed by seed, dataset and member, never by the law.
pub(crate) fn member(flow: &Flow, seed: u64, member: u64) -> Member {
    let stream = |label| Stream::new(label).number(seed).text(&flow.name).number(member);
    Member { start: stream("start"), langevin: stream("langevin") }
}

impl Executor for FlowExecutor<'_> {
    fn execute(&self, trial: &Trial) -> Result<Outcome, BoxError> {
        let (flow, _) = self.flow(&trial.dataset)?;
        let problem = self.problem(trial)?;
        let course = Course::of(trial)?;
        let draw = problem.draw(flow, trial.seed)?;
        let law = scaled(trial, flow, &problem, &course)?;
        let curves = self.curves_of(trial, &course, law.as_ref())?;
        let inference = course.inference(trial, flow, &problem, &draw)?;
        let Ran { drawn, seconds } = self.run(trial, flow, &inference, law.as_ref())?;
        let known = problem.known(flow, trial)?;
        let shown = heaviest(&drawn).ok_or(SolverError::Empty)?;
        let judged = judge(flow, (&problem, &draw, &known), &drawn, course.schedule.sigma(0.0))?;
        if let Some(pictures) = self.pictures {
            pictures.reconstruction(flow, trial, shown, &judged)?;
        }
        let Judged { mut outcome, note, .. } = judged;
        let count = problem.gaussian.observed().count();
        let column = |t: f64| {
            let at = EXCESS_TIMES.iter().position(|&s| (s - t).abs() < 1e-9)?;
            curves.as_ref().map(|curves| curves.excess[at]).filter(|excess| !excess.is_nan())
        };
        let noise = law.as_ref().map_or(problem.noise(), |law| &law.strength.variance);
        outcome.std = Some(noise.mean(count).sqrt());
        outcome.gamma = law.as_ref().and_then(Scaled::gamma);
        let (n_obs, n_ref) = counts(trial, flow)?;
        outcome.n_obs = n_obs;
        outcome.n_ref = Some(n_ref);
        outcome.guidance_excess = EXCESS_COLUMNS.map(column);
        outcome.seconds = seconds;
        let notes = [law.map(|law| law.note).unwrap_or_default(), note];
        outcome.note = notes.into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join("; ");
        Ok(outcome)
    }

    /// Fields that elementwise passes share among threads, and denoisers that share their windows.
    fn parallel_inside(&self, trial: &Trial) -> bool {
        !trial.is_gaussian()
            || self.flow(&trial.dataset).is_ok_and(|(flow, _)| flow.shape.len() >= sum::PARALLEL_FROM)
    }
}

#[cfg(test)]
mod tests;
