//! `equipoise denoise`, `sensitivity` and `sample` on small files and on bad input.

use crate::faults::misused;
use crate::ran::{Ran, printed, records, run};
use crate::sweep_faults::{declared, drifting};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Four series of four frames of 2 × 8 × 8 numbers, and the flags that name them as both files.
fn prepared(folder: &Path) -> String {
    let attributes = [("kind", "generic"), ("boundary", "periodic")];
    let path = declared(&folder.join("waves.h5"), "x", &[4, 4, 2, 8, 8], drifting(4, 128), &attributes);
    path.to_str().unwrap().to_owned()
}

fn small(verb: &str, file: &str, out: &Path, further: &str) -> Ran {
    let fixed =
        [verb, "--data", file, "--train", file, "--normalizer", "identity", "--out", out.to_str().unwrap()];
    run(&fixed.into_iter().chain(further.split(' ').filter(|word| !word.is_empty())).collect::<Vec<_>>())
}

fn finished(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn denoise_leaves_errors_the_bound_and_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (prepared(folder.path()), folder.path().join("out"));
    let ran =
        small("denoise", &file, &out, "--prior wiener,optimal --levels 0.01,1 --held-out 3 --format json");
    finished(&ran);
    assert!(
        ran.stderr.contains("stationary, T = 1, 3 of 16 held-out frames, 16 training frames"),
        "{}",
        ran.stderr
    );
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let rows = json["denoise"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| row["space"] == "normalised units" && row["dataset"] == "waves"));
    // The held-out frames are training frames here, and the optimal denoiser returns them.
    assert_eq!((&rows[2]["error"], &rows[2]["recalled"]), (&0.0.into(), &1.0.into()));
    assert!(json["bound"][0]["least_gap_bits"].as_f64().unwrap() > 0.0, "{}", json["bound"]);
    crate::notation::check(&out);
    let csv = records(&fs::read_to_string(out.join("denoise.csv")).unwrap());
    let same = csv[1]["error"].parse::<f64>().unwrap() - rows[1]["error"].as_f64().unwrap();
    assert!(same.abs() <= 0.0, "every digit is kept: {same:e}");
    assert_eq!(records(&fs::read_to_string(out.join("rate_distortion.csv")).unwrap()).len(), 1000);
    let page = fs::read_to_string(out.join("denoise.html")).unwrap();
    assert!(page.contains("Rate–distortion") && !page.contains("http"), "the page fetches nothing");
    assert!(out.join("waves_denoised_1.png").is_file());

    let before = fs::read(out.join("denoise.csv")).unwrap();
    let again = small("denoise", &file, &out, "--levels 2");
    assert_eq!((again.code, again.stdout.as_str()), (Some(1), ""));
    assert!(
        again.stderr.contains("--force") && again.stderr.contains("nothing was changed"),
        "{}",
        again.stderr
    );
    assert_eq!(fs::read(out.join("denoise.csv")).unwrap(), before);
}

#[test]
fn sensitivity_draws_maps_and_names_the_range_of_pixels() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (prepared(folder.path()), folder.path().join("out"));
    let flags = "--prior wiener,local:1 --levels 0.5 --held-out 2 --pixel 1,2 --pixel 5,7";
    finished(&small("sensitivity", &file, &out, &format!("{flags} --plant 0,1")));
    let rows = records(&fs::read_to_string(out.join("sensitivity.csv")).unwrap());
    assert_eq!(rows.len(), 4);
    // Nothing of a patch of radius 1 lies further than its corner.
    assert!(rows[2]["radius"].parse::<f64>().unwrap() <= 2f64.sqrt(), "{:?}", rows[2]);
    let pairs = records(&fs::read_to_string(out.join("invariance.csv")).unwrap());
    assert_eq!((pairs[0]["other"].as_str(), pairs[0]["invariance"].as_str()), ("5,7", "by construction"));
    let lines = records(&fs::read_to_string(out.join("planted_lines.csv")).unwrap());
    assert_eq!(lines.iter().filter(|line| line["kind"] == "tautology").count(), 2);
    assert!(out.join("waves_local_1_5_7.png").is_file());
    let page = fs::read_to_string(out.join("sensitivity.html")).unwrap();
    assert!(
        page.contains("N = 64 training windows of (1, 2, 8, 8) (shifts counted), 2 held-out ones"),
        "shifts are counted"
    );

    let elsewhere = folder.path().join("elsewhere");
    let ran = small("sensitivity", &file, &elsewhere, "--pixel 8,0");
    assert_eq!((ran.code, ran.stdout.as_str(), elsewhere.exists()), (Some(1), "", false));
    assert!(
        ran.stderr.contains("found 8,0, expected H,W with H from 0 to 7 and W from 0 to 7"),
        "{}",
        ran.stderr
    );
}

#[test]
fn samples_are_a_file_that_inspect_reads() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (prepared(folder.path()), folder.path().join("out"));
    let also = "--also npy,netcdf,xdmf";
    finished(&small("sample", &file, &out, &format!("--prior wiener,optimal --members 2 --steps 4 {also}")));
    crate::notation::check(&out);
    for written in ["waves_optimal.nc", "waves_wiener.xdmf", "waves_optimal_npy/members.npy"] {
        assert!(out.join(written).is_file(), "{written}");
    }
    let rows = records(&fs::read_to_string(out.join("sample.csv")).unwrap());
    assert_eq!((rows.len(), rows[0]["members"].as_str()), (2, "2"));
    assert!(fs::read_to_string(out.join("spectrum.csv")).unwrap().contains("held out"));
    let path = out.join("waves_optimal.h5");
    let inspected: Value =
        serde_json::from_str(&printed(&["inspect", path.to_str().unwrap(), "--format", "json"])).unwrap();
    assert_eq!((&inspected["kind"], &inspected["used"]), (&"generic".into(), &"NTCHW".into()));
}

#[test]
fn bad_usage_names_what_is_allowed() {
    for verb in ["denoise", "sensitivity", "sample"] {
        misused(
            &[verb, "--out", "o", "--prior", "wienr"],
            &["--prior", "found `wienr`", "locality[:THRESHOLD"],
        );
        misused(&[verb, "--out", "o", "--data", "d.h5"], &["--train"]);
        assert!(printed(&[verb, "--help"]).contains("Units and space:"));
    }
    misused(&["denoise", "--out", "o", "--levels", "0"], &["--levels", "above 0"]);
    misused(&["sensitivity", "--out", "o", "--pixel", "3"], &["--pixel", "H,W"]);
    misused(&["sample", "--out", "o", "--sampler", "magic"], &["--sampler", "exponential"]);
}
