//! Fields and ensembles as other programs read them: what is written, and the table of formats, one a file.
//!
//! Numbers are in physical units, `f32` as they stand; cells without flow are NaN. Files and folders appear whole or
//! not at all.

mod cf;
mod field;
mod folder;
mod netcdf;
mod npy;
pub(crate) mod told;
mod vti;
mod xdmf;
mod zarr;

pub use field::{Fields, Known, Stored};

use crate::store::{Existing, may_stand};
use crate::{DataError, Result};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A format.
#[derive(Debug)]
struct Entry {
    /// Its name.
    name: &'static str,
    /// What it is, for help.
    about: &'static str,
    /// What follows the stem in the name of its file or folder.
    ending: &'static str,
    /// Whether it is a folder, which is replaced only where it is of the format.
    folder: bool,
    /// Whether what stands at a path was written as this format.
    is_own: fn(&Path) -> bool,
    write: fn(&Fields<'_>, &Path, Existing) -> Result<()>,
}

/// All of them.
static ALL: [Entry; 5] = [
    Entry {
        name: "netcdf",
        about: "CF NetCDF-4, a variable a component, with dimensions and coordinates by name",
        ending: ".nc",
        folder: false,
        is_own: netcdf::is_own,
        write: netcdf::write,
    },
    Entry {
        name: "zarr",
        about: "Zarr v3, the same variables as folders of chunks",
        ending: ".zarr",
        folder: true,
        is_own: zarr::is_own,
        write: zarr::write,
    },
    Entry {
        name: "npy",
        about: "a folder of .npy files and axes.json, which says what their axes are",
        ending: "_npy",
        folder: true,
        is_own: told::is_own,
        write: npy::write,
    },
    Entry {
        name: "vti",
        about: "a folder of VTK images, one a frame, with series.pvd",
        ending: "_vti",
        folder: true,
        is_own: told::is_own,
        write: vti::write,
    },
    Entry {
        name: "xdmf",
        about: "a description of the HDF5 file beside it, for ParaView",
        ending: ".xdmf",
        folder: false,
        is_own: xdmf::is_own,
        write: xdmf::write,
    },
];

/// The name of a format in which fields are written for other programs.
#[derive(Clone, Copy, Debug)]
pub struct Format(&'static Entry);

impl Format {
    /// Every one.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().map(Self)
    }

    /// What it is, in a line.
    pub fn about(self) -> &'static str {
        self.0.about
    }

    /// The file or folder that holds fields of this name, `ensemble.nc` for `ensemble`.
    pub fn path(self, folder: &Path, stem: &str) -> PathBuf {
        folder.join(format!("{stem}{}", self.0.ending))
    }

    /// Writes fields, and says where they stand.
    ///
    /// # Errors
    /// [`DataError::Exists`] where something stands there that may not be replaced, [`DataError::Unlike`] for a
    /// folder that is not of this format; [`DataError::Length`] for fields of another length than their shape;
    /// [`DataError::Hdf5`], [`DataError::Unreadable`], [`DataError::Json`] where it cannot be written.
    pub fn write(
        self,
        fields: &Fields<'_>,
        folder: &Path,
        stem: &str,
        existing: Existing,
    ) -> Result<PathBuf> {
        fields.check()?;
        let path = self.path(folder, stem);
        self.may_stand(&path, existing)?;
        (self.0.write)(fields, &path, existing)?;
        Ok(path)
    }

    /// Removes what stands in the place of such fields, as an earlier run left it.
    ///
    /// # Errors
    /// [`DataError::Unlike`] for what was not written as this format; [`DataError::Unreadable`] where it cannot be
    /// removed.
    pub fn remove(self, folder: &Path, stem: &str) -> Result<()> {
        let path = self.path(folder, stem);
        if !path.exists() {
            return Ok(());
        }
        self.is_own(&path)?;
        let removed =
            if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        removed.map_err(|source| DataError::io(&path, source))
    }

    /// Nothing stands there, or what may be replaced: any file, and a folder of this format.
    fn may_stand(self, path: &Path, existing: Existing) -> Result<()> {
        may_stand(path, existing)?;
        if !path.exists() || !self.0.folder && path.is_file() { Ok(()) } else { self.is_own(path) }
    }

    fn is_own(self, path: &Path) -> Result<()> {
        let expected = self.0.name;
        if (self.0.is_own)(path) { Ok(()) } else { Err(DataError::Unlike { path: path.into(), expected }) }
    }
}

/// Whether fields of this name can be written in `formats` and removed in all others, before any of that is done.
///
/// # Errors
/// [`DataError::Exists`] where something stands there that may not be replaced; [`DataError::Unlike`] for what was not
/// written as the format whose place it takes, but for a file of a format that is asked for.
pub fn check(folder: &Path, stem: &str, formats: &[Format], existing: Existing) -> Result<()> {
    Format::all().try_for_each(|format| {
        let path = format.path(folder, stem);
        format.may_stand(&path, existing)?;
        if path.exists() && !formats.contains(&format) { format.is_own(&path) } else { Ok(()) }
    })
}

/// Removes fields of this name in all formats but `formats`: an earlier run left them, and they would stand beside fields
/// that are none of theirs.
///
/// # Errors
/// As of [`Format::remove`].
pub fn clear(folder: &Path, stem: &str, formats: &[Format]) -> Result<()> {
    Format::all()
        .filter(|format| !formats.contains(format))
        .try_for_each(|format| format.remove(folder, stem))
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

impl FromStr for Format {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self> {
        let known = ALL.iter().find(|entry| entry.name == text).map(Self);
        known.ok_or_else(|| DataError::Name {
            field: "format of fields",
            found: text.into(),
            expected: "netcdf, zarr, npy, vti or xdmf",
        })
    }
}

#[cfg(test)]
mod tests;
