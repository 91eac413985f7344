//! One job of a benchmark: an ensemble to score, or a parameter to tune.

use crate::Case;
use equipoise_experiment::Approach;
use serde::{Deserialize, Serialize};
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
pub struct Job {
    /// The dataset with its prior, as [`DatasetPlan::label`](crate::DatasetPlan::label) says it.
    pub dataset: String,
    /// The case.
    pub case: Case,
    /// The method.
    pub approach: Approach,
    /// What is done.
    pub task: Task,
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Draw an ensemble on the test truth and judge it.
    Score {
        /// The parameter of the method.
        choice: Choice,
        /// The seed of every stream.
        seed: u64,
    },
    /// Choose a parameter on the validation truth.
    Tune,
}

impl Job {
    /// Whether both observe the same flow alike.
    pub(crate) fn same_observation(&self, other: &Self) -> bool {
        self.dataset == other.dataset && self.case.same_observation(other.case)
    }

    /// The same approach on the same case for another task.
    pub(crate) fn to(&self, task: Task) -> Self {
        Self { task, ..self.clone() }
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
        write!(f, "{}, {}, {}", self.dataset, self.case, name(&self.approach))?;
        match self.task {
            Task::Score { choice, seed } => write!(f, ", {choice}, seed {seed}"),
            Task::Tune => f.write_str(", tuning"),
        }
    }
}
