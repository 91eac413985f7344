//! Rules of the output folder, each against a real one.

use crate::plan::tests::standard;
use crate::row::tests::outcome;
use crate::tests::told;
use crate::{
    Build, Existing, JOURNAL, MANIFEST, Output, Plan, Provenance, RESULTS_CSV, RESULTS_JSONL, Resume,
};
use equipoise_experiment::{Error, Manifest, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn provenance() -> Provenance {
    Provenance {
        build: Build {
            version: "0.1.0".into(),
            revision: Some("abcdef".into()),
            sources: Some("0123456789abcdef".into()),
            blas_core: Some("Haswell".into()),
            vectors: "avx2 fma".into(),
            backend: "cpu".into(),
        },
        arguments: vec!["sweep".into()],
        data: BTreeMap::from([("test.h5".into(), "aa".into())]),
        threads: 2,
        blas_threads: Some(1),
        shard: None,
    }
}

/// Nothing is let pass.
pub(crate) const RESUME: Existing = Existing::Resume(Resume { anyway: false, mend: false });

pub(crate) fn open(folder: &Path, existing: Existing) -> Result<Output> {
    opened(folder, standard(), existing)
}

/// The folder of a plan whose trials run on the CPU.
pub(crate) fn opened(folder: &Path, plan: Plan, existing: Existing) -> Result<Output> {
    let trials = plan.trials().unwrap();
    Output::open(folder, (plan, trials), provenance(), existing)
}

/// Every file below `folder` with its content.
pub(crate) fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(content(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            files.insert(path, bytes);
        }
    }
    files
}

fn names(folder: &Path) -> Vec<String> {
    let relative = |path: &PathBuf| path.strip_prefix(folder).unwrap().display().to_string();
    content(folder).keys().map(relative).collect()
}

#[test]
fn content_is_refused_by_default_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.txt"), "chapter 1").unwrap();
    let before = content(folder.path());
    let message = open(folder.path(), Existing::Refuse).unwrap_err().to_string();
    for part in [&folder.path().display().to_string(), "--resume", "--force"] {
        assert!(message.contains(part), "{message}");
    }
    assert!(matches!(open(folder.path(), RESUME), Err(Error::Found { .. })));
    assert_eq!(content(folder.path()), before);
}

#[test]
fn a_missing_or_empty_folder_begins_under_any_rule() {
    let folder = tempfile::tempdir().unwrap();
    for (i, existing) in [Existing::Refuse, RESUME, Existing::Force].into_iter().enumerate() {
        let missing = folder.path().join(format!("a/b{i}"));
        open(&missing, existing).unwrap();
        assert_eq!(names(&missing), [JOURNAL, MANIFEST], "no lease is left");
        let empty = folder.path().join(format!("c{i}"));
        fs::create_dir(&empty).unwrap();
        open(&empty, existing).unwrap();
    }
}

#[test]
fn force_removes_what_the_sweep_wrote_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let output = open(&out, Existing::Refuse).unwrap();
    let row = outcome(&output.trials()[0]);
    output.journal().append(&row).unwrap();
    for path in output.claim(&["report.html", "a/b/one.png", "a/c/two.png"]).unwrap() {
        fs::write(path, "ours").unwrap();
    }
    output.close().unwrap();
    for foreign in ["a/c/foreign.png", "notes.txt", "results.csv.bak"] {
        fs::write(out.join(foreign), "foreign").unwrap();
    }
    fs::create_dir(out.join("empty")).unwrap();
    drop(output);

    let again = open(&out, Existing::Force).unwrap();
    assert!(again.journal().is_empty());
    drop(again);
    assert_eq!(names(&out), ["a/c/foreign.png", JOURNAL, MANIFEST, "notes.txt", "results.csv.bak"]);
    assert!(!out.join("a/b").exists() && out.join("empty").exists());
}

/// A manifest of a build that said less, or knew other names, is no plan of this one: nothing of it is completed.
#[test]
fn a_manifest_that_says_less_or_names_what_is_unknown_is_not_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let whole = serde_json::to_value(open(folder.path(), Existing::Refuse).unwrap().manifest()).unwrap();
    let refused = |at: &str, name: &str, value: Option<&str>| {
        let mut manifest = whole.clone();
        let fields = manifest.pointer_mut(at).and_then(|found| found.as_object_mut()).unwrap();
        match value {
            Some(value) => drop(fields.insert(name.to_owned(), value.into())),
            None => drop(fields.remove(name).unwrap()),
        }
        fs::write(folder.path().join(MANIFEST), serde_json::to_vec_pretty(&manifest).unwrap()).unwrap();
        let before = content(folder.path());
        let fault = open(folder.path(), RESUME).err().map_or_else(String::new, |e| told(&e));
        assert_eq!(content(folder.path()), before, "{name}");
        assert!(fault.contains("manifest.json: not a manifest of a sweep: "), "{fault}");
        fault
    };
    let protocol = "/plan/datasets/0/protocols/0";
    for name in ["sampler", "spacing", "tau"] {
        let fault = refused(protocol, name, None);
        assert!(fault.contains(&format!("missing field `{name}`")), "{fault}");
    }
    for (at, name, words) in [
        (protocol, "spacing", ["foo", "log_snr"]),
        (protocol, "sampler", ["foo", "exponential"]),
        ("/plan", "schedule", ["foo", "cos"]),
        ("/plan/datasets/0/covariance", "model", ["foo", "stationary"]),
    ] {
        let fault = refused(at, name, Some("foo"));
        assert!(words.iter().all(|word| fault.contains(word)), "{name}: {fault}");
    }
}

#[test]
fn force_does_not_take_a_foreign_file_for_its_own() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(RESULTS_CSV), "mine").unwrap();
    let before = content(folder.path());
    assert!(matches!(open(folder.path(), Existing::Force), Err(Error::Found { .. })));
    assert_eq!(content(folder.path()), before);
}

#[test]
fn force_never_follows_a_manifest_out_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (out, outside) = (folder.path().join("out"), folder.path().join("outside"));
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "precious").unwrap();
    let output = open(&out, Existing::Refuse).unwrap();
    let mut escapes = vec!["../outside/precious".to_owned(), outside.join("precious").display().to_string()];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&outside, out.join("link")).unwrap();
        escapes.push("link/precious".to_owned());
    }
    let whole = output.manifest();
    drop(output);
    for name in escapes {
        let mut manifest = whole.clone();
        manifest.files.insert(name.clone());
        fs::write(out.join(MANIFEST), serde_json::to_vec_pretty(&manifest).unwrap()).unwrap();
        let before = content(folder.path());
        let refused = open(&out, Existing::Force);
        assert!(matches!(refused, Err(Error::OutsideFolder { .. })), "{name}");
        assert_eq!(content(folder.path()), before);
    }
}

#[test]
fn only_new_and_own_files_can_be_claimed() {
    let folder = tempfile::tempdir().unwrap();
    let output = open(folder.path(), Existing::Refuse).unwrap();
    fs::write(folder.path().join("foreign.png"), "foreign").unwrap();
    assert!(matches!(output.claim(&["own.png", "foreign.png"]), Err(Error::Found { .. })));
    assert!(matches!(output.claim(&["../own.png"]), Err(Error::OutsideFolder { .. })));
    assert!(!output.manifest().files.contains("own.png"), "a refused claim lists nothing");
    let path = output.claim(&["own.png"]).unwrap().remove(0);
    assert!(Manifest::<Plan>::read(folder.path()).unwrap().unwrap().files.contains("own.png"));
    fs::write(path, "own").unwrap();
    output.claim(&["own.png"]).unwrap();
}

#[test]
fn another_plan_is_not_resumed() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), Existing::Refuse).unwrap();
    let before = content(folder.path());
    let mut plan = standard();
    plan.datasets[0].covariance.rank = Some(10);
    let refused = opened(folder.path(), plan, RESUME).unwrap_err();
    let message = refused.to_string();
    assert!(message.contains("`plan.datasets[0].covariance.rank` differs"), "{message}");
    assert!(message.contains("the folder has 20, this sweep has 10"), "{message}");
    assert_eq!(content(folder.path()), before);
}

#[test]
fn resuming_reports_a_torn_line() {
    let folder = tempfile::tempdir().unwrap();
    let output = open(folder.path(), Existing::Refuse).unwrap();
    for trial in &output.trials()[..2] {
        output.journal().append(&outcome(trial)).unwrap();
    }
    let path = folder.path().join(JOURNAL);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 10]).unwrap();
    drop(output);
    let output = open(folder.path(), RESUME).unwrap();
    assert_eq!(output.reopened().torn.as_ref().map(|torn| torn.line), Some(3));
    let note = &output.manifest().notes[0];
    assert!(note.contains("over a journal of 1 rows; an unfinished line 3"), "{note}");
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "content").unwrap();
    assert!(matches!(open(&file, Existing::Force), Err(Error::Found { .. })));
    let message = open(&file.join("out"), Existing::Refuse).unwrap_err().to_string();
    assert!(message.contains("file/out"), "{message}");
    assert_eq!(content(folder.path()).len(), 1);
}

/// Rows of an earlier version stand in `results.jsonl` alone, which is an export now: nothing is written over them.
#[test]
fn a_folder_of_an_earlier_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let output = open(folder.path(), Existing::Refuse).unwrap();
    output.journal().append(&outcome(&output.trials()[0])).unwrap();
    output.close().unwrap();
    drop(output);
    fs::remove_file(folder.path().join(JOURNAL)).unwrap();
    for kept in [RESULTS_JSONL, MANIFEST] {
        let before = content(folder.path());
        let message = open(folder.path(), RESUME).unwrap_err().to_string();
        let parts =
            ["journal.log: found none, expected the journal of 1 finished trials", "results.jsonl alone"];
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        assert_eq!(content(folder.path()), before);
        assert!(folder.path().join(kept).exists());
        let _ = fs::remove_file(folder.path().join(RESULTS_JSONL));
    }
}

/// A process that is killed leaves what it was writing under another name.
#[test]
fn what_a_killed_process_was_writing_is_removed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let own = ["manifest.json.partial", "results.csv.partial", "a/one.png.12.partial"];
    let others = ["a/one.png.mine.partial", "a/two.png.12.partial", "notes.partial"];
    for existing in [RESUME, Existing::Force] {
        let output = open(folder.path(), Existing::Force).unwrap();
        output.claim(&["a/one.png"]).unwrap();
        drop(output);
        own.iter().chain(&others).for_each(|name| fs::write(folder.path().join(name), "part").unwrap());
        open(folder.path(), existing).unwrap();
        let left = names(folder.path());
        assert!(own.iter().all(|name| !left.contains(&(*name).to_owned())), "{left:?}");
        assert!(others.iter().all(|name| left.contains(&(*name).to_owned())), "{left:?}");
    }
}

/// Tables that stand are left as they are when nothing has come since; one that is gone, or of another build, is made.
#[test]
fn a_run_that_left_nothing_to_do_writes_no_tables() {
    let folder = tempfile::tempdir().unwrap();
    let (table, export) = (folder.path().join(RESULTS_CSV), folder.path().join(RESULTS_JSONL));
    let output = open(folder.path(), Existing::Refuse).unwrap();
    output.journal().append(&outcome(&output.trials()[0])).unwrap();
    output.close().unwrap();
    drop(output);
    // What `claim` writes for whoever runs a sweep.
    fs::write(folder.path().join(equipoise_experiment::PLAN_TOML), "").unwrap();
    let whole = fs::read(&table).unwrap();
    let resumed = |before: &[u8], settled: bool| {
        fs::write(&table, before).unwrap();
        let output = open(folder.path(), RESUME).unwrap();
        assert_eq!(output.is_settled(), settled);
        output.close().unwrap();
        assert!(output.manifest().ended.is_some());
        fs::read(&table).unwrap()
    };
    assert_eq!(resumed(b"as it was", true), b"as it was");
    fs::remove_file(&export).unwrap();
    assert_eq!(resumed(b"", false), whole);
    assert_eq!(resumed(&whole, true), whole);
    let output = open(folder.path(), RESUME).unwrap();
    output.journal().append(&outcome(&output.trials()[1])).unwrap();
    assert!(!output.is_settled());
    output.checkpoint().unwrap();
    assert!(!output.is_settled() && fs::read(&table).unwrap().len() > whole.len());
}
