//! Zarr, versions 2 and 3: a folder of arrays in chunks, one file each.

#[cfg(feature = "zarr")]
mod claims;
#[cfg(feature = "zarr")]
mod metadata;
#[cfg(feature = "zarr")]
mod store;

use crate::DataError;
use std::path::Path;

#[cfg(feature = "zarr")]
pub(crate) use store::open;

const NAME: &str = "Zarr";

/// The files of which one stands at the root of a store.
const ROOTS: [&str; 4] = ["zarr.json", ".zgroup", ".zarray", ".zmetadata"];

/// Whether a path is a store: a folder, or one that was zipped, which is refused by name.
pub(crate) fn holds(path: &Path) -> bool {
    ROOTS.iter().any(|name| path.join(name).is_file()) || is_zipped(path)
}

/// Whether a file is a store that was zipped: its first entries name the files of one.
fn is_zipped(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| {
        use std::io::Read;
        file.take(4096).read_to_end(&mut head)
    });
    let has = |word: &str| head.windows(word.len()).any(|found| found == word.as_bytes());
    read.is_ok() && head.starts_with(b"PK") && ROOTS.iter().any(|name| has(name))
}

/// The refusal of a store that was zipped.
fn zipped(path: &Path) -> DataError {
    let shown = path.display();
    let expected = format!("a folder (unzip {shown} -d FOLDER.zarr)");
    DataError::layout(path, NAME, "the store", "a zip file", expected)
}

/// Refuses a store: this build reads none.
///
/// # Errors
/// [`DataError::Layout`], always.
#[cfg(not(feature = "zarr"))]
pub(crate) fn open(
    path: &Path,
    at: &crate::Location,
    _: Option<crate::AxisOrder>,
) -> crate::Result<Box<dyn crate::source::Source>> {
    if is_zipped(&at.file) {
        return Err(zipped(&at.file));
    }
    let expected = "a build that reads Zarr (cargo build --release --features zarr), or netCDF (python: \
                    xarray.open_zarr(IN).to_netcdf(OUT))";
    Err(DataError::layout(path, NAME, "the folder", "a Zarr store", expected))
}
