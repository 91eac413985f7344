//! The files of a benchmark's tables: leaderboard, scores by seed, tuned parameters.

use crate::columns;
use crate::leaderboard::{ranked, split};
use crate::record::{Record, Tuned, WORDS};
use equipoise_experiment::{Result, table_of, untimed, write_table};
use equipoise_report::Table;
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
    write_table(&folder.join(LEADERBOARD_CSV), &untimed(board))?;
    write_table(&folder.join(SCORES_CSV), &untimed(table_of(&scores, &WORDS)?))?;
    let tunings = Table::of(&Tuned::columns(), &tunings);
    write_table(&folder.join(TUNING_CSV), &untimed(tunings))
}
