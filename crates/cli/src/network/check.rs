//! `equipoise network check`: a network against the values that its own code gave.

use crate::failure::usage;
use crate::format::Format;
use crate::output;
use anyhow::Context;
use equipoise_agreement::{AgreementError, Precision, Report, Row, Tolerance, Verdict, check};
use equipoise_network::Picked;
use equipoise_report::{Column, Table};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

/// Hold a network to the values that its own code gave.
///
/// What its code gave is computed again and compared, so that its architecture and weights are known to be read right.
///
/// VALUES is an HDF5 file of inputs and outputs of the published code; the names of its datasets say what each
/// holds (docs/agreement.md). Every computed value has a row: max|Δ|/max|value| beside its tolerance. What was
/// computed in double precision is computed in double precision here, from the same numbers, and likewise in
/// single. Datasets whose names are not known, and values that cannot be computed, have rows that say so.
///
/// Architecture and weights are what is compared. What the network predicts, what scales it, what it is told of the
/// time and its schedule are those of the layout of VALUES, not those of `network.json`; where that states something
/// else, mean and deviation other than 0 and 1 among it, a row `network.json: ENTRY` says what. Axes, kind of flow
/// and spacings are not checked.
///
/// Tolerances: 1e-9 in double precision; in single precision 5e-6 for single calls, 5e-5 for guided noise
/// estimates and for runs of a sampler, 5e-4 for runs of Heun's method, whose last step divides by the smallest
/// noise scale.
///
/// Units and space: those of the network's own inputs and outputs, nothing normalised by this command; the
/// differences are pure numbers.
///
/// Exit status: 0 if every row agrees, 1 if one does not or cannot be computed or `network.json` contradicts the
/// values, 2 if no network belongs to VALUES.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The weights, or a folder that holds them
    ///
    /// `config.json` or `network.json` beside them describes the network.
    weights: PathBuf,

    /// The HDF5 file of values
    #[arg(long, value_name = "VALUES")]
    against: PathBuf,

    /// The largest difference that is agreement
    ///
    /// In place of the defaults: one for all values, or one in double and one in single precision.
    #[arg(long, value_name = "F64[,F32]")]
    tolerance: Option<Bounds>,

    /// Which weights are meant where the file holds raw and averaged ones
    #[arg(long, value_name = "raw|ema")]
    pick: Option<Picked>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// One tolerance, or one for each precision.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bounds(Tolerance);

impl FromStr for Bounds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| {
            let number = text.trim().parse::<f64>().ok().filter(|x| x.is_finite() && *x >= 0.0);
            number.ok_or_else(|| format!("found {text:?}, expected one or two numbers of at least 0"))
        };
        let (double, single) = text.split_once(',').unwrap_or((text, text));
        Ok(Self(Tolerance { double: Some(number(double)?), single: Some(number(single)?) }))
    }
}

/// Prints the rows.
///
/// # Errors
/// Weights or a file that cannot be read; bad usage for a file that no network belongs to.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let pick = arguments.pick.unwrap_or_default().into();
    let tolerance = arguments.tolerance.map_or_else(Tolerance::default, |bounds| bounds.0);
    let report = match check(&arguments.weights, pick, &arguments.against, tolerance) {
        Err(error @ AgreementError::Elsewhere { .. }) => return Err(usage(&error.to_string())),
        checked => checked.context("network check")?,
    };
    output::print_as(arguments.format, |to| write_text(to, &report), &report, || table(&report))?;
    Ok(if report.agrees() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn table(report: &Report) -> Table {
    let columns = [
        Column::new("dataset", "", |row: &Row| row.dataset.clone()),
        Column::new("precision", "", |row: &Row| row.precision.map(Precision::name)),
        Column::new("difference", "", |row: &Row| row.difference),
        Column::new("tolerance", "", |row: &Row| row.tolerance),
        Column::new("scale", "", |row: &Row| row.scale),
        Column::new("verdict", "", |row: &Row| row.verdict.to_string()),
        Column::new("note", "", |row: &Row| row.note.clone()),
    ];
    Table::of(&columns, &report.rows)
}

fn write_text(to: &mut Vec<u8>, report: &Report) -> io::Result<()> {
    writeln!(to, "{}", report.network)?;
    for note in &report.notes {
        writeln!(to, "Note: {note}.")?;
    }
    table(report).write_text(to, "  ")?;
    let of = |verdict| report.count(verdict);
    let (agreeing, all) = (of(Verdict::Agrees), report.rows.len());
    write!(to, "{agreeing} of {all} agree")?;
    for verdict in [Verdict::Differs, Verdict::NotComputed, Verdict::NotKnown] {
        if of(verdict) > 0 {
            write!(to, ", {} {verdict}", of(verdict))?;
        }
    }
    for precision in [Precision::F64, Precision::F32] {
        if let Some((dataset, difference)) = report.worst(precision) {
            write!(to, "; worst in {}: {difference:.1e}, {dataset}", precision.name())?;
        }
    }
    writeln!(to, ".")?;
    if !report.unused.is_empty() {
        writeln!(to, "Given, and used by no value here: {}.", report.unused.join(", "))?;
    }
    writeln!(to, "difference: max|Δ|/max|value|; scale: max|value| in the file.")
}
