//! Networks held to the values of their own codes, and every way in which one must be told not to agree.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use equipoise_agreement::{AgreementError, Precision, Report, Row, Tolerance, Verdict, check};
use equipoise_network::{
    Answers, ChannelOrder, FlowKind, MANIFEST, Manifest, Preconditioning, Predicts, TimeInput, TrainedOn,
    describe,
};
use equipoise_weights::Pick;
use hdf5::File;
use std::path::{Path, PathBuf};

fn golden(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(case)
}

fn checked(weights: &Path, values: &Path) -> Result<Report, AgreementError> {
    check(weights, Pick::Only, values, Tolerance::default())
}

fn row<'a>(report: &'a Report, dataset: &str) -> &'a Row {
    report.rows.iter().find(|row| row.dataset == dataset).unwrap()
}

/// Largest differences seen: 7e-13 in double precision (Heun, whose last step divides by 1e-3), 2e-14 otherwise;
/// 2e-5 in single.
#[test]
fn golden_networks_agree() {
    let cases = [
        ("networks/sda_small/w3", 35),
        ("networks/sda_runs/near16", 4),
        ("networks/azula_small/group_zeros_odd", 16),
        ("networks/azula_small/rms_periodic_cond", 16),
        ("networks/azula_small/nomod_periodic", 15),
        ("networks/dsm_training/small", 6),
    ];
    for (case, rows) in cases {
        let folder = golden(case);
        let report = checked(&folder, &folder.join("values.h5")).unwrap();
        assert!(report.agrees(), "{case}: {:#?}", report.rows);
        assert_eq!((report.rows.len(), report.unused.len()), (rows, 0), "{case}: {:?}", report.unused);
        let (dataset, worst) = report.worst(Precision::F64).unwrap();
        assert!(worst < 1e-11, "{case}: {dataset} {worst:e}");
    }
}

/// A copy of a case's values, changed by `edit`, against the case's network.
fn edited(case: &str, edit: impl FnOnce(&File)) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let values = folder.path().join("values.h5");
    std::fs::write(&values, std::fs::read(golden(case).join("values.h5")).unwrap()).unwrap();
    let file = File::open_rw(&values).unwrap();
    edit(&file);
    file.close().unwrap();
    checked(&golden(case), &values).unwrap()
}

const W3: &str = "networks/sda_small/w3";
const NOMOD: &str = "networks/azula_small/nomod_periodic";

/// The rows that do not agree.
fn faults(report: &Report) -> Vec<(&str, Verdict)> {
    let faulty = report.rows.iter().filter(|row| row.verdict != Verdict::Agrees);
    faulty.map(|row| (row.dataset.as_str(), row.verdict)).collect()
}

#[test]
fn a_spoiled_value_is_the_one_that_differs() {
    for (dataset, by) in
        [("kernel/eps_f64", 1e-8), ("kernel/vjp_f32", 1e-4), ("schedule/exp_subvp/sigma", 1e-8)]
    {
        let report = edited(W3, |file| {
            let dataset = file.dataset(dataset).unwrap();
            let mut values = dataset.read_dyn::<f64>().unwrap();
            *values.iter_mut().last().unwrap() += by;
            dataset.write(&values).unwrap();
        });
        assert_eq!(faults(&report), [(dataset, Verdict::Differs)]);
        let found = row(&report, dataset);
        let expected = by / found.scale.unwrap();
        assert!((found.difference.unwrap() / expected - 1.0).abs() < 0.05, "{found:?}");
    }
}

#[test]
fn a_value_that_is_no_number_is_not_computed() {
    let report = edited(W3, |file| {
        let dataset = file.dataset("kernel/eps_f64").unwrap();
        let mut values = dataset.read_dyn::<f64>().unwrap();
        *values.first_mut().unwrap() = f64::NAN;
        dataset.write(&values).unwrap();
    });
    assert_eq!(faults(&report), [("kernel/eps_f64", Verdict::NotComputed)]);
    let note = row(&report, "kernel/eps_f64").note.clone().unwrap();
    assert_eq!(note, "dataset kernel/eps_f64, entry 0: found NaN, expected a finite number");
}

/// One bit of one weight, the last of the file.
#[test]
fn a_spoiled_weight_differs_everywhere_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "values.h5"] {
        std::fs::copy(golden(W3).join(name), folder.path().join(name)).unwrap();
    }
    let mut bytes = std::fs::read(golden(W3).join("state.safetensors")).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 0x10;
    std::fs::write(folder.path().join("state.safetensors"), bytes).unwrap();
    let report = checked(folder.path(), &folder.path().join("values.h5")).unwrap();
    for row in &report.rows {
        let independent = row.dataset.starts_with("schedule/") || row.dataset.contains("embedding");
        let expected = if independent { Verdict::Agrees } else { Verdict::Differs };
        assert_eq!(row.verdict, expected, "{row:?}");
    }
}

#[test]
fn what_is_missing_is_named_and_the_rest_is_compared() {
    let report = edited(W3, |file| file.unlink("kernel/v").unwrap());
    let named = ["kernel/jvp_f64", "kernel/vjp_f32", "kernel/vjp_f64"];
    let faults = faults(&report);
    assert!(!faults.is_empty() && faults.iter().all(|(dataset, _)| named.contains(dataset)), "{faults:?}");
    assert_eq!(row(&report, "kernel/vjp_f64").note.as_deref(), Some("dataset kernel/v: not in the file"));

    let report = edited(W3, |file| {
        ["kernel/vjp_f64", "kernel/vjp_f32"].iter().for_each(|path| file.unlink(path).unwrap());
    });
    assert!(report.agrees());
    assert_eq!(report.unused, ["kernel/v"]);

    let report = edited(W3, |file| file.dataset("guided/y").unwrap().delete_attr("gamma").unwrap());
    let note = "attribute gamma of guided/y: not on it, nor on a group above it";
    assert_eq!(row(&report, "guided/eps_detach1_f64").note.as_deref(), Some(note));
    assert!(!report.agrees());

    let report = edited("networks/sda_runs/near16", |file| {
        file.unlink("sample/guided_langevin_gamma0.1/z").unwrap();
    });
    assert_eq!((report.count(Verdict::NotComputed), report.count(Verdict::Agrees)), (4, 0));
}

#[test]
fn a_name_that_is_not_known_has_a_row() {
    let report = edited(W3, |file| {
        file.new_dataset_builder().with_data(&[1.0f64]).create("kernel/hessian_f64").unwrap();
    });
    assert_eq!(faults(&report), [("kernel/hessian_f64", Verdict::NotKnown)]);
    assert!(!report.agrees());
}

#[test]
fn a_wrong_shape_is_told() {
    let report = edited(W3, |file| {
        file.unlink("kernel/eps_f64").unwrap();
        let flat = vec![0.0f64; 2 * 6 * 8 * 8];
        file.new_dataset_builder().with_data(&flat).create("kernel/eps_f64").unwrap();
    });
    assert_eq!(faults(&report), [("kernel/eps_f64", Verdict::NotComputed)]);
    let note = row(&report, "kernel/eps_f64").note.clone().unwrap();
    assert!(note.starts_with("dataset kernel/eps_f64: found shape [768], expected ["), "{note}");
}

#[test]
fn another_kind_of_network_is_told() {
    let azula = golden("networks/azula_small/nomod_periodic");
    let report = checked(&azula, &golden(W3).join("values.h5")).unwrap();
    let note = row(&report, "mc/L6/eps_f64").note.clone().unwrap();
    assert_eq!(note, "found a network of azula, expected one of SDA");
    assert_eq!(report.count(Verdict::Differs), 0);
}

#[test]
fn files_without_a_network_or_a_value_are_refused() {
    let error = checked(&golden(W3), &golden("physicsnemo.h5")).unwrap_err();
    assert!(matches!(error, AgreementError::Elsewhere { .. }), "{error}");
    let error = checked(&golden(W3), &golden("peers.h5")).unwrap_err().to_string();
    assert!(error.contains("peers.h5: found no computed value among"), "{error}");
    let error = checked(&golden(W3), &golden("nowhere.h5")).unwrap_err().to_string();
    assert!(error.contains("nowhere.h5: found No such file"), "{error}");
}

/// A folder with the weights and values of a case and a manifest that `edit` changed.
fn described(case: &str, edit: impl FnOnce(&mut Manifest)) -> (tempfile::TempDir, Report) {
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "state.safetensors", "state.pth", "values.h5"] {
        let from = golden(case).join(name);
        if from.exists() {
            std::fs::copy(from, folder.path().join(name)).unwrap();
        }
    }
    let azula = Answers {
        preconditioning: Some(Preconditioning::Karras),
        window: Some(1),
        mean: Some(vec![0.0]),
        std: Some(vec![1.0]),
        kind: Some(FlowKind::Ibpm),
        ..Answers::default()
    };
    let answers = if case.contains("azula") { azula } else { Answers::default() };
    let mut manifest = describe(folder.path(), &answers).unwrap().manifest;
    edit(&mut manifest);
    manifest.write(&folder.path().join(MANIFEST), false).unwrap();
    let report = checked(folder.path(), &folder.path().join("values.h5")).unwrap();
    (folder, report)
}

/// The values say nothing of what stands around the network, so that a manifest that does is held to the layout.
#[test]
fn a_manifest_that_states_something_else_does_not_pass() {
    for case in [W3, "networks/sda_runs/near16", "networks/dsm_training/small", NOMOD] {
        // Constants of the data stand outside of what is compared.
        let (_folder, report) = described(case, |manifest| (manifest.mean[0], manifest.std[0]) = (0.5, 2.0));
        assert!(report.agrees(), "{case}: {:#?}", report.rows);
    }
    let cosine = describe(&golden(W3), &Answers::default()).unwrap().manifest.schedule.unwrap();
    type Edit = Box<dyn Fn(&mut Manifest)>;
    let edits: [(&str, &str, Edit); 8] = [
        (W3, "prediction", Box::new(|it| it.prediction = Predicts::X)),
        (W3, "preconditioning", Box::new(|it| it.preconditioning = Preconditioning::Simple)),
        (W3, "time", Box::new(|it| it.time = TimeInput::LogRatio)),
        (W3, "channel_order", Box::new(|it| it.channel_order = ChannelOrder::Components)),
        (W3, "schedule", Box::new(move |it| it.schedule = Some(TrainedOn { eta: 2e-3, ..cosine }))),
        (NOMOD, "preconditioning", Box::new(|it| it.preconditioning = Preconditioning::Appa)),
        (NOMOD, "time", Box::new(|it| it.time = TimeInput::Fraction)),
        (NOMOD, "schedule", Box::new(move |it| it.schedule = Some(TrainedOn { eta: 0.5, ..cosine }))),
    ];
    for (case, entry, edit) in edits {
        let (_folder, report) = described(case, edit);
        let named = format!("network.json: {entry}");
        assert_eq!(faults(&report), [(named.as_str(), Verdict::Differs)]);
        let note = row(&report, &named).note.clone().unwrap();
        assert!(note.starts_with("the manifest states ") && note.contains(", the values take "), "{note}");
    }
}

/// A manifest about another file says nothing of the one that is named.
#[test]
fn a_manifest_about_another_file_is_passed_over() {
    let (folder, _) = described(W3, |it| it.prediction = Predicts::X);
    let named = folder.path().join("other.safetensors");
    std::fs::copy(folder.path().join("state.safetensors"), &named).unwrap();
    let report = checked(&named, &folder.path().join("values.h5")).unwrap();
    assert!(report.agrees(), "{:#?}", report.rows);
    assert!(report.notes.contains(&"passed over network.json, which is about another file".to_owned()));
}

/// The stated tolerance takes the place of all others.
#[test]
fn a_tolerance_is_kept_to() {
    let folder = golden(W3);
    let tolerance = Tolerance { double: Some(0.0), single: Some(1.0) };
    let report = check(&folder, Pick::Only, &folder.join("values.h5"), tolerance).unwrap();
    assert_eq!(row(&report, "kernel/eps_f64").verdict, Verdict::Differs);
    assert_eq!(row(&report, "kernel/eps_f32").verdict, Verdict::Agrees);
    assert_eq!(row(&report, "kernel/eps_f32").tolerance, Some(1.0));
}
