//! `equipoise reconstruct` from a table to a folder, and what it refuses.

use crate::faults::misused;
use crate::ran::{Ran, printed, records, run};
use serde_json::Value;
use std::fs;
use std::path::Path;

const TRUTH: &str = "data/kolmogorov/test.h5";

/// The embedded table's first two frames, and a prior of two frames, in a folder of their own.
fn prepared() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let prior = folder.path().join("prior.h5");
    let train = "data/kolmogorov/train.h5";
    printed(&["fit", "--train", train, "--window", "2", "--out", prior.to_str().unwrap()]);
    let table = fs::read_to_string(crate::ran::project().join("data/sensors/kolmogorov.csv")).unwrap();
    let early =
        |line: &&str| line.starts_with(['#', 't']) || line.starts_with("0.0,") || line.starts_with("0.2,");
    let lines: Vec<&str> = table.lines().filter(early).collect();
    fs::write(folder.path().join("obs.csv"), lines.join("\n")).unwrap();
    folder
}

fn reconstruct(folder: &Path, further: &[&str]) -> Ran {
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (prior, obs, out) = (at("prior.h5"), at("obs.csv"), at("out"));
    let fixed = ["reconstruct", "--prior-file", &prior, "--obs", &obs, "--out", &out];
    run(&[&fixed, further].concat())
}

#[test]
fn a_table_becomes_a_folder_that_other_verbs_read() {
    let folder = prepared();
    let out = folder.path().join("out");
    let ran = reconstruct(folder.path(), &["--members", "4", "--truth", TRUTH, "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.lines().all(|line| line.starts_with("warning: ")), "{}", ran.stderr);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    // 96 sensors at 2 frames, every eighth of which measures u alone.
    assert_eq!((&json["numbers"], &json["sensors"]), (&(2 * (2 * 96 - 12)).into(), &96.into()));
    let (rmse, spread) = (json["rmse"].as_f64().unwrap(), json["spread"].as_f64().unwrap());
    // The prior's deviation is near one; 96 sensors leave less, and the spread is of its size.
    assert!(rmse < 0.8 && (0.7..1.4).contains(&(rmse / spread)), "{rmse} {spread}");
    let mut files: Vec<_> =
        fs::read_dir(&out).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let expected =
        ["ensemble.h5", "mean.png", "misfit.png", "readings.csv", "reconstruction.html", "uncertainty.png"];
    assert_eq!(files, expected);
    let page = fs::read_to_string(out.join("reconstruction.html")).unwrap();
    assert_eq!(page.matches("<p>Warning: ").count(), ran.stderr.lines().count());

    let ensemble = out.join("ensemble.h5");
    let inspected = printed(&["inspect", ensemble.to_str().unwrap(), "--format", "json"]);
    let inspected: Value = serde_json::from_str(&inspected).unwrap();
    assert_eq!((&inspected["kind"], &inspected["used"]), (&"kolmogorov".into(), &"NTCHW".into()));

    crate::notation::check(&out);
    assert!(page.contains("member less truth"));
    let readings = records(&fs::read_to_string(out.join("readings.csv")).unwrap());
    let number = |i: usize, column: &str| readings[i][column].parse::<f64>().unwrap();
    let residual = (number(5, "value") - number(5, "mean")) / number(5, "noise");
    assert!((residual - number(5, "residual")).abs() < 1e-9, "{:?}", readings[5]);

    let again = reconstruct(folder.path(), &[]);
    assert_eq!((again.code, again.stdout.as_str()), (Some(1), ""));
    assert!(
        again.stderr.ends_with("ensemble.h5: exists already; nothing was overwritten\n"),
        "{}",
        again.stderr
    );
    let wrong = reconstruct(
        folder.path(),
        &["--force", "--members", "2", "--start-time", "-0.09", "--also", "zarr,netcdf"],
    );
    assert_eq!(wrong.code, Some(0), "{}", wrong.stderr);
    assert!(out.join("ensemble.zarr/zarr.json").is_file() && out.join("ensemble.nc").is_file());
    let bare = reconstruct(folder.path(), &["--force", "--members", "2"]);
    assert_eq!(bare.code, Some(0), "{}", bare.stderr);
    assert!(!out.join("ensemble.zarr").exists() && !out.join("ensemble.nc").exists(), "of other members");
    assert!(wrong.stderr.contains("frames from the frame that they are taken for"), "{}", wrong.stderr);

    fs::write(out.join("ensemble.nc"), "of someone else").unwrap();
    let before = fs::read(&ensemble).unwrap();
    let kept = reconstruct(folder.path(), &["--force", "--members", "3", "--also", "npy"]);
    assert_eq!((kept.code, kept.stdout.as_str()), (Some(1), ""));
    assert!(kept.stderr.contains("ensemble.nc: found something else than fields"), "{}", kept.stderr);
    assert!(fs::read(&ensemble).unwrap() == before && !out.join("ensemble_npy").exists(), "a mixed folder");
}

#[test]
fn noise_that_is_stated_wrongly_and_bad_tables_are_told() {
    let folder = prepared();
    let path = folder.path().join("obs.csv");
    let table = fs::read_to_string(&path).unwrap();
    fs::write(&path, table.replace(",0.1\n", ",0.02\n")).unwrap();
    let ran = reconstruct(folder.path(), &["--members", "2"]);
    assert_eq!(ran.code, Some(0));
    assert!(
        ran.stderr.contains("warning: χ of all readings") && ran.stderr.contains("too small"),
        "{}",
        ran.stderr
    );

    let mut messages = Vec::new();
    let mut refused = |text: String, further: &[&str]| {
        fs::write(&path, text).unwrap();
        let ran = reconstruct(folder.path(), &[&["--force"], further].concat());
        assert_eq!(
            (ran.code, ran.stdout.as_str(), ran.stderr.lines().count()),
            (Some(1), "", 1),
            "{}",
            ran.stderr
        );
        messages.push(ran.stderr.replace(path.to_str().unwrap(), "obs.csv"));
    };
    refused(table.replacen("0.0,", "0.9,", 1), &[]);
    refused(table.replacen(",noise", ",sigma", 1), &[]);
    refused("time,x,y,u\n0,1,1,1\n".into(), &[]);
    refused("time,x,y,u\n0,9,1,1\n".into(), &["--noise", "0.1", "--drop-outside"]);
    insta::assert_snapshot!(messages.concat(), @r"
    error: obs.csv: row 4: column `time`: found 0.9, expected 0 to 0.2; 1 such row in all; --drop-outside leaves them out
    error: obs.csv: sensor table: found columns [time, x, y, u, v, sigma], expected a column `noise`, `noise_u` or `noise_v`, or --noise
    error: obs.csv: sensor table: found columns [time, x, y, u], expected a column `noise`, `noise_u` or `noise_v`, or --noise
    error: obs.csv: no row is left: 1 dropped, the first, row 2, because column `x`: found 9, expected -0.09817477042468103 to 6.283185307179586
    ");
}

#[test]
fn bad_usage_names_what_is_allowed() {
    misused(&["reconstruct"], &["--prior <NAME>", "--obs <FILE>"]);
    let files = ["reconstruct", "--prior-file", "p.h5", "--obs", "o.csv"];
    misused(&[&files[..], &["--method", "magic"]].concat(), &["--method", "posterior", "mmps"]);
    misused(&[&files[..], &["--noise", "0"]].concat(), &["--noise", "above 0"]);
    misused(&[&files[..], &["--times", "cubic"]].concat(), &["--times", "nearest, linear"]);
    assert!(printed(&["reconstruct", "--help"]).contains("Units and space:"));
    let no_name = ["reconstruct", "--prior", "p.h5", "--obs", "o.csv"];
    misused(&no_name, &["found `p.h5`, expected wiener, optimal", "a file goes to --prior-file"]);
    misused(&[&files[..], &["--prior", "wiener"]].concat(), &["--prior <NAME>", "--prior-file <FILE>"]);
    let named = ["reconstruct", "--prior", "optimal", "--obs", "o.csv"];
    misused(&named, &["--prior: found optimal without --train, expected its training file"]);
}

/// A prior by name stands on its training file; nothing of the Gaussian beside it is said to be its own.
#[test]
fn members_are_drawn_under_a_prior_by_name() {
    let folder = prepared();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (obs, out) = (at("obs.csv"), at("out"));
    let under = |prior: &str, further: &[&str]| {
        let train = "data/kolmogorov/train.h5";
        let fixed = [
            "reconstruct",
            "--prior",
            prior,
            "--train",
            train,
            "--window",
            "2",
            "--obs",
            &obs,
            "--out",
            &out,
        ];
        run(&[&fixed[..], &["--members", "2", "--steps", "4", "--force", "--format", "json"], further]
            .concat())
    };
    for (prior, method) in [("optimal", "exact"), ("local:1", "mmps")] {
        let ran = under(prior, &[]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let json: Value = serde_json::from_str(&ran.stdout).unwrap();
        let expected = (&Value::from(prior), &Value::from(method), &Value::Null);
        assert_eq!((&json["prior"], &json["method"], &json["exact_members_chi"]), expected);
        let page = fs::read_to_string(folder.path().join("out/reconstruction.html")).unwrap();
        assert!(page.contains(&format!("Members are drawn under the prior `{prior}`")));
        assert!(!ran.stderr.contains("has not sampled this posterior"), "{}", ran.stderr);
    }
    let closed = under("optimal", &["--method", "posterior"]);
    assert_eq!(closed.code, Some(1));
    assert!(closed.stderr.contains("found the prior `optimal`, expected wiener"), "{}", closed.stderr);
    let named = serde_json::from_str::<Value>(&under("wiener", &[]).stdout).unwrap();
    let fixed =
        ["reconstruct", "--prior-file", &at("prior.h5"), "--obs", &obs, "--out", &out, "--members", "2"];
    let filed = run(&[&fixed[..], &["--force", "--format", "json"]].concat()).stdout;
    let filed = serde_json::from_str::<Value>(&filed).unwrap();
    assert_eq!(
        (&named["rmse"], &named["chi"], &named["spread"]),
        (&filed["rmse"], &filed["chi"], &filed["spread"])
    );
}
