//! The files of a benchmark's tables: leaderboard, scores by seed, tuned parameters.

use crate::leaderboard::{leaderboard, records};
use crate::record::Tuned;
use crate::{Error, Interval, Result, Results, Standing};
use equipoise_experiment::SPACE;
use equipoise_report::write_atomically;
use std::path::Path;

/// The leaderboard: one row an entrant and case, means over seeds.
pub const LEADERBOARD_CSV: &str = "leaderboard.csv";
/// One row an ensemble.
pub const SCORES_CSV: &str = "scores.csv";
/// One row a tuned parameter.
pub const TUNING_CSV: &str = "tuning.csv";

/// Writes the tables of the records so far, and into the manifest how many there are.
///
/// # Errors
/// If a file cannot be written.
pub fn write_tables(results: &Results, running: bool) -> Result<()> {
    let (scores, tunings) = records(results)?;
    let board = leaderboard(results)?;
    results.save(scores.len() + tunings.len(), running, || {
        let folder = results.folder();
        let board = Table::of(&columns::standing(), &board).csv(Notation::Plain);
        finish(&folder.join(LEADERBOARD_CSV), board)?;
        finish(&folder.join(SCORES_CSV), serialised(&scores))?;
        let tunings = Table::of(&columns::tuning(), &tunings).csv(Notation::Plain);
        finish(&folder.join(TUNING_CSV), tunings)
    })
}

/// One record a row, by the names of its fields.
fn serialised<T: serde::Serialize>(rows: &[T]) -> std::result::Result<Vec<u8>, csv::Error> {
    let mut to = csv::Writer::from_writer(Vec::new());
    rows.iter().try_for_each(|row| to.serialize(row))?;
    to.into_inner().map_err(|fault| fault.into_error().into())
}

fn finish(path: &Path, bytes: std::result::Result<Vec<u8>, csv::Error>) -> Result<()> {
    let bytes = bytes.map_err(|source| Error::Csv { path: path.to_owned(), source })?;
    Ok(write_atomically(path, &bytes)?)
}
