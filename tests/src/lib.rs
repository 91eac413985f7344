//! The reader of the golden files, which keeps account of what it was asked for, and readers under hostile input.

pub mod hostile;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

use hdf5::{File, Group};
use std::collections::BTreeSet;

const FILES: [&str; 3] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/golden/peers.h5"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/golden/pigdm.h5"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/golden/physicsnemo.h5"),
];

/// The datasets that a check used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Visits {
    /// Read as an input.
    pub given: BTreeSet<String>,
    /// Compared with a number of ours.
    pub compared: BTreeSet<String>,
}

/// The golden files, opened for one check. No path is in two of them.
#[derive(Debug)]
pub struct Golden {
    files: Vec<File>,
    visits: Visits,
}

impl Golden {
    /// Opens the golden files.
    ///
    /// # Panics
    /// If one cannot be opened; this is a test fixture.
    pub fn open() -> Self {
        let open = |path| File::open(path).unwrap_or_else(|e| panic!("{path}: {e}"));
        Self { files: FILES.map(open).into(), visits: Visits::default() }
    }

    /// The path of every dataset in the files.
    ///
    /// # Panics
    /// If a file cannot be listed.
    pub fn datasets(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for file in &self.files {
            list(file, &mut paths).unwrap_or_else(|e| panic!("{}: {e}", file.filename()));
        }
        paths
    }

    /// A dataset as an input, flat in row-major order.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn given(&mut self, path: &str) -> Vec<f64> {
        self.visits.given.insert(path.to_owned());
        self.values(path)
    }

    /// An attribute of a group.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn attribute<T: hdf5::H5Type>(&self, group: &str, name: &str) -> T {
        let read = || self.holder(group).group(group)?.attr(name)?.read_scalar();
        read().unwrap_or_else(|e| panic!("golden, attribute {group}@{name}: {e}"))
    }

    /// Compares a result of ours with a dataset: ‖found − expected‖ ≤ `tolerance`·‖expected‖.
    ///
    /// # Panics
    /// If they differ by more, or the dataset cannot be read.
    pub fn compare(&mut self, path: &str, found: &[f64], tolerance: f64) {
        self.visits.compared.insert(path.to_owned());
        let error = relative_error(found, &self.values(path));
        assert!(error <= tolerance, "{path}: relative error {error:e}, at most {tolerance:e} expected");
    }

    /// What was used.
    pub fn into_visits(self) -> Visits {
        self.visits
    }

    fn values(&self, path: &str) -> Vec<f64> {
        let read = || self.holder(path).dataset(path)?.read_raw();
        read().unwrap_or_else(|e| panic!("golden, dataset {path}: {e}"))
    }

    /// The file that has a path, the first where none has.
    fn holder(&self, path: &str) -> &File {
        self.files.iter().find(|file| file.link_exists(path)).unwrap_or(&self.files[0])
    }
}

fn list(group: &Group, paths: &mut Vec<String>) -> hdf5::Result<()> {
    paths.extend(group.datasets()?.iter().map(|d| d.name().trim_start_matches('/').to_owned()));
    group.groups()?.iter().try_for_each(|inner| list(inner, paths))
}

/// ‖found − expected‖/‖expected‖; NaN when an entry of `found` is.
///
/// # Panics
/// If the lengths differ.
pub fn relative_error(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len(), "relative error: lengths differ");
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    norm(&mut found.iter().zip(expected).map(|(f, e)| f - e)) / norm(&mut expected.iter().copied())
}
