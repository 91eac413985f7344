//! Bad input and bad usage: exit codes, and one message that names what is wrong.

use crate::ran::{project, run};

/// Exit status 1, nothing on standard output, one line on standard error with these parts.
fn refused(path: &str, parts: &[&str]) {
    for format in ["table", "json", "csv"] {
        let ran = run(&["inspect", path, "--format", format]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{path}: {}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        assert!(ran.stderr.starts_with(&format!("error: {path}: ")), "{}", ran.stderr);
        for part in parts {
            assert!(ran.stderr.contains(part), "expected {part:?} in {:?}", ran.stderr);
        }
    }
}

/// Exit status 2 and nothing on standard output.
pub(crate) fn misused(arguments: &[&str], parts: &[&str]) {
    let ran = run(arguments);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}: {}", ran.stderr);
    for part in parts {
        assert!(ran.stderr.contains(part), "{arguments:?}: expected {part:?} in {:?}", ran.stderr);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_what_was_found() {
    refused("data/nowhere.h5", &["no such file"]);
    refused("data", &["found a folder, expected an HDF5 file"]);
    refused("data/README.md", &["\"# Refere\"", "expected an HDF5 file"]);
}

#[test]
fn a_truncated_copy_says_so() {
    let whole = std::fs::read(project().join("data/kolmogorov/test.h5")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.h5");
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let length = format!("found {} bytes", whole.len() / 2);
    refused(path.to_str().unwrap(), &["truncated HDF5 file", &length]);
}

#[test]
fn bad_usage_names_what_is_allowed() {
    misused(&["inspekt", "data/ibpm/test.h5"], &["inspekt", "'inspect'"]);
    misused(&[], &["Usage: equipoise [OPTIONS] <COMMAND>"]);
    misused(&["inspect"], &["<FILE>"]);
    let file = "data/ibpm/test.h5";
    misused(&["inspect", file, "--axes", "NCTHH"], &["--axes", "\"NCTHH\"", "expected "]);
    misused(&["inspect", file, "--kind", "euler"], &["--kind", "ibpm, kolmogorov or generic"]);
    misused(&["inspect", "--format", "xml"], &["--format", "table, json, csv"]);
}
