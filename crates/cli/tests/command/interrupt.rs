//! Ctrl-C during a sweep: what is finished stays valid and can be continued.
#![cfg(unix)]

use crate::ran::{Ran, command};
use crate::swept::sweep;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Enough work for the signal to arrive in the middle of it.
const LONG: &str =
    "--dataset kolmogorov --window 2 --sub 8,16 --law sum,matched,exact --steps 64 --seed 0,1,2,3,4,5";

#[test]
fn an_interrupted_sweep_leaves_valid_rows_and_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let arguments: Vec<&str> = LONG.split(' ').collect();
    let all = [&["sweep", "--out", out.to_str().unwrap()], &arguments[..]].concat();
    let child = command(&all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    let journal = out.join("results.jsonl");
    while std::fs::metadata(&journal).map_or(0, |found| found.len()) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "no row in a minute");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ran.code, Some(130), "{}", ran.stderr);
    assert!(ran.stderr.contains("interrupted: ") && ran.stderr.contains("--resume"), "{}", ran.stderr);
    let rows = csv::Reader::from_path(out.join("results.csv")).unwrap().records().map(Result::unwrap).count();
    assert!((1..36).contains(&rows) && out.join("report.html").is_file(), "{rows}");
    assert!(ran.stdout.contains(&format!("{rows} of 36 trials have rows")), "{}", ran.stdout);
    let resumed = sweep(&[&arguments[..], &["--resume"]].concat(), &out);
    assert_eq!(resumed.rows(&[]).len(), 36);
}
