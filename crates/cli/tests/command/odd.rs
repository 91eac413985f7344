//! Numbers that are no velocities, in every verb that reads a file: refused, or named on standard error.

use crate::ran::{Ran, printed, run};
use crate::sweep_faults::declared;
use std::path::{Path, PathBuf};

const SHAPE: [usize; 5] = [6, 5, 2, 8, 8];

/// A periodic flow that varies in every number; `change` spoils it.
fn flow(folder: &Path, name: &str, change: impl Fn(&mut [f32])) -> PathBuf {
    let value = |i: usize| {
        let (series, frame, cell) = ((i / 640) as f32, (i / 128 % 5) as f32, (i % 128) as f32);
        (2.4 * series + 0.3 * frame + 0.11 * cell).sin() + 0.3 * (0.37 * cell + series).cos() + 1e-3 * cell
    };
    let mut values: Vec<f32> = (0..6 * 640).map(value).collect();
    change(&mut values);
    let attributes = [("kind", "generic"), ("boundary", "periodic")];
    declared(&folder.join(name), "x", &SHAPE, |i| values[i], &attributes)
}

/// Three vectors of 0 in two frames.
fn masked(values: &mut [f32]) {
    for (frame, cell) in [(7, 9), (7, 10), (21, 30)] {
        values[frame * 128 + cell] = 0.0;
        values[frame * 128 + 64 + cell] = 0.0;
    }
}

fn told(ran: &Ran, path: &Path) {
    let expected = format!("warning: {}: 3 vectors in 2 frame(s) are exactly 0", path.display());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains(&expected), "{}", ran.stderr);
}

#[test]
fn what_is_odd_is_said_by_every_verb_and_kept_in_the_prior() {
    let folder = tempfile::tempdir().unwrap();
    let (train, clean) = (flow(folder.path(), "train.h5", masked), flow(folder.path(), "test.h5", |_| ()));
    let (train_name, clean_name) = (train.to_str().unwrap(), clean.to_str().unwrap());
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let report = printed(&["inspect", train_name]);
    assert!(report.contains("warnings") && report.contains("frame [1, 2] at row 1, column 1"), "{report}");
    assert!(!printed(&["inspect", clean_name]).contains("warnings"));

    let prior = at("prior.h5");
    for method in [&[][..], &["--method", "gram"]] {
        let fit = [
            "fit",
            "--train",
            train_name,
            "--out",
            &prior,
            "--force",
            "--window",
            "2",
            "--covariance",
            "low_rank",
        ];
        told(&run(&[&fit[..], method].concat()), &train);
        // The prior keeps it.
        assert_eq!(run(&[&fit[..], method, &["-q"]].concat()).stderr, "");
    }
    let sensors = at("obs.csv");
    std::fs::write(&sensors, "time,x,y,u,v,noise\n0,1,1,0.1,0.2,0.1\n1,3,2,0.3,0.1,0.1\n").unwrap();
    let out = at("reconstruction");
    let saved = run(&[
        "reconstruct",
        "--prior-file",
        &prior,
        "--obs",
        &sensors,
        "--out",
        &out,
        "--truth",
        clean_name,
    ]);
    told(&saved, Path::new(&prior));
    let truth = run(&[
        "reconstruct",
        "--prior-file",
        &prior,
        "--obs",
        &sensors,
        "--out",
        &out,
        "--force",
        "--truth",
        train_name,
    ]);
    told(&truth, &train);
    // Under -q the page has it; where no page can be written, nothing is.
    let again = ["reconstruct", "--prior-file", &prior, "--obs", &sensors, "--out", &out];
    let again = [&again[..], &["--force", "-q", "--truth", train_name]].concat();
    let warning = format!("warning: {train_name}: 3 vectors in 2 frame(s) are exactly 0");
    let kept = run(&again);
    assert!(kept.code == Some(0) && !kept.stderr.contains(&warning), "{}", kept.stderr);
    let page = Path::new(&out).join("reconstruction.html");
    std::fs::remove_file(&page).unwrap();
    std::fs::create_dir(&page).unwrap();
    let failed = run(&again);
    let refused = "reconstruction.html: found a folder, expected a file or nothing; nothing was overwritten";
    assert!(failed.code == Some(1) && failed.stderr.contains(refused), "{}", failed.stderr);
    let denoised = run(&[
        "denoise",
        "--train",
        clean_name,
        "--data",
        train_name,
        "--out",
        &at("denoise"),
        "--levels",
        "1",
        "--no-bound",
        "--quiet",
    ]);
    // What no result keeps is said, and nothing else.
    assert!(denoised.stderr.lines().all(|line| line.starts_with("warning: ")), "{}", denoised.stderr);
    told(&denoised, &train);
}

#[test]
fn what_is_no_velocity_stops_every_verb() {
    let folder = tempfile::tempdir().unwrap();
    let blown = flow(folder.path(), "train.h5", |values| {
        values[19 * 128..20 * 128].iter_mut().for_each(|x| *x *= 1e3);
    });
    let clean = flow(folder.path(), "test.h5", |_| ());
    let (blown, clean) = (blown.to_str().unwrap(), clean.to_str().unwrap());
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    let calls: [&[&str]; 5] = [
        &["inspect", blown],
        &["inspect", blown, "--axes", "NTCHW"],
        &["fit", "--train", blown, "--out", out, "--axes", "NTCHW", "--window", "2"],
        &["sweep", "--data", clean, "--train", blown, "--out", out, "--window", "2"],
        &["denoise", "--data", blown, "--train", clean, "--out", out],
    ];
    for arguments in calls {
        let ran = run(arguments);
        assert_eq!(ran.code, Some(1), "{arguments:?}");
        assert!(ran.stderr.contains("frame [3, 4] is") && !ran.stderr.contains("--axes"), "{}", ran.stderr);
    }
}
