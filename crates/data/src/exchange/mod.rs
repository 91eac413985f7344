//! Fields and ensembles as other programs read them: what is written, and the table of formats, one a file.
//!
//! Numbers are in physical units, `f32` as they stand; cells without flow are NaN. Files and folders appear whole or
//! not at all.

mod cf;
mod field;
mod folder;
mod netcdf;
mod npy;
mod told;
mod vti;
mod xdmf;
mod zarr;

pub use field::{Fields, Stored};

use crate::DataError;
use crate::store::Existing;
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
    /// The file that every folder of it has; none where it is a file.
    mark: Option<&'static str>,
    write: fn(&Fields<'_>, &Path, Existing) -> Result<(), DataError>,
}

/// All of them.
static ALL: [Entry; 5] = [
    Entry {
        name: "netcdf",
        about: "CF NetCDF-4, a variable a component, with dimensions and coordinates by name",
        ending: ".nc",
        mark: None,
        write: netcdf::write,
    },
    Entry {
        name: "zarr",
        about: "Zarr v3, the same variables as folders of chunks",
        ending: ".zarr",
        mark: Some(zarr::MARK),
        write: zarr::write,
    },
    Entry {
        name: "npy",
        about: "a folder of .npy files and axes.json, which says what their axes are",
        ending: "_npy",
        mark: Some(npy::MARK),
        write: npy::write,
    },
    Entry {
        name: "vti",
        about: "a folder of VTK images, one a frame, with series.pvd",
        ending: "_vti",
        mark: Some(vti::MARK),
        write: vti::write,
    },
    Entry {
        name: "xdmf",
        about: "a description of the HDF5 file beside it, for ParaView",
        ending: ".xdmf",
        mark: None,
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
    /// [`DataError::Exists`] where something stands there that may not be replaced, [`DataError::Foreign`] for a
    /// folder that is not of this format; [`DataError::Length`] for fields of another length than their shape;
    /// [`DataError::Hdf5`], [`DataError::Unreadable`], [`DataError::Json`] where it cannot be written.
    pub fn write(
        self,
        fields: &Fields<'_>,
        folder: &Path,
        stem: &str,
        existing: Existing,
    ) -> Result<PathBuf, DataError> {
        fields.check()?;
        let path = self.path(folder, stem);
        (self.0.write)(fields, &path, existing)?;
        Ok(path)
    }
}

impl Format {
    /// Removes what stands in the place of such fields, as an earlier run left it.
    ///
    /// # Errors
    /// [`DataError::Foreign`] for a folder that is not of this format; [`DataError::Unreadable`] where it cannot be
    /// removed.
    pub fn remove(self, folder: &Path, stem: &str) -> Result<(), DataError> {
        folder::remove(&self.path(folder, stem), self.0.mark)
    }
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

    fn from_str(text: &str) -> Result<Self, DataError> {
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
