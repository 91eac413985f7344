//! `equipoise fit`: a prior from training data, kept in a file.

use crate::failure::usage;
use crate::fitting::Fitting;
use crate::format::Format;
use crate::output;
use crate::spectrum::Spectrum;
use crate::table::Table;
use equipoise_data::store::Existing;
use equipoise_data::{DataError, load};
use equipoise_prior::{Prior, Provenance, Settings};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Fit a Gaussian prior to training data and keep it in a file, for `sweep --prior` and `reconstruct`.
///
/// The prior is fitted to all overlapping windows of T frames of every trajectory.
///
/// Units and space: eigenvalues are variances in normalised units, those that the normalizer leads
/// to; so is the ridge.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The training file, HDF5 with a dataset `x` or `velocity`
    #[arg(long, value_name = "FILE")]
    train: PathBuf,

    /// Where the prior goes
    #[arg(long, value_name = "PRIOR.h5")]
    out: PathBuf,

    /// Replace an existing file
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    fitting: Fitting,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    format: Format,
}

/// Fits, saves and prints a summary.
///
/// # Errors
/// If the training file cannot be used, or the prior's file exists and `--force` is not given.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let change = arguments.fitting.change()?;
    let existing = if arguments.force { Existing::Replace } else { Existing::Refuse };
    if existing == Existing::Refuse && arguments.out.exists() {
        return Err(DataError::Exists { path: arguments.out.clone() }.into());
    }
    if let (Ok(from), Ok(to)) = (arguments.train.canonicalize(), arguments.out.canonicalize())
        && from == to
    {
        let path = arguments.out.display();
        return Err(usage(&format!("--out: found {path}, the training file; expected another")));
    }
    let train = load(&arguments.train, &arguments.fitting.load_options())?;
    let prior = Prior::fit(&train, &change.apply(Settings::of(train.kind(), train.grid())))?;
    prior.save(&arguments.out, existing)?;
    print(arguments.format, &Report::new(&arguments.out, &prior))
}

/// What is said of a saved prior.
#[derive(Serialize)]
struct Report<'a> {
    path: &'a Path,
    /// Units and space of the numbers.
    space: &'static str,
    train: &'a Provenance,
    #[serde(flatten)]
    spectrum: Spectrum,
}

impl<'a> Report<'a> {
    fn new(path: &'a Path, prior: &'a Prior) -> Self {
        Self { path, space: "normalised units", train: prior.provenance(), spectrum: Spectrum::of(prior) }
    }

    fn sections(&self) -> [(&'static str, Table); 2] {
        let file = Table::facts([
            ("path", self.path.display().to_string().into()),
            ("trained on", self.train.file.as_str().into()),
            ("sha256", self.train.sha256.as_str().into()),
            ("axes", self.train.axes.as_str().into()),
            ("notes", (!self.train.notes.is_empty()).then(|| self.train.notes.join("; ")).into()),
            ("space", self.space.into()),
        ]);
        [("prior", file), ("spectrum", self.spectrum.table())]
    }
}

fn print(format: Format, report: &Report<'_>) -> anyhow::Result<()> {
    output::print(|to| match format {
        Format::Table => Ok(Table::write_sections(to, &report.sections())?),
        Format::Json => output::write_json(to, report),
        Format::Csv => Ok(Table::long(&report.sections()).write_csv(to)?),
    })
}
