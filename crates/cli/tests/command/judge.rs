//! `equipoise judge` on the embedded turbulence, and what it refuses.

use crate::faults::misused;
use crate::ran::run;
use serde_json::Value;
use std::fs;

const MEMBERS: &str = "data/kolmogorov/train.h5";
const TRUTH: &str = "data/kolmogorov/test.h5";
const TABLE: &str = "data/sensors/kolmogorov.csv";

/// Windows of other times are members that know nothing of the truth: 42 of them cannot fail at 1 %.
#[test]
fn independent_windows_are_undecided_and_a_copy_fails() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap().to_owned();
    let judge = |truth: &str, further: &[&str]| {
        run(&[&["judge", "--members", MEMBERS, "--truth", truth, "--out", &out, "--force"], further].concat())
    };
    let ran = judge(TRUTH, &["--format", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&json["verdict"], &json["members"]), (&"undecided".into(), &serde_json::json!([42])));
    let written: Value =
        serde_json::from_slice(&fs::read(folder.path().join("judge.json")).unwrap()).unwrap();
    assert_eq!(written, json);
    let page = fs::read_to_string(folder.path().join("judge.html")).unwrap();
    assert!(page.contains("UNDECIDED") && !page.contains("http://"));

    let ran = judge(TRUTH, &["--fail-on", "0.01"]);
    assert!(ran.stderr.ends_with("more members or more independent cases reach it\n"), "{}", ran.stderr);
    assert_eq!(ran.code, Some(1));
    let ran = judge(MEMBERS, &["--fail-on", "copy_of_truth"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stdout.starts_with("FAILS: by a fact"), "{}", ran.stdout);
}

#[test]
fn without_withheld_readings_folds_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let ran = run(&["judge", "--members", MEMBERS, "--used", TABLE, "--folds", "2", "--out", out]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with("NOT JUDGED") && ran.stdout.contains("199 members a fold"),
        "{}",
        ran.stdout
    );
    let rows = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap().lines().count() - 1;
    assert_eq!(rows("fold_1_used.csv"), rows("fold_2_withheld.csv"));
    let fresh = folder.path().join("fresh");
    let out = fresh.to_str().unwrap();
    misused(&["judge", "--members", MEMBERS, "--out", out], &["neither --withheld nor --truth"]);
    misused(
        &["judge", "--members", MEMBERS, "--truth", TRUTH, "--fail-on", "rmse"],
        &["--fail-on", "expected a level"],
    );
    let two = ["judge", "--members", MEMBERS, MEMBERS, "--out", out];
    misused(&[&two[..], &["--withheld", TABLE]].concat(), &["--withheld", "found 1 files, expected 2"]);
    for (further, found) in [(&[][..], "the same withheld readings"), (&["--same-truth"], "the same members")]
    {
        let ran = run(&[&two[..], &["--withheld", TABLE, TABLE], further].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", ran.stderr);
        assert!(ran.stderr.contains("cases 1 and 2") && ran.stderr.contains(found), "{}", ran.stderr);
    }
}
