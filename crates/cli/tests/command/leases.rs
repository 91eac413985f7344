//! Folders and files of results that another process has.

use crate::ran::run;
use crate::swept::content;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Leaves the lease of a process of another machine, which said this so many seconds ago.
pub(crate) fn leased(path: &Path, host: &str, age: u64, said: &Value) {
    let who =
        json!({"host": host, "system": null, "pid": 7, "started": null, "since": "2026-01-01T00:00:00Z"});
    let mut word = json!({"command": "sweep", "done": 1, "total": 2, "units": "trials"});
    word.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
    fs::write(path, format!("{who}\n{word}  \n")).unwrap();
    let moment = SystemTime::now() - Duration::from_secs(age);
    fs::File::options().write(true).open(path).unwrap().set_modified(moment).unwrap();
}

const NET: &str = "[network]\nwindow = 1\nwidths = [4, 6]\nblocks = [0, 1]\nembedding = 4\ncontext = [\"forcing\"]\n\
                   [optimiser]\nsteps = 1\nbatch = 1\nwarm_up = 0\n[validation]\nwindows = 1\nratios = [1.0]\n";

/// A process elsewhere is waited for while it gives signs of life, and followed when it gives none.
#[test]
fn training_fit_and_reconstruction_have_their_results_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(at("net.toml"), NET).unwrap();
    let train = format!("train --train data/kolmogorov/test.h5 --config {}", at("net.toml"));
    let fit = "fit --train data/kolmogorov/test.h5 --window 1".to_owned();
    // It is kept out before it reads them.
    let reconstruct = format!("reconstruct --prior-file {} --obs {}", at("none.h5"), at("none.csv"));
    for (verb, out, lease) in [
        (train, "net", "net/lease.1"),
        (fit, "prior.h5", ".prior.h5.lease.1"),
        (reconstruct, "fields", "fields/lease.1"),
    ] {
        let out = at(out);
        let words: Vec<&str> = verb.split(' ').chain(["-q", "--out", &out]).collect();
        let path = folder.path().join(lease);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        leased(&path, "n12", 5, &json!({}));
        let before = content(folder.path());
        let ran = run(&words);
        assert_eq!((ran.code, ran.stderr.matches("error: ").count()), (Some(1), 1), "{}", ran.stderr);
        assert!(ran.stderr.contains(lease) && ran.stderr.contains("process 7 on n12"), "{}", ran.stderr);
        assert_eq!(content(folder.path()), before);
        leased(&path, "n12", 300, &json!({}));
        let ran = run(&words);
        assert_eq!(ran.code, Some(i32::from(words[0] == "reconstruct")), "{}", ran.stderr);
        assert!(!path.exists() && !ran.stderr.contains("lease"), "{}", ran.stderr);
    }
    assert!(!Path::new(&at("fields")).exists() || content(Path::new(&at("fields"))).is_empty());
}
