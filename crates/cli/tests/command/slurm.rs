//! The scripts of `equipoise slurm`: their text, and calls that they cannot carry out. What they do on a real Slurm is
//! checked by `cargo xtask slurm`.

use crate::ran::{Ran, command, run};
use std::fs;
use std::process::Command;

const CALL: [&str; 6] = ["sweep", "--dataset", "kolmogorov", "--noise-physical", "0.1,0.2", "--out"];

#[test]
fn the_scripts_say_what_was_asked() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().canonicalize().unwrap();
    let asked =
        "slurm --shards 2000 --at-once 8 --cpus 4 --time 2:00:00 --grace 300 --sbatch=--mem=8G --unlike";
    let words: Vec<&str> = asked.split(' ').collect();
    let setup = ["--setup", "module load openblas", "--scratch", "$TMPDIR/x", "--"];
    let line = [&words[..], &setup, &CALL, &["the results"]].concat();
    let ran: Ran = command(&line).current_dir(&here).output().unwrap().into();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let scripts = here.join("the results/slurm");
    assert_eq!(ran.stdout, format!("bash '{}/submit.sh'\n", scripts.display()));
    let program = env!("CARGO_BIN_EXE_equipoise");
    let mut text = String::new();
    for name in ["array.sh", "merge.sh", "submit.sh"] {
        let script = fs::read_to_string(scripts.join(name)).unwrap();
        let checked = Command::new("bash").arg("-n").arg(scripts.join(name)).status().unwrap();
        assert!(checked.success(), "{name}");
        text += &format!("== {name}\n{script}");
    }
    let text = text.replace(here.to_str().unwrap(), "HERE").replace(program, "EQUIPOISE");
    insta::assert_snapshot!("scripts", text);

    let again: Ran = command(&line).current_dir(&here).output().unwrap().into();
    assert_eq!(again.code, Some(1), "{}", again.stderr);
}

#[test]
fn calls_that_are_no_shards_are_refused() {
    for (call, told) in [
        ("sweep --shard 1/2", "--shard"),
        ("benchmark --resume", "--resume"),
        ("fit --train a.h5", "expected sweep or benchmark"),
        ("sweep --sub x", "--sub"),
    ] {
        let words: Vec<&str> = call.split(' ').collect();
        let ran = run(&[&["slurm", "--shards", "2", "--"], &words[..]].concat());
        assert_eq!(ran.code, Some(2), "{call}: {}", ran.stderr);
        assert!(ran.stderr.contains(told), "{call}: {}", ran.stderr);
    }
    for scratch in ["$(id)", "a b", "", "`id`", "$"] {
        let ran = run(&["slurm", "--shards", "2", "--scratch", scratch, "--", "sweep"]);
        assert_eq!(ran.code, Some(2), "{scratch}: {}", ran.stderr);
    }
}
