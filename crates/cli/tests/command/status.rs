//! `equipoise status`: what it tells of folders in which something runs, ran, or never did.

use crate::faults::misused;
use crate::leases::leased;
use crate::ran::{printed, run};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

fn status(folder: &Path) -> Value {
    serde_json::from_str(&printed(&["status", folder.to_str().unwrap(), "--json"])).unwrap()
}

/// A sweep that is whole, one of which rows are missing, shards of both, and a process elsewhere that has a word there.
#[test]
fn rows_are_counted_and_processes_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    let one = folder.path().join("shard-1-of-2");
    let sweep = ["sweep", "-q", "--dataset", "kolmogorov", "--window", "1", "--steps", "2", "--sub", "8,16"];
    printed(&[&sweep[..], &["--law", "matched", "--out", one.to_str().unwrap()]].concat());
    let work = status(&one);
    let rows = work["work"][0]["total"].as_u64().unwrap();
    assert_eq!((&work["work"][0]["done"], &work["work"][0]["state"]), (&rows.into(), &"whole".into()));
    assert_eq!(
        (&work["work"][0]["what"], &work["processes"], &work["all"]),
        (&"sweep".into(), &Value::Array(vec![]), &Value::Array(vec![]))
    );
    let two = folder.path().join("shard-2-of-2");
    fs::create_dir(&two).unwrap();
    fs::copy(one.join("manifest.json"), two.join("manifest.json")).unwrap();
    let journal = fs::read(one.join("results.jsonl")).unwrap();
    let ends: Vec<usize> = (0..journal.len()).filter(|&i| journal[i] == b'\n').collect();
    // The last row is torn.
    fs::write(two.join("results.jsonl"), &journal[..ends[ends.len() - 1] - 3]).unwrap();
    let both = status(folder.path());
    assert_eq!(
        (&both["work"][1]["done"], &both["work"][1]["state"]),
        (&(rows - 1).into(), &"stopped".into())
    );
    let all = &both["all"][0];
    assert_eq!((&all["done"], &all["total"]), (&(2 * rows - 1).into(), &(2 * rows).into()));
    for (age, state, of_work) in [(5, "runs", "runs"), (300, "silent", "stopped")] {
        leased(
            &two.join("lease.1"),
            "elsewhere",
            age,
            &json!({"rate": 0.5, "left": 100.0, "unit": "the second"}),
        );
        let both = status(folder.path());
        let process = &both["processes"][0];
        assert_eq!((&process["host"], &process["state"]), (&"elsewhere".into(), &state.into()));
        assert_eq!(both["work"][1]["state"], of_work);
        let left = both["all"][0]["left"].as_f64();
        assert_eq!(
            left.map(|left| (90.0..96.0).contains(&left)),
            (state == "runs").then_some(true),
            "{left:?}"
        );
    }
    let text = printed(&["status", folder.path().to_str().unwrap()]);
    assert!(text.contains("silent") && text.contains("elsewhere") && text.contains("ago"), "{text}");
}

/// As an array of Slurm leaves them: a shard that was put back and goes on from the rows of its first attempt, one that
/// has not begun, and what was merged in the meantime. Rows of two attempts are counted once.
#[test]
fn attempts_at_a_shard_are_one_shard() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let out = folder.path().to_str().unwrap();
    let attempt = |name: &str, shard: &str| {
        let sweep = "sweep -q --dataset kolmogorov --window 1 --steps 2 --sub 8,16 --law matched --seeds 0,1";
        let words: Vec<&str> = sweep.split_whitespace().collect();
        printed(&[&words[..], &["--shard", shard, "--out", at(name).to_str().unwrap()]].concat());
    };
    attempt("attempt-5-1", "1/2");
    let rows = status(folder.path())["work"][0]["total"].as_u64().unwrap();
    assert!(rows > 1);
    let [first, second] = ["attempt-5-0", "attempt-5-1"].map(|name| at(name).join("shard-1-of-2"));
    fs::create_dir_all(&first).unwrap();
    fs::copy(second.join("manifest.json"), first.join("manifest.json")).unwrap();
    let journal = fs::read_to_string(second.join("journal.log")).unwrap();
    let begun: String = journal.split_inclusive('\n').take(2).collect();
    fs::write(first.join("journal.log"), begun).unwrap();
    leased(&first.join("lease.1"), "n12", 5, &json!({"rate": 2.0}));
    // Killed before it wrote its plan: the next has it. And the folder of an attempt that has not written yet.
    fs::create_dir_all(at("attempt-6-0/shard-2-of-2")).unwrap();
    let told = status(folder.path());
    assert_eq!(
        (
            &told["work"][0]["done"],
            &told["work"][0]["state"],
            &told["work"][1]["done"],
            &told["work"][1]["state"]
        ),
        (&1.into(), &"runs".into(), &rows.into(), &"whole".into())
    );
    let all = |told: &Value, key: &str| told["all"][0][key].clone();
    assert_eq!(
        [all(&told, "shards"), all(&told, "begun"), all(&told, "done"), all(&told, "total")],
        [json!(2), json!(1), json!(rows), Value::Null]
    );
    let text = printed(&["status", out]);
    assert!(text.contains("1 of 2 have begun") && text.contains("n12"), "{text}");
    assert_eq!(run(&["merge", "--quiet", "--partial", out]).code, Some(0));
    attempt("attempt-6-0", "2/2");
    let told = status(folder.path());
    let merged = &told["work"][0];
    assert_eq!(
        (&merged["what"], &merged["done"], &merged["state"]),
        (&"sweep, merged".into(), &rows.into(), &"stopped".into())
    );
    assert_eq!(
        (all(&told, "begun"), all(&told, "done"), all(&told, "total")),
        (json!(2), merged["total"].clone(), merged["total"].clone())
    );
    assert_eq!(run(&["merge", "--quiet", out]).code, Some(0));
    assert_eq!(status(folder.path())["work"][0]["state"], "whole");
}

#[test]
fn a_folder_without_work_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    for (path, part) in [
        (folder.path().to_owned(), "expected the folder of one"),
        (folder.path().join("none"), "cannot be read"),
    ] {
        let ran = run(&["status", path.to_str().unwrap()]);
        assert!(ran.code == Some(1) && ran.stderr.contains(part), "{}", ran.stderr);
    }
    misused(&["status"], &["<DIR>"]);
}
