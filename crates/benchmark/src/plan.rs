//! The plan of a benchmark and its expansion into jobs.

use crate::choose::parameter;
use crate::{Case, Choice, Job, Result, Task};
use equipoise_experiment::{
    Approach, CovarianceSettings, Segment, Source, Start, Units, filled, identities, require, text,
};
use equipoise_prior::DenoiserName;
use equipoise_sampler::SamplerName;
use equipoise_schedule::{ScheduleName, Spacing};
use serde::{Deserialize, Serialize};

/// Cases × approaches × seeds, and the settings they share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Name of the subset that the cases are.
    pub subset: String,
    /// The datasets, each with its cases and seeds.
    pub datasets: Vec<DatasetPlan>,
    /// Methods, `sda` once for each law.
    pub approaches: Vec<Approach>,
    /// M, the posterior samples of an ensemble.
    pub members: usize,
    /// How methods with a parameter are tuned.
    pub tuning: Tuning,
    /// The schedule.
    pub schedule: ScheduleName,
    /// η, the noise left at t = 0.
    pub eta: f64,
    /// The sampler of methods that leave it open.
    #[serde(with = "text")]
    pub sampler: SamplerName,
    /// How the times are spaced.
    pub spacing: Spacing,
    /// Law of the state at t = 1.
    pub start: Start,
}

/// One dataset of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetPlan {
    /// The data.
    pub source: Source,
    /// T, frames of a window.
    pub window: usize,
    /// Name of the normalizer.
    #[serde(with = "text")]
    pub normalizer: Units,
    /// How the prior covariance is modelled.
    pub covariance: CovarianceSettings,
    /// The prior, by the name of its denoiser; `wiener` for the Gaussian itself.
    pub prior: DenoiserName,
    /// The window that is reconstructed.
    pub test: Segment,
    /// The window that methods are tuned on.
    pub validation: Segment,
    /// What is observed and in how many steps, in the order of the results.
    pub cases: Vec<Case>,
    /// Seeds, over which intervals are taken.
    pub seeds: Vec<u64>,
}

/// How a parameter is tuned: each value of the method's grid on the validation truth, the one with
/// the least CRPS among those that do not explode, or of point estimates the least mean absolute error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tuning {
    /// Samples for each value.
    pub members: usize,
    /// Their seed.
    pub seed: u64,
}

impl DatasetPlan {
    /// What jobs and tables call it: the dataset, with its prior where that is not the Gaussian.
    pub fn label(&self) -> String {
        label(&self.source.dataset, &self.prior)
    }
}

/// A dataset with its prior.
pub(crate) fn label(dataset: &str, prior: &DenoiserName) -> String {
    if prior.is_gaussian() { dataset.to_owned() } else { format!("{dataset} under {prior}") }
}

impl Plan {
    /// The jobs in the order in which they run: by dataset, case and approach; for each of these the
    /// published parameter under every seed and, where there is one to tune, the tuning and then the
    /// tuned parameter under every seed.
    ///
    /// # Errors
    /// If a setting is out of range, a list is empty, or two jobs are the same.
    pub fn jobs(&self) -> Result<Vec<Job>> {
        self.check()?;
        let mut jobs = Vec::new();
        for dataset in &self.datasets {
            for &case in &dataset.cases {
                for approach in self.approaches.iter().filter(|a| a.runs_under(&dataset.prior)) {
                    let (dataset, seeds) = (dataset.label(), &dataset.seeds);
                    let tune = Job { dataset, case, approach: approach.clone(), task: Task::Tune };
                    let scored = |choice| {
                        seeds.iter().map(|&seed| tune.to(Task::Score { choice, seed })).collect::<Vec<_>>()
                    };
                    jobs.extend(scored(Choice::Published));
                    if parameter(approach)?.is_some() {
                        let tuned = scored(Choice::Tuned);
                        jobs.push(tune);
                        jobs.extend(tuned);
                    }
                }
            }
        }
        filled("methods that run under one of the priors", jobs.len())?;
        identities(&jobs)?;
        Ok(jobs)
    }

    /// What its shard weighs a job by, from what the plan says alone: numbers that its runs move, of fields of so many
    /// entries.
    ///
    /// # Errors
    /// For a law that does not take part.
    pub fn weight(&self, job: &Job, entries: usize) -> Result<f64> {
        let runs = match job.task {
            Task::Score { .. } => self.members,
            Task::Tune => {
                parameter(&job.approach)?.map_or(0, |tuned| tuned.range.grid().len()) * self.tuning.members
            }
        };
        Ok((entries * job.case.steps * runs) as f64)
    }

    fn check(&self) -> Result<()> {
        filled("datasets", self.datasets.len())?;
        filled("methods", self.approaches.len())?;
        require("members", self.members, self.members >= 2, "at least 2 members")?;
        require("tuning members", self.tuning.members, self.tuning.members >= 2, "at least 2 members")?;
        require("eta", self.eta, self.eta > 0.0 && self.eta < 1.0, "a number above 0 and below 1")?;
        for dataset in &self.datasets {
            filled("cases", dataset.cases.len())?;
            filled("seeds", dataset.seeds.len())?;
            for case in &dataset.cases {
                require("sub", case.sub, case.sub > 0, "a stride of at least 1")?;
                require("steps", case.steps, case.steps > 0, "at least 1 step")?;
                let noise = case.noise;
                require("noise", noise, noise > 0.0 && noise.is_finite(), "a number above 0")?;
            }
        }
        Ok(())
    }
}
