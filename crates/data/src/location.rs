//! Where trajectories lie: a file or folder, and which datasets in it.

use std::path::{Path, PathBuf};

/// `FILE`, or `FILE:/PATH` or `FILE:/PATH,/PATH,…` with paths of datasets in the file; behind each of them `:z=INDEX`
/// names the plane of z that is read of a field in three dimensions, counted from 0.
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
    /// The plane of z.
    pub slice: Option<usize>,
}

impl Location {
    /// Divides a path.
    pub fn of(path: &Path) -> Self {
        let Some(text) = path.to_str().filter(|_| !path.exists()) else {
            return Self::whole(path.into(), None);
        };
        let (text, slice) = match text.rsplit_once(":z=") {
            Some((before, index)) if index.parse::<usize>().is_ok() => (before, index.parse().ok()),
            _ => (text, None),
        };
        if slice.is_some() && Path::new(text).exists() {
            return Self::whole(text.into(), slice);
        }
        let divided = text.rmatch_indices(":/").find(|(at, _)| *at > 0 && Path::new(&text[..*at]).exists());
        let Some((at, _)) = divided else { return Self::whole(path.into(), None) };
        let datasets = text[at + 1..].split(',').map(|name| name.trim().trim_matches('/').to_owned());
        Self { file: text[..at].into(), datasets: datasets.collect(), slice }
    }

    fn whole(file: PathBuf, slice: Option<usize>) -> Self {
        Self { file, datasets: Vec::new(), slice }
    }

    /// The path of one plane of z, where the path names none yet.
    pub fn sliced(path: &Path, plane: usize) -> PathBuf {
        if Self::of(path).slice.is_some() {
            return path.into();
        }
        let mut text = path.as_os_str().to_owned();
        text.push(format!(":z={plane}"));
        text.into()
    }

    /// Whether there is a file or folder.
    pub fn exists(&self) -> bool {
        self.file.exists()
    }

    /// The paths of datasets as they were asked for, `/Vx,/Vy`, and the plane, `/Vx,/Vy:z=3`; empty where none were.
    pub(crate) fn selection(&self) -> String {
        let each: Vec<String> = self.datasets.iter().map(|name| format!("/{name}")).collect();
        let divider = if each.is_empty() { "" } else { ":" };
        let plane = self.slice.map(|plane| format!("{divider}z={plane}"));
        each.join(",") + &plane.unwrap_or_default()
    }

    /// The name without the folders that it lies in.
    pub fn name(&self) -> String {
        let name = self.file.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let selection = self.selection();
        let divider = if selection.is_empty() { "" } else { ":" };
        format!("{name}{divider}{selection}")
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
            assert_eq!(location.slice, None);
            assert_eq!(
                (&location.file, &location.datasets[..]),
                (&at(file), &datasets.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
                "{text}"
            );
            assert_eq!(location.name(), name);
        }
    }
}
