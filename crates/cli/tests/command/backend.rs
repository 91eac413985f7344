//! `equipoise sweep --backend` on a machine without a device.

use crate::ran::run;
use crate::swept::small;
use equipoise_solver_cuda::Cuda;

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
    let [auto, cpu] =
        ["auto", "cpu"].map(|backend| small(&["--backend", backend], &folder.path().join(backend)));
    let told = format!("--backend auto: {lack}; all runs take place on the CPU\n");
    assert_eq!(auto.ran.stderr.matches(&told).count(), 1, "{}", auto.ran.stderr);
    assert!(!cpu.ran.stderr.contains("--backend"), "{}", cpu.ran.stderr);
    assert_eq!(auto.rows(&["seconds"]), cpu.rows(&["seconds"]));
    assert!(!auto.text("manifest.json").contains("backend cuda"));
}

/// The turbulence has no explicit modes: its trials run as ever, and the manifest says so.
#[test]
fn reduced_space_is_for_explicit_modes() {
    let folder = tempfile::tempdir().unwrap();
    let [reduced, cpu] =
        ["reduced", "cpu"].map(|backend| small(&["--backend", backend], &folder.path().join(backend)));
    assert_eq!(reduced.rows(&["seconds"]), cpu.rows(&["seconds"]));
    assert!(reduced.text("manifest.json").contains("backend reduced: 0 trials ran there"));
}
