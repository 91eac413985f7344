//! One plane of three dimensions, by `--slice` and behind the name of a file.

use crate::ran::{printed, run};
use serde_json::Value;

const FILE: &str = "crates/data/tests/fixtures/grids/well_3d.hdf5";

fn inspected(arguments: &[&str]) -> Value {
    let json = printed(&[&["inspect"], arguments, &["--format", "json"]].concat());
    let mut json: Value = serde_json::from_str(&json).unwrap();
    json["path"].take();
    json
}

/// The flag and the name of the plane say the same, other planes are other data, and none is taken unasked.
#[test]
fn a_plane_is_read_by_flag_or_by_name() {
    let flag = inspected(&[FILE, "--slice", "z=2"]);
    assert_eq!(flag, inspected(&[&format!("{FILE}:z=2")]));
    assert_eq!(flag["shape"], serde_json::json!([2, 6, 3, 8, 6]));
    assert_ne!(flag["channels"], inspected(&[FILE, "--slice", "z=1"])["channels"]);
    assert_eq!(flag["channels"].as_array().unwrap().len(), 3, "w is kept");
    for (arguments, code, said) in [
        (&[FILE][..], 1, "an axis z of length 4; one plane of it is read: pass --slice z=0 to --slice z=3"),
        (&[FILE, "--slice", "z=4"], 1, "found --slice z=4, expected one of its 4 planes, 0 to 3"),
        (&[&format!("{FILE}:z=2"), "--slice", "z=1"], 1, "names no other plane than --slice"),
        (&["data/kolmogorov/test.h5", "--slice", "z=0"], 1, "it has no axis z"),
        (&[FILE, "--slice", "2"], 2, "expected z=INDEX"),
        (&[FILE, "--slice", "y=2"], 2, "expected z=INDEX"),
        (&[FILE, "--slice", "z=-1"], 2, "expected z=INDEX"),
    ] {
        let ran = run(&[&["inspect"], arguments].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
}

/// A prior names the plane that it was fitted to, and another plane is no twin of it.
#[test]
fn a_prior_is_of_its_plane() {
    let folder = tempfile::tempdir().unwrap();
    let fit = |plane: &str| {
        let out = folder.path().join(format!("{plane}.h5"));
        let line =
            ["fit", "--train", FILE, "--slice", plane, "--window", "1", "--out", out.to_str().unwrap(), "-q"];
        let told: Value =
            serde_json::from_str(&printed(&[&line[..], &["--format", "json"]].concat())).unwrap();
        told["train"].clone()
    };
    let (one, two) = (fit("z=1"), fit("z=2"));
    assert_eq!(one["file"], "well_3d.hdf5:z=1");
    assert_ne!(one["sha256"], two["sha256"]);
}

/// The plane of members and of the truth.
#[test]
fn members_are_judged_on_a_plane() {
    let folder = tempfile::tempdir().unwrap();
    let judged = |arguments: &[&str]| {
        let line = ["judge", "--members", FILE, "--out", folder.path().to_str().unwrap(), "--force", "-q"];
        run(&[&line[..], arguments].concat())
    };
    let ran = judged(&["--truth", FILE, "--slice", "z=1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("copy_of_truth"), "{}", ran.stdout);
    let ran = judged(&["--truth", &format!("{FILE}:z=2"), "--slice", "z=1"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("names no other plane than --slice"), "{}", ran.stderr);
}
