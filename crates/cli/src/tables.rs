//! `equipoise tables`: the closed-form reference tables.

use crate::format::Format;
use crate::output;
use crate::table::{Cell, Column, Table};
use equipoise_scaling::tables::{Agreement, Entry, ReferenceTable, reference_tables};
use equipoise_schedule::{LinearBeta, Schedule};
use std::io::{self, Write};

/// Print the closed-form tables of the study, its printed values beside the computed ones.
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
    output::print(|to| match arguments.format {
        Format::Table => Ok(write_text(to, &tables)?),
        Format::Json => output::write_json(to, &tables),
        Format::Csv => Ok(records(&tables).write_csv(to)?),
    })
}

const COLUMNS: [Column; 9] = [
    Column::words("quantity"),
    Column::words("flow"),
    Column::words("law"),
    Column::numbers("sub"),
    Column::numbers("t"),
    Column::numbers("printed"),
    Column::numbers("computed_floor"),
    Column::numbers("computed_true"),
    Column::words("agreement"),
];

fn write_text(to: &mut dyn Write, tables: &[ReferenceTable]) -> io::Result<()> {
    for table in tables {
        writeln!(to, "Table {}. {} (study, § {})", table.number, table.title, table.sections)?;
        writeln!(to, "Space: {}.", table.space)?;
        Table::new(&COLUMNS, table.entries.iter().map(cells).collect()).write_text(to, "  ")?;
        writeln!(to, "{}\n", table.note)?;
    }
    writeln!(to, "agreement: which of the two computed values round to the printed digits.")
}

/// All entries under one head, each with the number and the space of its table.
fn records(tables: &[ReferenceTable]) -> Table {
    let columns = [&[Column::numbers("table")], &COLUMNS[..], &[Column::words("space")]].concat();
    let rows = tables.iter().flat_map(|table| {
        table.entries.iter().map(|entry| {
            let number = usize::from(table.number).into();
            [vec![number], cells(entry), vec![table.space.into()]].concat()
        })
    });
    Table::new(&columns, rows.collect())
}

/// One entry in the order of [`COLUMNS`].
fn cells(entry: &Entry) -> Vec<Cell> {
    let agreement = match entry.agreement {
        Agreement::Both => "both".into(),
        Agreement::Floor => "floor".into(),
        Agreement::True => "true".into(),
        Agreement::Neither => "neither".into(),
        Agreement::NotCompared => Cell::Absent,
    };
    vec![
        entry.quantity.into(),
        entry.flow.into(),
        entry.law.map(|law| law.name()).into(),
        entry.sub.into(),
        entry.t.into(),
        entry.printed.into(),
        entry.computed_floor.into(),
        entry.computed_true.into(),
        agreement,
    ]
}
