//! What can go wrong with a reconstruction.

use crate::Offence;
use equipoise_composition::CompositionError;
use equipoise_data::DataError;
use equipoise_field::Shape;
use equipoise_innovation::InnovationError;
use equipoise_markov::MarkovError;
use equipoise_metrics::MetricsError;
use equipoise_observation::ObservationError;
use equipoise_operator::OperatorError;
use equipoise_posterior::PosteriorError;
use equipoise_prior::PriorError;
use equipoise_report::ReportError;
use equipoise_sampler::SamplerError;
use equipoise_solver::SolverError;
use std::path::PathBuf;

/// Readings that cannot be used, or a run that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconstructionError {
    /// A reading that the prior cannot speak of.
    #[error("{}: row {row}: {offence}; {count} such {} in all; --drop-outside leaves them out", path.display(),
        if *count == 1 { "row" } else { "rows" })]
    Outside {
        /// The sensor table.
        path: PathBuf,
        /// The first row at fault.
        row: u64,
        /// What is wrong with it.
        offence: Offence,
        /// How many rows are at fault, for whatever reason.
        count: usize,
    },
    /// No reading is left.
    #[error("{}: no row is left: {dropped} dropped, the first, row {row}, because {offence}", path.display())]
    NothingLeft {
        /// The sensor table.
        path: PathBuf,
        /// How many rows.
        dropped: usize,
        /// The first row.
        row: u64,
        /// Why it was dropped.
        offence: Offence,
    },
    /// More numbers than a matrix is written out for.
    #[error("{}: found {found} measured numbers, expected at most {limit}; thin the table or shorten its time", path.display())]
    TooMany {
        /// The sensor table.
        path: PathBuf,
        /// N.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// Two readings that repeat each other, with noise that is lost beside the prior's variance.
    #[error(
        "{}: rows {} and {}, component {component}, are {}, with noise {} and {}: too small to tell them apart \
         beside the spread of the prior; state a larger noise, or leave one out",
        path.display(), rows[0], rows[1],
        if *apart > 0.0 { format!("{apart} grid steps and frames apart") } else { "at one place and time".into() },
        noise[0], noise[1]
    )]
    Repeated {
        /// The sensor table.
        path: PathBuf,
        /// Their rows.
        rows: [u64; 2],
        /// `u` or `v`.
        component: String,
        /// The sum of their distances along frames, rows and columns; 0 for one place and time.
        apart: f64,
        /// Their noise, in physical units.
        noise: [f64; 2],
    },
    /// Factors of every level that would not fit into memory.
    #[error(
        "method {method}: {levels} noise levels with {count} measured numbers take {gib:.1} GiB, expected at most {limit:.0}; \
         take fewer steps, another method, or `posterior`, which needs one level"
    )]
    Memory {
        /// The method.
        method: &'static str,
        /// Its levels.
        levels: usize,
        /// N.
        count: usize,
        /// What they take.
        gib: f64,
        /// The limit.
        limit: f64,
    },
    /// A prior of more components than a table has columns for.
    #[error("prior: found fields of {shape}, expected 1 to 4 channels")]
    Channels {
        /// The shape of its fields.
        shape: Shape,
    },
    /// The closed form of the Gaussian under another prior.
    #[error(
        "method posterior: found the prior `{prior}`, expected wiener; methods draw from it, such as mmps"
    )]
    Closed {
        /// The prior.
        prior: String,
    },
    /// A law whose traces are probed, under a prior without training windows to probe it at.
    #[error(
        "law `matched` under {prior}: found no training windows to probe it at, expected --train, or a method without a law"
    )]
    Unprobed {
        /// The prior.
        prior: String,
    },
    /// A method that does not exist.
    #[error("method: found `{found}`, expected posterior or one of {}", equipoise_solver::Method::names())]
    Choice {
        /// The name given.
        found: String,
    },
    /// No member came out finite.
    #[error("method {method}: all {members} members diverged")]
    Diverged {
        /// The method.
        method: String,
        /// How many.
        members: usize,
    },
    /// No member that finished weighs anything.
    #[error("method {method}: found no weight for the {members} members that finished, expected some")]
    Weightless {
        /// The method.
        method: String,
        /// How many finished.
        members: usize,
    },
    /// A trajectory that windows do not fill.
    #[error(
        "--frames: found {found}, expected {window} + a multiple of the stride {stride}, so that the last window ends \
         with it; the nearest is {nearest}"
    )]
    Frames {
        /// L.
        found: usize,
        /// w.
        window: usize,
        /// Frames between the beginnings of two windows.
        stride: usize,
        /// The nearest L that they fill.
        nearest: usize,
    },
    /// A closed form of a trajectory that is composed of windows.
    #[error(
        "a trajectory of {frames} frames composed of windows of {window}: found no closed form of its posterior, \
         expected a method that draws from it, such as sda"
    )]
    Open {
        /// L.
        frames: usize,
        /// w.
        window: usize,
    },
    /// A run whose state nobody can keep.
    #[error(
        "method {method}: found a loop of its own, expected a method with a guidance, whose state can be kept"
    )]
    Loop {
        /// The method.
        method: String,
    },
    /// A state in the folder of the results that is another run's, or not what was written.
    #[error("{}, {field}: found {found}, expected {expected}: {why}; --force starts anew", path.display())]
    State {
        /// The file of the state.
        path: PathBuf,
        /// What differs: an entry of the run's identity, or the checksum of its numbers.
        field: String,
        /// Its value there.
        found: String,
        /// Its value in this run, or that which the file states.
        expected: String,
        /// What that means.
        why: &'static str,
    },
    /// The Gauss–Markov prior of the windows under these readings.
    #[error("the Gauss–Markov prior of the windows: {why}")]
    Markov {
        /// What keeps its filter from them.
        why: MarkovError,
    },
    /// Windows that cannot be composed.
    #[error(transparent)]
    Composition(#[from] CompositionError),
    /// A file.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The prior.
    #[error(transparent)]
    Prior(#[from] PriorError),
    /// The operator.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// The innovation covariance.
    #[error(transparent)]
    Innovation(#[from] InnovationError),
    /// The exact posterior.
    #[error(transparent)]
    Posterior(#[from] PosteriorError),
    /// The method.
    #[error(transparent)]
    Solver(#[from] SolverError),
    /// The readings.
    #[error(transparent)]
    Observation(#[from] ObservationError),
    /// The sampler.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
    /// Schedule, grid or sampler of a diffusion.
    #[error(transparent)]
    Setup(Box<equipoise_experiment::Error>),
    /// A diagnostic.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// A picture or the page.
    #[error(transparent)]
    Report(#[from] ReportError),
}

impl From<MarkovError> for ReconstructionError {
    fn from(why: MarkovError) -> Self {
        Self::Markov { why }
    }
}

impl From<equipoise_experiment::Error> for ReconstructionError {
    fn from(fault: equipoise_experiment::Error) -> Self {
        Self::Setup(Box::new(fault))
    }
}
