//! Whole processes of the command: their seconds, those of the processors, and their peak memory.

use super::options::Options;
use super::programs::Programs;
use super::rounds::{Outcome, Peak, Timing};
use super::statistics::Spread;
use super::worker::{Case, Party};
use crate::workspace;
use anyhow::{Context, bail};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The flow that `equipoise fit` is timed on.
const TRAIN: &str = "data/ibpm/train.h5";

/// A verb with its arguments; what it leaves goes into the folder that it runs in.
struct Verb {
    id: &'static str,
    line: Vec<String>,
    runs: usize,
}

/// The verbs, the long one only where time is given, and once.
fn verbs(options: &Options) -> Vec<Verb> {
    let train = workspace::root().join(TRAIN).to_string_lossy().into_owned();
    let line = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let mut verbs = vec![
        Verb { id: "tables", line: line(&["tables"]), runs: options.rounds() },
        Verb {
            id: "fit-ibpm",
            line: line(&["fit", "--train", &train, "--out", "prior.h5"]),
            runs: options.rounds(),
        },
    ];
    if !options.quick {
        verbs.push(Verb { id: "sweep", line: line(&["sweep", "--out", "sweep"]), runs: 1 });
    }
    verbs
}

/// Runs them. What ends badly is in the faults.
///
/// # Errors
/// When no folder can be made to run in.
pub(crate) fn measure(programs: &Programs, options: &Options, party: &Party) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    for Verb { id, line, runs } in verbs(options) {
        let mut spent = Vec::new();
        for run in 0..runs {
            eprintln!("verbs/{id}: run {} of {runs}", run + 1);
            match in_a_folder(programs, &line, party) {
                Ok(found) => spent.push(found),
                Err(fault) => {
                    outcome.faults.push(format!("verbs/{id}: {fault:#}"));
                    break;
                }
            }
        }
        let case = Case {
            id: format!("verbs/{id}"),
            what: format!("equipoise {}, a whole process", line[0]),
            bytes: 0.0,
            arrays: 0.0,
            operations: None,
            note: None,
        };
        let cpu: Option<Vec<f64>> = spent.iter().map(|s| s.cpu).collect();
        outcome.peaks.extend(spent.iter().filter_map(|s| s.peak).max().map(|bytes| Peak {
            of: case.id.clone(),
            party: party.clone(),
            bytes,
            cpu: cpu.and_then(|cpu| Some(Spread::of(&cpu)?.median)),
        }));
        let rounds = spent.iter().map(|s| s.seconds).collect();
        outcome.timings.push(Timing { case, party: party.clone(), rounds });
    }
    Ok(outcome)
}

/// What one process took.
struct Spent {
    seconds: f64,
    cpu: Option<f64>,
    peak: Option<u64>,
}

/// A run in a folder of its own, so that no run finds what another left.
fn in_a_folder(programs: &Programs, line: &[String], party: &Party) -> anyhow::Result<Spent> {
    let folder = std::env::temp_dir().join(format!("equipoise-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let spent = spawn(programs, line, party, &folder);
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    spent
}

fn spawn(programs: &Programs, line: &[String], party: &Party, folder: &Path) -> anyhow::Result<Spent> {
    let mut command = programs.throughput("spawn");
    command.arg(programs.equipoise()?).args(line).envs(party.variables()).current_dir(folder);
    let output = command.output().context("cannot start throughput")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let seconds = answer["seconds"].as_f64().context("a process without seconds")?;
    Ok(Spent { seconds, cpu: answer["cpu"].as_f64(), peak: answer["peak"].as_u64() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    #[test]
    fn the_sweep_runs_once_and_not_in_a_hurry() {
        let runs = |flags: &[&str]| {
            let options = Options::parse(&flags.iter().map(OsString::from).collect::<Vec<_>>()).unwrap();
            verbs(&options).iter().map(|verb| (verb.id, verb.runs)).collect::<Vec<_>>()
        };
        assert_eq!(runs(&[]), [("tables", 9), ("fit-ibpm", 9), ("sweep", 1)]);
        assert_eq!(runs(&["--quick"]), [("tables", 3), ("fit-ibpm", 3)]);
    }
}
