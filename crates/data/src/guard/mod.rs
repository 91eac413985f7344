//! A process of its own for the libraries of HDF5 and Zarr, which a damaged file may end or hold up.
//!
//! Nothing here is needed to read a file. A program that calls [`install`] has every HDF5 file (netCDF-4 and MATLAB 7.3
//! too) and every Zarr store opened by processes that it starts, and whose input and output are given to [`serve`]: they
//! look at files and hand numbers back. Where one of them ends or does not answer, that is an error of the file,
//! [`DataError::Ended`](crate::DataError::Ended).

mod apart;
mod link;
mod serve;
mod trajectories;
mod wire;

pub(crate) use apart::Apart;
pub use serve::serve;
pub(crate) use trajectories::{beside, open, table};
pub(crate) use wire::Number;

use crate::file::is_hdf5;
use crate::formats::zarr;
use link::Link;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

static GUARD: OnceLock<Guard> = OnceLock::new();

/// How processes are started, and how long one may take to go on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    start: fn() -> Command,
    patience: Duration,
}

/// From now on HDF5 files and Zarr stores are opened by processes of this command, each of which hands its standard input and output to
/// [`serve`], and is ended where it does not go on for `patience`. The first call in a process stands; whether this was
/// it.
pub fn install(start: fn() -> Command, patience: Duration) -> bool {
    GUARD.set(Guard { start, patience }).is_ok()
}

/// The guard of this process, for files that are HDF5 by their first bytes.
pub(crate) fn of(file: &Path) -> Option<Guard> {
    GUARD.get().copied().filter(|_| is_hdf5(file))
}

/// The same for a file or folder of trajectories: for whatever a library reads that is not ours.
pub(crate) fn of_field(file: &Path) -> Option<Guard> {
    GUARD.get().copied().filter(|_| is_hdf5(file) || is_store(file))
}

/// Whether a path is a Zarr store.
fn is_store(path: &Path) -> bool {
    path.is_dir() && zarr::holds(path)
}
