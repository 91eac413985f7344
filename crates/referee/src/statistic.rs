//! One number that each of the truth and the members has among the others.

use crate::score::scores;

/// What a statistic looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Withheld readings, in units of their noise.
    Withheld,
    /// Whole fields, in physical units.
    Field,
}

impl Scope {
    /// `withheld` or `field`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Withheld => "withheld",
            Self::Field => "field",
        }
    }
}

/// A kind of statistic: its name, and what it tells.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The name, without the part that follows a point.
    pub name: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// Where to look when the truth's is above the band.
    pub high: &'static str,
    /// Where to look when it is below.
    pub low: &'static str,
    /// Whether its numbers are compared by their logarithms.
    pub log: bool,
}

/// All kinds.
pub static KINDS: [Kind; 18] = [
    Kind {
        name: "chi",
        meaning: "χ: rms distance of readings from the mean of the others, in units of the noise",
        high: "the members' mean misses the readings: too narrow, biased, another unit, axes or components exchanged",
        low: "the readings are nearer than noise and spread allow: they were used, or the noise is stated too large",
        log: true,
    },
    Kind {
        name: "z",
        meaning: "rms distance from the mean, each entry in units of the standard deviation there",
        high: "the truth lies outside the spread: members too narrow or off, or axes, components, frames exchanged",
        low: "the truth lies too near the mean: members too wide, or the truth was used to make them",
        log: true,
    },
    Kind {
        name: "spread_skill",
        meaning: "√((M + 1)/M) spread over the error of the mean, 1 on average (Fortin et al. 2014)",
        high: "too wide, or the truth was used to make the members",
        low: "too narrow, or the mean is off",
        log: true,
    },
    Kind {
        name: "bias",
        meaning: "mean of (value − mean)/std over entries of a component",
        high: "the members' mean is too low in this component",
        low: "the members' mean is too high in this component",
        log: false,
    },
    Kind {
        name: "rank_histogram",
        meaning: "Pearson's unevenness of the histogram of ranks (Hamill 2001)",
        high: "ranks pile up: at both ends too narrow, in the middle too wide, at one end biased",
        low: "ranks are more even than those of members: rarely a fault by itself",
        log: true,
    },
    Kind {
        name: "coverage",
        meaning: "share of entries inside the central interval between members",
        high: "intervals too wide",
        low: "intervals too narrow, or off",
        log: false,
    },
    Kind {
        name: "crps",
        meaning: "fair CRPS, mean over entries (Ferro 2014)",
        high: "the truth is worse foretold than members are by each other",
        low: "the truth is better foretold than members are by each other: too wide, or it was used",
        log: true,
    },
    Kind {
        name: "energy_score",
        meaning: "fair energy score of all entries together, each component in units of its spread (Gneiting & Raftery 2007)",
        high: "the truth is far from all members: also where each entry alone looks right, the dependence between them does not",
        low: "the truth is nearer to the members than they are to each other: too wide, or it was used",
        log: true,
    },
    Kind {
        name: "nearest",
        meaning: "distance to the nearest other, each component in units of its spread",
        high: "members resemble each other more than the truth: copies, a collapsed sampler, too few directions",
        low: "one member is nearly the truth: it was used",
        log: true,
    },
    Kind {
        name: "tarp",
        meaning: "distance from a random point about the fields (TARP, Lemos et al. 2023)",
        high: "the truth lies outside the members",
        low: "the truth lies inside the members",
        log: true,
    },
    Kind {
        name: "sensor_bias",
        meaning: "the largest standardised mean residual of one place, over the cases that have it",
        high: "one sensor reads off: the place is named in sensors.csv",
        low: "",
        log: false,
    },
    Kind {
        name: "sensor_chi",
        meaning: "the largest standardised mean square residual of one place, over the cases that have it",
        high: "one sensor is noisier than stated, or misplaced: the place is named in sensors.csv",
        low: "",
        log: false,
    },
    Kind {
        name: "energy",
        meaning: "energy in an octave of wavenumbers",
        high: "members too smooth at this scale",
        low: "members too rough at this scale",
        log: true,
    },
    Kind {
        name: "coherence",
        meaning: "correlation with the mean of the others in an octave of wavenumbers",
        high: "members follow each other less than the truth does: too wide at this scale",
        low: "the mean does not follow the truth at this scale: off in place, time or orientation",
        log: false,
    },
    Kind {
        name: "divergence",
        meaning: "rms divergence over rms gradient",
        high: "members are closer to divergence-free than the truth",
        low: "members violate continuity: axes or components exchanged, or a method that does not know it",
        log: true,
    },
    Kind {
        name: "no_slip",
        meaning: "rms speed in cells beside solids, masked cells or at walls over that in all cells with flow",
        high: "members are slower at solids than the truth",
        low: "members slip along solids or blow through them: the method does not know the body, or it lies elsewhere",
        log: true,
    },
    Kind {
        name: "no_penetration",
        meaning: "rms velocity through walls of the grid over the rms speed in all cells with flow",
        high: "members go through walls less than the truth",
        low: "members go through walls: the method does not know them, or they lie elsewhere",
        log: true,
    },
    Kind {
        name: "border",
        meaning: "rms difference across the outermost lines (periodic: across the seam) over that between lines inside",
        high: "members are too smooth at the border",
        low: "members have a seam or an edge that the truth has not",
        log: true,
    },
];

/// The kind of this name.
///
/// # Panics
/// If there is none: names are written in this crate.
pub(crate) fn kind(name: &str) -> &'static Kind {
    match KINDS.iter().find(|kind| kind.name == name) {
        Some(kind) => kind,
        None => panic!("no statistic `{name}`"),
    }
}

/// One statistic of one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistic {
    /// What it looks at.
    pub scope: Scope,
    /// What it tells.
    pub kind: &'static Kind,
    /// Which of its kind: a component, a band, a level; empty where there is one.
    pub of: String,
    /// The number of the truth and of each member in its place.
    pub values: Vec<f64>,
}

impl Statistic {
    pub(crate) fn new(scope: Scope, name: &str, of: impl Into<String>, values: Vec<f64>) -> Self {
        Self { scope, kind: kind(name), of: of.into(), values }
    }

    /// `withheld.bias.u`, or without a part that is empty.
    pub fn name(&self) -> String {
        let dot = if self.of.is_empty() { "" } else { "." };
        format!("{}.{}{dot}{}", self.scope.name(), self.kind.name, self.of)
    }

    /// Whether every number is one.
    pub(crate) fn is_defined(&self) -> bool {
        self.values.iter().all(|v| v.is_finite())
    }

    pub(crate) fn scores(&self) -> Vec<f64> {
        scores(&self.values, self.kind.log)
    }
}

/// The readings of one place in one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Along x, in the table's unit.
    pub x: f64,
    /// Along y.
    pub y: f64,
    /// Its readings.
    pub readings: usize,
    /// Σ (value − mean)/std over √readings, of the truth and of each member in its place.
    pub bias: Vec<f64>,
    /// (Σ ((value − mean)/std)² − readings)/√(2 readings).
    pub chi: Vec<f64>,
}

/// What one case says: independent of every other one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    /// Of the withheld readings and the fields.
    pub statistics: Vec<Statistic>,
    /// Of the withheld readings, by place.
    pub places: Vec<Place>,
}

impl Case {
    /// n = M + 1.
    pub fn count(&self) -> usize {
        self.statistics.first().map_or(0, |s| s.values.len())
    }
}
