//! What trials under denoisers beyond the Wiener filter will take, from a timed part of one denoise.

use crate::excess::EXCESS_COLUMNS;
use crate::{Boxed, Flow, Result, Trial};
use equipoise_experiment::{Error, traced};
use equipoise_prior::PriorDenoiser;
use equipoise_solver::ProbedRatios;
use equipoise_stream::Stream;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A product with Jᵀ where the denoiser was linearised, in denoises.
const VJP: f64 = 2.0;

/// Seconds of one denoise on all threads, by dataset and prior; empty where `wiener` is the only one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cost {
    denoise: HashMap<(String, String), f64>,
}

impl Cost {
    /// Times a part of a denoise at noised training windows, the mean over t = 0.9, 0.5 and 0.1 under
    /// the schedule of the first trial.
    ///
    /// # Errors
    /// [`equipoise_experiment::Error::Flow`] for a denoiser that fails.
    pub fn measure(flows: &[Flow], trials: &[Trial]) -> Result<Self> {
        let mut found = Self::default();
        if trials.iter().all(Trial::is_gaussian) {
            return Ok(found);
        }
        for flow in flows {
            let Some(first) = trials.iter().find(|trial| trial.dataset() == flow.name()) else { continue };
            for prior in flow.priors() {
                let denoiser = match flow.denoiser_of(&prior)? {
                    Some(denoiser) => denoiser.clone(),
                    None => PriorDenoiser::gaussian(Arc::new(
                        flow.prior().denoiser().map_err(Error::flow(flow.name()))?,
                    )),
                };
                let seconds = timed(flow, &denoiser, first).map_err(Error::flow(flow.name()))?;
                found.denoise.insert((flow.name().to_owned(), prior.to_string()), seconds);
            }
        }
        Ok(found)
    }

    /// Seconds of so many evaluations, one vjp to a denoise; `None` where nothing was measured.
    pub fn of(&self, dataset: &str, prior: &str, evaluations: usize) -> Option<f64> {
        let denoise = self.denoise.get(&(dataset.to_owned(), prior.to_owned()))?;
        Some(denoise * (1.0 + VJP) * evaluations as f64)
    }

    /// Seconds of all trials under each prior but `wiener`, with the traces of the laws that need them,
    /// by dataset and prior in the order of the trials.
    ///
    /// # Errors
    /// [`equipoise_experiment::Error::Work`] for a trial whose run cannot be made.
    pub fn told(&self, trials: &[&Trial]) -> Result<Vec<(String, String, f64)>> {
        let mut told: Vec<(String, String, f64)> = Vec::new();
        let mut probed = HashSet::new();
        for trial in trials.iter().filter(|trial| !trial.is_gaussian()) {
            let levels = trial.course().map_err(|e| Error::trial(trial)(e.into()))?.levels().len();
            let evaluations = trial.members * levels * (1 + trial.corrections);
            let key = (trial.dataset().to_owned(), trial.prior.to_string());
            let mut seconds = self.of(&key.0, &key.1, evaluations).unwrap_or(0.0);
            let traced = trial.approach.scaling()?.is_some_and(traced);
            if traced && probed.insert((key.clone(), trial.protocol.clone(), trial.sub)) {
                let denoises = (levels * ProbedRatios::COUNT) as f64 * (1.0 + 2.0 * VJP);
                seconds += denoises * self.denoise.get(&key).copied().unwrap_or(0.0);
            }
            match told.iter_mut().find(|(dataset, prior, _)| (dataset, prior) == (&key.0, &key.1)) {
                Some((_, _, all)) => *all += seconds,
                None => told.push((key.0, key.1, seconds)),
            }
        }
        Ok(told)
    }
}

fn timed(flow: &Flow, denoiser: &PriorDenoiser, trial: &Trial) -> Boxed<f64> {
    let schedule = trial.course()?.schedule;
    let windows = flow.windows();
    let window = windows.first().map_or(flow.truth(), Vec::as_slice);
    let noise: Vec<f32> = Stream::new("cost").normal(0, window.len());
    let one = |t: f64| -> Boxed<f64> {
        let level = schedule.level(t);
        let (mu, sigma) = (level.mu as f32, level.sigma as f32);
        let x_t: Vec<f32> = window.iter().zip(&noise).map(|(x, e)| mu * x + sigma * e).collect();
        Ok(denoiser.probe(&x_t, level)?.as_secs_f64())
    };
    let found = EXCESS_COLUMNS.map(one).into_iter().collect::<std::result::Result<Vec<_>, _>>()?;
    Ok(found.iter().sum::<f64>() / found.len() as f64)
}
