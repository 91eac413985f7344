//! `equipoise inspect FILE`: what a file of trajectories declares and what its numbers say.

mod report;
mod sections;

use crate::format::Format;
use crate::loading::Loading;
use crate::output;
use crate::progress::Tally;
use equipoise_data::{audit, load};
use report::{Flow, Report};
use std::path::PathBuf;

/// Look at a trajectory file before using it: axes, shape, statistics, divergence.
///
/// The file is HDF5 with a dataset `x` or `velocity` of shape (N, T, C, H, W) or (T, N, C, H, W), or what another
/// package wrote (docs/formats.md).
/// The audit compares the order that the attributes declare with the one that the numbers suggest.
/// What is merely odd about the numbers (vectors of 0, frames that repeat or stand out, an end point stored
/// twice) is a warning. A file that other verbs would refuse is described as far as it can be; the reason
/// goes to standard error and the exit status is 1.
///
/// Units and space: statistics, spacings and the inflow in physical units, those of the file,
/// nothing normalised, solid cells included; mean squared differences in their square. Centre and
/// radius of the cylinder in grid points. Correlation, confidence and divergence residual are pure
/// numbers; the last is rms(∇·u)/rms(∇u) of central differences with the cylinder left out.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The file or folder
    file: PathBuf,

    #[command(flatten)]
    loading: Loading,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Prints the report of one file.
///
/// # Errors
/// The reason why [`load`] refuses the file, after printing what can be measured.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let options = arguments.loading.options();
    let print = |report: &Report<'_>| output::print_sections(arguments.format, &sections::of(report), report);
    let file = arguments.loading.of(&arguments.file)?;
    detail!("reading {}", file.display());
    let told = Tally::of(format!("reading {}", file.display()));
    let loaded = load(&file, &options);
    drop(told);
    match loaded {
        Ok(dataset) => {
            let audit = dataset.audit().expect("a dataset read from a file carries its audit");
            print(&Report::new(audit, Some(Flow::of(&dataset))))
        }
        Err(refusal) => {
            if let Ok(audit) = audit(&file, &options) {
                print(&Report::new(&audit, None))?;
            }
            Err(refusal.into())
        }
    }
}
