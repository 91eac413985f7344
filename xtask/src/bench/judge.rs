//! A verdict as a whole process, ours and a peer's in turn on the same ensemble, and whether both found the same.

use super::options::{JUDGE, Options};
use super::processes::{Side, case, in_turn};
use super::programs::Programs;
use super::record::OURS;
use super::revision;
use super::rounds::Outcome;
use super::worker::Party;
use crate::spawn::{Measured, Spent};
use crate::{call, python, workspace};
use anyhow::Context;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The peer's name in tables.
const PEER: &str = "xarray";

/// What a reader must know of its time.
const NOTE: &str = "scoringrules (fair) and NumPy beside it; its seconds and its memory are behind those of the imports \
                    and of the first call of each kernel";

/// Figures that both find; the peer's name for one stands in its own answer.
const FIGURES: [&str; 6] = ["crps", "spread_skill", "rank_histogram", "border", "coverage.50", "coverage.90"];

/// How far apart both may find them, of their size.
const APART: f64 = 1e-6;

/// Who judges.
enum Judge<'a> {
    Ours(Side<'a>),
    Peer(Party, &'a Path),
}

impl AsRef<Party> for Judge<'_> {
    fn as_ref(&self) -> &Party {
        match self {
            Self::Ours(side) => &side.party,
            Self::Peer(party, _) => party,
        }
    }
}

/// Runs all in turn: `sides` on each number of threads, then the peer on as many. The ensemble is made by `programs`.
///
/// # Errors
/// Where it cannot be made.
pub(crate) fn measure(
    programs: &Programs,
    sides: Vec<Side<'_>>,
    python: Option<&Path>,
    options: &Options,
) -> anyhow::Result<Outcome> {
    let folder = workspace::root().join("target/judged");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    eprintln!("{JUDGE}: making the ensemble in {}", folder.display());
    call::finish(&mut programs.ensemble(&folder, options.quick)?)?;
    let mut threads: Vec<usize> = sides.iter().map(|side| side.party.threads).collect();
    threads.dedup();
    let peer = |python| {
        let party = |threads| Party { name: PEER.to_owned(), threads, blas: threads };
        threads.iter().map(move |threads| Judge::Peer(party(*threads), python))
    };
    let peers: Vec<Judge<'_>> = python.into_iter().flat_map(peer).collect();
    let judges: Vec<Judge<'_>> = sides.into_iter().map(Judge::Ours).chain(peers).collect();
    let size = if options.quick { "16x16x2x256x256" } else { "64x16x2x256x256" };
    let case = case(format!("{JUDGE}/{size}"), "equipoise judge, a whole process".to_owned());
    let mut outcome = Outcome::default();
    in_turn(&case, &judges, if options.quick { 1 } else { 3 }, &mut outcome, |judge| run(judge, &folder));
    for timing in outcome.timings.iter_mut().filter(|timing| timing.party.name == PEER) {
        timing.case.note = Some(NOTE.to_owned());
    }
    if python.is_some() {
        outcome.faults.extend(differing(&folder)?);
    }
    revision::remove(&folder)?;
    Ok(outcome)
}

fn run(judge: &Judge<'_>, folder: &Path) -> anyhow::Result<Spent> {
    match judge {
        Judge::Ours(Side { party, programs, .. }) => {
            let log = folder.join(format!("{}.log", party.name));
            let mut process = Measured::new(programs.equipoise()?, log)?;
            let line = ["judge", "--members", "members.h5", "--truth", "truth.h5", "--force", "--out"];
            process.command().args(line).arg(&party.name).envs(party.variables()).current_dir(folder);
            process.run()
        }
        Judge::Peer(party, interpreter) => {
            let mut process = Measured::new(interpreter, answer(folder))?;
            let command = process.command();
            command.arg(workspace::root().join("xtask/peers/judge.py")).arg(folder);
            command.envs(party.variables()).env("NUMBA_NUM_THREADS", party.threads.to_string());
            python::quiet(command);
            let whole = process.run()?;
            let told = peers(folder)?;
            let (seconds, cpu) = (told["seconds"].as_f64().unwrap_or(whole.seconds), told["cpu"].as_f64());
            Ok(Spent { seconds, cpu, peak: told["above"].as_u64() })
        }
    }
}

/// The file of the peer's answer.
fn answer(folder: &Path) -> PathBuf {
    folder.join(format!("{PEER}.log"))
}

/// What the peer found, the last line that it wrote.
fn peers(folder: &Path) -> anyhow::Result<Value> {
    let path = answer(folder);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let last = text.lines().rfind(|line| line.starts_with('{')).context("the peer found nothing")?;
    Ok(serde_json::from_str(last)?)
}

/// A sentence on each figure that both do not find alike.
fn differing(folder: &Path) -> anyhow::Result<Vec<String>> {
    let path = folder.join(OURS).join("judge.json");
    let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let (ours, peer): (Value, Value) = (serde_json::from_slice(&text)?, peers(folder)?);
    Ok(FIGURES.iter().filter_map(|name| apart(name, &ours, &peer)).collect())
}

fn apart(name: &str, ours: &Value, peer: &Value) -> Option<String> {
    let row = ours["rows"].as_array()?.iter().find(|row| row["name"] == format!("field.{name}"));
    let found = [row.and_then(|row| row["found"].as_f64()), peer[name].as_f64()];
    match found {
        [Some(ours), Some(peer)] if (ours - peer).abs() <= APART * ours.abs() => None,
        _ => Some(format!("figure `{name}` differs: {OURS} and {PEER} found {found:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn figures_that_differ_are_named() {
        let ours = json!({ "rows": [{ "name": "field.crps", "found": 0.5 }] });
        assert_eq!(apart("crps", &ours, &json!({ "crps": 0.500_000_1 })), None);
        let told = apart("crps", &ours, &json!({ "crps": 0.5001 })).unwrap();
        assert_eq!(told, "figure `crps` differs: equipoise and xarray found [Some(0.5), Some(0.5001)]");
        assert!(apart("border", &ours, &json!({ "border": 1.0 })).is_some());
    }

    #[test]
    fn every_figure_is_the_peers_too() {
        let script = fs::read_to_string(workspace::root().join("xtask/peers/judge.py")).unwrap();
        for name in FIGURES {
            assert!(script.contains(&format!("\"{name}\": ")), "{name}");
        }
    }
}
