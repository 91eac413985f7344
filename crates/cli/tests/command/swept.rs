//! A sweep small enough for a test, and what it left behind.

use crate::ran::{Ran, records, run};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Two frames of turbulence, four steps, two subs, five laws, one member.
pub(crate) const SMALL: [&str; 14] = [
    "--window",
    "2",
    "--steps",
    "4",
    "--sub",
    "8,16",
    "--law",
    "sum,linear,matched,active",
    "--method=sda,exact",
    "--seeds",
    "0",
    "--members",
    "1",
    "--dataset=kolmogorov",
];

/// The laws of [`SMALL`].
pub(crate) const LAWS: [&str; 5] = ["sum", "linear", "matched", "active", "exact"];

/// The folder of a finished sweep and what the command printed.
pub(crate) struct Swept {
    pub(crate) ran: Ran,
    folder: PathBuf,
}

/// Runs `sweep` with these arguments and `--out folder`; it must succeed without an error message.
pub(crate) fn sweep(arguments: &[&str], folder: &Path) -> Swept {
    let ran = run(&[&["sweep", "--out", folder.to_str().unwrap()], arguments].concat());
    assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.stderr);
    assert!(!ran.stderr.contains("error"), "{}", ran.stderr);
    Swept { ran, folder: folder.to_owned() }
}

/// The small sweep.
pub(crate) fn small(further: &[&str], folder: &Path) -> Swept {
    sweep(&[&SMALL, further].concat(), folder)
}

impl Swept {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn manifest(&self) -> serde_json::Value {
        serde_json::from_str(&self.text("manifest.json")).unwrap()
    }

    /// The table of results, without the columns that differ from run to run.
    pub(crate) fn rows(&self, without: &[&str]) -> Vec<HashMap<String, String>> {
        let mut rows = records(&self.text("results.csv"));
        for row in &mut rows {
            without.iter().for_each(|column| assert!(row.remove(*column).is_some(), "{column}"));
        }
        rows
    }
}

/// Every file below `folder` with its content.
pub(crate) fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(content(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            files.insert(path, bytes);
        }
    }
    files
}
