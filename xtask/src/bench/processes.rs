//! Whole processes: verbs of the command, and builds from nothing. Their seconds, those of the processors,
//! and their peak memory, with another revision in turn where there is one.

use super::options::{BUILD, Options, VERBS};
use super::programs::Programs;
use super::revision;
use super::rounds::{Outcome, Peak, Timing};
use super::statistics::Spread;
use super::worker::{Case, Party};
use crate::spawn::{Measured, Spent};
use crate::{call, workspace};
use anyhow::Context;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One of the revisions.
pub(crate) struct Side<'a> {
    /// Under which name it is timed, and on how many threads.
    pub(crate) party: Party,
    /// Its sources.
    pub(crate) root: PathBuf,
    /// Its programs.
    pub(crate) programs: &'a Programs,
}

impl AsRef<Party> for Side<'_> {
    fn as_ref(&self) -> &Party {
        &self.party
    }
}

/// A verb with its arguments; what it leaves goes into the folder that it runs in.
struct Verb {
    id: &'static str,
    /// What must have run in the folder before, and is not timed.
    before: Option<Vec<String>>,
    line: Vec<String>,
    runs: usize,
}

/// The verbs. The data are those of this tree for either side. The long one runs only where time is given,
/// and once where nothing stands beside it.
fn verbs(options: &Options) -> Vec<Verb> {
    let data = |path: &str| workspace::root().join("data").join(path).to_string_lossy().into_owned();
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let on = |verb: &str, path: &str, rest: &str| [words(verb), vec![data(path)], words(rest)].concat();
    let verb = |id, line| Verb { id, before: None, line, runs: options.rounds() };
    let mut verbs = vec![
        verb("inspect", on("inspect", "kolmogorov/train.h5", "")),
        verb("fit-ibpm", on("fit --train", "ibpm/train.h5", "--out prior.h5")),
        // In the words of older revisions, which take their turns.
        Verb {
            before: Some(on("fit --train", "kolmogorov/train.h5", "--out prior.h5")),
            ..verb("reconstruct", on("reconstruct --prior prior.h5 --obs", "sensors/kolmogorov.csv", ""))
        },
        verb("sweep-wake", words("sweep --dataset ibpm --sub 16 --law matched --protocol fast --out sweep")),
    ];
    if !options.quick {
        let runs = if options.against.is_some() { 3 } else { 1 };
        verbs.push(Verb { runs, ..verb("sweep", words("sweep --out sweep")) });
    }
    verbs
}

/// Runs the verbs. What ends badly is in the faults.
pub(crate) fn measure_verbs(sides: &[Side<'_>], options: &Options) -> Outcome {
    let mut outcome = Outcome::default();
    for verb in verbs(options) {
        let what = format!("equipoise {}, a whole process", verb.line[0]);
        let case = case(format!("{VERBS}/{}", verb.id), what);
        in_turn(&case, sides, verb.runs, &mut outcome, |side| in_a_folder(side, &verb));
    }
    outcome
}

/// Builds the command from nothing, as after a clone: dependencies are fetched before, and no cache of
/// compilers stands behind. What ends badly is in the faults.
///
/// # Errors
/// When dependencies cannot be fetched.
pub(crate) fn measure_builds(sides: &[Side<'_>], options: &Options) -> anyhow::Result<Outcome> {
    for Side { party, root, .. } in sides {
        call::finish(workspace::cargo().current_dir(root).arg("fetch"))
            .with_context(|| party.name.clone())?;
    }
    let mut outcome = Outcome::default();
    let case = case(format!("{BUILD}/debug"), "cargo build from nothing".to_owned());
    let rounds = if options.quick { 1 } else { 2 };
    in_turn(&case, sides, rounds, &mut outcome, |side| from_nothing(&side.root));
    Ok(outcome)
}

/// A case of which nothing is known but its name.
pub(crate) fn case(id: String, what: String) -> Case {
    Case { id, what, bytes: 0.0, arrays: 0.0, operations: None, note: None }
}

/// Rounds of one case, in each every side once. A side that fails is left out from there on.
pub(crate) fn in_turn<S: AsRef<Party>>(
    case: &Case,
    sides: &[S],
    rounds: usize,
    outcome: &mut Outcome,
    mut run: impl FnMut(&S) -> anyhow::Result<Spent>,
) {
    let mut spent: Vec<(&S, Vec<Spent>)> = sides.iter().map(|side| (side, Vec::new())).collect();
    for round in 0..rounds {
        eprintln!("{}: round {} of {rounds}", case.id, round + 1);
        spent.retain_mut(|(side, rounds)| match run(side) {
            Ok(found) => {
                rounds.push(found);
                true
            }
            Err(fault) => {
                outcome.faults.push(format!("{}: {}: {fault:#}", case.id, side.as_ref().name));
                false
            }
        });
    }
    for (side, rounds) in spent {
        let party = side.as_ref();
        let cpu: Vec<f64> = rounds.iter().filter_map(|s| s.cpu).collect();
        outcome.peaks.extend(rounds.iter().filter_map(|s| s.peak).max().map(|bytes| Peak {
            of: case.id.clone(),
            party: party.clone(),
            bytes,
            cpu: Spread::of(&cpu).map(|spread| spread.median),
        }));
        let rounds = rounds.iter().map(|s| s.seconds).collect();
        outcome.timings.push(Timing { case: case.clone(), party: party.clone(), rounds, cpu });
    }
}

/// A run in a folder of its own, so that no run finds what another left.
fn in_a_folder(side: &Side<'_>, verb: &Verb) -> anyhow::Result<Spent> {
    let folder = std::env::temp_dir().join(format!("equipoise-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let spent = run_verb(side, verb, &folder);
    revision::remove(&folder)?;
    spent
}

fn run_verb(Side { party, programs, .. }: &Side<'_>, verb: &Verb, folder: &Path) -> anyhow::Result<Spent> {
    let start = |line: &[String]| {
        let mut process = Measured::new(programs.equipoise()?, folder.join("bench.log"))?;
        process.command().args(line).envs(party.variables()).current_dir(folder);
        process.run()
    };
    if let Some(before) = &verb.before {
        start(before)?;
    }
    start(&verb.line)
}

fn from_nothing(root: &Path) -> anyhow::Result<Spent> {
    let (cold, log) = revision::nothing(&workspace::root())?;
    let mut process = Measured::new(workspace::cargo_path(), log.clone())?;
    let command = process.command();
    cold_build(command, &cold);
    command.current_dir(root);
    let spent = process.run().with_context(|| format!("see {}", log.display()));
    revision::remove(&cold)?;
    spent
}

fn cold_build(command: &mut Command, target: &Path) {
    command.args(["build", "--offline", "--target-dir"]).arg(target).env("RUSTC_WRAPPER", "");
    workspace::forget_package(command);
}

#[cfg(test)]
mod tests {
    use super::super::rounds::tests::party;
    use super::*;
    use std::ffi::OsString;

    #[test]
    fn the_long_sweep_runs_seldom_and_not_in_a_hurry() {
        let runs = |flags: &[&str]| {
            let options = Options::parse(&flags.iter().map(OsString::from).collect::<Vec<_>>()).unwrap();
            verbs(&options).iter().map(|verb| (verb.id, verb.runs)).collect::<Vec<_>>()
        };
        let short = ["inspect", "fit-ibpm", "reconstruct", "sweep-wake"];
        let with = |rounds: usize, last: Option<usize>| {
            let last = last.map(|runs| ("sweep", runs));
            short.map(|id| (id, rounds)).into_iter().chain(last).collect::<Vec<_>>()
        };
        assert_eq!(runs(&[]), with(9, Some(1)));
        assert_eq!(runs(&["--against", "HEAD"]), with(9, Some(3)));
        assert_eq!(runs(&["--quick"]), with(3, None));
    }

    /// Two scripts that write their name down: the order is theirs in turn, and one that breaks in the second
    /// round stops the other in none.
    #[cfg(unix)]
    #[test]
    fn two_programs_run_in_turn_and_a_broken_one_stops_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let programs = Programs::default();
        let side =
            |name: &str| Side { party: party(name, 1), root: folder.path().into(), programs: &programs };
        let script = |name: &str| match name {
            "now" => "echo now >> log",
            _ => "echo then >> log; test $(grep -c then log) -lt 2",
        };
        let run = |side: &Side<'_>| {
            let mut command = Command::new("sh");
            command.args(["-c", script(&side.party.name)]).current_dir(&side.root);
            match command.status()?.success() {
                true => Ok(Spent { seconds: 2.0, cpu: Some(1.0), peak: Some(7) }),
                false => anyhow::bail!("no memory"),
            }
        };
        let mut outcome = Outcome::default();
        let case = case("verbs/x".to_owned(), String::new());
        in_turn(&case, &[side("now"), side("then")], 3, &mut outcome, run);
        assert_eq!(fs::read_to_string(log).unwrap(), "now\nthen\nnow\nthen\nnow\n");
        assert_eq!(outcome.faults, ["verbs/x: then: no memory"]);
        let timings: Vec<_> =
            outcome.timings.iter().map(|t| (t.party.name.as_str(), t.rounds.len())).collect();
        assert_eq!(timings, [("now", 3)]);
        assert_eq!(outcome.timings[0].cpu, [1.0; 3]);
        assert_eq!((outcome.peaks[0].bytes, outcome.peaks[0].cpu), (7, Some(1.0)));
    }
}
