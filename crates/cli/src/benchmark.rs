//! `equipoise benchmark`: posterior methods against the exact posterior, ranked.

mod design;
mod progress;
mod summary;

use crate::existing;
use crate::format::duration;
use crate::interrupt;
use crate::messages;
use crate::planned;
use crate::provenance::provenance;
use crate::running::Running;
use design::Design;
use equipoise_benchmark::{
    BenchmarkFile, Estimate, Job, Plan, Results, Scene, estimate, foretell, run as carry_out, write_page,
};
use equipoise_experiment::{Flow, FlowRequest, Merged, PLAN_TOML, PlanFile};
use equipoise_report::significant;
use equipoise_sweep::{CPU, caveat};
use progress::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use summary::Report;

/// Seconds below which nothing is said of the timing.
const SILENT: f64 = 30.0;

/// Rank posterior methods against the exact posterior.
///
/// On the embedded flows, under their prior: CRPS and sliced Wasserstein-2 over those of exact samples, RMSE over
/// the floor, bias, spread ratio, coverage error, denoiser calls, seconds and states, with 95 % intervals over seeds.
///
/// Samplers are ranked by the CRPS ratio, a proper score; point estimates among themselves by their mean
/// absolute error over the same number. A seed that exploded scores infinity.
///
/// Every method enters at its published parameter and at the one of a stated grid with the least CRPS (point
/// estimates: mean absolute error) on a window of the test file that shares no frame with the one it is judged on. The default is the
/// subset `core`, sized for 20 minutes on two cores; `--full` is every sub, noise and number of steps.
/// The time it will take is measured and printed first. `leaderboard.csv`, `scores.csv`, `tuning.csv`,
/// `results.jsonl`, `timings.csv` (wall times), `report.html`, `manifest.json` and the journal are written; after Ctrl-C `--resume` goes on.
///
/// Under a prior of which no exact samples are known (all but wiener) methods are ranked by the CRPS or the
/// mean absolute error themselves; the leaderboard says which.
///
/// Units and space: noise, RMSE and floors are in normalised units, those of the prior's normalizer;
/// ratios and bias have none. Point estimates are not judged on spread.
#[derive(clap::Args)]
#[command(mut_arg("out", |out| out.default_value("benchmark")))]
pub(crate) struct Arguments {
    /// A plan in the place of all flags under Cases
    ///
    /// A file in TOML, such as the `plan.toml` that a benchmark writes beside its results; it may name any flow. Paths in
    /// it are relative to its folder, those inside names of priors to the folder of the call.
    #[arg(long, value_name = "FILE", help_heading = "Cases", conflicts_with = "Design")]
    plan: Option<PathBuf>,

    #[command(flatten)]
    design: Design,

    #[command(flatten)]
    pub(crate) running: Running,
}

/// Runs the benchmark and prints its leaderboard.
///
/// # Errors
/// Bad usage, a sample that cannot be read, or an output folder that may not be written; then nothing
/// in that folder is changed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let clock = Instant::now();
    let running = &arguments.running;
    let (asked, requests) = arguments.asked()?;
    let (folder, rule) = running.begin()?;
    let flows = requests.iter().map(Flow::open_apart).collect::<Result<Vec<_>, _>>()?;
    flows.iter().flat_map(|[flow, _]| flow.remarks()).for_each(messages::remark);
    let plan = asked.plan(&flows)?;
    let entries = |job: &Job| {
        let of = plan.datasets.iter().find(|dataset| dataset.label() == job.dataset);
        let named = |flow: &&Flow| of.is_some_and(|dataset| dataset.source.dataset == flow.name());
        let flow = flows.iter().map(|[test, _]| test).find(named);
        flow.map_or(1, |flow| flow.prior().shape().len())
    };
    // A job that has no weight is refused where it runs.
    let weight = |job: &Job| plan.weight(job, entries(job)).unwrap_or(0.0);
    let jobs = running.take(plan.jobs()?, weight);
    let total = jobs.len();
    detail!("{total} jobs: {} methods on {} datasets", plan.approaches.len(), plan.datasets.len());
    for dataset in &plan.datasets {
        let flow = flows.iter().map(|[test, _]| test).find(|flow| flow.name() == dataset.source.dataset);
        for approach in plan.approaches.iter().filter(|approach| approach.runs_under(&dataset.prior)) {
            let caveat = flow.map(|flow| caveat(flow, &dataset.prior, approach)).transpose()?.flatten();
            caveat.iter().for_each(|caveat| caution!("note: {caveat}"));
        }
    }
    let scenes = flows.iter().map(Scene::of).collect::<Result<Vec<_>, _>>()?;
    let scenes: Vec<Scene> = scenes.into_iter().flatten().collect();
    let provenance = provenance(CPU, flows.iter().flat_map(|[test, _]| test.files()), running.shard);
    let resolved = BenchmarkFile::resolved(&requests, &plan);
    let results = Results::open(&folder, (plan, jobs), provenance, rule)?;
    existing::resumed(&results);
    resolved.write(&results.claim(&[PLAN_TOML])?.remove(0))?;
    let plan = results.manifest().plan;
    for (dataset, seconds) in
        foretell(&plan, &scenes, &results.pending())?.into_iter().filter(|(_, seconds)| *seconds >= SILENT)
    {
        note!("{dataset}: timing a few steps of every method takes about {}", duration(seconds));
    }
    let rates = estimate(&plan, &scenes, &results.pending())?;
    announce(&results, &plan, &rates);
    let stop = interrupt::flag()?;
    let display = Display::new(&results, &rates);
    let ran = carry_out(&results, &scenes, &display, &stop);
    display.close();
    let ran = ran?;
    let page = running.shard.is_none().then(|| write_page(&results)).transpose()?;
    let report = Report::new(&results, ran, page, clock.elapsed())?;
    report.print(running.format)?;
    Ok(interrupt::ended(ran, total, "jobs have records"))
}

impl Arguments {
    /// What is asked of the jobs and of the flows, on the line or in a plan's file.
    fn asked(&self) -> anyhow::Result<(BenchmarkFile, Vec<FlowRequest>)> {
        if let Some(path) = &self.plan {
            return planned::read(path);
        }
        let asked = self.design.asked()?;
        let requests = asked.requests()?;
        Ok((asked, requests))
    }
}

/// Merges the folders of a benchmark: the records, and the page as the benchmark itself makes it.
pub(crate) fn merge(folder: &Path, merged: Merged<Job>) -> anyhow::Result<Results> {
    let first = &merged.parts()[0];
    let (_, requests) = planned::read::<BenchmarkFile>(&merged.plan_file())?;
    let plan = first.manifest().plan.clone();
    let (resolved, jobs) = (BenchmarkFile::resolved(&requests, &plan), plan.jobs()?);
    let results = Results::merge(folder, (plan, jobs), merged)?;
    resolved.write(&results.claim(&[PLAN_TOML])?.remove(0))?;
    write_page(&results)?;
    Ok(results)
}

/// What is about to run and what it will cost.
fn announce(results: &Results, plan: &Plan, rates: &Estimate) {
    let (seconds, calls) = rates.total(results);
    let jobs = results.pending().len();
    note!(
        "subset {}: {jobs} jobs, estimated {} and {} denoiser calls on {} threads, from a few steps of every \
         method; results in {}",
        plan.subset,
        duration(seconds),
        significant(calls, 2),
        rayon::current_num_threads(),
        results.folder().display()
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn a_plan_stands_in_the_place_of_every_flag_of_cases() {
        let mut command = Line::command();
        command.build();
        let plan = command.get_arguments().find(|arg| arg.get_id() == "plan").unwrap();
        let refused = command.get_arg_conflicts_with(plan);
        let replaced = |arg: &&clap::Arg| arg.get_help_heading() == Some("Cases") && arg.get_id() != "plan";
        let flags: Vec<_> = command.get_arguments().filter(replaced).collect();
        assert!(flags.len() > 9, "{}", flags.len());
        for flag in flags {
            assert!(refused.iter().any(|arg| arg.get_id() == flag.get_id()), "--{}", flag.get_id());
        }
    }
}
