//! `equipoise sweep --backend` on a machine without a device.

use crate::ran::run;
use crate::swept::small;
use equipoise_solver_cuda::Cuda;
use std::collections::HashMap;

/// Why there is no device; with one, these tests have nothing to say.
fn lack() -> Option<String> {
    match Cuda::open(0) {
        Err(error) => Some(error.to_string()),
        Ok(cuda) => {
            println!("skipped: there is a device, {cuda:?}");
            None
        }
    }
}

#[test]
fn a_device_that_is_asked_for_and_missing_is_one_error_before_any_work() {
    let Some(lack) = lack() else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let ran = run(&["sweep", "--backend", "cuda", "--out", out.to_str().unwrap()]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert_eq!(ran.stderr, format!("error: --backend cuda: {lack}\n"));
    assert!(!out.exists());
}

#[test]
fn auto_says_once_that_it_falls_back_and_changes_no_number() {
    let Some(lack) = lack() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [auto, reduced] =
        ["auto", "reduced"].map(|backend| small(&["--backend", backend], &folder.path().join(backend)));
    let told = format!("--backend auto: {lack}; runs take place in reduced space\n");
    assert_eq!(auto.ran.stderr.matches(&told).count(), 1, "{}", auto.ran.stderr);
    assert!(!reduced.ran.stderr.contains("--backend"), "{}", reduced.ran.stderr);
    assert_eq!(auto.rows(&[]), reduced.rows(&[]));
    assert!(!auto.text("manifest.json").contains("backend cuda"));
}

/// Without a word on it trials run in reduced space, and end where they do in full space: an RMSE of
/// fields that are rounded 8 times a step in `f32`. Those that explode leave their bound at the same time.
#[test]
fn reduced_space_is_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, cpu) =
        (small(&[], &folder.path().join("plain")), small(&["--backend", "cpu"], &folder.path().join("cpu")));
    let (plain_rows, cpu_rows) = (plain.rows(&[]), cpu.rows(&[]));
    for (row, full) in plain_rows.iter().zip(&cpu_rows) {
        assert_eq!((row["backend"].as_str(), full["backend"].as_str()), ("reduced", "cpu"), "{row:?}");
        assert!(row["peak"].is_empty() && full["peak_deviation"].is_empty(), "{row:?}");
        for same in ["law", "sub", "state", "evaluations", "diverged_at"] {
            assert_eq!(row[same], full[same], "{row:?}");
        }
        let of = |row: &HashMap<String, String>, name: &str| row[name].parse::<f64>().unwrap();
        let bound = 2.0 * 8.0 * f64::from(f32::EPSILON) * of(full, "peak").max(10.0);
        let [found, expected] = [row, full].map(|row| of(row, "rmse"));
        assert!((found - expected).abs() <= bound, "{found} {expected} {row:?}");
    }
    let told = format!("backend reduced: {} trials ran there, 0 on the CPU as ever", plain_rows.len());
    assert!(plain.text("manifest.json").contains(&told), "{told}");
    assert!(!cpu.text("manifest.json").contains("backend reduced"));
}
