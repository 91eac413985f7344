//! The commands of README's "Your own measurements", run as they stand, and the numbers beside them.

use crate::ran::{Ran, command, project};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The arguments of every typed line with this verb, in order.
fn typed(readme: &str, verb: &str) -> Vec<Vec<String>> {
    let prefix = format!("cargo run --release -- {verb} ");
    let lines = readme.lines().filter(|line| line.starts_with(&prefix));
    let words =
        |line: &str| line.split(" #").next().unwrap().split_whitespace().skip(4).map(str::to_owned).collect();
    lines.map(words).collect()
}

fn run_in(folder: &Path, arguments: &[String]) -> Ran {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    command(&arguments).current_dir(folder).output().unwrap().into()
}

/// The cell beside a name in a table of two columns.
fn beside<'a>(readme: &'a str, name: &str) -> &'a str {
    let row = readme.lines().find(|line| line.starts_with(&format!("| {name}"))).unwrap();
    row.trim_matches(['|', ' ']).rsplit(" | ").next().unwrap()
}

/// The folder holds the data and nothing else, so that the commands must make what they use.
#[cfg(unix)]
#[test]
fn the_readme_leads_from_a_table_to_its_numbers() {
    let readme = fs::read_to_string(project().join("README.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(project().join("data"), folder.path().join("data")).unwrap();
    let fit = typed(&readme, "fit").into_iter().find(|words| words.join(" ").contains("data/")).unwrap();
    let mut reconstruct = typed(&readme, "reconstruct").remove(0);
    reconstruct.extend(["--format".into(), "json".into()]);
    assert_eq!(run_in(folder.path(), &fit).code, Some(0));
    let ran = run_in(folder.path(), &reconstruct);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let number = |value: &Value| format!("{:.3}", value.as_f64().unwrap());
    assert!(beside(&readme, "RMSE of the mean").starts_with(&number(&json["rmse"])), "{}", json["rmse"]);
    assert_eq!(beside(&readme, "rms spread"), number(&json["spread"]));
    let band = [&json["chi"]["chi"], &json["band"]["low"], &json["band"]["high"]].map(number);
    assert_eq!(beside(&readme, "χ of the residuals"), format!("{}, {} to {}", band[0], band[1], band[2]));
    let suspects = json["suspects"].as_array().unwrap().len();
    assert_eq!(beside(&readme, "sensors outside"), format!("{suspects} of {}", json["sensors"]));
    assert!(folder.path().join("reconstruction/reconstruction.html").exists());
}
