//! `equipoise reconstruct --frames`: trajectories composed of windows, and runs that are stopped.

use crate::faults::misused;
use crate::ran::{Ran, command, project, run};
use equipoise_data::store::{Existing, Reader, Writer};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TRAIN: &str = "data/kolmogorov/train.h5";
const TRUTH: &str = "data/kolmogorov/test.h5";
const OBS: &str = "data/sensors/kolmogorov.csv";

fn reconstruct(out: &Path, further: &str) -> Ran {
    run(&arguments(out, further).iter().map(String::as_str).collect::<Vec<_>>())
}

fn arguments(out: &Path, further: &str) -> Vec<String> {
    let fixed = format!("reconstruct --train {TRAIN} --out {}", out.display());
    fixed.split(' ').chain(further.split(' ')).map(str::to_owned).collect()
}

fn files(out: &Path) -> Vec<String> {
    let names = fs::read_dir(out).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_trajectory_is_composed_of_windows_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let common = format!("--frames 8 --order 1 --obs {OBS} --truth {TRUTH} --steps 8 --format json --force");
    let told = |further: &str| -> Value {
        let ran = reconstruct(&out, &format!("{common} {further}"));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let json = told("--prior wiener --members 2");
    let composite = &json["composite"];
    assert_eq!((&json["frames"], &json["method"], &json["unread"]), (&8.into(), &"sda".into(), &0.into()));
    assert_eq!((&composite["windows"], &composite["fold"]), (&6.into(), &"centre".into()));
    // One chain a wavenumber takes lattices, and these are none: no number, but why.
    assert_eq!((&json["chi"], &json["prior_chi"], &json["band"]), (&Value::Null, &Value::Null, &Value::Null));
    assert!(
        json["unknown"].as_str().unwrap().contains("how well prior and noise fit the readings"),
        "{json}"
    );
    let (rmse, spread) = (json["rmse"].as_f64().unwrap(), json["spread"].as_f64().unwrap());
    assert!(rmse < 0.8 && spread > 0.02, "{rmse} {spread}");
    let all = ["ensemble.h5", "mean.png", "readings.csv", "reconstruction.html", "uncertainty.png"];
    assert_eq!(files(&out), all);
    let page = fs::read_to_string(out.join("reconstruction.html")).unwrap();
    assert!(
        page.contains("6 windows of 3 frames, stride 1, fold centre, over 8 frames")
            && page.contains("equipoise windows")
    );
    let reader = Reader::open(&out.join("ensemble.h5")).unwrap();
    assert_eq!(reader.shape("members").unwrap(), [2, 8, 2, 64, 64]);
    assert!(
        reader.text("provenance").unwrap().contains("\"approximation\":\"the composite is an approximation")
    );

    // Modes take any sensors: their chain is checked, and draws.
    let json = told("--prior wiener --covariance low_rank --rank 8 --members 3 --method posterior");
    assert_eq!((&json["composite"], &json["chi"]), (&Value::Null, &Value::Null));
    assert!(
        json["prior_chi"]["chi"].as_f64().unwrap() > 0.5 && json["spread"].as_f64().unwrap() > 0.0,
        "{json}"
    );
    assert!(json["unknown"].as_str().unwrap().contains("exact for that prior"), "{json}");
}

/// A truth of 8 frames 0.4 apart on the grid of the turbulence.
fn slower(path: &Path) {
    let writer = Writer::create(path, Existing::Refuse).unwrap();
    let values: Vec<f32> = (0..8 * 2 * 64 * 64).map(|i| (i as f32 * 0.37).sin()).collect();
    writer.write("x", &[1, 8, 2, 64, 64], &values).unwrap();
    for (name, text) in [("axes", "NTCHW"), ("kind", "kolmogorov"), ("H_axis", "x"), ("W_axis", "y")] {
        writer.set_text(name, text).unwrap();
    }
    writer.set_numbers("dt", &[0.4]).unwrap();
    writer.finish().unwrap();
}

#[test]
fn what_does_not_fit_is_one_error() {
    let folder = tempfile::tempdir().unwrap();
    let (out, truth) = (folder.path().join("out"), folder.path().join("slower.h5"));
    slower(&truth);
    let refused = |further: &str| {
        let ran = reconstruct(&out, &format!("--prior wiener --obs {OBS} {further}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", ran.stderr);
        ran.stderr.lines().last().unwrap().replace(&folder.path().display().to_string(), "")
    };
    assert_eq!(
        refused("--frames 9 --window 4 --stride 3"),
        "error: --frames: found 9, expected 4 + a multiple of the stride 3, so that the last window ends with it; the \
         nearest is 10"
    );
    let long = refused(&format!("--frames 64 --order 1 --truth {TRUTH}"));
    assert!(
        long.contains("test.h5: a window of 64 frames from frame 0 does not fit: found a series of 16"),
        "{long}"
    );
    let slow = refused(&format!("--frames 8 --order 1 --truth {}", truth.display()));
    assert!(
        slow.contains("slower.h5, time step: found 0.4, expected 0.2 as in data/kolmogorov/train.h5"),
        "{slow}"
    );
    let lattice = refused("--frames 8 --order 1 --method posterior");
    assert!(lattice.starts_with("error: the Gauss–Markov prior of the windows: "), "{lattice}");
    let usage = |further: &str, parts: &[&str]| {
        let all = arguments(&out, &format!("--prior wiener --obs {OBS} {further}"));
        misused(&all.iter().map(String::as_str).collect::<Vec<_>>(), parts);
    };
    usage("--frames 8 --order 2 --window 4", &["--order: found 2, windows of 5 frames", "--window 4"]);
    usage("--frames 8 --order 2 --stride 2", &["--order", "--stride"]);
    usage("--order 2", &["--frames"]);
    usage("--frames 8 --window 3 --stride 5 --fold centre", &["--fold: found centre at a stride of 5"]);
    assert!(!out.exists());
}

/// The long table of drifting sensors, in a run that is killed, interrupted, and gone on with on one thread: the bits
/// of one that was not. What another command finds in the folder is refused by name.
#[cfg(unix)]
#[test]
fn a_killed_run_goes_on_with_its_bits() {
    let folder = tempfile::tempdir().unwrap();
    let (out, whole) = (folder.path().join("out"), folder.path().join("whole"));
    let obs = project().join("data/sensors/kolmogorov_long.csv");
    let all = format!(
        "--prior wiener --frames 33 --order 1 --times linear --drop-outside --members 1 --steps 12 --keep-every 0 --obs {}",
        obs.display()
    );
    let state = out.join("state-00000.h5");
    let stop = |signal: &str| {
        let before = fs::metadata(&state).and_then(|found| found.modified()).ok();
        let child = arguments(&out, &all);
        let child = command(&child.iter().map(String::as_str).collect::<Vec<_>>())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while fs::metadata(&state).and_then(|found| found.modified()).ok() == before {
            assert!(begun.elapsed() < Duration::from_secs(60), "no state in a minute");
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        Ran::from(child.wait_with_output().unwrap())
    };
    assert_eq!(stop("-KILL").code, None);
    let stopped = stop("-INT");
    assert_eq!(stopped.code, Some(130), "{}", stopped.stderr);
    assert!(stopped.stderr.contains("the same command goes on from there"), "{}", stopped.stderr);
    let other = reconstruct(&out, &format!("{all} --seed 7"));
    let told = "seed: found 0, expected 7: another run was begun in this folder; --force starts anew";
    assert!(other.code == Some(1) && other.stderr.contains(told), "{}", other.stderr);
    let ended = reconstruct(&out, &format!("{all} --threads 1"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("note: going on with member 0 after "), "{}", ended.stderr);
    assert_eq!(reconstruct(&whole, &all).code, Some(0));
    let members = |out: &Path| {
        let reader = Reader::open(&out.join("ensemble.h5")).unwrap();
        reader.read::<f32>("members").unwrap().values.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    assert!(members(&out) == members(&whole));
    assert_eq!(files(&out), ["ensemble.h5", "mean.png", "readings.csv", "reconstruction.html"]);
}
