//! `equipoise fit`: what it prints, and what it must not overwrite.

use crate::faults::misused;
use crate::ran::{printed, records, run};
use serde_json::Value;
use std::fs;

const TRAIN: &str = "data/kolmogorov/train.h5";

fn fit<'a>(out: &'a str, further: &[&'a str]) -> Vec<&'a str> {
    [&["fit", "--train", TRAIN, "--window", "1", "--out", out], further].concat()
}

#[test]
fn the_spectrum_adds_up_and_the_formats_agree() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prior.h5");
    let out = path.to_str().unwrap();
    let json: Value = serde_json::from_str(&printed(&fit(out, &["--format", "json"]))).unwrap();
    assert_eq!((&json["dimension"], &json["resolved"]), (&8192.into(), &8192.into()));
    // 42 trajectories of 16 frames.
    assert_eq!((&json["windows"], &json["model"]), (&672.into(), &"stationary".into()));
    // Fluctuations have variance 1 per channel by the normalizer; the ridge of 1e-4 comes on top.
    let variance = json["mean_variance"].as_f64().unwrap();
    assert!((variance - 1.0001).abs() < 1e-4, "{variance}");
    let largest = json["leading"][0].as_f64().unwrap();
    let csv = records(&printed(&fit(out, &["--force", "--format", "csv"])));
    let told = csv.iter().find(|r| r["quantity"] == "leading eigenvalues").unwrap()["value"].clone();
    let first: f64 = told.split(", ").next().unwrap().parse().unwrap();
    assert!((first / largest - 1.0).abs() < 1e-5, "{first} {largest}");
    assert!(printed(&fit(out, &["--force"])).contains("stationary"));
}

#[test]
fn an_existing_file_and_the_training_file_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prior.h5");
    fs::write(&path, "precious").unwrap();
    let ran = run(&fit(path.to_str().unwrap(), &[]));
    let message = format!("error: {}: exists already; nothing was overwritten\n", path.display());
    assert_eq!((ran.code, ran.stderr.as_str(), ran.stdout.as_str()), (Some(1), message.as_str(), ""));
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    let same = path.to_str().unwrap();
    misused(&["fit", "--train", same, "--out", same, "--force"], &["the training file"]);
    assert_eq!(fs::read(&path).unwrap(), b"precious");
}

/// A bound on memory that is too tight is refused before anything is read; a sampled fit says what it
/// cannot have missed.
#[test]
fn memory_is_bounded_and_sampling_says_its_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prior.h5");
    let out = path.to_str().unwrap();
    let low_rank = ["--covariance", "low_rank", "--rank", "5"];
    let ran = run(&fit(out, &[&low_rank[..], &["--memory", "1MiB"]].concat()));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("GiB") && !path.exists(), "{}", ran.stderr);
    misused(&fit(out, &["--memory", "1GB"]), &["--memory", "KiB, MiB, GiB"]);
    misused(&fit(out, &["--method", "gram"]), &["--method", "stationary", "low_rank"]);
    let told = |method| {
        let flags = [&low_rank[..], &["--memory", "1GiB", "--force", "--format", "json", "--method", method]];
        serde_json::from_str::<Value>(&printed(&fit(out, &flags.concat()))).unwrap()
    };
    let (gram, sampled) = (told("gram"), told("randomised"));
    assert_eq!((&gram["memory"], &gram["train"]["sampled"]), (&(1u64 << 30).into(), &Value::Null));
    let bound = sampled["train"]["sampled"]["bound"]["variance"].as_f64().unwrap();
    let largest = |json: &Value| json["leading"][0].as_f64().unwrap();
    // A Ritz value lies below the eigenvalue, by no more than what the bound allows outside.
    let (found, exact) = (largest(&sampled), largest(&gram));
    assert!(found <= exact * (1.0 + 1e-9) && exact <= found + bound, "{found} {exact} {bound}");
}
