//! As many rounds as are asked for, counted in a file from which they go on.

use crate::apart;
use crate::outcome::outcome;
use equipoise_tests::hostile::{TARGETS, Target, mutated};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

/// Rounds of CI are not gone through again.
const FIRST: u64 = 1 << 20;

/// Rounds between two entries in the file.
const BATCH: u64 = 2000;

/// Counts and findings on disk: a line `NAME rounds read` a batch, the last of a name counts, and one each finding.
struct Record {
    path: PathBuf,
    done: BTreeMap<String, (u64, u64)>,
}

impl Record {
    fn open(path: PathBuf) -> Self {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut done = BTreeMap::new();
        for line in text.lines() {
            if let [name, rounds, read] = line.split(' ').collect::<Vec<_>>()[..]
                && let (Ok(rounds), Ok(read)) = (rounds.parse(), read.parse())
            {
                done.insert(name.to_owned(), (rounds, read));
            }
        }
        Self { path, done }
    }

    fn add(&mut self, name: &str, rounds: u64, read: u64, findings: &[String]) {
        let done = self.done.entry(name.to_owned()).or_default();
        *done = (done.0 + rounds, done.1 + read);
        let mut file = std::fs::File::options().create(true).append(true).open(&self.path).unwrap();
        for finding in findings {
            writeln!(file, "finding: {finding}").unwrap();
        }
        writeln!(file, "{name} {} {}", done.0, done.1).unwrap();
    }
}

fn batch(target: &Target, corpus: &[Vec<u8>], from: u64) -> (u64, Vec<String>) {
    let rounds = from..from + BATCH;
    if target.foreign {
        let found = apart::rounds(target, rounds);
        return (found.read, found.faults.into_iter().chain(found.ended).collect());
    }
    let (mut read, mut faults) = (0, Vec::new());
    for round in rounds {
        match outcome(target, &mutated(target.name, round, corpus)) {
            Ok(accepted) => read += u64::from(accepted),
            Err(fault) => {
                faults.push(format!("{}, round {round}: {}", target.name, fault.replace('\n', " ")))
            }
        }
    }
    (read, faults)
}

/// `EQUIPOISE_HOSTILE_ROUNDS=1000000 EQUIPOISE_HOSTILE_RECORD=FILE cargo test --release -p equipoise-tests --test hostile
/// -- --ignored`: so many rounds of each target, or of those that `EQUIPOISE_HOSTILE_TARGETS=NAME,NAME` names.
#[test]
#[ignore = "runs for as long as it is asked to"]
fn as_many_rounds_as_are_asked_for() {
    let asked = |name: &str| std::env::var(name).unwrap_or_default();
    let all: u64 = asked("EQUIPOISE_HOSTILE_ROUNDS").parse().unwrap_or(BATCH);
    let mut record = Record::open(asked("EQUIPOISE_HOSTILE_RECORD").into());
    let names = asked("EQUIPOISE_HOSTILE_TARGETS");
    std::panic::set_hook(Box::new(|_| {}));
    let named = |target: &&Target| names.is_empty() || names.split(',').any(|name| name == target.name);
    let targets: Vec<_> = TARGETS.iter().filter(named).map(|target| (target, (target.corpus)())).collect();
    loop {
        let mut open = false;
        for (target, corpus) in &targets {
            let done = record.done.get(target.name).map_or(0, |done| done.0);
            if done < all {
                let (read, findings) = batch(target, corpus, FIRST + done);
                record.add(target.name, BATCH, read, &findings);
                open = true;
            }
        }
        if !open {
            return;
        }
    }
}
