//! Readers under hostile input: no panic, no memory far beyond the file, no wait, no numbers that a second reading denies.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

mod apart;
mod long;
mod outcome;

use equipoise_tests::hostile::{TARGETS, mutated};
use outcome::outcome;

/// Rounds of a target whose reading is ours.
const ROUNDS: u64 = 400;

/// Rounds of one that a library reads which is not ours.
const APART: u64 = 150;

/// Each target reads something of its corpus, so that damage has something to spoil, and of what is damaged.
#[test]
fn what_is_damaged_is_read_right_or_refused() {
    let mut faults = Vec::new();
    for target in TARGETS.iter().filter(|target| !target.foreign) {
        let corpus = (target.corpus)();
        let read = corpus.iter().filter(|bytes| (target.run)(bytes)).count();
        assert!(read > 0, "{}: nothing of its corpus is read", target.name);
        for round in 0..ROUNDS {
            let found = outcome(target, &mutated(target.name, round, &corpus));
            faults.extend(found.err().map(|fault| format!("{}, round {round}: {fault}", target.name)));
        }
    }
    assert_eq!(faults, Vec::<String>::new(), "{}", faults.join("\n"));
}

/// In processes of their own: where the library itself ends, that is said and is no fault of ours.
#[test]
fn what_is_damaged_of_hdf5_and_zarr_is_read_right_or_refused() {
    for target in TARGETS.iter().filter(|target| target.foreign) {
        let found = apart::rounds(target, 0..APART);
        assert_eq!(found.faults, Vec::<String>::new(), "{}", found.faults.join("\n"));
        found.ended.iter().for_each(|told| eprintln!("a library {told}"));
        assert!(found.read > 0, "{}: nothing is read", target.name);
    }
}
