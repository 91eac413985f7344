//! Where trajectories lie: a file or folder, and which datasets in it.

use crate::{DataError, Result};
use std::path::{Path, PathBuf};
use std::str::FromStr;

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

/// One plane of fields in three dimensions: `z=INDEX`, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice(usize);

impl Slice {
    /// The path of this plane in a file, as a [`Location`] names it.
    ///
    /// # Errors
    /// [`DataError::Name`] where the path names another plane.
    pub fn of(self, path: &Path) -> Result<PathBuf> {
        match Location::of(path).slice {
            Some(plane) if plane == self.0 => Ok(path.into()),
            Some(_) => {
                let (found, expected) =
                    (path.display().to_string(), "a path that names no other plane than --slice");
                Err(DataError::Name { field: "slice", found, expected })
            }
            None => {
                let mut text = path.as_os_str().to_owned();
                text.push(format!(":z={}", self.0));
                Ok(text.into())
            }
        }
    }
}

impl FromStr for Slice {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self> {
        let plane = text.strip_prefix("z=").and_then(|index| index.parse().ok()).map(Self);
        let expected = "z=INDEX, the index of a plane from 0 on";
        plane.ok_or_else(|| DataError::Name { field: "slice", found: text.into(), expected })
    }
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

    #[test]
    fn a_plane_stands_behind_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("f.h5"), "").unwrap();
        let of = |text: &str| Location::of(&at(text));
        assert_eq!((of("f.h5:z=3").file, of("f.h5:z=3").slice), (at("f.h5"), Some(3)));
        assert_eq!(
            (of("f.h5:/u,/v:z=0").selection(), of("f.h5:z=3").name()),
            ("/u,/v:z=0".into(), "f.h5:z=3".into())
        );
        assert_eq!([of("f.h5:z=-1").slice, of("f.h5:z=").slice, of("g.h5:z=1").slice], [None; 3]);
        let slice: Slice = "z=3".parse().unwrap();
        assert_eq!(slice.of(&at("f.h5")).unwrap(), at("f.h5:z=3"));
        assert_eq!(slice.of(&at("f.h5:/u")).unwrap(), at("f.h5:/u:z=3"));
        assert_eq!(slice.of(&at("f.h5:z=3")).unwrap(), at("f.h5:z=3"));
        assert!(slice.of(&at("f.h5:z=4")).is_err());
        for text in ["x=3", "3", "z=", "z=-1", "z=0.5"] {
            let message = text.parse::<Slice>().unwrap_err().to_string();
            assert!(message.contains("expected z=INDEX"), "{message}");
        }
    }
}
