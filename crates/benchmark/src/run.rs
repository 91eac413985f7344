//! Carrying out the jobs that have no record yet.

use crate::bench::{Bench, Part};
use crate::job::name;
use crate::record::{Record, Score, Tuned};
use crate::score::judge;
use crate::{Choice, Job, LEADERBOARD_CSV, Plan, Result, SCORES_CSV, Scene, TUNING_CSV, Task, table};
use equipoise_experiment::{
    self as experiment, Boxed, Executor, Observer, Output, PLAN_TOML, Policy, Shared, Summary, Work,
};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// When the tables are written while jobs run.
const POLICY: Policy = Policy { rows: usize::MAX, interval: Duration::from_secs(10), share: Policy::SHARE };

/// The folder of a benchmark.
pub type Results = Output<Job>;

/// The words of a job are its identity.
impl Work for Job {
    type Plan = Plan;
    type Record = Record;
    const TABLES: &'static [&'static str] = &[LEADERBOARD_CSV, SCORES_CSV, TUNING_CSV, PLAN_TOML];

    fn identity(&self) -> experiment::Result<String> {
        Ok(self.to_string())
    }

    fn same_scene(&self, other: &Self) -> bool {
        self.same_observation(other)
    }

    /// A tuned entrant waits for its tuning, and takes over the published one's row where that chose its value.
    fn inseparable(&self, other: &Self) -> bool {
        *self == other.to(self.task)
    }

    fn told(&self) -> String {
        self.to_string()
    }

    fn write(folder: &Path, rows: &[Record]) -> experiment::Result<()> {
        table::write(folder, rows)
    }
}

/// Carries out, in plan order, every job that has no record in `results`. Members share the threads
/// of the current pool; where fields are so long that passes over them do, members go one by one.
///
/// `stop` is read before each job. The tables are written now and then, and at the end.
///
/// # Errors
/// The first job that cannot be carried out, faults of the folder. Records so far are kept.
pub fn run(
    results: &Results,
    scenes: &[Scene],
    observer: &dyn Observer<Job>,
    stop: &AtomicBool,
) -> Result<Summary> {
    let plan = &results.manifest().plan;
    let executor = Benches { results, scenes, plan, last: Shared::keeping(1) };
    experiment::run(results, &executor, observer, stop, POLICY)
}

/// Problems under a plan, each made for the first of the jobs that observe alike.
struct Benches<'a> {
    results: &'a Results,
    scenes: &'a [Scene],
    plan: &'a Plan,
    last: Shared<Bench<'a>>,
}

impl<'a> Benches<'a> {
    fn bench(&self, job: &Job) -> Boxed<Arc<Bench<'a>>> {
        let Job { dataset, case, .. } = job;
        self.last.get(format!("{dataset} {} {}", case.sub, case.noise), || {
            Ok(Arc::new(Bench::new(scene(self.scenes, dataset)?, *case, self.plan)?))
        })
    }
}

impl Executor<Job> for Benches<'_> {
    fn execute(&self, job: &Job) -> Boxed<Record> {
        if let Some(record) = carried(self.results, job)? {
            return Ok(record);
        }
        let (bench, Job { case, approach, task, .. }) = (self.bench(job)?, job);
        let Task::Score { choice, seed } = *task else {
            return Ok(Record::Tuned(Box::new(bench.tune(job)?)));
        };
        let untuned = || format!("{} was not tuned on this case", name(approach));
        let value = match choice {
            Choice::Published => None,
            Choice::Tuned => Some(tuned(self.results, job)?.ok_or_else(untuned)?.chosen),
        };
        let draw = bench.draw(Part::Test, seed)?;
        let sampler = bench.bind(approach, value, &draw, case.steps)?;
        let drawn = draw.sample(&*sampler, self.plan.members)?;
        let score = judge(&bench, &draw, &drawn, Score::asked(job, value, seed)?)?;
        Ok(Record::Score(Box::new(score)))
    }

    /// Jobs go one by one: a tuned entrant waits for its tuning.
    fn parallel_inside(&self, _: &Job) -> bool {
        true
    }
}

pub(crate) fn scene<'a>(scenes: &'a [Scene], dataset: &str) -> Result<&'a Scene> {
    let unknown = || experiment::Error::UnknownDataset { dataset: dataset.to_owned() };
    scenes.iter().find(|scene| scene.label == dataset).ok_or_else(unknown)
}

/// The record of a job, if there is one.
fn found(results: &Results, job: &Job) -> Result<Option<Record>> {
    Ok(results.journal().rows([&job.to_string()])?.pop())
}

/// What tuning chose for an approach on a case.
fn tuned(results: &Results, job: &Job) -> Result<Option<Tuned>> {
    Ok(match found(results, &job.to(Task::Tune))? {
        Some(Record::Tuned(tuned)) => Some(*tuned),
        _ => None,
    })
}

/// The record of a tuned entrant whose tuning chose the published value: that of the published one.
fn carried(results: &Results, job: &Job) -> Result<Option<Record>> {
    let Task::Score { choice: Choice::Tuned, seed } = job.task else { return Ok(None) };
    let published = |tuned: &Tuned| tuned.chosen.to_bits() == tuned.published.to_bits();
    if !tuned(results, job)?.as_ref().is_some_and(published) {
        return Ok(None);
    }
    Ok(match found(results, &job.to(Task::Score { choice: Choice::Published, seed }))? {
        Some(Record::Score(score)) => Some(Record::Score(Box::new(score.also_tuned(job)))),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
