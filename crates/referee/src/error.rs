//! What can be wrong with what is to be judged.

use equipoise_data::DataError;
use equipoise_data::sensors::Offence;
use equipoise_metrics::MetricsError;
use equipoise_operator::OperatorError;
use equipoise_report::ReportError;
use std::path::PathBuf;

/// A fault of the files or of what was asked of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefereeError {
    /// A file that cannot be read.
    #[error(transparent)]
    Data(#[from] Box<DataError>),
    /// A number that is not defined.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// Readings that no operator takes.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// Results that cannot be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Results that have no form as CSV or JSON.
    #[error("{what}: cannot be written: {detail}")]
    Written {
        /// What was to be written.
        what: &'static str,
        /// Why not.
        detail: Box<str>,
    },
    /// Too few members to take a truth's place.
    #[error("{}: members: found {found}{of}, expected at least 2", path.display())]
    Few {
        /// The members.
        path: PathBuf,
        /// How many are left.
        found: usize,
        /// Of how many, where weights left some out.
        of: Box<str>,
    },
    /// A number of a member that is none.
    #[error("{}: member {member}, frame {frame}, (C, H, W) = {at:?}: found {value}, expected a finite number", path.display())]
    NotFinite {
        /// The members.
        path: PathBuf,
        /// Which.
        member: usize,
        /// Its frame.
        frame: usize,
        /// Its channel, row and column.
        at: (usize, usize, usize),
        /// The number.
        value: f32,
    },
    /// Weights that are none.
    #[error("{}: weights: {detail}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: Box<str>,
    },
    /// Fewer frames of the truth than of the members.
    #[error("{}: found {found} frames, expected at least the {expected} of the members in {}{way_out}", path.display(), members.display())]
    Frames {
        /// The truth.
        path: PathBuf,
        /// Its frames.
        found: usize,
        /// Those of the members.
        expected: usize,
        /// Their file.
        members: PathBuf,
        /// What can be done, where that is known.
        way_out: Box<str>,
    },
    /// A case without a trajectory of the truths that it shares a file with.
    #[error(
        "{}: found {found} trajectories, expected one a case, {which} or more; --same-truth where all cases have the first",
        path.display()
    )]
    Trajectories {
        /// The truths.
        path: PathBuf,
        /// How many.
        found: usize,
        /// The case, from 1.
        which: usize,
    },
    /// Walls that are none, or other ones in two files.
    #[error("{}: attribute `walls`: found {found}, expected {expected}", path.display())]
    Walls {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: Box<str>,
        /// What it may say.
        expected: Box<str>,
    },
    /// A truth that begins at another time.
    #[error("{}: its first frame is at t_first = {found}, expected {expected} as of the members in {}", path.display(), members.display())]
    Begins {
        /// The truth.
        path: PathBuf,
        /// Its time.
        found: f64,
        /// That of the members.
        expected: f64,
        /// Their file.
        members: PathBuf,
    },
    /// Readings where the members have no flow.
    #[error("{}: row {row}: {offence}; {count} such {} in all; --drop-outside leaves them out", path.display(),
        if *count == 1 { "row" } else { "rows" })]
    Outside {
        /// The table.
        path: PathBuf,
        /// The first row.
        row: u64,
        /// What is wrong with it.
        offence: Offence,
        /// How many rows.
        count: usize,
    },
    /// No reading is left.
    #[error("{}: no row is left of {dropped}", path.display())]
    NothingLeft {
        /// The table.
        path: PathBuf,
        /// How many were dropped.
        dropped: usize,
    },
    /// A reading that was used and is called withheld.
    #[error(
        "{}: row {row} stands in {} too, row {used}: what the members were made with is not withheld; {count} such \
         rows in all", path.display(), table.display()
    )]
    Leaked {
        /// The table of withheld readings.
        path: PathBuf,
        /// The first such row.
        row: u64,
        /// The used readings.
        table: PathBuf,
        /// Its row there.
        used: u64,
        /// How many.
        count: usize,
    },
    /// Readings that the members were made with, given as withheld.
    #[error("{}: found the readings that {} was made with, expected others as withheld", path.display(), members.display())]
    Used {
        /// The table.
        path: PathBuf,
        /// The members, whose provenance says so.
        members: PathBuf,
    },
    /// What two cases have in common.
    #[error(
        "cases {} and {} ({}, {}): found the same {what} in both, expected members of its own in every case, and of one \
         truth --same-truth",
        cases[0].0, cases[1].0, cases[0].1, cases[1].1
    )]
    Shared {
        /// Number and name of both.
        cases: Box<[(usize, String); 2]>,
        /// Truth, withheld readings or members.
        what: &'static str,
    },
    /// Folds that sensors cannot be divided into.
    #[error("{}: found {found} places with readings, expected at least {folds}, one a fold", path.display())]
    Folds {
        /// The table.
        path: PathBuf,
        /// Its places.
        found: usize,
        /// How many folds.
        folds: usize,
    },
    /// Cases that share nothing to be judged by.
    #[error("found neither withheld readings nor a truth, expected one of them in every case")]
    NothingToJudgeBy,
    /// A name of no statistic.
    #[error("no statistic `{found}`; found [{}]", known.join(", "))]
    Name {
        /// The name.
        found: String,
        /// Those that were taken.
        known: Vec<String>,
    },
}

impl From<DataError> for RefereeError {
    fn from(error: DataError) -> Self {
        Self::Data(Box::new(error))
    }
}
