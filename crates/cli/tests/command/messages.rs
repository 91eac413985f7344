//! What is said on standard error under `-q` and `-v`, flags under their old names, completions and manual pages.

use crate::faults::misused;
use crate::ran::{Ran, command, printed, run};
use crate::swept::small;

#[test]
fn quiet_says_nothing_and_verbose_more_and_neither_changes_a_number() {
    let folder = tempfile::tempdir().unwrap();
    let [quiet, plain, verbose] = [&["-q"][..], &[], &["--verbose"]]
        .map(|flags| small(flags, &folder.path().join(flags.concat() + "out")));
    assert_eq!(quiet.ran.stderr, "");
    for line in plain.ran.stderr.lines().filter(|line| !line.ends_with(" s")) {
        assert!(verbose.ran.stderr.contains(line), "{line}\n{}", verbose.ran.stderr);
    }
    assert!(!plain.ran.stderr.contains("threads"), "{}", plain.ran.stderr);
    assert!(verbose.ran.stderr.contains(" threads\n") && verbose.ran.stderr.contains("trials on backend"));
    // What was hidden stands in the folder.
    let notes = |swept: &crate::swept::Swept| swept.manifest()["notes"].clone();
    assert_eq!(notes(&quiet), notes(&plain));
    let rows = plain.rows(&[]);
    assert_eq!((&quiet.rows(&[]), &verbose.rows(&[])), (&rows, &rows));
    misused(&["inspect", "-q", "-v"], &["--quiet", "--verbose"]);
}

/// Stages go to standard error where the environment asks for them, and move no number; a text that asks for nothing
/// known is told and stops nothing.
#[test]
fn stages_are_traced_where_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = "data/kolmogorov/test.h5";
    let words =
        "sweep -q --window 1 --steps 2 --sub 16 --law matched --method sda --members 1 --seeds 0 --threads 2";
    let traced = |asked: &str, name: &str| -> (String, String) {
        let out = folder.path().join(name);
        let words: Vec<&str> = words.split(' ').chain(["--data", file, "--train", file, "--out"]).collect();
        let mut command = command(&[&words[..], &[out.to_str().unwrap()]].concat());
        let ran = Ran::from(command.env("RUST_LOG", asked).output().unwrap());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        (ran.stderr, std::fs::read_to_string(out.join("results.jsonl")).unwrap())
    };
    let (silent, rows) = traced("", "silent");
    assert_eq!(silent, "");
    let (told, again) = traced("debug", "told");
    assert_eq!(again, rows);
    for stage in ["verb{name=\"sweep\"}:run{trials=1 had_rows=0}:trial{", "fit{", "tables", "time.busy="] {
        assert!(told.contains(stage), "expected {stage} in {told}");
    }
    let (told, _) = traced("equipoise_prior=info", "prior");
    assert!(told.contains("fit{") && !told.contains("trial{"), "{told}");
    let (told, again) = traced("a=b=c", "wrong");
    assert!(told.starts_with("RUST_LOG: found a=b=c, expected LEVEL") && told.lines().count() == 1, "{told}");
    assert_eq!(again, rows);
}

#[test]
fn old_names_of_flags_are_understood_with_a_note() {
    let old = run(&["windows", "--prior", "nowhere.h5"]);
    assert_eq!((old.code, old.stdout.as_str()), (Some(1), ""));
    assert_eq!(old.stderr, "note: --prior is now --prior-file\nerror: nowhere.h5: no such file\n");
    misused(&["reconstruct", "--start", "soon"], &["--start-time <TIME>", "'soon'"]);
    misused(&["sweep", "--seed", "x"], &["--seeds <SEED>", "'x'"]);
    misused(&["denoise", "--seeds", "1"], &["--seeds", "'--seed'"]);
}

#[test]
fn completions_and_manual_pages_are_written() {
    assert!(printed(&["completions", "bash"]).contains("complete -F _equipoise"));
    assert!(printed(&["completions", "zsh"]).starts_with("#compdef equipoise"));
    misused(&["completions", "tcsh"], &["bash, elvish, fish, powershell, zsh"]);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("man");
    let out = out.to_str().unwrap();
    let first = run(&["man", "--out", out]);
    assert_eq!((first.code, first.stdout.as_str()), (Some(0), ""), "{}", first.stderr);
    let page = std::fs::read_to_string(format!("{out}/equipoise-network-describe.1")).unwrap();
    assert!(page.contains(".SH NAME\nequipoise\\-network\\-describe"), "{page}");
    let again = run(&["man", "--out", out]);
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("nothing was overwritten"), "{}", again.stderr);
    assert_eq!(run(&["man", "--out", out, "--force"]).code, Some(0));
}
