//! How files of trajectories are read where they do not say so themselves.

use equipoise_data::{AxisOrder, DataError, Kind, LoadOptions, Slice};
use std::path::{Path, PathBuf};

/// What holds for every file of a call.
#[derive(clap::Args)]
pub(crate) struct Loading {
    /// The axis order of every file, whatever it declares
    ///
    /// NTCHW or TNCHW, or other orders of these letters, with X and Y for H and W where that says which is x (NTHWC, NTXY,
    /// TXYC, THW); what is missing has length 1.
    #[arg(long, value_name = "ORDER")]
    axes: Option<AxisOrder>,

    /// The kind of flow of every file, whatever it declares
    ///
    /// ibpm, kolmogorov or generic.
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,

    /// The plane of z of every file in three dimensions, z=INDEX from 0 on
    ///
    /// Without it such a file is refused. FILE:z=INDEX says the same of one file alone.
    #[arg(long, value_name = "z=INDEX")]
    slice: Option<Slice>,
}

impl Loading {
    /// How files are read.
    pub(crate) fn options(&self) -> LoadOptions {
        LoadOptions { axes: self.axes, kind: self.kind }
    }

    /// A file, or the plane of it that is asked for.
    ///
    /// # Errors
    /// If the path names another plane.
    pub(crate) fn of(&self, path: &Path) -> Result<PathBuf, DataError> {
        self.slice.map_or_else(|| Ok(path.into()), |slice| slice.of(path))
    }
}
