//! Stability certificates of trials: what becomes of a run, said without running it.

mod adaptive;
mod confusion;
mod prediction;
mod table;

pub use confusion::Confusion;
pub use prediction::{Certified, CheapPrediction, MeanFieldPrediction, Prediction};
pub use table::{CERTIFICATE_CSV, write_certificates};

use crate::choose::Ready as Chosen;
use crate::{BoxError, Boxed, Flow, Trial};
use equipoise_experiment::{Flows, Scaled, Shared};
use equipoise_schedule::Level;
use equipoise_stability::{Certificate, Certifier, Course, Likelihood, Spectra, StabilityError};
use std::sync::Arc;
use std::time::Instant;

/// Probes of the posterior variance where it has no closed form.
const PROBES: usize = 16;

/// Certifies trials on opened flows; shares whatever certificates have in common.
#[derive(Debug)]
pub struct FlowCertifier<'a> {
    flows: Flows<'a>,
    certifiers: Shared<Certifier<f32>>,
    tables: Shared<Table>,
}

/// The eigenvalues of a flow under one subsampling over all ρ of a schedule.
#[derive(Debug)]
struct Table {
    spectra: Spectra<f32>,
    seconds: f64,
}

/// A trial made ready.
struct Ready {
    certifier: Arc<Certifier<f32>>,
    /// With what the law's factor is held at, for `adaptive`.
    course: Course,
    likelihood: Likelihood,
    /// Seconds of the law's strength.
    seconds: f64,
}

impl<'a> FlowCertifier<'a> {
    /// For these flows.
    ///
    /// # Errors
    /// [`equipoise_experiment::Error::Flow`] when a prior's mean and covariance do not fit each other.
    pub fn new(flows: &'a [Flow]) -> crate::Result<Self> {
        Ok(Self { flows: Flows::new(flows)?, certifiers: Shared::default(), tables: Shared::default() })
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
    pub fn predict(&self, trial: &Trial) -> Boxed<Option<Prediction>> {
        let Some(ready) = self.ready(trial)? else { return Ok(None) };
        let clock = Instant::now();
        let certificate = ready.certifier.certificate(&ready.course, &ready.likelihood)?;
        let (scope, seconds) = (certificate.scope, clock.elapsed().as_secs_f64());
        let cheap = self.cheap_of(trial, &ready)?;
        let mean_field = self.mean_field_of(trial, &ready)?;
        Ok(Some(Prediction { certified: Certified { certificate, seconds }, cheap, mean_field, scope }))
    }

    /// The cheap form alone; `None` where [`certifies`](Self::certifies) says no.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn cheap(&self, trial: &Trial) -> Boxed<Option<CheapPrediction>> {
        self.ready(trial)?.map(|ready| self.cheap_of(trial, &ready)).transpose()
    }

    /// σ_W and its peak alone; `None` where [`certifies`](Self::certifies) says no.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn certificate(&self, trial: &Trial) -> Boxed<Option<Certificate>> {
        let Some(ready) = self.ready(trial)? else { return Ok(None) };
        Ok(Some(ready.certifier.certificate(&ready.course, &ready.likelihood)?))
    }

    /// The posterior standard deviation of a trial's problem, a root mean square over the field.
    ///
    /// # Errors
    /// Those of the posterior.
    pub fn posterior_std(&self, trial: &Trial) -> Boxed<f64> {
        let problem = self.flows.problem(trial.dataset(), trial.sub)?;
        let probes = problem.deviations(self.flows.get(trial.dataset())?);
        Ok(problem.posterior()?.mean_variance(PROBES, probes)?.value.sqrt())
    }

    /// `None` where [`certifies`](Self::certifies) says no.
    fn ready(&self, trial: &Trial) -> Boxed<Option<Ready>> {
        if !Self::certifies(trial) {
            return Ok(None);
        }
        let found = Chosen::new(&self.flows, trial)?;
        let certifier = self.certifiers.get(format!("{} {}", trial.dataset(), trial.sub), || {
            Ok::<_, BoxError>(Arc::new(Certifier::new(found.problem.gaussian.observed().clone())?))
        })?;
        let clock = Instant::now();
        let mut course = Course::new(&*found.course.schedule, found.course.sampler.grid())?;
        let likelihood = match found.law()? {
            None => Likelihood::Exact,
            Some(Scaled { strength, .. }) => {
                if strength.adaptive.is_some() {
                    let inference = found.inference()?;
                    let factors = adaptive::factors(found.flow, trial.seed, &course, &inference, &strength)?;
                    course = course.holding(factors)?;
                }
                Likelihood::Law(strength)
            }
        };
        Ok(Some(Ready { certifier, course, likelihood, seconds: clock.elapsed().as_secs_f64() }))
    }

    /// The table over every ρ that the trial's schedule passes, whatever its steps.
    fn table(&self, trial: &Trial, certifier: &Certifier<f32>) -> Boxed<Arc<Table>> {
        let key = format!("{} {} {} {}", trial.dataset(), trial.sub, trial.schedule, trial.eta);
        self.tables.get(key, || {
            let schedule = trial.course()?.schedule;
            let ratio = |t| Level::ratio(&schedule.level(t));
            let lowest = if ratio(0.0) > 0.0 { ratio(0.0) } else { ratio(1.0 / trial.steps as f64) };
            let clock = Instant::now();
            let spectra = Spectra::new(certifier, lowest, ratio(1.0))?;
            Ok(Arc::new(Table { spectra, seconds: clock.elapsed().as_secs_f64() }))
        })
    }

    fn cheap_of(&self, trial: &Trial, ready: &Ready) -> Boxed<CheapPrediction> {
        let table = self.table(trial, &ready.certifier)?;
        let clock = Instant::now();
        let growth = table.spectra.growth(&ready.course, &ready.likelihood)?;
        let seconds = clock.elapsed().as_secs_f64();
        Ok(CheapPrediction { growth, seconds, law_seconds: ready.seconds, table_seconds: table.seconds })
    }

    /// `None` without corrections, and where the spectrum is not known.
    fn mean_field_of(&self, trial: &Trial, ready: &Ready) -> Boxed<Option<MeanFieldPrediction>> {
        let Some(corrector) = trial.steps_of_sampler().corrector else { return Ok(None) };
        let table = self.table(trial, &ready.certifier)?;
        let clock = Instant::now();
        let run = match table.spectra.mean_field(&ready.course, &ready.likelihood, corrector) {
            Err(StabilityError::NoSpectrum) => return Ok(None),
            other => other?,
        };
        Ok(Some(MeanFieldPrediction { run, seconds: clock.elapsed().as_secs_f64() }))
    }
}

#[cfg(test)]
mod tests;
