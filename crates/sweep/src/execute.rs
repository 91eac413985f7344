//! Carrying out trials on flows: from a trial to its row.

use crate::choose::Ready;
use crate::excess::{EXCESS_COLUMNS, EXCESS_TIMES, ForwardPath, GuidanceCurves, Norms};
use crate::judge::{Judged, heaviest, judge};
use crate::pictures::Pictures;
use crate::{Accelerator, Approach, BoxError, Boxed, Error, Flow, Places, Row, Trial};
use equipoise_experiment::{self as experiment, Executor, Flows, Known, Scaled, Shared, counts, member};
use equipoise_field::{sketched, sum};
use equipoise_solver::{Ensemble, Member, SolverError, Watch};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The name of the CPU in full space, where a trial runs that no accelerator takes.
pub const CPU: &str = "cpu";

/// Carries out trials on opened flows; shares whatever trials have in common.
pub struct FlowExecutor<'a> {
    pub(crate) flows: Flows<'a>,
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
        Ok(Self {
            flows: Flows::new(flows)?,
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
    /// [`equipoise_experiment::Error::Work`] for one whose problem cannot be made.
    pub fn placed(&self, mut trials: Vec<Trial>) -> crate::Result<Vec<Trial>> {
        for trials in trials.chunk_by_mut(Trial::same_course) {
            let mut known: Vec<(Approach, &str)> = Vec::new();
            for trial in trials {
                let found = known.iter().find(|(approach, _)| *approach == trial.approach);
                let backend = match found {
                    Some(&(_, backend)) => backend,
                    None => {
                        let backend = self.backend(trial).map_err(experiment::Error::trial(&*trial))?;
                        known.push((trial.approach.clone(), backend));
                        backend
                    }
                };
                backend.clone_into(&mut trial.backend);
            }
        }
        Ok(trials)
    }

    /// What will run a trial: the same under every seed.
    fn backend(&self, trial: &Trial) -> Boxed<&'static str> {
        let Some(accelerator) = self.accelerator.filter(|_| trial.is_gaussian()) else { return Ok(CPU) };
        let inference = Ready::new(&self.flows, trial)?.inference()?;
        let (recipe, law) = (trial.approach.recipe(), trial.approach.scaling()?);
        Ok(if accelerator.takes(&inference, recipe, law) { accelerator.name() } else { CPU })
    }

    /// Where the runs of the trials so far took place.
    pub fn places(&self) -> Places {
        let count = |of: &AtomicUsize| of.load(Ordering::Relaxed);
        Places { accelerator: count(&self.accelerated), cpu: count(&self.plain) }
    }

    /// The runs of a trial, on the backend that its identity names and on no other, and the seconds they took.
    fn run(&self, ready: &Ready<'_>, law: Option<&Scaled>) -> Boxed<(Ensemble<f32>, f64)> {
        let Ready { trial, flow, .. } = *ready;
        let (inference, recipe) = (ready.inference()?, trial.approach.recipe());
        let strength = law.map(|law| &law.strength);
        let (sampler, place) = if trial.backend == CPU {
            (inference.bind(recipe, strength)?, &self.plain)
        } else {
            let refused = || Error::Backend { backend: trial.backend.clone() };
            let named = self.accelerator.filter(|accelerator| accelerator.name() == trial.backend);
            let bound = named.ok_or_else(refused)?.bind(&inference, recipe, strength)?;
            (bound.ok_or_else(refused)?, &self.accelerated)
        };
        place.fetch_add(1, Ordering::Relaxed);
        let members: Vec<Member> = (0..trial.members).map(|m| member(flow, trial.seed, m as u64)).collect();
        let clock = Instant::now();
        let drawn = sampler.draw(&members, Watch::NONE)?;
        Ok((drawn, clock.elapsed().as_secs_f64()))
    }

    /// The trial's law against the exact guidance at [`EXCESS_TIMES`](crate::EXCESS_TIMES); `None` for
    /// methods that no law scales, and under a prior whose exact guidance is not known.
    ///
    /// # Errors
    /// Whatever keeps the guidance from being evaluated.
    pub fn guidance_curves(&self, trial: &Trial) -> Boxed<Option<GuidanceCurves>> {
        let ready = Ready::new(&self.flows, trial)?;
        self.curves_of(&ready, ready.law()?.as_ref())
    }

    fn curves_of(&self, ready: &Ready<'_>, law: Option<&Scaled>) -> Boxed<Option<GuidanceCurves>> {
        let Ready { trial, flow, ref problem, ref course } = *ready;
        let known = ready.known()?;
        if matches!(*known, Known::Nothing) {
            return Ok(None);
        }
        let Some(law) = law else {
            return Ok(trial.approach.is_exact().then(GuidanceCurves::exact));
        };
        let denoiser = problem.denoiser(flow.denoiser_of(&trial.prior)?);
        let run = format!("{} {} {} {}", trial.prior, trial.seed, trial.schedule, trial.eta);
        let path = self.paths.get(format!("{} {run}", trial.dataset()), || {
            let start = member(flow, trial.seed, 0).start;
            Ok::<_, BoxError>(Arc::new(ForwardPath::new(flow, &*denoiser, &*course.schedule, start)?))
        })?;
        let key = format!("{} {} {run}", trial.dataset(), trial.sub);
        let draw = ready.draw()?;
        let norms = self.norms.get(key, || path.norms(problem, &draw, &denoiser, &known).map(Arc::new))?;
        let guidance = ready.inference()?.guidance(trial.approach.recipe(), Some(&law.strength))?;
        Ok(Some(path.curves(&norms, &law.strength, &*guidance)?))
    }
}

sketched!(
    [] FlowExecutor<'_>, "FlowExecutor",
    |own| flows = own.flows, accelerator = own.accelerator.map(|accelerator| accelerator.name())
);

impl Executor<Trial> for FlowExecutor<'_> {
    fn execute(&self, trial: &Trial) -> Boxed<Row> {
        let ready = Ready::new(&self.flows, trial)?;
        let Ready { flow, ref problem, .. } = ready;
        let law = ready.law()?;
        let curves = self.curves_of(&ready, law.as_ref())?;
        let (drawn, seconds) = self.run(&ready, law.as_ref())?;
        let shown = heaviest(&drawn).ok_or(SolverError::Empty)?;
        let judged = judge(&ready, &drawn)?;
        if let Some(pictures) = self.pictures {
            pictures.reconstruction(flow, trial, shown, &judged)?;
            pictures.case(flow, trial, &drawn.counted())?;
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
        let (n_obs, n_ref) = counts(trial.base, flow, trial.sub)?;
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
            || self.flows.get(trial.dataset()).is_ok_and(|flow| flow.shape().len() >= sum::PARALLEL_FROM)
    }
}

#[cfg(test)]
mod tests;
