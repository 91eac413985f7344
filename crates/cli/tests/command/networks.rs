//! Trained networks as priors: README's way from a state to a picture, every verb, and what is refused.

use crate::faults::misused;
use crate::ran::{Ran, command, project, records, run};
use equipoise_data::store::{Existing, Writer};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A network of windows of five frames of 16 × 16 points, with random weights.
const NEAR: &str = "tests/golden/networks/sda_runs/near16";
const NEAR_PRIOR: &str = "network:tests/golden/networks/sda_runs/near16";

/// Turbulence-like data of the network's grid: smooth waves that travel.
fn flow(folder: &Path, name: &str, seed: usize) -> PathBuf {
    let (trajectories, frames, side) = (3, 14, 16);
    let scattered = |k: usize| ((k as f32 + 0.37 * seed as f32) * 12.9898).sin() * 1.4;
    let amplitudes: Vec<f32> = (0..8 * trajectories).map(scattered).collect();
    let mut values = Vec::new();
    for n in 0..trajectories {
        for t in 0..frames {
            for c in 0..2 {
                for i in 0..side * side {
                    let angle = std::f32::consts::TAU / side as f32;
                    let (x, y) = ((i / side) as f32 * angle, (i % side) as f32 * angle);
                    let a = &amplitudes[(n * 2 + c) * 4..][..4];
                    let along = if c == 0 { y } else { x };
                    values.push(
                        a[0] * (along + 0.2 * t as f32 + a[1]).sin() + a[2] * (2.0 * along - a[3]).cos(),
                    );
                }
            }
        }
    }
    let path = folder.join(name);
    let writer = Writer::create(&path, Existing::Refuse).unwrap();
    writer.write("velocity", &[trajectories, frames, 2, side, side], &values).unwrap();
    for (name, text) in [("kind", "kolmogorov"), ("axes", "NTCHW")] {
        writer.set_text(name, text).unwrap();
    }
    writer.finish().unwrap();
    path
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// README's lines with this beginning, as arguments.
fn typed(beginning: &str) -> Vec<String> {
    let readme = fs::read_to_string(project().join("README.md")).unwrap();
    let prefix = format!("cargo run --release -- {beginning}");
    let line = readme.lines().find(|line| line.starts_with(&prefix)).unwrap();
    line.split(" #").next().unwrap().split_whitespace().skip(4).map(str::to_owned).collect()
}

fn run_in(folder: &Path, arguments: &[String], further: &[&str]) -> Ran {
    let all: Vec<&str> = arguments.iter().map(String::as_str).chain(further.iter().copied()).collect();
    command(&all).current_dir(folder).output().unwrap().into()
}

#[cfg(unix)]
#[test]
fn the_readme_leads_from_a_state_to_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("mynet");
    fs::create_dir(&own).unwrap();
    for file in ["state.pth", "config.json", "values.h5"] {
        fs::copy(project().join(NEAR).join(file), own.join(file)).unwrap();
    }
    std::os::unix::fs::symlink(project().join("data"), folder.path().join("data")).unwrap();
    let described = run_in(folder.path(), &typed("network describe"), &[]);
    assert_eq!(described.code, Some(0), "{}", described.stderr);
    let checked = run_in(folder.path(), &typed("network check"), &[]);
    assert_eq!(checked.code, Some(0), "{}{}", checked.stdout, checked.stderr);
    let fewer = ["--members", "2", "--steps", "6", "--format", "json"];
    let drawn = run_in(folder.path(), &typed("reconstruct --prior network:"), &fewer);
    assert_eq!(drawn.code, Some(0), "{}", drawn.stderr);
    let json: Value = serde_json::from_str(&drawn.stdout).unwrap();
    assert!(json["prior"].as_str().unwrap().starts_with("network:mynet#"), "{}", json["prior"]);
    assert_eq!(json["members"], 2);
    assert!(json["checks"].as_str().unwrap().starts_with("of N(0, I)"), "{}", json["checks"]);
    assert!(drawn.stderr.contains("note: mmps: (σ²/μ)Jᵀ of this prior"), "{}", drawn.stderr);
    for file in ["ensemble.h5", "mean.png", "reconstruction.html"] {
        assert!(folder.path().join("pictured").join(file).exists(), "{file}");
    }
}

/// The Gaussian beside it is in the network's units, and windows of eight frames are composed of five.
#[test]
fn a_network_is_a_prior_in_every_verb_that_compares_priors() {
    let folder = tempfile::tempdir().unwrap();
    let [train, test] = [("train.h5", 1), ("test.h5", 2)].map(|(name, seed)| flow(folder.path(), name, seed));
    let files = ["--train", text(&train), "--data", text(&test)];
    let out = folder.path().join("sweep");
    let priors = format!("wiener,{NEAR_PRIOR}");
    let swept =
        ["--prior", &priors, "--method", "sda,mmps,dps", "--law", "matched", "--sub", "4", "--steps", "4"];
    let ran = run(&[&["sweep"], &files[..], &swept, &["--out", text(&out)]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("note: mmps under {NEAR_PRIOR}#")), "{}", ran.stderr);
    let rows = records(&fs::read_to_string(out.join("results.csv")).unwrap());
    let under = |prior: &str| rows.iter().filter(|row| row["prior"].starts_with(prior)).count();
    assert!(under("network:") >= 3 && under("network:") == under("wiener"), "{} rows", rows.len());
    assert!(rows.iter().all(|row| row["normalizer"] == "identity"));
    for (verb, further) in [
        ("denoise", &["--held-out", "2", "--no-bound"][..]),
        ("sensitivity", &["--held-out", "1"]),
        ("sample", &["--members", "1", "--steps", "3", "--held-out", "1"]),
    ] {
        let out = folder.path().join(verb);
        let ran = run(&[&[verb], &files[..], &["--prior", &priors, "--out", text(&out)], further].concat());
        assert_eq!(ran.code, Some(0), "{verb}: {}", ran.stderr);
        assert!(ran.stderr.contains("T = 5"), "{verb}: {}", ran.stderr);
    }
}

/// The network of data/networks beats the filter of its window on trajectories that it has never seen.
#[test]
fn the_network_that_is_shipped_misses_less_than_the_filter() {
    let folder = tempfile::tempdir().unwrap();
    let priors = ["--dataset", "kolmogorov", "--prior", "wiener,network:data/networks/kolmogorov"];
    let levels = ["--levels", "0.2,0.5,1,2", "--held-out", "2", "--no-bound", "--format", "csv"];
    let ran = run(&[&["denoise", "--out", text(&folder.path().join("out"))], &priors[..], &levels].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("T = 5"), "{}", ran.stderr);
    let rows = records(&ran.stdout);
    let error = |row: &std::collections::HashMap<String, String>| row["error"].parse::<f64>().unwrap();
    let of = |prior: &str| {
        rows.iter().filter(|row| row["denoiser"].starts_with(prior)).map(error).collect::<Vec<_>>()
    };
    let (filter, network) = (of("wiener"), of("network:"));
    assert_eq!((filter.len(), network.len()), (4, 4));
    assert!(network.iter().zip(&filter).all(|(network, filter)| network < filter), "{network:?} {filter:?}");
}

#[test]
fn what_a_network_cannot_do_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let train = flow(folder.path(), "train.h5", 1);
    let obs = "data/sensors/kolmogorov.csv";
    let reconstruct = ["reconstruct", "--obs", obs, "--out", text(&out), "--members", "1", "--steps", "2"];
    let fails = |further: &[&str], parts: &[&str]| {
        let ran = run(&[&reconstruct, further].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{further:?}: {}", ran.stderr);
        let error = ran.stderr.lines().find(|line| line.starts_with("error: ")).unwrap();
        for part in parts {
            assert!(error.contains(part), "{further:?}: expected {part:?} in {error:?}");
        }
        assert!(!out.exists(), "{further:?}");
    };
    fails(&["--prior", "network:nowhere"], &["nowhere"]);
    fails(&["--prior", NEAR_PRIOR, "--window", "3"], &["frames of a window: found 3, expected at least 5"]);
    fails(&["--prior", NEAR_PRIOR, "--method", "sda"], &["found no training windows", "--train"]);
    fails(
        &["--prior", NEAR_PRIOR, "--train", "data/kolmogorov/train.h5"],
        &["(2, 64, 64)", "(2, 16, 16)", "near16"],
    );
    let profile = ["--prior", NEAR_PRIOR, "--train", text(&train), "--normalizer", "profile"];
    fails(&profile, &["found profile, expected identity"]);
    fails(&["--prior", "serve:exit 3"], &["exit 3", "exit status: 3"]);
    let misused_here = |further: &[&str], parts: &[&str]| misused(&[&reconstruct, further].concat(), parts);
    misused_here(&["--prior", NEAR_PRIOR, "--rank", "3"], &["--rank: found with"]);
    misused(&["stability", "--prior", NEAR_PRIOR], &["a certificate needs steps that are affine"]);
}
