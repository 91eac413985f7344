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
