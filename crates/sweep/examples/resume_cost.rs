//! What a folder of many finished rows costs to resume: `cargo run --release -p equipoise-sweep --example resume_cost [ROWS]`.
//!
//! One process leaves the folder, another resumes it to the trials that are pending and says its time and its memory.

use equipoise_experiment::{Existing, Flow, FlowFile, Manifest, Provenance, Resume};
use equipoise_sweep::{DatasetPlan, Output, Plan, Row};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

type Fault = Box<dyn std::error::Error>;

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [verb, folder] = &arguments[..]
        && verb == "resume"
    {
        return resume(Path::new(folder));
    }
    let count = arguments.first().map_or(Ok(100_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    leave(folder.path(), count)?;
    let own = std::env::current_exe()?;
    let status = Command::new(own).arg("resume").arg(folder.path()).status()?;
    if status.success() { Ok(()) } else { Err("the process that resumes failed".into()) }
}

/// Rows of the default sweep of the turbulence under as many seeds as it takes.
fn leave(folder: &Path, count: usize) -> Result<(), Fault> {
    let flow = Flow::open(&FlowFile::embedded("kolmogorov").request()?)?;
    let mut dataset = DatasetPlan::of(&flow);
    let a_seed = Plan::standard(vec![DatasetPlan { seeds: vec![0], ..dataset.clone() }]).trials()?.len();
    dataset.seeds = (0..count.div_ceil(a_seed) as u64).collect();
    let plan = Plan::standard(vec![dataset]);
    let trials = plan.trials()?;
    let rows = trials.iter().map(|trial| Row {
        rmse: 1.0 / 3.0,
        misfit: f64::NAN,
        ..Row::of(trial).unwrap_or_default()
    });
    let rows: Vec<Row> = rows.collect();
    let provenance: Provenance = serde_json::from_str(
        r#"{"version":"0","revision":null,"sources":"0","arguments":[],"data":{},"threads":1}"#,
    )?;
    let output = Output::open(folder, (plan, trials), provenance, Existing::Refuse)?;
    let clock = Instant::now();
    rows.iter().try_for_each(|row| output.journal().append(row))?;
    output.journal().sync()?;
    let micros = 1e6 * clock.elapsed().as_secs_f64() / rows.len() as f64;
    println!("{} rows appended, {micros:.1} µs each", rows.len());
    Ok(())
}

fn resume(folder: &Path) -> Result<(), Fault> {
    let clock = Instant::now();
    let manifest = Manifest::<Plan>::read(folder)?.ok_or("no manifest")?;
    let trials = manifest.plan.trials()?;
    let planned = clock.elapsed();
    let existing = Existing::Resume(Resume::default());
    let output = Output::open(folder, (manifest.plan, trials), manifest.provenance, existing)?;
    let pending = output.pending().len();
    println!(
        "resumed to {pending} pending trials in {:.3} s, of which the plan {:.3} s",
        clock.elapsed().as_secs_f64(),
        planned.as_secs_f64()
    );
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown"));
    Ok(())
}
