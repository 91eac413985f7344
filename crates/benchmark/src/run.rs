//! Carrying out the jobs that have no record yet.

use crate::bench::{Bench, Draws};
use crate::job::identities;
use crate::record::{Record, Tuned};
use crate::{Choice, Error, Job, Plan, Result, Scene, write_tables};
use equipoise_experiment::{Archive, Progress, Record as _, Summary};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The least time between two writings of the tables while jobs run.
const CHECKPOINT: Duration = Duration::from_secs(10);

/// The folder of a benchmark.
pub type Results = Archive<Plan, Record>;

/// What watches a benchmark.
pub trait Observer {
    /// A job begins.
    fn started(&self, job: &Job, progress: Progress);

    /// A job has its record on the disk.
    fn finished(&self, job: &Job, record: &Record, progress: Progress);
}

/// Carries out, in plan order, every job that has no record in `results`. Members share the threads
/// of the current pool; where fields are so long that passes over them do, members go one by one.
///
/// `stop` is read before each job. The tables are written now and then, and at the end.
///
/// # Errors
/// [`Error::UnknownDataset`], the first job that cannot be carried out, faults of the folder. Records
/// so far are kept.
pub fn run(
    results: &Results,
    scenes: &[Scene],
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<Summary> {
    let plan = results.manifest().plan;
    let jobs = plan.jobs()?;
    let journal = results.journal();
    let pending: Vec<&Job> = jobs
        .iter()
        .zip(identities(&jobs)?)
        .filter(|(_, identity)| !journal.contains(identity))
        .map(|(job, _)| job)
        .collect();
    let skipped = jobs.len() - pending.len();
    let (mut finished, mut saved) = (0, Instant::now());
    let at = |finished: usize| Progress { done: skipped + finished, skipped, total: jobs.len() };
    'jobs: for batch in pending.chunk_by(|a, b| a.same_observation(b)) {
        let fault = |source| Error::Job { job: batch[0].to_string(), source };
        let scene = scene(scenes, batch[0].dataset())?;
        let bench = Bench::new(scene, batch[0].case(), &plan).map_err(fault)?;
        let mut draws = Draws::of(&bench.problem);
        for job in batch {
            if stop.load(Ordering::Relaxed) {
                break 'jobs;
            }
            observer.started(job, at(finished));
            let record = match carried(results, job)? {
                Some(record) => record,
                None => {
                    let chosen = tuned(results, job).map(|tuned| tuned.chosen);
                    let record = bench.record(job, chosen, &mut draws);
                    let record = record.map_err(|source| Error::Job { job: job.to_string(), source })?;
                    record.by(results.build())
                }
            };
            journal.append(record.clone())?;
            finished += 1;
            observer.finished(job, &record, at(finished));
            if saved.elapsed() >= CHECKPOINT {
                write_tables(results, true)?;
                saved = Instant::now();
            }
        }
    }
    write_tables(results, false)?;
    Ok(Summary { finished, skipped, interrupted: finished < pending.len() })
}

pub(crate) fn scene<'a>(scenes: &'a [Scene], dataset: &str) -> Result<&'a Scene> {
    let unknown = || Error::UnknownDataset { dataset: dataset.to_owned() };
    scenes.iter().find(|scene| scene.label == dataset).ok_or_else(unknown)
}

/// The record of a job, if there is one.
fn found(results: &Results, job: &Job) -> Option<Record> {
    results.journal().rows([&job.to_string()]).pop()
}

/// What tuning chose for an approach on a case.
fn tuned(results: &Results, job: &Job) -> Option<Tuned> {
    let (dataset, case, approach) = (job.dataset().to_owned(), job.case(), job.approach().clone());
    match found(results, &Job::Tune { dataset, case, approach })? {
        Record::Tuned(tuned) => Some(*tuned),
        Record::Score(_) => None,
    }
}

/// The record of a tuned entrant whose tuning chose the published value: that of the published one.
fn carried(results: &Results, job: &Job) -> Result<Option<Record>> {
    let Job::Score { dataset, case, approach, choice: Choice::Tuned, seed } = job else { return Ok(None) };
    let Some(tuned) = tuned(results, job) else { return Ok(None) };
    if tuned.chosen.to_bits() != tuned.published.to_bits() {
        return Ok(None);
    }
    let (dataset, approach, choice) = (dataset.clone(), approach.clone(), Choice::Published);
    Ok(match found(results, &Job::Score { dataset, case: *case, approach, choice, seed: *seed }) {
        Some(Record::Score(score)) => Some(Record::Score(Box::new(score.also_tuned(job)))),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
