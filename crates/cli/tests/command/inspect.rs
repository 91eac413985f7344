//! `equipoise inspect` on files that load and on files that do not.

use crate::ran::{printed, project, records, rounded, run};
use serde_json::Value;
use std::path::PathBuf;

const WAKE: &str = "data/ibpm/test.h5";
const TURBULENCE: &str = "data/kolmogorov/test.h5";

/// The turbulence sample with every declaration of its axis order turned round, in a folder of its own.
fn misdeclared() -> (tempfile::TempDir, PathBuf) {
    let mut content = std::fs::read(project().join(TURBULENCE)).unwrap();
    let (right, wrong) = (b"N,T,C,H,W", b"T,N,C,H,W");
    let places: Vec<usize> =
        (0..content.len() - right.len()).filter(|&at| content[at..].starts_with(right)).collect();
    assert!(!places.is_empty(), "the sample declares its axis order");
    for at in places {
        content[at..at + wrong.len()].copy_from_slice(wrong);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flow.h5");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

/// Four significant digits in JSON: the sample's values are rounded to 2^-17 = 8e-6 of their size.
/// The six of the text are those of the arithmetic, fixed-order sums good to some 1e-12.
#[test]
fn the_wake_is_this() {
    let json = printed(&["inspect", WAKE, "--format", "json"]);
    // In the order of their names, whatever order the map of a build keeps.
    insta::with_settings!({ sort_maps => true }, {
        insta::assert_json_snapshot!("wake_json", rounded(&json, 4));
    });
    insta::assert_snapshot!("wake", printed(&["inspect", WAKE]));
}

/// The numbers that data/README.md gives for this file, found with other software.
#[test]
fn the_turbulence_has_the_published_statistics_and_divergence() {
    let found = rounded(&printed(&["inspect", TURBULENCE, "--format", "json"]), 4);
    let published = [(0.9948, -3.965, 3.408), (0.9516, -3.349, 3.421)];
    for (channel, (std, min, max)) in found["channels"].as_array().unwrap().iter().zip(published) {
        assert_eq!(
            (&channel["std"], &channel["min"], &channel["max"]),
            (&std.into(), &min.into(), &max.into())
        );
    }
    let residual = found["flow"]["divergence"]["residual"].as_f64().unwrap();
    assert_eq!(format!("{residual:.4}"), "0.0307");
    assert_eq!(found["inferred"]["order"], "NTCHW");
    assert_eq!(found["why"], "declared, and the data agree");
}

#[test]
fn csv_holds_the_numbers_of_the_json_bit_for_bit() {
    let json: Value = serde_json::from_str(&printed(&["inspect", WAKE, "--format", "json"])).unwrap();
    let records = records(&printed(&["inspect", WAKE, "--format", "csv"]));
    let value = |section: &str, item: &str, quantity: &str| {
        let mut found = records
            .iter()
            .filter(|r| r["section"] == section && r["item"] == item && r["quantity"] == quantity);
        let record = found.next().unwrap_or_else(|| panic!("no {section}, {item}, {quantity}"));
        assert!(found.next().is_none(), "{section}, {item}, {quantity} stands twice");
        record["value"].parse::<f64>().ok()
    };
    for (i, channel) in json["channels"].as_array().unwrap().iter().enumerate() {
        for name in ["mean", "std", "min", "max"] {
            assert_eq!(value("channels", &i.to_string(), name), channel[name].as_f64());
        }
    }
    let residual = json["flow"]["divergence"]["residual"].as_f64();
    assert!(residual.is_some());
    assert_eq!(value("divergence", "", "rms(∇·u)/rms(∇u)"), residual);
    assert_eq!(value("axis order", "", "confidence"), None, "one trajectory decides nothing");
}

#[test]
fn a_wrong_axis_order_is_refused_with_its_audit_and_can_be_settled() {
    let (_folder, path) = misdeclared();
    let path = path.to_str().unwrap();
    let ran = run(&["inspect", path, "--format", "json"]);
    assert_eq!(ran.code, Some(1));
    let audit: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&audit["declared"], &audit["inferred"]["order"]), (&"TNCHW".into(), &"NTCHW".into()));
    assert_eq!((&audit["used"], &audit["flow"]), (&Value::Null, &Value::Null));
    assert!(audit["confidence"].as_f64().unwrap() > 20.0);
    assert!(audit["channels"][1]["std"].is_f64());
    let refusal = audit["refusal"].as_str().unwrap();
    assert_eq!(ran.stderr, format!("error: {refusal}\n"));
    assert!(refusal.contains("--axes NTCHW") && refusal.contains(path), "{refusal}");

    let settled = printed(&["inspect", path, "--axes", "NTCHW", "--format", "json"]);
    let settled: Value = serde_json::from_str(&settled).unwrap();
    assert_eq!((&settled["used"], &settled["overridden"]), (&"NTCHW".into(), &true.into()));
    assert_eq!(settled["why"], "given with --axes");
    assert_eq!(settled["flow"]["trajectories"], 2);
    assert!(settled["flow"]["notes"][0].as_str().unwrap().contains("the file declares TNCHW"));
}

#[test]
fn a_refused_kind_still_prints_the_audit() {
    let ran = run(&["inspect", TURBULENCE, "--kind", "ibpm"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("declared, and the data agree") && !ran.stdout.contains("divergence"));
    assert_eq!(ran.stderr.lines().count(), 1);
    assert!(ran.stderr.contains("end with \"x\", \"y\" by"), "{}", ran.stderr);
}
