//! Shards and their merging: what a single run leaves, and what keeps folders apart.

use crate::ran::{Ran, run};
use crate::swept::{SMALL, content, small};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const TABLES: [&str; 2] = ["results.csv", "results.jsonl"];

fn shard(out: &Path, part: &str) -> Ran {
    small(&["--shard", part], out).ran
}

fn merge(arguments: &[&str]) -> Ran {
    run(&[&["merge"], arguments].concat())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Tables and pictures by their names.
fn left(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let lasting = |path: &Path| {
        path.extension().is_some_and(|end| end == "png") || TABLES.iter().any(|name| path.ends_with(name))
    };
    let all =
        content(out).into_iter().map(|(path, bytes)| (path.strip_prefix(out).unwrap().to_owned(), bytes));
    all.filter(|(path, _)| lasting(path) && !path.starts_with("shard-1-of-3"))
        .filter(|(path, _)| !path.starts_with("shard-2-of-3") && !path.starts_with("shard-3-of-3"))
        .collect()
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let there = to.join(path.file_name().unwrap());
        if path.is_dir() { copied(&path, &there) } else { assert!(fs::copy(&path, there).is_ok()) }
    }
}

/// Two of three shards are merged, then all, then all again beside a copy of one.
#[test]
fn shards_are_merged_into_what_a_single_run_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let (single, out) = (folder.path().join("single"), folder.path().join("out"));
    small(&[], &single);
    for part in ["1/3", "3/3"] {
        let ran = shard(&out, part);
        assert!(ran.stderr.contains(&format!("shard {part}: ")), "{}", ran.stderr);
    }
    assert!(!out.join("shard-1-of-3/report.html").exists());
    let ran = merge(&[text(&out)]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("of 10 trials of shard 2/3 (no folder)"), "{}", ran.stderr);
    assert!(ran.stderr.contains("kolmogorov, custom, sub"), "{}", ran.stderr);
    assert_eq!(merge(&[text(&out), "--partial"]).code, Some(0));

    shard(&out, "2/3");
    let ran = merge(&[text(&out)]);
    assert_eq!(
        (ran.code, ran.stdout.contains("10 of 10 trials have rows")),
        (Some(0), true),
        "{}",
        ran.stderr
    );
    assert!(left(&out) == left(&single), "other bytes than a single run's");
    assert!(out.join("report.html").exists() && out.join("why.html").exists());

    let copy = folder.path().join("node/shard-1-of-3");
    copied(&out.join("shard-1-of-3"), &copy);
    let before = content(&out);
    let ran = merge(&[text(&out), text(copy.parent().unwrap())]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let after = content(&out);
    let moved: Vec<_> =
        after.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes)).map(|(p, _)| p).collect();
    let named = |path: &&PathBuf| {
        !["manifest.json", "report.html", "why.html"].iter().any(|name| path.ends_with(name))
    };
    assert_eq!((after.len(), moved.iter().find(|path| named(path))), (before.len(), None));
    // A merged folder is one that a run goes on in.
    let resumed = small(&["--resume"], &out);
    assert!(resumed.ran.stdout.contains("10 of 10 trials have rows"), "{}", resumed.ran.stdout);
}

#[test]
fn folders_that_do_not_go_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    shard(&at("out"), "1/2");
    small(&["--shard", "2/2", "--noise", "0.2"], &at("other"));
    let refused = |ran: Ran, parts: &[&str]| {
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", ran.stderr);
        parts
            .iter()
            .for_each(|part| assert!(ran.stderr.contains(part), "expected {part:?} in {}", ran.stderr));
    };
    let foreign = ["found 0.2 for `plan.datasets[0].noise[0]`", "expected 0.1 as in"];
    refused(merge(&[text(&at("out")), text(&at("other"))]), &foreign);
    refused(merge(&[text(folder.path())]), &["no manifest.json"]);

    shard(&at("unlike"), "2/2");
    let manifest = at("unlike/shard-2-of-2/manifest.json");
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    json["vectors"] = "abacus".into();
    json["builds"][0]["vectors"] = "abacus".into();
    fs::write(&manifest, json.to_string()).unwrap();
    let folders = [text(&at("out")).to_owned(), text(&at("unlike")).to_owned()];
    let both: Vec<&str> = folders.iter().map(String::as_str).collect();
    refused(merge(&both), &["found abacus for `vectors`", "--unlike"]);
    assert!(!at("out/results.csv").exists(), "nothing was written");
    let ran = merge(&[&both[..], &["--unlike"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let table = fs::read_to_string(at("out/results.csv")).unwrap();
    let rows = crate::ran::records(&table);
    let of = |build: &str| rows.iter().filter(|row| row["build"] == build).count();
    assert_eq!((of("0") + of("1"), of("0") > 0, of("1") > 0), (10, true, true));
    refused(
        run(&[&["sweep"], &SMALL[..], &["--shard", "2/2", "--out", text(&at("unlike")), "--resume"]].concat()),
        &["`vectors` differs"],
    );
}

#[test]
fn a_shard_is_one_of_some() {
    for wrong in ["0/2", "3/2", "2", "1/0"] {
        let ran = run(&["sweep", "--shard", wrong]);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains("--shard") && ran.stderr.contains("K/N"), "{}", ran.stderr);
    }
}

/// Tuning and tuned scores stay together, and the leaderboard is that of a single run.
#[test]
fn shards_of_a_benchmark_are_merged() {
    let folder = tempfile::tempdir().unwrap();
    let (single, out) = (folder.path().join("single"), folder.path().join("out"));
    let arguments = "benchmark --dataset kolmogorov --sub 16 --noise 0.5 --steps 2 --method exact,jfps \
                     --seeds 0 --members 2";
    let ran = |further: &[&str]| {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let ran = run(&[&words[..], further].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    };
    ran(&["--out", text(&single)]);
    ran(&["--out", text(&out), "--shard", "1/2"]);
    ran(&["--out", text(&out), "--shard", "2/2"]);
    let merged = merge(&[text(&out)]);
    assert_eq!(merged.code, Some(0), "{}", merged.stderr);
    for name in ["leaderboard.csv", "scores.csv", "tuning.csv", "results.jsonl"] {
        assert!(fs::read(out.join(name)).unwrap() == fs::read(single.join(name)).unwrap(), "{name}");
    }
    assert!(out.join("report.html").exists());
}
