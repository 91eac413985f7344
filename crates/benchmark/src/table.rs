//! The files of a benchmark's tables: leaderboard, scores by seed, tuned parameters.

use crate::columns;
use crate::leaderboard::{ranked, split};
use crate::record::{Record, Tuned};
use equipoise_experiment::{Error, Result, replace, write_table};
use equipoise_report::{Notation, Table};
use std::path::Path;

/// The leaderboard: one row an entrant and case, means over seeds.
pub const LEADERBOARD_CSV: &str = "leaderboard.csv";
/// One row an ensemble.
pub const SCORES_CSV: &str = "scores.csv";
/// One row a tuned parameter.
pub const TUNING_CSV: &str = "tuning.csv";

/// Writes the tables of the records so far.
pub(crate) fn write(folder: &Path, rows: &[Record]) -> Result<()> {
    let (scores, tunings) = split(rows.iter().cloned());
    let board = ranked(&scores, &tunings);
    let board = Table::of(&columns::standing(), &board);
    write_table(&folder.join(LEADERBOARD_CSV), &board, Notation::Plain)?;
    let path = folder.join(SCORES_CSV);
    replace(&path, &serialised(&scores).map_err(|source| Error::Csv { path: path.clone(), source })?)?;
    let tunings = Table::of(&Tuned::columns(), &tunings);
    write_table(&folder.join(TUNING_CSV), &tunings, Notation::Plain)
}

/// One record a row, by the names of its fields.
fn serialised<T: serde::Serialize>(rows: &[T]) -> std::result::Result<Vec<u8>, csv::Error> {
    let mut to = csv::Writer::from_writer(Vec::new());
    rows.iter().try_for_each(|row| to.serialize(row))?;
    to.into_inner().map_err(|fault| fault.into_error().into())
}
