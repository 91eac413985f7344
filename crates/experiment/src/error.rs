//! What can go wrong between names and results.

use crate::{Holder, MANIFEST};
use std::path::{Path, PathBuf};

/// The fault of an executor, whatever its type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What comes of work that may fail with anybody's error.
pub type Boxed<T> = std::result::Result<T, BoxError>;

/// The result of this crate's fallible calls.
pub type Result<T> = std::result::Result<T, Error>;

/// A fault of a plan, a flow, a run or the folder of results. A diverged run is a result, not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting of the plan lies outside its range.
    #[error("plan, {field}: found {found}, expected {expected}")]
    Setting {
        /// The setting.
        field: &'static str,
        /// Its value.
        found: String,
        /// Its range.
        expected: &'static str,
    },
    /// A law and a method that do not belong together.
    #[error("plan: found law {law} with method {method}, expected {expected}")]
    Approach {
        /// The law.
        law: String,
        /// The method with its settings.
        method: String,
        /// What belongs there.
        expected: String,
    },
    /// A method where a law is expected.
    #[error("law: found {method}, expected a law: {method} is a method: --method {method}")]
    IsMethod {
        /// The method with its settings.
        method: String,
    },
    /// A law that does not exist.
    #[error(transparent)]
    Law(#[from] equipoise_scaling::ScalingError),
    /// A method that does not exist, or a setting that it does not have.
    #[error(transparent)]
    Method(#[from] equipoise_solver::SolverError),
    /// A dataset could not be opened.
    #[error("dataset `{dataset}`")]
    Flow {
        /// Its name.
        dataset: String,
        /// What is wrong, naming the file.
        source: BoxError,
    },
    /// Data that the prior was not made for.
    #[error("{}, {field}: found {found}, expected {expected} as in {}", path.display(), reference.display())]
    Mismatch {
        /// The data.
        path: PathBuf,
        /// What differs.
        field: &'static str,
        /// The data's.
        found: Box<str>,
        /// The prior's.
        expected: Box<str>,
        /// The training file or the prior's file.
        reference: PathBuf,
    },
    /// A file or folder that does not hold what it must: too few frames to tune on, more components than there are
    /// columns for, no manifest to resume by, a file that no run is known to have written.
    #[error("{}: found {found}, expected {expected}", path.display())]
    Found {
        /// The file or folder.
        path: PathBuf,
        /// What is there.
        found: String,
        /// What must be there.
        expected: String,
    },
    /// A trial of a dataset that is not open.
    #[error("dataset `{dataset}` is not among those opened")]
    UnknownDataset {
        /// Its name.
        dataset: String,
    },
    /// A trial under a prior that was not opened.
    #[error("dataset `{dataset}`: the prior `{prior}` is not among those opened")]
    UnknownPrior {
        /// The dataset.
        dataset: String,
        /// The prior.
        prior: String,
    },
    /// A denoiser over training windows, beside a prior's file alone.
    #[error(
        "prior `{prior}`: found no training windows, expected the training file that {} was fitted to",
        path.display()
    )]
    NoWindows {
        /// The denoiser.
        prior: String,
        /// The file of the Gaussian prior.
        path: PathBuf,
    },
    /// Embedded samples or a data file.
    #[error(transparent)]
    Data(#[from] equipoise_data::DataError),
    /// A field that the prior cannot show.
    #[error(transparent)]
    Prior(#[from] equipoise_prior::PriorError),
    /// A file operation failed.
    #[error("{}: cannot {action}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The output folder has content and neither flag was given.
    #[error(
        "{}: the output folder is not empty; pass --resume to continue the sweep in it or --force to \
         replace what an earlier sweep wrote there; nothing was changed",
        folder.display()
    )]
    Occupied {
        /// The output folder.
        folder: PathBuf,
    },
    /// The sweep in the folder is not the one asked for.
    #[error(
        "{}: cannot resume, `{field}` differs: the folder has {found}, this sweep has {expected}",
        manifest.display()
    )]
    Differs {
        /// The manifest in the folder.
        manifest: PathBuf,
        /// The path of the first differing field.
        field: String,
        /// Its value in the folder.
        found: String,
        /// Its value in this sweep.
        expected: String,
    },
    /// What would go on is not what wrote the rows in the folder.
    #[error(
        "{}: cannot resume: {}; write to another folder, or pass --resume=anyway, which keeps the rows of both \
         apart by the column `build` and repeats trials of another backend",
        manifest.display(), differing(differences)
    )]
    OtherBuild {
        /// The manifest in the folder.
        manifest: PathBuf,
        /// Every field that differs: its name, its value in the folder, its value now.
        differences: Vec<[String; 3]>,
    },
    /// The rows in the folder do not say what wrote them.
    #[error(
        "{}: cannot resume: found no `builds`, expected what wrote the rows: it is a folder of a version before \
         that was noted; pass --force to begin again there, or write to another folder",
        manifest.display()
    )]
    UnknownBuild {
        /// The manifest in the folder.
        manifest: PathBuf,
    },
    /// What is no shard.
    #[error("found {found}, expected K/N with K from 1 to N")]
    Shard {
        /// What was given.
        found: String,
    },
    /// Rows of another plan, other data or another version than those that they would be merged with.
    #[error("{}: cannot merge: found {found} for `{field}`, expected {expected} as in {}", manifest.display(), reference.display())]
    Foreign {
        /// The manifest beside the rows.
        manifest: PathBuf,
        /// The manifest that was read first.
        reference: PathBuf,
        /// The path of the first differing field.
        field: String,
        /// Its value.
        found: String,
        /// Its value in the first.
        expected: String,
    },
    /// Rows of builds that differ in what moves bits.
    #[error(
        "{}: cannot merge: {}; what differs may move last bits: pass --unlike, which keeps the rows of both apart by \
         the column `build`",
        manifest.display(), unlike(differences, reference)
    )]
    Unlike {
        /// The manifest beside the rows.
        manifest: PathBuf,
        /// The manifest that was read first.
        reference: PathBuf,
        /// Every field that differs: its name, its value in the first, its value.
        differences: Vec<[String; 3]>,
    },
    /// A trial with two rows that are not the same.
    #[error(
        "cannot merge: the trial {identity} has two rows, `{field}` is {} in {} and {} in {}; one of them is wrong: \
         leave one folder out",
        values[0], folders[0].display(), values[1], folders[1].display()
    )]
    Contradiction {
        /// The identity of the trial.
        identity: String,
        /// The first field that differs.
        field: String,
        /// Where the rows are.
        folders: Box<[PathBuf; 2]>,
        /// Its values.
        values: Box<[String; 2]>,
    },
    /// A name for an output file leads out of the output folder.
    #[error("{}: `{name}` is not the name of a file inside the output folder", folder.display())]
    OutsideFolder {
        /// The output folder.
        folder: PathBuf,
        /// The name as given or as listed in the manifest.
        name: String,
    },
    /// A line of the journal that is no record, and no torn last one.
    #[error(
        "{}: line {line}, byte {byte}: found {found}, expected {expected}; --resume=mend sets the file aside as it is, \
         goes on with its whole rows and runs the others again",
        path.display()
    )]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The first byte of the line, from 0.
        byte: u64,
        /// What stands there.
        found: String,
        /// What must stand there.
        expected: String,
    },
    /// A trial has two rows in a journal.
    #[error(
        "{}: lines {} and {}: found two rows of the trial {identity} that differ, expected one; --resume=mend sets the \
         file aside as it is and goes on with the first",
        path.display(), lines[0], lines[1]
    )]
    Doubled {
        /// The journal.
        path: PathBuf,
        /// Its lines, from 1.
        lines: [usize; 2],
        /// The identity of the trial.
        identity: String,
    },
    /// A folder whose run has rows, and no journal.
    #[error(
        "{}: found none, expected the journal of {finished} finished trials; a folder of an earlier version has its rows in \
         results.jsonl alone: finish it with that version, write to another folder, or pass --force to begin again there",
        path.display()
    )]
    NoJournal {
        /// The journal.
        path: PathBuf,
        /// Trials that have a row, by the manifest.
        finished: usize,
    },
    /// Another process has the folder.
    #[error(
        "{}: found {holder}, expected none; wait for its end or write to another folder; where it has surely ended, \
         remove this file",
        lease.display()
    )]
    Leased {
        /// The file of its lease.
        lease: PathBuf,
        /// Who it is.
        holder: Box<Holder>,
    },
    /// Another process begins in the folder at the same moment.
    #[error("{}: found another process that begins there at this moment, expected none; try again", folder.display())]
    Contended {
        /// The folder.
        folder: PathBuf,
    },
    /// This process has the folder no more.
    #[error(
        "{}: found no lease of this process, expected the one that it took: it was silent for too long, and another has \
         the folder; what it finished before is kept",
        lease.display()
    )]
    LeaseLost {
        /// The file of its lease.
        lease: PathBuf,
    },
    /// A record of the journal that is sound, and no row of results of this version.
    #[error("{}: line {line} is not a row of results", path.display())]
    Journal {
        /// The journal.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The reader's reason.
        source: serde_json::Error,
    },
    /// The journal already has a row for a trial.
    #[error("{}: the trial {identity} has a row already", path.display())]
    RepeatedRow {
        /// The journal.
        path: PathBuf,
        /// The identity of the trial.
        identity: String,
    },
    /// A record cannot be written as JSON.
    #[error("{what}: cannot be written as JSON")]
    Encode {
        /// The record.
        what: &'static str,
        /// The writer's reason.
        source: serde_json::Error,
    },
    /// Two trials of the plan are the same.
    #[error("plan: {work} occurs twice; a list of the plan repeats an entry")]
    Repeated {
        /// It in words.
        work: String,
    },
    /// A trial or other work could not be carried out.
    #[error("{work}")]
    Work {
        /// It in words.
        work: String,
        /// The reason.
        source: BoxError,
    },
    /// A manifest, a table or a plan's file that is none, or cannot be written.
    #[error("{}: {what}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What it is not.
        what: &'static str,
        /// The reader's or the writer's reason, with the place where there is one.
        source: BoxError,
    },
    /// What a plan's file says of a flow and does not go together.
    #[error("plan, dataset `{dataset}`: found {found}, expected {expected}")]
    FlowFile {
        /// The dataset.
        dataset: String,
        /// What the file says.
        found: String,
        /// What goes together.
        expected: &'static str,
    },
    /// Something of a dataset that is not what it must be: a file other than the one that a plan was made with, a
    /// validation truth that is not independent of the test truth.
    #[error("dataset `{dataset}`, {field}: found {found}, expected {expected}")]
    OfDataset {
        /// The dataset.
        dataset: String,
        /// What of it.
        field: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        expected: String,
    },
    /// A schedule or a grid of times.
    #[error(transparent)]
    Schedule(#[from] equipoise_schedule::ScheduleError),
    /// A sampler.
    #[error(transparent)]
    Sampler(#[from] equipoise_sampler::SamplerError),
}

fn differing(differences: &[[String; 3]]) -> String {
    let told = |[field, found, expected]: &[String; 3]| {
        format!("`{field}` differs, the folder has {found}, this run has {expected}")
    };
    differences.iter().map(told).collect::<Vec<_>>().join("; ")
}

fn unlike(differences: &[[String; 3]], reference: &Path) -> String {
    let told =
        |[field, expected, found]: &[String; 3]| format!("found {found} for `{field}`, expected {expected}");
    let told = differences.iter().map(told).collect::<Vec<_>>().join("; ");
    format!("{told} as in {}", reference.display())
}

impl Error {
    /// What the system refuses.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// The fault of a dataset, by its name.
    pub fn flow<E: Into<BoxError>>(dataset: &str) -> impl FnOnce(E) -> Self {
        move |source| Self::Flow { dataset: dataset.to_owned(), source: source.into() }
    }

    /// The fault of a trial, by its words.
    pub fn trial(trial: impl ToString) -> impl FnOnce(BoxError) -> Self {
        move |source| Self::Work { work: format!("trial `{}`", trial.to_string()), source }
    }

    /// What a file or folder holds in the place of what it must.
    pub fn found(path: &Path, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Found { path: path.to_owned(), found: found.into(), expected: expected.into() }
    }

    /// A file that is none of its kind.
    pub fn form<E: Into<BoxError>>(path: &Path, what: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::Form { path: path.to_owned(), what, source: source.into() }
    }

    pub(crate) fn flow_file(dataset: &str, found: &str, expected: &'static str) -> Self {
        Self::FlowFile { dataset: dataset.to_owned(), found: found.to_owned(), expected }
    }

    pub(crate) fn foreign(path: &Path) -> Self {
        Self::found(path, "a file that this sweep did not write", "none; move it away")
    }

    pub(crate) fn nothing_to_resume(folder: &Path) -> Self {
        Self::found(folder, format!("no {MANIFEST}"), "the folder of an earlier sweep to resume")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::error::Error;

    /// An error with its causes, as the command prints it.
    pub(crate) fn told(error: &dyn Error) -> String {
        match error.source() {
            Some(cause) => format!("{error}: {}", told(cause)),
            None => error.to_string(),
        }
    }

    #[test]
    fn a_cause_is_said_once() {
        let source = || std::io::Error::other("the disk is gone");
        let (path, dataset, work) = ("out".into(), "wake".to_owned(), "wake, fast".to_owned());
        for error in [
            super::Error::Io { action: "write", path, source: source() },
            super::Error::Flow { dataset, source: Box::new(source()) },
            super::Error::Work { work, source: Box::new(source()) },
        ] {
            let told = told(&error);
            assert_eq!(told.matches("the disk is gone").count(), 1, "{told}");
            assert!(told.ends_with(": the disk is gone"), "{told}");
        }
    }
}
