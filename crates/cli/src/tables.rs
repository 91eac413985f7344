//! `equipoise tables`: the closed-form reference tables.

use crate::format::Format;
use crate::output;
use equipoise_report::{Column, Table};
use equipoise_scaling::tables::{Agreement, Entry, ReferenceTable, reference_tables};
use equipoise_schedule::{LinearBeta, Schedule};
use std::io::{self, Write};

/// Print the closed-form tables of the study, printed values beside computed ones.
///
/// Computed twice, with observations counted by floor (⌊H/sub⌋·⌊W/sub⌋, as the study counts) and
/// truly (⌈H/sub⌉·⌈W/sub⌉, what its operator yields); σ/μ from the linear_beta schedule.
///
/// Units and space: std and γ in normalised units, t from 0 (clean) to 1 (noise), shares in per
/// cent; each table names its own space (`space` in JSON and CSV).
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Prints the tables.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let schedule = LinearBeta::default();
    let tables = reference_tables(|t| schedule.level(t).ratio());
    let records = || Table::of(&columns(), &tables.iter().flat_map(rows).collect::<Vec<_>>());
    output::print_as(arguments.format, |to| write_text(to, &tables), &tables, records)
}

type At<'a> = Column<'a, (&'a ReferenceTable, &'a Entry)>;

/// The columns of all tables together; within one its number and space are said above it.
fn columns<'a>() -> Vec<At<'a>> {
    vec![
        At::new("table", "its number", |(table, _)| usize::from(table.number)),
        At::new("quantity", "", |(_, entry)| entry.quantity),
        At::new("flow", "", |(_, entry)| entry.flow),
        At::new("law", "", |(_, entry)| entry.law.map(|law| law.name())),
        At::new("sub", "stride of the observations", |(_, entry)| entry.sub),
        At::new("t", "diffusion time", |(_, entry)| entry.t),
        At::new("printed", "by the study", |(_, entry)| entry.printed).right(),
        At::new("computed_floor", "N by floor", |(_, entry)| entry.computed_floor),
        At::new("computed_true", "N of the operator", |(_, entry)| entry.computed_true),
        At::new("agreement", "which of the two rounds to the printed digits", |(_, entry)| agreement(entry)),
        At::new("space", "", |(table, _)| table.space),
    ]
}

/// The entries of a table with it.
fn rows(table: &ReferenceTable) -> impl Iterator<Item = (&ReferenceTable, &Entry)> {
    table.entries.iter().map(move |entry| (table, entry))
}

fn write_text(to: &mut dyn Write, tables: &[ReferenceTable]) -> io::Result<()> {
    let columns = columns();
    for table in tables {
        writeln!(to, "Table {}. {} (study, § {})", table.number, table.title, table.sections)?;
        writeln!(to, "Space: {}.", table.space)?;
        let rows: Vec<_> = rows(table).collect();
        Table::of(&columns[1..columns.len() - 1], &rows).write_text(to, "  ")?;
        writeln!(to, "{}\n", table.note)?;
    }
    writeln!(to, "agreement: which of the two computed values round to the printed digits.")
}

fn agreement(entry: &Entry) -> Option<&'static str> {
    match entry.agreement {
        Agreement::Both => Some("both"),
        Agreement::Floor => Some("floor"),
        Agreement::True => Some("true"),
        Agreement::Neither => Some("neither"),
        Agreement::NotCompared => None,
    }
}
