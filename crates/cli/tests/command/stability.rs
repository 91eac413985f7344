//! `equipoise stability` and `sweep --certify` on small plans.

use crate::ran::{records, run};
use crate::swept::{LAWS, small};
use serde_json::Value;
use tempfile::tempdir;

const PLAN: [&str; 8] =
    ["--dataset=kolmogorov", "--window", "2", "--steps", "4", "--sub", "8,16", "--seeds=0,1"];

fn stability(further: &[&str]) -> crate::ran::Ran {
    let ran = run(&[&["stability"], &PLAN[..], further].concat());
    assert_eq!(ran.code, Some(0), "{further:?}: {}", ran.stderr);
    ran
}

#[test]
fn every_law_and_sub_has_a_row_whatever_the_seeds() {
    let rows = records(
        &stability(&["--law", "sum,matched,adaptive", "--method", "sda,exact", "--format", "csv"]).stdout,
    );
    assert_eq!(rows.len(), 4 * 2);
    for row in &rows {
        let number = |name: &str| row[name].parse::<f64>().unwrap();
        assert!(number("peak") >= number("sigma_w") && number("g") >= 1.0, "{row:?}");
        assert_eq!(row["scope"], if row["law"] == "adaptive" { "local" } else { "global" });
        assert!(row["direction"].starts_with("k = ("), "{row:?}");
        if row["law"] == "exact" {
            assert_eq!((row["verdict"].as_str(), row["g"].as_str()), ("stable", "1.0"));
        }
    }
}

#[test]
fn json_holds_thresholds_and_notes_and_a_corrector_has_its_amplitude() {
    let ran = stability(&["--law", "dual", "--corrections", "1", "--format", "json"]);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&told["thresholds"]["explodes_above"], &told["thresholds"]["field_above"]),
        (&10.0.into(), &7.0.into())
    );
    assert!(told["told"][0]["amplitude"].is_f64(), "{}", told["told"]);
    let notes = told["notes"].to_string();
    assert!(notes.contains("λ_max") && notes.contains("posterior std"), "{notes}");
}

#[test]
fn maps_are_pages_and_are_not_overwritten() {
    let folder = tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let arguments = ["--law", "sum", "--map", "std,gamma", "--map", "steps,sub", "--out", out];
    stability(&arguments);
    for name in ["kolmogorov_custom_sub8_sum_std_gamma_g.html", "kolmogorov_custom_sum_steps_sub_g.html"] {
        let page = std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(page.contains("class=\"heat\"") && page.contains("<small>stable</small>"), "{name}");
    }
    let again = run(&[&["stability"], &PLAN[..], &arguments].concat());
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("exists already; nothing was overwritten"), "{}", again.stderr);
    stability(&[&arguments[..], &["--force"]].concat());
}

#[test]
fn a_step_without_a_certificate_is_named() {
    let ran = run(&[&["stability"], &PLAN[..], &["--law", "sum", "--sampler", "heun"]].concat());
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("found method sda under sampler heun, expected"), "{}", ran.stderr);
}

#[test]
fn a_certified_sweep_has_predictions_beside_outcomes() {
    let folder = tempdir().unwrap();
    let swept = small(&["--certify"], &folder.path().join("out"));
    let rows = records(&swept.text("certificate.csv"));
    assert_eq!(rows.len(), 2 * LAWS.len());
    let results = swept.rows(&[]);
    for (told, row) in rows.iter().zip(&results) {
        assert_eq!((&told["identity"], &told["state"]), (&row["identity"], &row["state"]));
        assert_eq!(told["verdict"] == "explodes", told["exploded"] == "true", "{told:?}");
    }
    assert!(swept.ran.stdout.contains("Prediction against outcome, 10 trials"), "{}", swept.ran.stdout);
    assert!(swept.manifest()["files"].to_string().contains("certificate.csv"));
    // The certificate is not in the way of a resumed sweep, which writes it anew.
    let resumed = small(&["--certify", "--resume"], &folder.path().join("out"));
    assert_eq!(records(&resumed.text("certificate.csv")).len(), 2 * LAWS.len());
}
