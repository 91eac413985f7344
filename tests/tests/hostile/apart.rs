//! Rounds in a process of their own, which what it reads may end.

use crate::outcome::outcome;
use equipoise_tests::hostile::{TARGETS, Target, mutated};
use std::ops::Range;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What tells the process what to do: name of the target, rounds, file of what it found.
const TASK: &str = "EQUIPOISE_HOSTILE_TASK";

/// How long a round may take before the process is ended; what takes longer of ours is a fault of a target.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came of rounds.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Inputs that were accepted.
    pub(crate) read: u64,
    /// What targets should not have done.
    pub(crate) faults: Vec<String>,
    /// Rounds in which the library ended the process.
    pub(crate) ended: Vec<String>,
}

/// Runs rounds of a target.
pub(crate) fn rounds(target: &Target, rounds: Range<u64>) -> Found {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record");
    let (mut found, mut from) = (Found::default(), rounds.start);
    while from < rounds.end {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "apart::rounds_of_a_process"])
            .env(TASK, format!("{} {from} {} {}", target.name, rounds.end, record.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let ended = wait(&mut child, &record);
        let (last, read, faults) = recorded(&record, from);
        found.read += read;
        found.faults.extend(faults);
        match ended {
            None => return found,
            Some(how) => found.ended.push(format!("{how} in round {last} of {}", target.name)),
        }
        from = last + 1;
    }
    found
}

/// How a process ended, if not well: by a signal, or because it did not go on.
fn wait(child: &mut Child, record: &Path) -> Option<String> {
    let (mut seen, mut clock) = (0, Instant::now());
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return (!status.success()).then(|| match status.signal() {
                Some(signal) => format!("ended by signal {signal}"),
                None => format!("ended with {status}"),
            });
        }
        let written = std::fs::metadata(record).map_or(0, |found| found.len());
        if written != seen {
            (seen, clock) = (written, Instant::now());
        }
        if clock.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return Some(format!("did not go on for {PATIENCE:?}"));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The last round that was begun, `from` at least, how many inputs were accepted, and faults.
fn recorded(record: &Path, from: u64) -> (u64, u64, Vec<String>) {
    let text = std::fs::read_to_string(record).unwrap_or_default();
    let (mut last, mut read, mut faults) = (from, 0, Vec::new());
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("begun", round)) => last = round.parse().unwrap(),
            Some(("fault", told)) => faults.push(told.to_owned()),
            _ => read += 1,
        }
    }
    let _ = std::fs::remove_file(record);
    (last, read, faults)
}

/// What the process does that [`rounds`] starts; nothing where nobody asks.
#[test]
fn rounds_of_a_process() {
    use std::io::Write;
    let Ok(task) = std::env::var(TASK) else { return };
    let words: Vec<&str> = task.splitn(4, ' ').collect();
    let target = TARGETS.iter().find(|target| target.name == words[0]).unwrap();
    let rounds = words[1].parse().unwrap()..words[2].parse().unwrap();
    let mut record = std::fs::File::options().create(true).append(true).open(words[3]).unwrap();
    let corpus = (target.corpus)();
    for round in rounds {
        writeln!(record, "begun {round}").unwrap();
        match outcome(target, &mutated(target.name, round, &corpus)) {
            Ok(true) => writeln!(record, "read").unwrap(),
            Ok(false) => {}
            Err(fault) => {
                let fault = fault.replace('\n', " ");
                writeln!(record, "fault {}, round {round}: {fault}", target.name).unwrap();
            }
        }
    }
}
