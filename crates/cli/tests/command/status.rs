//! `equipoise status`: what it tells of folders in which something runs, ran, or never did.

use crate::faults::misused;
use crate::ran::{printed, run};
use serde_json::Value;
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
        (&"sweep".into(), &Value::Array(vec![]), &Value::Null)
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
    assert_eq!((&both["all"]["done"], &both["all"]["total"]), (&(2 * rows - 1).into(), &(2 * rows).into()));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    for (age, state, of_work) in [(5.0, "runs", "runs"), (300.0, "silent", "stopped")] {
        let word = serde_json::json!({
            "command": "sweep", "host": "elsewhere", "pid": 7, "begun": now - 400.0, "told": now - age, "done": 1,
            "total": rows, "units": "trials", "rate": 0.5, "left": 100.0, "unit": "the second",
        });
        fs::write(two.join(".running.elsewhere.7.json"), word.to_string()).unwrap();
        let both = status(folder.path());
        let process = &both["processes"][0];
        assert_eq!((&process["host"], &process["state"]), (&"elsewhere".into(), &state.into()));
        assert_eq!(both["work"][1]["state"], of_work);
        let left = both["all"]["left"].as_f64();
        assert_eq!(
            left.map(|left| (90.0..96.0).contains(&left)),
            (state == "runs").then_some(true),
            "{left:?}"
        );
    }
    let text = printed(&["status", folder.path().to_str().unwrap()]);
    assert!(text.contains("silent") && text.contains("elsewhere") && text.contains("ago"), "{text}");
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
