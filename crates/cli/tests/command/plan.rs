//! `sweep --plan` and `benchmark --plan`: the plans of the documentation, plans that a run left, and plans that are none.

use crate::ran::{command, run};
use std::fs;
use std::path::Path;
use tempfile::tempdir;

/// The plan that a page of the documentation prints.
fn printed_in(page: &str) -> String {
    let (_, after) = page.split_once("<!-- plan -->\n```toml\n").unwrap();
    after.split_once("```").unwrap().0.to_owned()
}

fn printed() -> String {
    printed_in(include_str!("../../../../README.md"))
}

/// A plan run, and the one that it left run again: its tables to the byte, and how many rows they have.
fn again(verb: &str, plan_of: &str, tables: &[(&str, usize)]) {
    let folder = tempdir().unwrap();
    let [plan, one, two] = ["plan.toml", "one", "two"].map(|name| folder.path().join(name));
    fs::write(&plan, plan_of).unwrap();
    for (plan, out) in [(&plan, &one), (&one.join("plan.toml"), &two)] {
        let ran = run(&[verb, "--plan", plan.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    let text = |folder: &Path, name: &str| fs::read_to_string(folder.join(name)).unwrap();
    for (name, rows) in tables {
        let found = text(&one, name);
        assert_eq!((found.lines().count(), &found), (*rows, &text(&two, name)), "{name}");
    }
    assert_eq!(text(&one, "plan.toml"), text(&two, "plan.toml"));
}

#[test]
fn the_plan_in_a_folder_gives_its_rows_again() {
    again("sweep", &printed(), &[("results.csv", 1 + 6), ("results.jsonl", 6)]);
}

/// `mmps` enters as published and tuned, `exact` and `matched` have nothing to tune; two seeds.
#[test]
fn the_plan_of_a_benchmark_gives_its_rows_again() {
    let plan = printed_in(include_str!("../../../../docs/benchmark.md"));
    again(
        "benchmark",
        &plan,
        &[("leaderboard.csv", 1 + 4), ("scores.csv", 1 + 8), ("tuning.csv", 1 + 1), ("results.jsonl", 9)],
    );
}

#[test]
fn a_plan_that_no_benchmark_takes_is_told_with_its_entry() {
    let folder = tempdir().unwrap();
    let (plan, out) = (folder.path().join("plan.toml"), folder.path().join("out"));
    let refused = |text: &str, flags: &[&str]| {
        fs::write(&plan, text).unwrap();
        let line = ["benchmark", "--plan", plan.to_str().unwrap(), "--out", out.to_str().unwrap()];
        let ran = run(&[&line, flags].concat());
        assert!(!out.exists(), "{text}");
        (ran.code, ran.stderr.replace(plan.to_str().unwrap(), "plan.toml"))
    };
    let faults = [
        ("members = 2\nlaws = ['dual']\n", "line 2, column 1"),
        ("cases = [{ sub = 2, noise = 0.1, step = 4 }]\n", "unknown field `step`"),
        ("[[datasets]]\nembedded = 'ibpm'\nprotocols = [{ steps = 2 }]\n", "found protocols, expected cases"),
        ("[[datasets]]\nembedded = 'wake'\n", "found wake, expected an embedded sample"),
    ];
    for (text, word) in faults {
        let (code, told) = refused(text, &[]);
        assert!(
            code == Some(1) && told.contains(word) && told.contains("plan.toml"),
            "{text}: {code:?} {told}"
        );
    }
    for (key, word) in [
        ("approaches = ['dual']", "plan, method: found sda dual, expected sda with sum, matched or active"),
        ("members = 1", "plan, members: found 1, expected at least 2 members"),
        ("cases = [{ sub = 0, noise = 0.1, steps = 2 }]", "sub"),
        ("seeds = []", "plan, seeds: found an empty list"),
    ] {
        let text = format!("{key}\n[[datasets]]\nembedded = 'kolmogorov'\nwindow = 2\n");
        let (code, told) = refused(&text, &[]);
        assert!(code == Some(1) && told.contains(word), "{key}: {code:?} {told}");
    }
    for flags in [&["--method", "exact"][..], &["--members", "2"], &["--full"], &["--dataset", "ibpm"]] {
        let (code, told) = refused("members = 2\n", flags);
        assert!(code == Some(2) && told.contains("--plan"), "{flags:?}: {code:?} {told}");
    }
}

#[test]
fn a_plan_that_is_none_is_told_with_its_place() {
    let folder = tempdir().unwrap();
    let (plan, out) = (folder.path().join("plan.toml"), folder.path().join("out"));
    let refused = |text: &str, flags: &[&str]| {
        fs::write(&plan, text).unwrap();
        let line = ["sweep", "--plan", plan.to_str().unwrap(), "--out", out.to_str().unwrap()];
        let ran = run(&[&line, flags].concat());
        assert!(!out.exists(), "{text}");
        (ran.code, ran.stderr.replace(plan.to_str().unwrap(), "plan.toml"))
    };
    let faults = [
        ("subs = [2]\nlaws = ['dual']\n", "line 2, column 1"),
        ("subs = [2]\napproaches = ['dual', 'duel']\n", "duel"),
        ("schedule = 'sinus'\n", "sinus"),
        ("precision = 'f64'\n", "f64"),
        ("[[datasets]]\nembedded = 'wake'\n", "found wake, expected an embedded sample: ibpm or kolmogorov"),
        ("[[datasets]]\nembedded = 'ibpm'\ndata = 'a.h5'\n", "found embedded, data, expected embedded alone"),
        ("[[datasets]]\nembedded = 'ibpm'\nwindo = 2\n", "line 3, column 1"),
        ("[[datasets]]\nembedded = 'ibpm'\nprotocols = [{ stepz = 2 }]\n", "stepz"),
        ("backend = 'gpu'\n", "backend: found gpu, expected cpu, reduced, cuda or auto"),
        ("eta = 'small'\n", "expected"),
    ];
    for (text, word) in faults {
        let (code, told) = refused(text, &[]);
        assert!(
            code == Some(1) && told.contains(word) && told.contains("plan.toml"),
            "{text}: {code:?} {told}"
        );
    }
    for flags in [&["--law", "dual"][..], &["--window", "2"], &["--dataset", "ibpm"], &["--schedule", "lin"]]
    {
        let (code, told) = refused("subs = [2]\n", flags);
        assert!(code == Some(2) && told.contains("--plan"), "{flags:?}: {code:?} {told}");
    }
}

#[test]
fn another_file_than_the_plan_was_made_with_is_refused() {
    let folder = tempdir().unwrap();
    let (plan, out) = (folder.path().join("plan.toml"), folder.path().join("out"));
    let text = printed().replace("window = 2", "window = 2\ndata_checksum = \"00\"");
    fs::write(&plan, text).unwrap();
    let mut line = command(&["sweep", "--plan", plan.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let told = String::from_utf8(line.output().unwrap().stderr).unwrap();
    assert!(told.contains("dataset `kolmogorov`, data_checksum: found 49b22cc7"), "{told}");
    assert!(!out.exists());
}
