//! `equipoise network check`.

use crate::faults::misused;
use crate::ran::{printed, records, run};
use serde_json::Value;

const CASE: &str = "tests/golden/networks/azula_small/nomod_periodic";
const VALUES: &str = "tests/golden/networks/azula_small/nomod_periodic/values.h5";

#[test]
fn a_network_that_was_read_right_is_told_in_every_form() {
    let arguments = ["network", "check", CASE, "--against", VALUES];
    let text = printed(&arguments);
    assert!(text.contains("\n15 of 15 agree; worst in f64: "), "{text}");
    let json: Value =
        serde_json::from_str(&printed(&[&arguments[..], &["--format", "json"]].concat())).unwrap();
    let rows = json["rows"].as_array().unwrap();
    let records = records(&printed(&[&arguments[..], &["--format", "csv"]].concat()));
    assert_eq!((rows.len(), records.len()), (15, 15));
    for (row, record) in rows.iter().zip(records) {
        assert_eq!(
            (record["dataset"].as_str(), record["verdict"].as_str()),
            (row["dataset"].as_str().unwrap(), "agrees")
        );
        assert_eq!(record["difference"].parse().ok(), row["difference"].as_f64());
    }
}

#[test]
fn a_difference_past_the_tolerance_is_status_1() {
    let ran = run(&["network", "check", CASE, "--against", VALUES, "--tolerance", "1e-17,1"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""));
    assert!(ran.stdout.contains("1.00000e-17") && ran.stdout.contains("differs"), "{}", ran.stdout);
    let other = run(&["network", "check", CASE, "--against", "tests/golden/networks/sda_small/w3/values.h5"]);
    assert_eq!(other.code, Some(1));
    assert!(other.stdout.contains("found a network of azula, expected one of SDA"), "{}", other.stdout);
}

#[test]
fn what_cannot_be_checked_is_one_message() {
    let against = |values| run(&["network", "check", CASE, "--against", values]);
    let ran = against("tests/golden/nowhere.h5");
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.lines().count()), (Some(1), "", 1));
    assert!(ran.stderr.starts_with("error: network check: tests/golden/nowhere.h5: "), "{}", ran.stderr);
    let physicsnemo = ["network", "check", CASE, "--against", "tests/golden/physicsnemo.h5"];
    misused(&physicsnemo, &["physicsnemo's guidance of a Gaussian prior", "no network belongs to it"]);
    misused(&["network", "check", CASE], &["--against"]);
    let bad = ["network", "check", CASE, "--against", VALUES, "--tolerance", "small"];
    misused(&bad, &["--tolerance", "\"small\"", "one or two numbers"]);
}
