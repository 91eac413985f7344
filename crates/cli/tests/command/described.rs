//! `equipoise network describe`.

use crate::ran::{Ran, run};
use std::fs;
use std::path::Path;

const AZULA: [&str; 10] =
    ["--preconditioning", "karras", "--window", "1", "--mean", "-0.5", "--std", "2", "--kind", "ibpm"];

/// A folder with a golden network.
fn folder(case: &str) -> tempfile::TempDir {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/networks").join(case);
    let folder = tempfile::tempdir().unwrap();
    for file in ["state.safetensors", "config.json"] {
        fs::copy(golden.join(file), folder.path().join(file)).unwrap();
    }
    folder
}

fn describe(folder: &Path, flags: &[&str]) -> Ran {
    run(&[&["network", "describe", folder.to_str().unwrap()], flags].concat())
}

#[test]
fn what_sda_wrote_is_described_once_and_replaced_by_force_alone() {
    let folder = folder("sda_small/w3");
    let first = describe(folder.path(), &[]);
    assert_eq!((first.code, first.stderr.as_str()), (Some(0), ""));
    for line in [
        "  network          SDA's U-Net",
        "  widths           4, 6",
        "  padding          circular",
        "  parameters       13516",
        "  window           3 frames of 2 components, frames first",
        "  schedule         cos, eta 0.001",
        "  preset           sda_kolmogorov",
    ] {
        assert!(first.stdout.lines().any(|found| found == line), "{line}\n{}", first.stdout);
    }
    let path = folder.path().join("network.json");
    let written = fs::read_to_string(&path).unwrap();
    let again = describe(folder.path(), &["--mean", "1"]);
    let expected =
        format!("error: {}: found a manifest, expected none; --force replaces it\n", path.display());
    assert_eq!((again.code, again.stdout.as_str(), again.stderr), (Some(1), "", expected));
    assert_eq!(fs::read_to_string(&path).unwrap(), written);
    assert_eq!(describe(folder.path(), &["--mean", "1", "--force"]).code, Some(0));
    assert_ne!(fs::read_to_string(&path).unwrap(), written);
}

#[test]
fn what_is_not_settled_is_asked_at_once_and_nothing_is_written() {
    let folder = folder("azula_small/layer_periodic");
    let asked = describe(folder.path(), &[]);
    assert_eq!((asked.code, asked.stdout.as_str()), (Some(1), ""));
    for flag in [
        "--window N",
        "--preconditioning none|",
        "--prediction epsilon|",
        "--mean M",
        "--std S",
        "--kind ibpm",
    ] {
        assert!(asked.stderr.contains(&format!("\n  {flag}")), "{flag}\n{}", asked.stderr);
    }
    assert!(!folder.path().join("network.json").exists());
    let told = describe(folder.path(), &AZULA);
    assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""));
    assert!(told.stdout.contains("not stated: used at any level"), "{}", told.stdout);
}

#[test]
fn words_that_are_none_are_bad_usage() {
    let folder = folder("azula_small/layer_periodic");
    for (flag, word, expected) in [
        ("--preconditioning", "karma", "none, simple, karras, edm, appa, flow"),
        ("--prediction", "eps", "epsilon, x, v, score"),
        ("--schedule", "cosinus", "sub_vp-cos"),
        ("--padding", "circular,none", "circular, zeros"),
        ("--x-axis", "T", "expected H or W"),
        ("--ratios", "3", "expected two values"),
        ("--norm", "batch", "layer, rms or group:G"),
    ] {
        let refused = describe(folder.path(), &[flag, word]);
        assert_eq!(refused.code, Some(2));
        assert!(refused.stderr.contains(flag) && refused.stderr.contains(expected), "{}", refused.stderr);
    }
}
