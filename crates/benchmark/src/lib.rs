//! Posterior methods judged against the exact posterior: plan, tuning, leaderboard.
//!
//! A [`Plan`] expands into an ordered list of [`Job`]s: score an entrant on one case under one seed,
//! or tune a method on one case. An entrant is a method at its published parameter or at the one that
//! tuning chose on a [`Scene`]'s validation truth, which shares no frame with its test truth. [`run`]
//! takes the jobs that have no [`Record`] yet; [`leaderboard`] ranks what is there.

mod bench;
mod choose;
mod columns;
mod estimate;
mod job;
mod leaderboard;
mod metric;
mod overall;
mod page;
mod plan;
mod plan_file;
mod record;
mod reference;
mod run;
mod scene;
mod score;
mod statistics;
mod subset;
mod table;
#[cfg(test)]
mod tests;
mod tune;

pub use columns::{overall_table, standings_table, tuning_table};
pub use equipoise_experiment::REPORT;
pub use equipoise_experiment::{Case, Error, Observer, Progress, Result, Summary};
pub use estimate::{Estimate, estimate, foretell};
pub use job::{Choice, Job, Task};
pub use leaderboard::{Standing, leaderboard, records};
pub use metric::Measured;
pub use overall::{Overall, overall};
pub use page::write_page;
pub use plan::{DatasetPlan, Plan, Tuning};
pub use plan_file::BenchmarkFile;
pub use record::{Record, Score, Tuned};
pub use run::{Results, run};
pub use scene::Scene;
pub use statistics::Interval;
use subset::WAKE_WINDOW;
pub use subset::{Axes, Subset, WAKE, approaches, product};
pub use table::{LEADERBOARD_CSV, SCORES_CSV, TUNING_CSV};
