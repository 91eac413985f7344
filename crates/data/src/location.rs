//! Where trajectories lie: a file or folder, and which datasets in it.

use std::path::{Path, PathBuf};

/// `FILE`, or `FILE:/PATH` or `FILE:/PATH,/PATH,…` with paths of datasets in the file.
///
/// A path that exists as it stands is a file, whatever colons are in its name; otherwise it is divided at the last
/// `:/` before which a file or folder stands. Several datasets hold a component each, or some. A `*` in a path
/// stands for every group or dataset there, in order of name: one trajectory or more each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file or folder.
    pub file: PathBuf,
    /// Paths of datasets, without the first stroke; none where the file's own habit decides.
    pub datasets: Vec<String>,
}

impl Location {
    /// Divides a path.
    pub fn of(path: &Path) -> Self {
        let whole = || Self { file: path.into(), datasets: Vec::new() };
        let Some(text) = path.to_str().filter(|_| !path.exists()) else { return whole() };
        let divided = text.rmatch_indices(":/").find(|(at, _)| *at > 0 && Path::new(&text[..*at]).exists());
        let Some((at, _)) = divided else { return whole() };
        let datasets = text[at + 1..].split(',').map(|name| name.trim().trim_matches('/').to_owned());
        Self { file: text[..at].into(), datasets: datasets.collect() }
    }

    /// Whether there is a file or folder.
    pub fn exists(&self) -> bool {
        self.file.exists()
    }

    /// The paths of datasets as they were asked for, `/Vx,/Vy`; empty where none were.
    pub(crate) fn selection(&self) -> String {
        let each: Vec<String> = self.datasets.iter().map(|name| format!("/{name}")).collect();
        each.join(",")
    }

    /// The name without the folders that it lies in.
    pub fn name(&self) -> String {
        let name = self.file.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let divider = if self.datasets.is_empty() { "" } else { ":" };
        format!("{name}{divider}{}", self.selection())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colons_in_names_of_files_are_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["a:b.h5", "plain.h5"] {
            std::fs::write(at(name), "").unwrap();
            let location = Location::of(&at(name));
            assert_eq!((location.file, location.datasets.len()), (at(name), 0));
        }
        for (text, file, datasets, name) in [
            ("a:b.h5:/g/x", "a:b.h5", &["g/x"][..], "a:b.h5:/g/x"),
            ("plain.h5:/Vx, /Vy", "plain.h5", &["Vx", "Vy"], "plain.h5:/Vx,/Vy"),
            ("plain.h5:/Vx,Vy/", "plain.h5", &["Vx", "Vy"], "plain.h5:/Vx,/Vy"),
            ("none.h5:/x", "none.h5:/x", &[], "x"),
            ("none.h5", "none.h5", &[], "none.h5"),
        ] {
            let location = Location::of(&at(text));
            assert_eq!(
                (&location.file, &location.datasets[..]),
                (&at(file), &datasets.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
                "{text}"
            );
            assert_eq!(location.name(), name);
        }
    }
}
