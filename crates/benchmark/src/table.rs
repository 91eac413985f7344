//! The files of a benchmark's tables: leaderboard, scores by seed, tuned parameters.

use crate::columns;
use crate::leaderboard::{ranked, split};
use crate::record::{Record, Tuned};
use equipoise_experiment::{Error, Result, replace};
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
    let save = |name: &str, bytes: std::result::Result<Vec<u8>, csv::Error>| {
        let path = folder.join(name);
        replace(&path, &bytes.map_err(|source| Error::Csv { path: path.clone(), source })?)
    };
    let board = ranked(&scores, &tunings);
    save(LEADERBOARD_CSV, Table::of(&columns::standing(), &board).csv(Notation::Plain))?;
    save(SCORES_CSV, serialised(&scores))?;
    save(TUNING_CSV, Table::of(&Tuned::columns(), &tunings).csv(Notation::Plain))
}

/// One record a row, by the names of its fields.
fn serialised<T: serde::Serialize>(rows: &[T]) -> std::result::Result<Vec<u8>, csv::Error> {
    let mut to = csv::Writer::from_writer(Vec::new());
    rows.iter().try_for_each(|row| to.serialize(row))?;
    to.into_inner().map_err(|fault| fault.into_error().into())
}
