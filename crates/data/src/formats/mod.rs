//! Formats of files and folders, one a file; the table of them is in `source.rs`.

pub(crate) mod beside;
mod bundle;
mod dtype;
mod entry;
pub(crate) mod foreign;
mod gather;
mod grid;
mod held;
pub(crate) mod ibpm;
pub(crate) mod jhtdb;
pub(crate) mod matlab;
mod named;
pub(crate) mod netcdf;
mod npy;
pub(crate) mod npz;
pub(crate) mod pdebench;
pub(crate) mod piv;
pub(crate) mod plain;
mod restart;
mod single;
mod staggered;
mod tecplot;
pub(crate) mod text;
mod turned;
pub(crate) mod well;
pub(crate) mod zarr;

use crate::file::Hdf5File;
use std::path::Path;

/// Whether an HDF5 file has what a test asks for; what cannot be opened has not, and is refused by name elsewhere.
fn hdf5_holds(path: &Path, test: impl Fn(&Hdf5File) -> bool) -> bool {
    path.is_file() && Hdf5File::open(path).is_ok_and(|file| test(&file))
}
