//! One job of a benchmark: an ensemble to score, or a parameter to tune.

use crate::{Case, Error, Result};
use equipoise_experiment::Approach;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;

/// Which value of a method's parameter enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// That of the paper, or of the code published with it.
    Published,
    /// The one that tuning chose for the case.
    Tuned,
}

/// One job. Its words are its identity within a plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
    /// Draw an ensemble on the test truth and judge it.
    Score {
        /// The dataset with its prior, as [`DatasetPlan::label`](crate::DatasetPlan::label) says it.
        dataset: String,
        /// The case.
        case: Case,
        /// The method.
        approach: Approach,
        /// Its parameter.
        choice: Choice,
        /// The seed of every stream.
        seed: u64,
    },
    /// Choose a parameter on the validation truth.
    Tune {
        /// The dataset.
        dataset: String,
        /// The case.
        case: Case,
        /// The method.
        approach: Approach,
    },
}

impl Job {
    /// The dataset.
    pub fn dataset(&self) -> &str {
        match self {
            Self::Score { dataset, .. } | Self::Tune { dataset, .. } => dataset,
        }
    }

    /// The case.
    pub fn case(&self) -> Case {
        match self {
            Self::Score { case, .. } | Self::Tune { case, .. } => *case,
        }
    }

    /// The method.
    pub fn approach(&self) -> &Approach {
        match self {
            Self::Score { approach, .. } | Self::Tune { approach, .. } => approach,
        }
    }

    /// Whether both observe the same flow alike.
    pub(crate) fn same_observation(&self, other: &Self) -> bool {
        self.dataset() == other.dataset() && self.case().same_observation(other.case())
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Published => "published",
            Self::Tuned => "tuned",
        })
    }
}

/// The method, with the law it runs under where it takes one.
pub(crate) fn name(approach: &Approach) -> String {
    let (law, method) = (approach.label(), approach.method());
    if law == method { method } else { format!("{method} {law}") }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}", self.dataset(), self.case(), name(self.approach()))?;
        match self {
            Self::Score { choice, seed, .. } => write!(f, ", {choice}, seed {seed}"),
            Self::Tune { .. } => f.write_str(", tuning"),
        }
    }
}

/// The identities of the jobs, all different.
pub(crate) fn identities(jobs: &[Job]) -> Result<Vec<String>> {
    let names: Vec<String> = jobs.iter().map(Job::to_string).collect();
    let mut seen = HashSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        Some(job) => Err(Error::RepeatedJob { job: job.clone() }),
        None => Ok(names),
    }
}
