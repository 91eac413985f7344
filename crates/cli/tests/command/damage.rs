//! Weights and data that are shorter than they were, or have one bit another: under every verb that reads them one
//! error that names the file, and no number.
#![cfg(unix)]

use crate::ran::{Ran, project, run};
use crate::swept::{content, small};
use std::fs;
use std::path::Path;

/// One error, which names the file, and nothing on standard output.
fn refused(words: &[&str], parts: &[&str]) {
    let Ran { code, stdout, stderr } = run(words);
    let told = stderr.matches("error: ").count();
    assert_eq!((code, stdout.as_str(), told), (Some(1), "", 1), "{words:?}: {stderr}");
    let error = stderr.lines().find(|line| line.starts_with("error: ")).unwrap();
    parts.iter().for_each(|part| assert!(error.contains(part), "{words:?}: expected {part:?} in {error}"));
}

/// The bytes with one bit another, at so many thousandths of their length, or cut off there.
fn damaged(bytes: &[u8], at: usize, bit: Option<u8>) -> Vec<u8> {
    let at = bytes.len() * at / 1000;
    let Some(bit) = bit else { return bytes[..at].to_vec() };
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << bit;
    bytes
}

/// The files beside `network.json` are held to their checksums by whoever takes the network for a prior.
#[test]
fn a_network_whose_files_are_damaged_is_no_prior() {
    let folder = tempfile::tempdir().unwrap();
    let net = folder.path().join("net");
    fs::create_dir(&net).unwrap();
    for name in ["network.json", "weights.safetensors", "prior.h5", "context.safetensors"] {
        fs::copy(project().join("data/networks/kolmogorov").join(name), net.join(name)).unwrap();
    }
    let (prior, out) = (format!("network:{}", net.display()), folder.path().join("out"));
    let out = out.to_str().unwrap();
    let embedded = ["--dataset", "kolmogorov", "--prior", &prior, "--out", out];
    for (name, verb, at, bit) in [
        ("weights.safetensors", "sample", 0, Some(0)),
        ("weights.safetensors", "denoise", 500, Some(7)),
        ("weights.safetensors", "sensitivity", 999, Some(3)),
        ("weights.safetensors", "sweep", 500, None),
        ("prior.h5", "sample", 700, Some(1)),
        ("prior.h5", "sweep", 400, None),
        ("context.safetensors", "sample", 500, None),
        ("context.safetensors", "sweep", 900, Some(6)),
        ("network.json", "denoise", 500, None),
    ] {
        let path = net.join(name);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, damaged(&whole, at, bit)).unwrap();
        refused(&[&[verb], &embedded[..]].concat(), &[name]);
        fs::write(&path, whole).unwrap();
        assert!(!Path::new(out).exists(), "{verb}");
    }
}

/// A file that is cut off, and one whose compressed numbers no longer agree with their own checksum.
#[test]
fn data_that_are_damaged_are_taken_by_no_verb() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let whole = fs::read(project().join("data/kolmogorov/test.h5")).unwrap();
    let (cut, flipped, out) = (at("cut.h5"), at("flipped.h5"), at("out"));
    fs::write(&cut, damaged(&whole, 600, None)).unwrap();
    fs::write(&flipped, damaged(&whole, 500, Some(4))).unwrap();
    let net = at("net.toml");
    fs::write(&net, "[network]\nwindow = 1\n").unwrap();
    let (test, readings) = ("data/kolmogorov/test.h5", "data/sensors/kolmogorov.csv");
    for file in [cut.as_str(), &flipped] {
        let name = Path::new(file).file_name().unwrap().to_str().unwrap();
        for words in [
            &["inspect", file][..],
            &["fit", "--train", file, "--out", &out],
            &["train", "--train", file, "--config", &net, "--out", &out],
            &["sweep", "--data", file, "--train", test, "--out", &out],
            &["sweep", "--data", test, "--train", file, "--out", &out],
            &["stability", "--data", test, "--train", file],
            &["denoise", "--data", file, "--train", test, "--out", &out],
            &["sample", "--data", test, "--train", file, "--out", &out],
            &["windows", "--train", file, "--out", &out],
            &["reconstruct", "--prior", "wiener", "--train", file, "--obs", readings, "--out", &out],
        ] {
            refused(words, &[name]);
            assert!(!Path::new(&out).exists(), "{words:?}");
        }
    }
}

/// Numbers without a checksum of their own: a sweep goes on over the bytes that it began with, or not at all.
#[test]
fn a_sweep_goes_on_over_the_data_that_it_began_with() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("test.h5"), folder.path().join("out"));
    fs::copy(project().join("data/kolmogorov/test.h5"), &data).unwrap();
    let words = "-q --window 1 --steps 2 --sub 16 --law matched --method sda --seeds 0 --members 1 --data";
    let words: Vec<&str> =
        words.split(' ').chain([data.to_str().unwrap(), "--train", "data/kolmogorov/test.h5"]).collect();
    let begun = crate::swept::sweep(&words, &out);
    let before = content(begun.path("").as_path());
    // Behind the last of the file's own: other bytes, the same numbers.
    let mut bytes = fs::read(&data).unwrap();
    bytes.push(0);
    fs::write(&data, bytes).unwrap();
    let line = [&["sweep", "--resume", "--out", out.to_str().unwrap()], &words[..]].concat();
    refused(&line, &["manifest.json: cannot resume, `data.", "test.h5` differs"]);
    assert_eq!(content(&out), before);
}

/// A disk of its own with room for half a sweep, as root may have one: what found no room is one error, and the sweep
/// goes on when there is.
#[test]
fn a_disk_that_is_full_stops_a_sweep_that_then_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, whole) = (folder.path().join("disk"), folder.path().join("whole"));
    fs::create_dir(&disk).unwrap();
    let script = "mount -t tmpfs -o size=48k tmpfs \"$1\" || exit 77; shift; \"$@\"; full=$?; \
                  mount -o remount,size=64m \"$0\" && \"$@\" && cp \"$0\"/out/results.* \"$0\"/../ || exit 78; exit $full";
    let out = disk.join("out");
    let asked = [&["sweep", "--resume", "--out", out.to_str().unwrap()], &crate::swept::SMALL[..]].concat();
    let built = crate::ran::command(&asked);
    let mut other = std::process::Command::new("unshare");
    other
        .args(["--mount", "sh", "-c", script])
        .arg(&disk)
        .arg(&disk)
        .arg(built.get_program())
        .args(built.get_args());
    other.current_dir(project()).env_remove("EQUIPOISE_RESTARTED").env("HDF5_USE_FILE_LOCKING", "FALSE");
    let ran = match other.output() {
        Ok(output)
            if output.status.code() != Some(77)
                && !String::from_utf8_lossy(&output.stderr).starts_with("unshare") =>
        {
            Ran::from(output)
        }
        none => return println!("skipped: no disk may be mounted here: {none:?}"),
    };
    assert_eq!((ran.code, ran.stderr.matches("error: ").count()), (Some(1), 1), "{}", ran.stderr);
    let told = ran.stderr.contains("No space left on device") && ran.stderr.contains(out.to_str().unwrap());
    assert!(told, "{}", ran.stderr);
    small(&[], &whole);
    for name in ["results.csv", "results.jsonl"] {
        assert!(fs::read(folder.path().join(name)).unwrap() == fs::read(whole.join(name)).unwrap(), "{name}");
    }
}
