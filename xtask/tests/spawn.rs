//! What `cargo xtask spawn` says of a process whose time and memory are known.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use serde_json::Value;
use std::process::{Command, Output};

fn spawn(script: &str) -> (Output, String) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let output =
        Command::new(env!("CARGO_BIN_EXE_xtask")).arg("spawn").arg(&log).args(["sh", "-c", script]).output();
    (output.unwrap(), std::fs::read_to_string(log).unwrap())
}

fn spent(script: &str) -> [f64; 3] {
    let (output, _) = spawn(script);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    ["seconds", "cpu", "peak"].map(|name| answer[name].as_f64().unwrap())
}

/// `dd` holds one block, here of 64 MiB, and touches all of it. The floor of a measurement is the program
/// that measures, which shares its memory with the child until that becomes another program.
#[test]
fn peak_memory_is_that_of_the_largest_process_and_not_of_an_earlier_one() {
    let mib = f64::from(1 << 20);
    let [_, _, large] = spent("dd if=/dev/zero of=/dev/null bs=67108864 count=1");
    assert!((64.0 * mib..96.0 * mib).contains(&large), "{large}");
    let [_, _, small] = spent("true");
    assert!(small > 0.0 && small < 32.0 * mib, "{small}");
}

/// A process that sleeps takes seconds and no processor; one that counts takes both, also where a process
/// below it counts.
#[test]
fn processors_time_is_not_the_clocks() {
    let [seconds, cpu, _] = spent("sleep 0.5");
    assert!(seconds >= 0.5 && cpu < 0.25, "{seconds} {cpu}");
    let [seconds, cpu, _] = spent("i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; sleep 0.2");
    assert!(cpu > 0.05 && cpu < seconds - 0.15, "{seconds} {cpu}");
    let [_, below, _] = spent("sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'");
    assert!(below > 0.5 * cpu, "{below} {cpu}");
}

#[test]
fn a_process_that_fails_has_no_numbers_and_its_words_are_kept() {
    let (output, log) = spawn("echo said; echo why >&2; exit 3");
    assert!(output.stdout.is_empty());
    let fault = String::from_utf8(output.stderr).unwrap();
    assert_eq!(fault, "error: `sh` ended with exit status: 3\n");
    assert_eq!(log, "said\nwhy\n");
}
