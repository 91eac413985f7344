//! `equipoise train`: a folder that is a prior, one that goes on, and what is refused.

use crate::ran::{records, run};
use std::fs;
use std::path::Path;

const TRAIN: &str = "data/kolmogorov/test.h5";

const NET: &str = "[network]\nwindow = 1\nwidths = [4, 6]\nblocks = [0, 1]\nembedding = 4\ncontext = [\"forcing\"]\n\
                   [optimiser]\nsteps = 2\nbatch = 2\nwarm_up = 0\n[validation]\nwindows = 1\nratios = [1.0]\n";

#[test]
fn what_is_trained_is_a_prior_and_its_folder_is_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (config, out) = (at("net.toml"), at("net"));
    fs::write(&config, NET).unwrap();
    let train = |further: &[&str]| {
        let words = ["train", "--train", TRAIN, "--config", &config, "--out", &out];
        run(&[&words[..], further].concat())
    };
    let ran = train(&["--format", "csv"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("moved by shift_x, shift_y, shift_reflect, rotate"), "{}", ran.stderr);
    let rows = records(&ran.stdout);
    assert_eq!((rows.len(), rows[0]["step"].as_str()), (1, "2"));
    let validated = records(&fs::read_to_string(format!("{out}/validation.csv")).unwrap());
    crate::notation::check(Path::new(&out));
    // The first network is the Wiener filter.
    let first: f64 = validated[0]["network_over_wiener"].parse().unwrap();
    assert!((first - 1.0).abs() < 1e-5 && validated.len() == 2, "{first}");
    assert!(fs::read_to_string(format!("{out}/report.html")).unwrap().contains("Wiener filter"));
    // Nothing is left to do, and nothing changes.
    let before = fs::read(format!("{out}/checkpoint.safetensors")).unwrap();
    assert_eq!(train(&["--resume"]).code, Some(0));
    assert_eq!(fs::read(format!("{out}/checkpoint.safetensors")).unwrap(), before);
    let refused = |further: &[&str], told: &[&str]| {
        let ran = train(further);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", ran.stderr);
        assert!(told.iter().all(|word| ran.stderr.contains(word)), "{}", ran.stderr);
    };
    refused(&[], &["not empty", "--resume"]);
    fs::write(&config, NET.replace("steps = 2", "steps = 3")).unwrap();
    refused(&["--resume"], &["optimiser.steps: found 3, expected 2", "another training"]);
    fs::write(&config, NET.replace("batch", "bach")).unwrap();
    refused(&["--resume"], &["optimiser.bach", "`optimiser.batch`"]);
    let written = fs::read(format!("{out}/network.json")).unwrap();
    for path in [&out, &format!("{out}/weights.safetensors"), &format!("{out}/network.json")] {
        let told = run(&["network", "describe", path]);
        assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""));
        for line in ["  preconditioning  wiener", "  Gaussian         prior.h5"] {
            assert!(told.stdout.lines().any(|found| found == line), "{line}\n{}", told.stdout);
        }
        assert!(told.stdout.contains(&format!("read {out}/network.json")), "{}", told.stdout);
    }
    let anew = run(&["network", "describe", &out, "--mean", "1", "--force"]);
    assert!(anew.code == Some(1) && anew.stderr.contains("gaussian: found prior.h5"), "{}", anew.stderr);
    assert_eq!(fs::read(format!("{out}/network.json")).unwrap(), written);
    let prior = format!("network:{out}");
    let words = ["sample", "--data", TRAIN, "--train", TRAIN, "--prior", &prior, "--window", "1"];
    let drawn = run(&[&words[..], &["--members", "1", "--steps", "4", "--out", &at("drawn")]].concat());
    assert!(drawn.code == Some(0) && drawn.stderr.contains(&prior), "{}", drawn.stderr);
    assert!(fs::exists(at("drawn/sample.html")).unwrap());
}
