//! How a recording is fitted within a given memory: the method, and the size of portions in each reading.

use crate::fit::DEFAULT_RANK;
use crate::{Model, PriorError, Result, Settings};
use equipoise_covariance::{DENSE_LIMIT, FrameGram, Randomised, StationarySeries, low_rank_bytes};
use equipoise_data::Recording;
use equipoise_field::Shape;
use std::fmt;
use std::str::FromStr;

/// What a process takes before it fits anything: its libraries and their buffers.
const PROCESS: usize = 64 << 20;
// Measured as processors' time of whole fits, 512 to 2048 frames of 12 to 32 thousand numbers, ranks 5
// and 20, on an AMD EPYC with AVX2: relative to one multiplication of the Gram matrix, of which these
// fits give the same time within a factor of 1.5. The eigendecomposition has one thread, the rest all.
/// Reading a number and looking at it takes as long as this many multiplications of a matrix product.
const READ: f64 = 180.0;
/// An eigendecomposition of n × n takes as long as this times n³ multiplications of a matrix product.
const EIGEN: f64 = 20.0;

/// How the modes of a low-rank model are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FitMethod {
    /// Whichever takes fewer operations, by the table of [`Prior::fit_recording`](crate::Prior::fit_recording):
    /// the Gram matrix costs ½M²F + 20M³ multiplications and one reading, the randomised method
    /// 2(q + 1)MFT(r + p) and q + 2 readings, a reading as much as 180·MF multiplications. Sampling also
    /// where the Gram matrix does not fit in memory.
    #[default]
    Auto,
    /// The Gram matrix of all windows: every mode that the rank asks for, to rounding.
    Gram,
    /// Randomised subspace iteration, with a bound on what it missed.
    Randomised,
}

impl FromStr for FitMethod {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "gram" => Ok(Self::Gram),
            "randomised" => Ok(Self::Randomised),
            _ => Err(format!("found {text:?}, expected auto, gram or randomised")),
        }
    }
}

impl fmt::Display for FitMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Gram => "gram",
            Self::Randomised => "randomised",
        })
    }
}

/// What a fit may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Bytes that the process may come to hold, the prior included.
    pub memory: usize,
    /// How the modes of a low-rank model are found.
    pub method: FitMethod,
}

impl Resources {
    /// Bytes that Linux calls available, free or held by caches that can be dropped; none where the system does not say.
    pub fn free() -> Option<usize> {
        available(&std::fs::read_to_string("/proc/meminfo").ok()?)
    }
}

fn available(meminfo: &str) -> Option<usize> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok().map(|kib| kib << 10)
}

/// The readings of a fit. Portions are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Whether the Gram matrix is formed.
    pub(crate) gram: bool,
    pub(super) randomised: Randomised,
    /// Of the survey, with the Gram matrix where it is formed.
    pub(crate) first: usize,
    /// Of the readings of a randomised method.
    pub(super) middle: usize,
    /// Of the reading that makes the modes or the blocks.
    pub(crate) last: usize,
    pub(crate) readings: usize,
}

impl Plan {
    pub(crate) fn of(train: &Recording, settings: &Settings, given: &Resources) -> Result<Self> {
        let (rows, frame) = (train.frames(), train.frame());
        let process = PROCESS + train.chunk_bytes();
        let portion = |bytes: usize, least: usize| {
            let rest = given.memory.saturating_sub(process + bytes);
            if rest >= least {
                return Ok(rest);
            }
            let gib = |bytes: usize| bytes as f64 / f64::from(1 << 30);
            let (needed, given) = (gib(process + bytes + least), gib(given.memory));
            Err(PriorError::Memory { path: train.path().into(), needed, given })
        };
        // Half of a portion is read while the other is worked on.
        let least = 2 * train.least_portion();
        let (survey, window, randomised) = (portion(0, least)?, settings.window, Randomised::default());
        let low_rank = |gram, first, rank| {
            let (readings, between) = if gram {
                (2, 0)
            } else {
                (randomised.power + 3, randomised.bytes(rows, frame.channels, window, rank))
            };
            let last = portion(low_rank_bytes(rows, frame.len(), window, rank), least)?;
            Ok(Self { gram, randomised, first, middle: portion(between, least)?, last, readings })
        };
        match settings.model {
            Model::Dense => {
                let dim = (window * frame.len()).min(DENSE_LIMIT + 1);
                portion(3 * train.bytes() + 8 * rows * dim + 24 * dim * dim, 0)?;
                Ok(Self { gram: false, randomised, first: survey, middle: survey, last: survey, readings: 1 })
            }
            Model::Stationary => {
                let shape = Shape { frames: window, ..frame };
                // A run is there as read and as transformed.
                let last = portion(StationarySeries::bytes(shape), 8 * shape.len())? / 2;
                let last = last.min((256 << 20).max(4 * shape.len()));
                Ok(Self { gram: false, randomised, first: survey, middle: survey, last, readings: 2 })
            }
            Model::LowRank { rank } => {
                let rank = rank.unwrap_or(DEFAULT_RANK).min(rows);
                let gram = portion(FrameGram::bytes(rows, frame.channels), least);
                match given.method {
                    FitMethod::Gram => low_rank(true, gram?, rank),
                    FitMethod::Auto
                        if gram.is_ok() && !sampling_pays(rows, frame.len(), window, rank, randomised) =>
                    {
                        low_rank(true, gram?, rank)
                    }
                    FitMethod::Auto | FitMethod::Randomised => low_rank(false, survey, rank),
                }
            }
        }
    }
}

/// The bytes that a process comes to hold which loads a recording and fits it with [`Prior::fit`](crate::Prior::fit).
///
/// The values twice, as read and as normalised; beside them the covariance and what it is made of.
pub(super) fn whole(train: &Recording, settings: &Settings) -> usize {
    let rows = train.frames();
    // No window is longer than that; whether there is such a one is asked later.
    let shape = Shape { frames: settings.window.min(rows), ..train.frame() };
    let covariance = match settings.model {
        Model::Dense => 8 * rows * shape.len() + 24 * shape.len().min(DENSE_LIMIT + 1).pow(2),
        Model::LowRank { rank } => {
            let rank = rank.unwrap_or(DEFAULT_RANK).min(rows);
            4 * (rank + 1) * shape.len() + FrameGram::bytes(rows, 1)
        }
        // A batch of 16 windows, twice.
        Model::Stationary => StationarySeries::bytes(shape) + 32 * 4 * shape.len(),
    };
    PROCESS + train.chunk_bytes() + 2 * train.bytes() + covariance
}

/// Whether the randomised method takes fewer operations than the Gram matrix.
pub(super) fn sampling_pays(
    rows: usize,
    frame: usize,
    window: usize,
    rank: usize,
    method: Randomised,
) -> bool {
    let (m, numbers) = (rows as f64, rows as f64 * frame as f64);
    let gram = numbers * (0.5 * m + READ) + EIGEN * m.powi(3);
    let passes = (method.power + 1) as f64;
    let sampled = 2.0 * passes * numbers * (window * (rank + method.oversampling)) as f64;
    sampled + READ * numbers * (passes + 1.0) < gram
}
