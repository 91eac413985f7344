//! Bad input to `equipoise sweep`: one message, nothing written, nothing overwritten.

use crate::ran::{project, run};
use crate::swept::{content, small};
use equipoise_data::store::{Existing, Writer};
use std::fs;
use std::path::{Path, PathBuf};

const TRAIN: &str = "data/kolmogorov/train.h5";
const TEST: &str = "data/kolmogorov/test.h5";

/// Exit status `code` with one message that has these parts, and no output folder.
fn refused(code: i32, arguments: &[&str], parts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let ran = run(&[&["sweep", "--out", out.to_str().unwrap()], arguments].concat());
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{arguments:?}: {}", ran.stderr);
    one_message(&ran.stderr, parts);
    assert!(!out.exists(), "{arguments:?}");
}

fn one_message(stderr: &str, parts: &[&str]) {
    assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
    let message = &stderr[stderr.find("error: ").unwrap()..];
    parts.iter().for_each(|part| assert!(message.contains(part), "expected {part:?} in {message:?}"));
}

/// The file as the truth and as the training data of an otherwise good sweep.
fn refused_file(path: &Path, parts: &[&str]) {
    let path = path.to_str().unwrap();
    let parts = [&[path], parts].concat();
    refused(1, &["--data", path, "--train", TRAIN], &parts);
    refused(1, &["--data", TEST, "--train", path], &parts);
}

/// A file with one array, declared as a Kolmogorov flow.
fn file(folder: &Path, name: &str, shape: &[usize], value: impl Fn(usize) -> f32) -> PathBuf {
    declared(&folder.join("flow.h5"), name, shape, value, &[("kind", "kolmogorov")])
}

/// A file with one array and these attributes.
pub(crate) fn declared(
    path: &Path,
    name: &str,
    shape: &[usize],
    value: impl Fn(usize) -> f32,
    attributes: &[(&str, &str)],
) -> PathBuf {
    let writer = Writer::create(path, Existing::Replace).unwrap();
    let values: Vec<f32> = (0..shape.iter().product()).map(value).collect();
    writer.write(name, shape, &values).unwrap();
    writer.set_text("axes", "NTCHW").unwrap();
    attributes.iter().for_each(|(name, text)| writer.set_text(name, text).unwrap());
    writer.finish().unwrap();
    path.to_owned()
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    refused_file(&folder.path().join("nowhere.h5"), &["no such file"]);
    refused_file(Path::new("data/README.md"), &["\"# Refere\"", "expected an HDF5 file"]);
    let whole = fs::read(project().join(TEST)).unwrap();
    let cut = folder.path().join("cut.h5");
    fs::write(&cut, &whole[..whole.len() / 3]).unwrap();
    refused_file(&cut, &["truncated HDF5 file", &format!("found {} bytes", whole.len() / 3)]);
}

#[test]
fn a_file_with_the_wrong_content_is_named_with_what_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let smooth = |i: usize| (i as f32 * 0.01).sin();
    let with = |name: &str, shape: &[usize]| file(folder.path(), name, shape, smooth);
    refused_file(&with("u", &[2, 4, 2, 8, 8]), &["found [u]", "expected a dataset `x` or `velocity`"]);
    refused_file(&with("x", &[4, 2, 8, 8]), &["`x` has 4 axes [4, 2, 8, 8]", "expected 5"]);
    let broken = |i: usize| if i == 130 { f32::NAN } else { smooth(i) };
    let path = file(folder.path(), "x", &[2, 4, 2, 8, 8], broken);
    refused_file(&path, &["`x` has 1 values that are not finite", "[0, 1, 0, 0, 2]", "expected a finite"]);
}

#[test]
fn a_prior_of_another_flow_or_format_is_refused() {
    refused(
        1,
        &["--data", TEST, "--train", "data/ibpm/train.h5"],
        &["kind: found kolmogorov, expected ibpm", "data/ibpm/train.h5"],
    );
    refused(
        1,
        &["--data", TEST, "--prior-file", TRAIN],
        &[TRAIN, "found a file of trajectories, expected a prior"],
    );
}

/// Frames that drift slowly: neighbours in time resemble each other more than trajectories do.
pub(crate) fn drifting(frames: usize, plane: usize) -> impl Fn(usize) -> f32 {
    move |i| {
        let (snapshot, cell) = ((i / plane) as f32, i % plane);
        let trajectory = (i / (plane * frames)) as f32;
        (cell as f32).sin() * (trajectory * 2.0).cos() + 0.05 * (snapshot + cell as f32).cos()
    }
}

#[test]
fn borders_that_disagree_are_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str, boundary: &str| {
        let attributes = [("kind", "generic"), ("boundary", boundary)];
        declared(&folder.path().join(name), "x", &[4, 4, 2, 8, 8], drifting(4, 128), &attributes)
    };
    let (open, wrapped) = (of("open.h5", "open"), of("wrapped.h5", "periodic"));
    let [open, wrapped] = [&open, &wrapped].map(|p| p.to_str().unwrap());
    let told = "boundary: found open borders, expected periodic borders as in";
    refused(1, &["--data", open, "--train", wrapped, "--window", "2"], &[open, told, wrapped]);
}

#[test]
fn a_flow_of_more_components_than_four_is_refused_before_the_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let attributes = [("kind", "generic"), ("boundary", "periodic")];
    let path =
        declared(&folder.path().join("five.h5"), "x", &[4, 4, 5, 8, 8], drifting(4, 5 * 64), &attributes);
    let path = path.to_str().unwrap();
    refused(1, &["--data", path, "--train", path, "--window", "2"], &[path, "5 channels", "expected 1 to 4"]);
}

/// A scalar is swept, and pictured as it is: no vorticity is drawn of it.
#[test]
fn a_flow_of_one_component_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    let attributes = [("kind", "generic"), ("boundary", "periodic")];
    let path =
        declared(&folder.path().join("scalar.h5"), "x", &[4, 4, 1, 8, 8], drifting(4, 64), &attributes);
    let (path, out) = (path.to_str().unwrap(), folder.path().join("out"));
    let line = ["sweep", "--data", path, "--train", path, "--window", "2", "--law", "dual", "--sub", "2"];
    let ran = run(&[&line[..], &["--seeds", "0", "--steps", "4", "--out", out.to_str().unwrap()]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(!page.contains("Vorticity"), "vorticity of a scalar");
}

#[test]
fn a_window_longer_than_the_series_is_refused() {
    let long = ["--data", TEST, "--train", TRAIN, "--window", "17"];
    refused(1, &long, &[TRAIN, "window of 17 frames", "found a series of 16 frames"]);
}

#[test]
fn settings_out_of_range_are_refused_before_any_file_is_read() {
    let count = "expected a whole number of at least 1";
    for (arguments, parts) in [
        ("--sub 2,0", ["--sub", "'0'", count]),
        ("--steps 0", ["--steps", "'0'", count]),
        ("--members 0", ["--members", "'0'", count]),
        ("--threads 0", ["--threads", "'0'", count]),
        ("--noise -0.1", ["--noise", "'-0.1'", "expected a number above 0"]),
        ("--noise-physical 0.1,-2", ["--noise-physical", "'-2'", "expected a number above 0"]),
        ("--eta 1", ["--eta", "'1'", "above 0 and below 1"]),
        ("--tau -1", ["--tau", "'-1'", "expected a number above 0"]),
        ("--corrections 1 --tau 0", ["--tau", "'0'", "expected a number above 0"]),
        ("--law sum,sun", ["--law", "'sun'", "likelihood_weighting, dual"]),
        ("--method cg", ["--method", "'cg'", "sda, exact"]),
        ("--schedule cosinus", ["--schedule", "cosinus", "sub_vp-cos"]),
        ("--n-convention ceil", ["--n-convention", "ceil", "true or floor"]),
        ("--law exact", ["--law", "'exact'", "exact is a method: --method exact"]),
        ("--law sum,exact --method sda", ["--law", "'exact'", "exact is a method: --method exact"]),
        ("--law sum --method exact", ["--method", "found exact", "expected sda"]),
        ("--method mmps:iterations=1.5", ["mmps, iterations", "found 1.5", "a whole number of at least 1"]),
        ("--method mmps:iteration=2", ["method mmps", "`iteration`", "iterations"]),
        ("--method mmps,iterations=2", ["--method", "`iterations=2`", "sda, exact"]),
        ("--law matched --method sda:gamma=1", ["--method", "sda:gamma=1", "expected no gamma"]),
        ("--covariance dense --rank 3", ["--rank", "dense", "low_rank"]),
        ("--data nowhere.h5", ["--train", "--prior-file", "required"]),
        ("--train nowhere.h5", ["--data", "required", "Usage"]),
        ("--resume --force", ["--resume", "--force", "cannot be used"]),
    ] {
        refused(2, &arguments.split(' ').collect::<Vec<_>>(), &parts);
    }
}

#[test]
fn a_sub_larger_than_the_grid_is_refused_before_the_folder_is_made() {
    let wide = ["--dataset", "kolmogorov", "--window", "1", "--sub", "4,65"];
    refused(1, &wide, &["kolmogorov", "`sub`: found 65", "expected 1 to 64"]);
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_any_fit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "precious").unwrap();
    let below = file.join("out");
    for (out, part) in [(&below, "Not a directory"), (&file, "found a file, expected a folder")] {
        let out = out.to_str().unwrap();
        let ran = run(&["sweep", "--dataset", "kolmogorov", "--out", out]);
        assert_eq!((ran.code, ran.stderr.lines().count()), (Some(1), 1), "{}", ran.stderr);
        one_message(&ran.stderr, &[out, part]);
    }
    assert_eq!(fs::read(&file).unwrap(), b"precious");
}

#[test]
fn an_existing_sweep_is_not_touched_without_a_flag_nor_resumed_as_another() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    small(&[], &out);
    let before = content(&out);
    let path = out.to_str().unwrap();
    let again = run(&["sweep", "--dataset", "kolmogorov", "--out", path]);
    assert_eq!(
        (again.code, again.stderr.lines().count()),
        (Some(1), 1),
        "no prior is fitted: {}",
        again.stderr
    );
    one_message(&again.stderr, &[path, "--resume", "--force", "nothing was changed"]);
    let other = run(&["sweep", "--dataset", "kolmogorov", "--window", "1", "--resume", "--out", path]);
    assert_eq!(other.code, Some(1));
    one_message(&other.stderr, &["manifest.json", "cannot resume, `plan."]);
    assert_eq!(content(&out), before);
}
