//! `equipoise windows` on AR(1), on a small flow and on bad usage.

use crate::faults::misused;
use crate::ran::{Ran, printed, records, run};
use crate::sweep_faults::{declared, drifting};
use serde_json::Value;
use std::fs;

/// The excess of x̂ of AR(1), ρ = 0.9, 12 frames, k = 1, σ/μ = 1, by NumPy.
const EXCESS: f64 = 0.25444844459001;

/// A survey of seconds' fractions: 12 frames, one window, few steps.
fn small(further: &str) -> Ran {
    let fixed =
        "windows --frames 12 --order 1 --levels 1 --every 2 --steps 8 --law sum,matched,adaptive --draws 4";
    run(&fixed.split(' ').chain(further.split(' ').filter(|word| !word.is_empty())).collect::<Vec<_>>())
}

fn json(ran: &Ran) -> Value {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn the_toy_has_the_excess_of_another_program_and_leaves_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let ran = small(&format!("--rho 0.9 --format json --out {}", out.display()));
    let json = json(&ran);
    let found = &json["found"];
    let excess = found["costs"][0]["excess"].as_f64().unwrap();
    assert!((excess - EXCESS).abs() < 1e-9, "{excess}");
    assert_eq!((&json["space"], &json["frames"]), (&"normalised units".into(), &12.into()));
    assert_eq!((&json["crps_of"], &json["drawn_crps_of"]), (&"number".into(), &"number".into()));
    let laws: Vec<&str> =
        found["runs"].as_array().unwrap().iter().map(|run| run["law"].as_str().unwrap()).collect();
    assert_eq!(laws, ["sum", "matched", "exact", "sum", "matched", "moments", "moments_positive"]);
    assert_eq!(found["drawn"][0]["law"], "adaptive");
    assert_eq!(found["needed"][0]["throughout"].as_object().unwrap().len(), 1);
    crate::notation::check(&out);
    let csv = records(&fs::read_to_string(out.join("excess.csv")).unwrap());
    assert!((csv[0]["excess"].parse::<f64>().unwrap() - excess).abs() <= 0.0, "every digit is kept");
    for name in ["needed", "moments", "runs", "gamma", "drawn"] {
        assert!(out.join(format!("{name}.csv")).is_file(), "{name}");
    }
    let page = fs::read_to_string(out.join("windows.html")).unwrap();
    assert!(page.contains("AR(1) ρ = 0.9") && page.contains("exact guidance") && !page.contains("http"));

    let again = small(&format!("--rho 0.5 --out {}", out.display()));
    assert_eq!((again.code, again.stdout.as_str()), (Some(1), ""));
    assert!(
        again.stderr.contains("--force") && again.stderr.contains("nothing was changed"),
        "{}",
        again.stderr
    );
    assert!(small("").stdout.contains("k of a run"));
}

#[test]
fn a_flow_is_its_independent_parts_and_windows_that_do_not_fit_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let attributes = [("kind", "generic"), ("boundary", "periodic")];
    let path =
        declared(&folder.path().join("waves.h5"), "x", &[4, 4, 2, 8, 8], drifting(4, 128), &attributes);
    let ran = small(&format!(
        "--train {} --normalizer identity --parts 8,2 --fold centre,average:2 --no-calibration --format json",
        path.display()
    ));
    let json = json(&ran);
    assert!(
        ran.stderr.contains("left out: generic waves: k = 1, average:2: trajectory: found 12 frames"),
        "{}",
        ran.stderr
    );
    let costs = json["found"]["costs"].as_array().unwrap();
    assert!(
        costs
            .iter()
            .all(|cost| cost["prior"] == "generic waves" && cost["excess"].as_f64().unwrap() >= -1e-9)
    );
    assert!(json["facts"].to_string().contains("stand for 34, with"), "{}", json["facts"]);
    assert_eq!(
        (&json["crps_of"], &json["drawn_crps_of"]),
        (&"grid value".into(), &"coefficient (wavenumber)".into())
    );
    assert_eq!(json["found"]["calibrations"], Value::Array(Vec::new()));
}

/// N of a low rank is that of a frame, not of its modes: `mean` divides by it, and W2 is per number.
#[test]
fn the_runs_of_a_low_rank_hold_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let attributes = [("kind", "generic"), ("boundary", "open")];
    let path = declared(&folder.path().join("open.h5"), "x", &[4, 4, 2, 8, 8], drifting(4, 128), &attributes);
    let ran = run(&[
        "windows",
        "--train",
        &path.display().to_string(),
        "--covariance",
        "low_rank",
        "--rank",
        "3",
        "--modes",
        "2",
        "--frames",
        "12",
        "--order",
        "1,9223372036854775808",
        "--levels",
        "1",
        "--every",
        "2",
        "--steps",
        "8",
        "--law",
        "mean,matched",
        "--format",
        "json",
        "--no-calibration",
    ]);
    let json = json(&ran);
    assert!(ran.stderr.contains("expected at least the window's 18446744073709551615"), "{}", ran.stderr);
    let runs = json["found"]["runs"].as_array().unwrap();
    assert!(!runs.is_empty() && runs.iter().all(|run| run["prior"] == "generic open, 2 modes and the rest"));
    assert_eq!(json["crps_of"], "coefficient (mode or the rest)");
}

#[test]
fn bad_usage_is_one_error() {
    misused(&["windows", "--rho", "1"], &["--rho", "between −1 and 1"]);
    misused(&["windows", "--fold", "middle"], &["--fold", "found `middle`"]);
    misused(&["windows", "--rho", "0.5", "--train", "x.h5"], &["--rho", "--train"]);
    misused(&["windows", "--law", "double"], &["--law", "clamped_linear"]);
    misused(&["windows", "--draws", "1"], &["--draws", "at least 2"]);
    misused(&["windows", "--rank", "3"], &["--rank", "--train or --prior-file"]);
    misused(
        &["windows", "--frames", "4", "--order", "2"],
        &["left out: AR(1) ρ = 0.9: k = 2", "--order: no window fits"],
    );
    let long = run(&["windows", "--frames", "3000"]);
    assert_eq!((long.code, long.stderr.lines().count()), (Some(1), 1), "{}", long.stderr);
    assert!(long.stderr.contains("found 3000 frames of 1 numbers, expected at most 2000"), "{}", long.stderr);
    assert!(printed(&["windows", "--help"]).contains("Units and space:"));
}
