//! Stability certificates of trials: what becomes of a run, said without running it.

mod adaptive;
mod confusion;
mod prediction;
mod table;

pub use confusion::Confusion;
pub use prediction::{Certified, CheapPrediction, MeanFieldPrediction, Prediction};
pub use table::{CERTIFICATE_CSV, write_certificates};

use crate::{BoxError, Error, Flow, Trial};
use equipoise_experiment::{self as experiment, Problem, Scaled, Shared};
use equipoise_posterior::ExactPosterior;
use equipoise_schedule::Level;
use equipoise_stability::{
    Certificate, Certifier, Course, Growth, Likelihood, MeanField, Spectra, StabilityError,
};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// Probes of the posterior variance where it has no closed form.
const PROBES: usize = 16;

/// Certifies trials on opened flows; shares whatever certificates have in common.
pub struct FlowCertifier<'a> {
    flows: &'a [Flow],
    denoisers: Vec<Arc<Wiener<f32>>>,
    problems: Shared<Scene>,
    tables: Shared<Table>,
}

impl fmt::Debug for FlowCertifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.flows.iter().map(|flow| flow.name()).collect();
        f.debug_struct("FlowCertifier").field("flows", &names).finish_non_exhaustive()
    }
}

/// One flow under one subsampling.
struct Scene {
    problem: Problem,
    certifier: Certifier<f32>,
}

/// The eigenvalues of a scene over all ρ of a schedule.
struct Table {
    spectra: Spectra<f32>,
    seconds: f64,
}

/// A trial made ready.
struct Ready {
    /// With what the law's factor is held at, for `adaptive`.
    course: Course,
    likelihood: Likelihood,
}

impl<'a> FlowCertifier<'a> {
    /// For these flows.
    ///
    /// # Errors
    /// [`equipoise_experiment::Error::Flow`] when a prior's mean and covariance do not fit each other.
    pub fn new(flows: &'a [Flow]) -> crate::Result<Self> {
        let denoiser = |flow: &Flow| flow.prior().denoiser().map(Arc::new).map_err(Error::flow(flow.name()));
        let denoisers = flows.iter().map(denoiser).collect::<crate::Result<_>>()?;
        Ok(Self { flows, denoisers, problems: Shared::default(), tables: Shared::default() })
    }

    /// Whether a trial's step is one that certificates are made of: Euler's, with corrections or without, of a
    /// method that is [in the coefficients](crate::Approach::in_coefficients) of the Gaussian prior.
    pub fn certifies(trial: &Trial) -> bool {
        trial.steps_of_sampler().euler && trial.is_gaussian() && trial.approach.in_coefficients()
    }

    /// Everything that is said of a trial; `None` where [`certifies`](Self::certifies) says no.
    ///
    /// # Errors
    /// Whatever keeps the law's strength or the certificate from being made.
    pub fn predict(&self, trial: &Trial) -> Result<Option<Prediction>, BoxError> {
        if !Self::certifies(trial) {
            return Ok(None);
        }
        let scene = self.scene(trial)?;
        let clock = Instant::now();
        let ready = self.ready(trial, &scene)?;
        let law_seconds = clock.elapsed().as_secs_f64();
        let clock = Instant::now();
        let certificate = scene.certifier.certificate(&ready.course, &ready.likelihood)?;
        let scope = certificate.scope;
        let certificate_seconds = clock.elapsed().as_secs_f64();
        let cheap = self.cheap_of(trial, &scene, &ready, law_seconds)?;
        let mean_field = self.mean_field_of(trial, &scene, &ready)?;
        let certified = Certified { certificate, seconds: certificate_seconds };
        Ok(Some(Prediction { certified, cheap, mean_field, scope }))
    }

    /// The cheap form alone; `None` where [`certifies`](Self::certifies) says no.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn cheap(&self, trial: &Trial) -> Result<Option<CheapPrediction>, BoxError> {
        if !Self::certifies(trial) {
            return Ok(None);
        }
        let scene = self.scene(trial)?;
        let clock = Instant::now();
        let ready = self.ready(trial, &scene)?;
        let law_seconds = clock.elapsed().as_secs_f64();
        Ok(Some(self.cheap_of(trial, &scene, &ready, law_seconds)?))
    }

    /// σ_W and its peak alone; `None` where [`certifies`](Self::certifies) says no.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn certificate(&self, trial: &Trial) -> Result<Option<Certificate>, BoxError> {
        if !Self::certifies(trial) {
            return Ok(None);
        }
        let scene = self.scene(trial)?;
        let ready = self.ready(trial, &scene)?;
        Ok(Some(scene.certifier.certificate(&ready.course, &ready.likelihood)?))
    }

    /// The posterior standard deviation of a trial's problem, a root mean square over the field.
    ///
    /// # Errors
    /// Those of the posterior.
    pub fn posterior_std(&self, trial: &Trial) -> Result<f64, BoxError> {
        let scene = self.scene(trial)?;
        let gaussian = &scene.problem.gaussian;
        let posterior = ExactPosterior::new(gaussian.observed().clone(), gaussian.wiener().mean().to_vec())?;
        let probes = Stream::new("posterior").text(trial.dataset()).number(trial.sub as u64);
        Ok(posterior.mean_variance(PROBES, probes)?.value.sqrt())
    }

    fn flow(&self, dataset: &str) -> Result<(&Flow, &Arc<Wiener<f32>>), BoxError> {
        let found = self.flows.iter().zip(&self.denoisers).find(|(flow, _)| flow.name() == dataset);
        found.ok_or_else(|| experiment::Error::UnknownDataset { dataset: dataset.to_owned() }.into())
    }

    fn scene(&self, trial: &Trial) -> Result<Arc<Scene>, BoxError> {
        let (flow, denoiser) = self.flow(trial.dataset())?;
        self.problems.get(format!("{} {}", trial.dataset(), trial.sub), || {
            let problem = Problem::new(flow, Arc::clone(denoiser), trial.sub)?;
            let certifier = Certifier::new(problem.gaussian.observed().clone())?;
            Ok(Arc::new(Scene { problem, certifier }))
        })
    }

    fn ready(&self, trial: &Trial, scene: &Scene) -> Result<Ready, BoxError> {
        let (flow, _) = self.flow(trial.dataset())?;
        let run = trial.course()?;
        let course = Course::new(&*run.schedule, run.sampler.grid())?;
        let Some(Scaled { strength, .. }) = trial.scaled(flow, &scene.problem, &run)? else {
            return Ok(Ready { course, likelihood: Likelihood::Exact });
        };
        let course = if strength.adaptive.is_some() {
            let inference = trial.inference(flow, &scene.problem, &run)?;
            let factors = adaptive::factors(flow, trial.seed, &course, &inference, &strength)?;
            course.holding(factors)?
        } else {
            course
        };
        Ok(Ready { course, likelihood: Likelihood::Law(strength) })
    }

    /// The table over every ρ that the trial's schedule passes, whatever its steps.
    fn table(&self, trial: &Trial, scene: &Scene) -> Result<Arc<Table>, BoxError> {
        let key = format!("{} {} {} {}", trial.dataset(), trial.sub, trial.schedule, trial.eta);
        self.tables.get(key, || {
            let schedule = trial.course()?.schedule;
            let ratio = |t| Level::ratio(&schedule.level(t));
            let lowest = if ratio(0.0) > 0.0 { ratio(0.0) } else { ratio(1.0 / trial.steps as f64) };
            let clock = Instant::now();
            let spectra = Spectra::new(&scene.certifier, lowest, ratio(1.0))?;
            Ok(Arc::new(Table { spectra, seconds: clock.elapsed().as_secs_f64() }))
        })
    }

    fn cheap_of(
        &self,
        trial: &Trial,
        scene: &Scene,
        ready: &Ready,
        law_seconds: f64,
    ) -> Result<CheapPrediction, BoxError> {
        let table = self.table(trial, scene)?;
        let clock = Instant::now();
        let growth: Growth = table.spectra.growth(&ready.course, &ready.likelihood)?;
        let seconds = clock.elapsed().as_secs_f64();
        Ok(CheapPrediction { growth, seconds, law_seconds, table_seconds: table.seconds })
    }

    /// `None` without corrections, and where the spectrum is not known.
    fn mean_field_of(
        &self,
        trial: &Trial,
        scene: &Scene,
        ready: &Ready,
    ) -> Result<Option<MeanFieldPrediction>, BoxError> {
        let Some(corrector) = trial.steps_of_sampler().corrector else {
            return Ok(None);
        };
        let table = self.table(trial, scene)?;
        let clock = Instant::now();
        let run: MeanField = match table.spectra.mean_field(&ready.course, &ready.likelihood, corrector) {
            Err(StabilityError::NoSpectrum) => return Ok(None),
            other => other?,
        };
        Ok(Some(MeanFieldPrediction { run, seconds: clock.elapsed().as_secs_f64() }))
    }
}

#[cfg(test)]
mod tests;
