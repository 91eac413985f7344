//! `--resume` under another backend, other kernels of BLAS or other sources than wrote the rows.

#[path = "../../build/sources.rs"]
mod sources;

use crate::ran::{Ran, command, project, run};
use crate::swept::{SMALL, content, small, sweep};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

/// Refused with one message that has these parts, and nothing in the folder changed.
fn refused(arguments: &[&str], out: &Path, parts: &[&str]) {
    let before = content(out);
    let ran = run(&[arguments, &["--out", out.to_str().unwrap()]].concat());
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("error: ").count(), 1, "{}", ran.stderr);
    parts.iter().for_each(|part| assert!(ran.stderr.contains(part), "expected {part:?} in {}", ran.stderr));
    assert_eq!(content(out), before);
}

fn journal(out: &Path) -> Vec<Value> {
    let text = fs::read_to_string(out.join("journal.log")).unwrap();
    // After the line that says what it is: checksum, length, row.
    let rows = text.lines().skip(1).map(|line| line.splitn(3, ' ').nth(2).unwrap());
    rows.map(|row| serde_json::from_str(row).unwrap()).collect()
}

/// Leaves the first rows of a finished sweep, as an interruption does.
fn cut(out: &Path, rows: usize) {
    let path = out.join("journal.log");
    let text = fs::read_to_string(&path).unwrap();
    let kept: String = text.split_inclusive('\n').take(1 + rows).collect();
    fs::write(path, kept).unwrap();
}

/// Replaces a text in the manifest, as if another build had written there.
fn altered(out: &Path, name: &str, value: Value) {
    let path = out.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest[name] = value.clone();
    manifest["builds"][0][name] = value;
    fs::write(path, manifest.to_string()).unwrap();
}

/// Corrected runs of the wake draw other noise in reduced space than in full space.
const WAKE: &str =
    "sweep --dataset ibpm --window 2 --steps 2 --corrections 1 --sub 8,16 --law linear --method sda,exact";

#[test]
fn two_backends_never_share_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let (out, cpu) = (folder.path().join("out"), folder.path().join("cpu"));
    let wake: Vec<&str> = WAKE.split(' ').collect();
    let all = sweep(&wake[1..], &out).rows(&["build"]);
    cut(&out, 2);
    let parts = ["`backend` differs", "has reduced", "has cpu", "--resume=anyway"];
    refused(&[&wake[..], &["--resume", "--backend", "cpu"]].concat(), &out, &parts);

    let anyway = sweep(&[&wake[1..], &["--resume=anyway", "--backend", "cpu"]].concat(), &out);
    let rows = anyway.rows(&[]);
    assert!(
        rows.iter().all(|row| (row["backend"].as_str(), row["build"].as_str()) == ("cpu", "1")),
        "{rows:?}"
    );
    let alone = sweep(&[&wake[1..], &["--backend", "cpu"]].concat(), &cpu).rows(&["build"]);
    assert_eq!(anyway.rows(&["build"]), alone, "the table is that of one backend");
    assert!(alone.iter().zip(&all).all(|(full, reduced)| full["rmse"] != reduced["rmse"]), "other draws");
    let journal = journal(&out);
    let identities: BTreeSet<&str> = journal.iter().map(|row| row["identity"].as_str().unwrap()).collect();
    assert_eq!((journal.len(), identities.len()), (2 + 4, 2 + 4));
    let builds = &anyway.manifest()["builds"];
    assert_eq!((&builds[0]["backend"], &builds[1]["backend"]), (&"reduced".into(), &"cpu".into()));

    let back = sweep(&[&wake[1..], &["--resume=anyway"]].concat(), &out);
    assert_eq!(back.rows(&["build"]), all, "rows of the first backend are found again");
}

#[test]
fn rows_of_two_builds_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let swept = small(&[], &out);
    let sources = swept.manifest()["sources"].as_str().unwrap().to_owned();
    cut(&out, 6);
    altered(&out, "sources", "0123456789abcdef".into());
    let again = [&["sweep"], &SMALL[..], &["--resume"]].concat();
    refused(&again, &out, &["`sources` differs", "has 0123456789abcdef", &format!("has {sources}")]);
    let rows = small(&["--resume=anyway"], &out).rows(&[]);
    let of = |build: &str| rows.iter().filter(|row| row["build"] == build).count();
    assert_eq!((of("0"), of("1")), (6, 4));
    let kept: Vec<HashMap<String, String>> = small(&["--resume"], &out).rows(&[]);
    assert_eq!(kept, rows, "the build that wrote last goes on without a word");
}

/// The kernels of another processor, where OpenBLAS has them and the machine runs them.
#[test]
fn other_kernels_of_blas_do_not_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let swept = small(&[], &out);
    let Some(core) = swept.manifest()["blas_core"].as_str().map(str::to_owned) else {
        return println!("skipped: BLAS does not name its kernels");
    };
    altered(&out, "blas_core", "Elsewhere".into());
    let again = [&["sweep"], &SMALL[..], &["--resume"]].concat();
    refused(&again, &out, &["`blas_core` differs", "has Elsewhere", &format!("has {core}")]);
}

#[test]
fn a_folder_that_does_not_say_what_wrote_it_is_not_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    small(&[], &out);
    let path = out.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    ["builds", "sources", "backend"].iter().for_each(|name| {
        manifest.as_object_mut().unwrap().remove(*name).unwrap();
    });
    fs::write(&path, manifest.to_string()).unwrap();
    for resume in ["--resume", "--resume=anyway"] {
        refused(&[&["sweep"], &SMALL[..], &[resume]].concat(), &out, &["found no `builds`", "--force"]);
    }
}

#[test]
fn a_benchmark_of_another_build_is_not_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let arguments = "benchmark --dataset kolmogorov --sub 16 --noise 0.5 --steps 2 --method exact,jfps --seeds 0 --members 2";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let begin = [&arguments[..], &["--out", out.to_str().unwrap()]].concat();
    let ran: Ran = command(&begin).output().unwrap().into();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    altered(&out, "sources", "0123456789abcdef".into());
    refused(&[&arguments[..], &["--resume"]].concat(), &out, &["`sources` differs", "--resume=anyway"]);
    cut(&out, 1);
    let ran = run(&[&begin[..], &["--resume=anyway"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let builds = |name: &str, column: &str| -> Vec<String> {
        let records = crate::ran::records(&fs::read_to_string(out.join(name)).unwrap());
        let mut found: Vec<String> = records.iter().map(|row| row[column].to_string()).collect();
        found.sort();
        found
    };
    assert_eq!(builds("scores.csv", "build"), ["0", "1"]);
    assert_eq!(builds("leaderboard.csv", "builds"), ["0", "1"]);
}

/// The digest that the command bears is that of the sources, and a byte of any of them moves it.
#[test]
fn the_digest_follows_every_source() {
    let root = sources::workspace(&project().join("crates/cli")).unwrap();
    let of = |root: &Path| sources::digest(root, &sources::parts(root).unwrap()).unwrap();
    assert_eq!(of(&root), of(&root));
    let copy = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = copy.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let package = copy.path().join("crates/cli");
    let files = [
        "Cargo.toml",
        "Cargo.lock",
        "crates/cli/src/main.rs",
        "crates/a/src/b/c.rs",
        "crates/a/kernels/k.cu",
    ];
    files.iter().for_each(|name| write(name, "[workspace]"));
    assert_eq!(sources::workspace(&package).as_deref(), Some(copy.path()));
    let whole = of(copy.path());
    for name in files {
        write(name, "[workspace] ");
        assert_ne!(of(copy.path()), whole, "{name}");
        write(name, "[workspace]");
    }
    for beside in
        ["README.md", "crates/a/src/page.css", "crates/a/tests/t.rs", "crates/a/src/snapshots/x.snap"]
    {
        write(beside, "text");
        assert_eq!(of(copy.path()), whole, "{beside}");
    }
    fs::rename(copy.path().join("crates/a/src/b/c.rs"), copy.path().join("crates/a/src/b/d.rs")).unwrap();
    assert_ne!(of(copy.path()), whole, "a name is part of it");
    fs::remove_file(copy.path().join("Cargo.lock")).unwrap();
    assert_eq!(sources::workspace(&package), None, "a package on its own has no digest");
}
