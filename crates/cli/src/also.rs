//! In which formats of other programs fields are written too.

use equipoise_data::exchange::Format;
use std::fmt::Write;

/// Formats beside HDF5.
#[derive(clap::Args)]
pub(crate) struct Also {
    #[arg(
        long,
        value_name = "FORMAT",
        value_delimiter = ',',
        help_heading = "Output",
        help = "Write the fields also as netcdf, zarr, npy, vti, xdmf",
        long_help = told()
    )]
    also: Vec<Format>,
}

impl Also {
    /// Those asked for, each once.
    pub(crate) fn formats(&self) -> Vec<Format> {
        Format::all().filter(|format| self.also.contains(format)).collect()
    }
}

fn told() -> String {
    let mut text =
        "Write the fields also in these formats, beside the HDF5 file and under its name:".to_owned();
    for format in Format::all() {
        let _ = write!(text, "\n  {format}: {}", format.about());
    }
    text + "\nPhysical units, f32 as they stand; cells without flow are NaN (xdmf: as in the HDF5 file). See docs/formats.md."
}
