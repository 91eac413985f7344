//! Ctrl-C: what a sweep has finished stays valid and can be continued; a fit leaves nothing.
#![cfg(unix)]

use crate::ran::{Ran, command};
use crate::swept::sweep;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Enough work for the signal to arrive in the middle of it.
const LONG: &str = "--dataset kolmogorov --window 2 --sub 8,16 --law sum,matched --method sda,exact --steps 64 --seeds 0,1,2,3,4,5";

#[test]
fn an_interrupted_sweep_leaves_valid_rows_and_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let arguments: Vec<&str> = LONG.split(' ').collect();
    let all = [&["sweep", "--out", out.to_str().unwrap()], &arguments[..]].concat();
    let child = command(&all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    let journal = out.join("journal.log");
    // Its first line says what it is.
    while std::fs::read_to_string(&journal).map_or(0, |text| text.lines().count()) < 2 {
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

/// Whether a process catches SIGINT, signal 2.
#[cfg(target_os = "linux")]
fn catches_interrupts(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 2 != 0)
}

/// Fits of either model, on their way through the file: no prior, no partial file, and what stood at the
/// destination stands there still.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_fit_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("prior.h5");
    std::fs::write(&out, "precious").unwrap();
    // Five readings with products of 1680 columns; blocks of 16 frames, a few frames at a time.
    for model in
        ["low_rank --window 8 --rank 200 --method randomised", "stationary --window 16 --memory 140MiB"]
    {
        let fit = format!("fit --train data/kolmogorov/train.h5 --force --covariance {model}");
        let arguments = [&fit.split(' ').collect::<Vec<_>>()[..], &["--out", out.to_str().unwrap()]].concat();
        let child = command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        while !catches_interrupts(child.id()) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{model}: no fit in a minute");
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let ran: Ran = child.wait_with_output().unwrap().into();
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(130), ""), "{model}: {}", ran.stderr);
        assert!(ran.stderr.contains("interrupted; nothing was written"), "{model}: {}", ran.stderr);
        assert_eq!(std::fs::read(&out).unwrap(), b"precious", "{model}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{model}: a file more");
    }
}
