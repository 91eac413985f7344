//! Whether the readings fit prior and stated noise, as far as that is known.

use crate::misfit::places;
use crate::{Misfit, Problem, Result, Score};
use equipoise_operator::TimeRule;
use equipoise_prior::Model;
use equipoise_report::significant;

/// Frames by which a reading may lie beside one and still read no other.
const ROUNDING: f64 = 1e-6;

/// Operations of a frame of a filter over the cube of the numbers of its state.
const OPERATIONS: f64 = 10.0;

/// Operations of a filter beyond which nobody waits for a check that was not asked for: minutes.
const LONGEST: f64 = 1e12;

/// What the readings are judged by.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// The law of the residuals under the Gaussian, exactly.
    Exact(Box<Misfit>),
    /// The innovations of a filter along a Gauss–Markov prior, whose law is known: the check of a trajectory that is
    /// composed of windows.
    Chain(Chained),
    /// Nothing: why, in a clause.
    Unknown(String),
}

/// The readings along a Gauss–Markov prior of the same windows.
#[derive(Clone, Debug, PartialEq)]
pub struct Chained {
    /// The prior, in words.
    pub prior: String,
    /// Σ νᵀS⁻¹ν of the filter's innovations, χ²_N if prior and noise are right.
    pub innovations: Score,
    /// ln p(y) under it, normalised units.
    pub log_evidence: f64,
}

impl Check {
    /// Of a problem whose posterior is known in closed form.
    ///
    /// # Errors
    /// Those of [`Misfit::of`].
    pub fn exact(problem: &Problem) -> Result<Self> {
        Ok(Self::Exact(Box::new(Misfit::of(problem)?)))
    }

    /// Of a trajectory that is composed of windows: by the Gauss–Markov prior that the Gaussian of the same windows
    /// tells, where it is one of data and its filter takes the readings.
    pub fn of_composite(problem: &Problem) -> Self {
        if problem.prior.is_standard() {
            return Self::Unknown("no training data tell how frames follow each other".into());
        }
        let work = filtered(problem);
        // One chain a wavenumber takes no readings between frames at all, and says so.
        if problem.prior.settings().model != Model::Stationary && work > LONGEST {
            let work = significant(work, 1);
            return Self::Unknown(format!(
                "the filter would take about {work} operations for so many readings between frames, expected at most \
                 {LONGEST:.0e}"
            ));
        }
        let chained = problem.along().and_then(|along| along.chained().map(Self::Chain));
        chained.unwrap_or_else(|fault| Self::Unknown(fault.to_string()))
    }

    /// Residuals and bands, where the posterior is known.
    pub fn misfit(&self) -> Option<&Misfit> {
        match self {
            Self::Exact(misfit) => Some(misfit),
            Self::Chain(_) | Self::Unknown(_) => None,
        }
    }

    /// The Gauss–Markov prior and how the readings fit it, where it stands beside a composite.
    pub fn chain(&self) -> Option<&Chained> {
        match self {
            Self::Chain(chained) => Some(chained),
            Self::Exact(_) | Self::Unknown(_) => None,
        }
    }

    /// The readings under prior and noise.
    pub fn prior(&self) -> Option<&Score> {
        match self {
            Self::Exact(misfit) => Some(&misfit.prior),
            Self::Chain(chained) => Some(&chained.innovations),
            Self::Unknown(_) => None,
        }
    }

    /// What is wrong, one sentence each.
    pub fn warnings(&self) -> Vec<String> {
        match self {
            Self::Exact(misfit) => misfit.warnings(),
            Self::Chain(Chained { prior, innovations, .. }) if innovations.unusual(1) => {
                let (band, chi) = (innovations.band(1), innovations.chi);
                vec![format!(
                    "χ of the readings under {prior} and noise: found {chi:.3}, expected {:.3} to {:.3} (99 %): noise \
                     or prior do not hold for this flow",
                    band.low, band.high
                )]
            }
            Self::Chain(_) | Self::Unknown(_) => Vec::new(),
        }
    }
}

/// Operations of a filter along the modes of a prior: of a state of r modes and of the readings between a frame and the
/// next, which it carries on.
fn filtered(problem: &Problem) -> f64 {
    let modes = problem.prior.spectrum().0.len().min(problem.shape.frame());
    let mut carried = vec![0usize; problem.shape.frames];
    for entry in &problem.placed.entries {
        let frame = entry.sensor.frame;
        if (frame - frame.round()).abs() > ROUNDING && problem.times == TimeRule::Linear {
            for at in [frame.floor(), frame.ceil()] {
                if let Some(count) = carried.get_mut(at as usize) {
                    *count += 1;
                }
            }
        }
    }
    let cube = |carried: &usize| ((modes + carried) as f64).powi(3);
    OPERATIONS * carried.iter().map(cube).sum::<f64>()
}

impl Problem {
    /// Places with readings.
    pub fn sensors(&self) -> usize {
        places(self).len()
    }

    /// Whole frames before the first reading and after the last, and frames without any.
    pub fn unread(&self) -> Unread {
        let mut read = vec![false; self.shape.frames];
        for entry in &self.placed.entries {
            let frame = entry.sensor.frame;
            // Times are written in decimals: a frame within rounding is meant.
            for at in [(frame + ROUNDING).floor(), (frame - ROUNDING).ceil()] {
                if let Some(read) = read.get_mut(at as usize) {
                    *read = true;
                }
            }
        }
        let before = read.iter().take_while(|read| !**read).count();
        let after = read.iter().rev().take_while(|read| !**read).count();
        Unread { before, after, frames: read.iter().filter(|read| !**read).count() }
    }
}

/// Frames that no reading touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Before the first reading.
    pub before: usize,
    /// After the last.
    pub after: usize,
    /// In all.
    pub frames: usize,
}
