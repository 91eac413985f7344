//! The folders of a sweep made into one.

use super::backend::Backend;
use super::{open, pages};
use crate::planned;
use equipoise_experiment::{Merged, PLAN_TOML, PlanFile};
use equipoise_sweep::{CPU, FlowExecutor, Output, Pictures, SweepFile, Trial};
use std::path::Path;

/// Merges the folders of a sweep: the rows, and the pages as the sweep itself makes them.
pub(crate) fn merge(folder: &Path, merged: Merged<Trial>) -> anyhow::Result<Output> {
    let (asked, requests) = planned::read::<SweepFile>(&merged.plan_file())?;
    let (flows, _) = open(&requests)?;
    let plan = merged.parts()[0].manifest().plan.clone();
    let reduced = Backend::Reduced.open()?;
    let mut executor = FlowExecutor::new(&flows, None)?;
    // A device need not be here: its trials are known by their rows.
    if let (Some("reduced"), Some(reduced)) = (asked.backend.as_deref(), &reduced) {
        executor = executor.with_accelerator(reduced.accelerator());
    }
    let trials = executor.placed(plan.trials()?)?;
    let trials = trials.into_iter().map(|trial| found(trial, asked.backend.as_deref(), &merged));
    let trials = trials.collect::<anyhow::Result<Vec<_>>>()?;
    let output = Output::merge(folder, (plan, trials), merged)?;
    SweepFile::resolved(&requests, &output.manifest().plan, asked.backend.as_deref().unwrap_or(CPU))
        .write(&output.claim(&[PLAN_TOML])?.remove(0))?;
    let pictures = Pictures::new(&output, output.trials(), &flows)?;
    pages(&output, &flows, &executor, &pictures)?;
    Ok(output)
}

/// The trial as it ran: on the plan's backend, if it has a row of that.
fn found(trial: Trial, backend: Option<&str>, merged: &Merged<Trial>) -> anyhow::Result<Trial> {
    let there = Trial { backend: backend.unwrap_or(CPU).to_owned(), ..trial.clone() };
    let ran = trial.is_gaussian() && merged.contains(&there.identity()?);
    Ok(if ran { there } else { trial })
}
