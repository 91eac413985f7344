//! Carrying out trials on flows: from a trial to its row.

use crate::excess::Norms;
use crate::excess::{EXCESS_COLUMNS, EXCESS_TIMES, ForwardPath, GuidanceCurves};
use crate::judge::{Judged, heaviest, judge};
use crate::pictures::Pictures;
use crate::{Accelerator, BoxError, Error, Flow, Places, Row, Trial};
use equipoise_experiment::{
    self as experiment, Course, Executor, Known, Problem, Scaled, Shared, counts, member,
};
use equipoise_field::sum;
use equipoise_solver::{Ensemble, Inference, Member, PosteriorSampler, SolverError, Watch};
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
    norms: Shared<Norms>,
    pictures: Option<&'a Pictures<'a>>,
    accelerator: Option<&'a dyn Accelerator>,
    accelerated: AtomicUsize,
    plain: AtomicUsize,
}

impl<'a> FlowExecutor<'a> {
    /// For these flows; `pictures` draws reconstructions where given.
    ///
    /// # Errors
    /// [`equipoise_experiment::Error::Flow`] when a prior's mean and covariance do not fit each other.
    pub fn new(flows: &'a [Flow], pictures: Option<&'a Pictures<'a>>) -> crate::Result<Self> {
        let denoiser = |flow: &Flow| flow.prior().denoiser().map(Arc::new).map_err(Error::flow(flow.name()));
        let denoisers = flows.iter().map(denoiser).collect::<crate::Result<_>>()?;
        Ok(Self {
            flows,
            denoisers,
            problems: Shared::default(),
            paths: Shared::default(),
            norms: Shared::default(),
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
    /// [`equipoise_experiment::Error::Trial`] for one whose problem cannot be made.
    pub fn placed(&self, mut trials: Vec<Trial>) -> crate::Result<Vec<Trial>> {
        for trial in &mut trials {
            let backend = self.backend(trial);
            let backend = backend.map_err(Error::trial(&*trial))?;
            backend.clone_into(&mut trial.backend);
        }
        Ok(trials)
    }

    /// What will run a trial.
    fn backend(&self, trial: &Trial) -> Result<&'static str, BoxError> {
        let Some(accelerator) = self.accelerator.filter(|_| trial.is_gaussian()) else { return Ok(CPU) };
        let (flow, _) = self.flow(trial.dataset())?;
        let problem = self.problem(trial)?;
        let inference = trial.inference(flow, &problem, &trial.course()?)?;
        let (recipe, law) = (trial.approach.recipe(), trial.approach.scaling()?);
        Ok(if accelerator.takes(&inference, recipe, law) { accelerator.name() } else { CPU })
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
        let recipe = trial.approach.recipe();
        if trial.backend == CPU {
            self.plain.fetch_add(1, Ordering::Relaxed);
            return self.sample(trial, flow, &*inference.bind(recipe, strength)?);
        }
        let refused = || Error::Backend { backend: trial.backend.clone() };
        let named = self.accelerator.filter(|accelerator| accelerator.name() == trial.backend);
        let bound = named.ok_or_else(refused)?.bind(inference, recipe, strength)?.ok_or_else(refused)?;
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
        let found = self.flows.iter().zip(&self.denoisers).find(|(flow, _)| flow.name() == dataset);
        found.ok_or_else(|| experiment::Error::UnknownDataset { dataset: dataset.to_owned() }.into())
    }

    pub(crate) fn problem(&self, trial: &Trial) -> Result<Arc<Problem>, BoxError> {
        let (flow, denoiser) = self.flow(trial.dataset())?;
        self.problems.get(format!("{} {}", trial.dataset(), trial.sub), || {
            Ok(Arc::new(Problem::new(flow, Arc::clone(denoiser), trial.sub)?))
        })
    }

    /// The trial's law against the exact guidance at [`EXCESS_TIMES`](crate::EXCESS_TIMES); `None` for
    /// methods that no law scales, and under a prior whose exact guidance is not known.
    ///
    /// # Errors
    /// Whatever keeps the guidance from being evaluated.
    pub fn guidance_curves(&self, trial: &Trial) -> Result<Option<GuidanceCurves>, BoxError> {
        let (flow, _) = self.flow(trial.dataset())?;
        let problem = self.problem(trial)?;
        if matches!(*problem.known(flow, &trial.prior, trial.seed)?, Known::Nothing) {
            return Ok(None);
        }
        let course = trial.course()?;
        self.curves_of(trial, &course, trial.scaled(flow, &problem, &course)?.as_ref())
    }

    fn curves_of(
        &self,
        trial: &Trial,
        course: &Course,
        law: Option<&Scaled>,
    ) -> Result<Option<GuidanceCurves>, BoxError> {
        let Some(law) = law else {
            return Ok(trial.approach.is_exact().then(GuidanceCurves::exact));
        };
        let (flow, _) = self.flow(trial.dataset())?;
        let problem = self.problem(trial)?;
        let (draw, known) = (problem.draw(flow, trial.seed)?, problem.known(flow, &trial.prior, trial.seed)?);
        if matches!(*known, Known::Nothing) {
            return Ok(None);
        }
        let denoiser = problem.denoiser(flow.denoiser_of(&trial.prior)?);
        let run = format!("{} {} {} {}", trial.prior, trial.seed, trial.schedule, trial.eta);
        let path = self.paths.get(format!("{} {run}", trial.dataset()), || {
            let start = member(flow, trial.seed, 0).start;
            Ok::<_, BoxError>(Arc::new(ForwardPath::new(flow, &*denoiser, &*course.schedule, start)?))
        })?;
        let key = format!("{} {} {run}", trial.dataset(), trial.sub);
        let norms = self.norms.get(key, || path.norms(&problem, &draw, &denoiser, &known).map(Arc::new))?;
        let inference = trial.inference(flow, &problem, course)?;
        let guidance = inference.guidance(trial.approach.recipe(), Some(&law.strength))?;
        Ok(Some(path.curves(&norms, &law.strength, &*guidance)?))
    }
}

impl fmt::Debug for FlowExecutor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.flows.iter().map(|flow| flow.name()).collect();
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

impl Executor<Trial> for FlowExecutor<'_> {
    fn execute(&self, trial: &Trial) -> Result<Row, BoxError> {
        let (flow, _) = self.flow(trial.dataset())?;
        let problem = self.problem(trial)?;
        let course = trial.course()?;
        let draw = problem.draw(flow, trial.seed)?;
        let law = trial.scaled(flow, &problem, &course)?;
        let curves = self.curves_of(trial, &course, law.as_ref())?;
        let inference = trial.inference(flow, &problem, &course)?;
        let Ran { drawn, seconds } = self.run(trial, flow, &inference, law.as_ref())?;
        let known = problem.known(flow, &trial.prior, trial.seed)?;
        let shown = heaviest(&drawn).ok_or(SolverError::Empty)?;
        let judged =
            judge(flow, (&problem, &draw, &known), (&drawn, course.schedule.sigma(0.0)), Row::of(trial)?)?;
        if let Some(pictures) = self.pictures {
            pictures.reconstruction(flow, trial, shown, &judged)?;
        }
        let Judged { mut row, note, .. } = judged;
        let count = problem.gaussian.observed().count();
        let column = |t: f64| {
            let at = EXCESS_TIMES.iter().position(|&s| (s - t).abs() < 1e-9)?;
            curves.as_ref().map(|curves| curves.excess[at]).filter(|excess| !excess.is_nan())
        };
        let noise = law.as_ref().map_or(problem.noise(), |law| &law.strength.variance);
        row.std = Some(noise.mean(count).sqrt());
        row.gamma = law.as_ref().and_then(Scaled::gamma);
        let (n_obs, n_ref) = counts(trial.base(), flow, trial.sub)?;
        row.n_obs = n_obs;
        row.n_ref = Some(n_ref);
        [row.guidance_excess_early, row.guidance_excess_middle, row.guidance_excess_late] =
            EXCESS_COLUMNS.map(column);
        row.seconds = seconds;
        let notes = [law.map(|law| law.note).unwrap_or_default(), note];
        row.note = notes.into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join("; ");
        Ok(row)
    }

    /// Fields that elementwise passes share among threads, and denoisers that share their windows.
    fn parallel_inside(&self, trial: &Trial) -> bool {
        !trial.is_gaussian()
            || self.flow(trial.dataset()).is_ok_and(|(flow, _)| flow.shape().len() >= sum::PARALLEL_FROM)
    }
}

#[cfg(test)]
mod tests;
