//! `equipoise fit`: what it prints, and what it must not overwrite.

use crate::faults::misused;
use crate::ran::{Ran, command, printed, records, run};
use serde_json::Value;
use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

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

/// Two processes of three share a fit after a third was killed on its way. The prior is that of one process, and who
/// comes late finds it.
#[test]
fn processes_share_a_fit_and_replace_one_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let start = |out: &str, parts: &str, shard: &str| {
        let line = "fit -q --train data/ibpm/long_train.h5 --format json";
        let flags = ["--out", &at(out), "--parts", &at(parts), "--shard", shard];
        let mut command = command(&[&line.split(' ').collect::<Vec<_>>()[..], &flags[..]].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let told = |child: Child| {
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        let mut told: Value = serde_json::from_str(&ran.stdout).unwrap();
        (told["path"], told["memory"]) = (Value::Null, Value::Null);
        told
    };
    let mut dies = start("prior.h5", "parts", "1/3");
    let begun = Instant::now();
    while fs::read_dir(at("parts")).map_or(0, Iterator::count) < 4 {
        assert!(begun.elapsed() < Duration::from_secs(60), "no part in a minute");
        std::thread::sleep(Duration::from_millis(1));
    }
    dies.kill().unwrap();
    dies.wait().unwrap();
    let alone = told(start("alone.h5", "alone", "1/1"));
    let others = [start("prior.h5", "parts", "2/3"), start("prior.h5", "parts", "3/3")];
    others.into_iter().for_each(|other| assert_eq!(told(other), alone));
    let prior = fs::read(at("prior.h5")).unwrap();
    assert_eq!(told(start("prior.h5", "parts", "1/3")), alone);
    assert!(fs::read(at("prior.h5")).unwrap() == prior, "the prior was written again");
    let (parts, other) = (at("parts"), at("other.h5"));
    let ran = run(&[
        "fit",
        "--train",
        "data/ibpm/long_train.h5",
        "--window",
        "2",
        "--out",
        &other,
        "--parts",
        &parts,
    ]);
    assert!(ran.code == Some(1) && ran.stderr.contains("fit.json"), "{}", ran.stderr);
    misused(&["fit", "--train", "x.h5", "--shard", "1/2"], &["--parts"]);
    for shard in ["0/2", "3/2", "1/17", "2"] {
        misused(&["fit", "--train", "x.h5", "--parts", "p", "--shard", shard], &["--shard", "K/N"]);
    }
}
