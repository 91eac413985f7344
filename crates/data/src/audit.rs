//! The axis audit: what a file declares about its axes, and what its numbers say.

use crate::attribute::{Attribute, Place};
use crate::continuity::{Continuity, DECIDABLE_RATIO};
use crate::measured::Measured;
use crate::source::Header;
use crate::statistics::ChannelStatistics;
use crate::{Attributes, AxisOrder, DataError, Kind, LoadOptions, Result};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// What the numbers say about the order of the two leading axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Inferred {
    /// Neighbours along the time axis of this order have a correlation of at least
    /// [`SERIES_CORRELATION`](crate::SERIES_CORRELATION), and along the other axis they differ at
    /// least [`DECIDABLE_RATIO`] times more.
    Order(AxisOrder),
    /// Neither axis looks like time: along no axis longer than 1 are neighbours correlated, and at
    /// least one such axis has [`SERIES_PAIRS`](crate::SERIES_PAIRS) pairs.
    NoSeries,
    /// The numbers do not decide: an axis has length 1, both look alike, or nothing varies.
    Undecidable,
}

impl fmt::Display for Inferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(order) => order.fmt(f),
            Self::NoSeries => f.write_str("no time series"),
            Self::Undecidable => f.write_str("undecidable"),
        }
    }
}

/// What was declared, measured and decided about one file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// The file.
    pub path: PathBuf,
    /// The dataset read, `x` or `velocity`.
    pub variable: String,
    /// The lengths of both leading axes in the order of the file, C, H, W.
    pub shape: [usize; 5],
    /// Its element type in the file, `f32`, `int16` and the like.
    pub element: String,
    /// The kind used; `None` when nothing names one.
    pub kind: Option<Kind>,
    /// The order that the attributes declare.
    pub declared: Option<AxisOrder>,
    /// The attribute that declares it.
    pub declared_by: Option<String>,
    /// Both leading axes as candidates for time, axis 0 first.
    pub candidates: [Continuity; 2],
    /// The order that the numbers suggest.
    pub inferred: Inferred,
    /// The mean squared difference of neighbours along the less time-like axis over that along the
    /// more time-like one, at least 1; `None` unless both are measurable and the smaller is not 0.
    pub confidence: Option<f64>,
    /// The order used; `None` when loading stops.
    pub used: Option<AxisOrder>,
    /// Whether `used` was given by hand.
    pub overridden: bool,
    /// The message with which [`load`](crate::load) stops; `None` when it does not.
    pub refusal: Option<String>,
    /// Statistics of every channel in physical units.
    pub channels: Vec<ChannelStatistics>,
    /// The number of values that are not finite in f32.
    pub non_finite: usize,
}

impl Audit {
    /// Decides the axis order from what a file declares and what was measured.
    pub(crate) fn of(
        path: &Path,
        header: &Header,
        measured: &Measured,
        kind: Option<Kind>,
        options: &LoadOptions,
    ) -> (Self, Decision) {
        let candidates = measured.candidates;
        let declaration = declaration(path, &header.variable, &header.attributes);
        let mut audit = Self {
            path: path.into(),
            variable: header.variable.clone(),
            shape: header.shape,
            element: header.element.into(),
            kind,
            declared: declaration.as_ref().ok().and_then(|d| d.as_ref()).map(|d| d.0),
            declared_by: declaration.as_ref().ok().and_then(|d| d.as_ref()).map(|d| d.1.clone()),
            inferred: infer(&candidates),
            confidence: confidence(&candidates),
            candidates,
            used: None,
            overridden: options.axes.is_some(),
            refusal: None,
            channels: measured.channels.clone(),
            non_finite: measured.non_finite,
        };
        let decision = match options.axes {
            Some(order) => Ok(order),
            None => declaration.and_then(|d| audit.decide(d)),
        };
        audit.used = decision.as_ref().ok().copied();
        (audit, decision)
    }

    fn decide(&self, declaration: Option<(AxisOrder, String)>) -> Decision {
        let (path, evidence) = (self.path.clone(), self.evidence());
        let Some((declared, declared_by)) = declaration else {
            return Err(DataError::AxesUndeclared { path, evidence });
        };
        match self.inferred {
            Inferred::Order(inferred) if !inferred.agrees(declared) => {
                Err(DataError::AxesContradicted { path, declared, declared_by, inferred, evidence })
            }
            Inferred::NoSeries if self.shape[declared.time_axis()] > 1 => {
                Err(DataError::NotASeries { path, declared, declared_by, evidence })
            }
            _ => Ok(declared),
        }
    }

    /// One sentence on the measurement: both candidate axes, the inferred order, the confidence.
    pub fn evidence(&self) -> String {
        let axis = |i: usize| {
            let candidate = &self.candidates[i];
            match (candidate.difference, candidate.correlation) {
                (Some(d), Some(c)) => {
                    format!("axis {i}: mean squared difference {d:.3e}, correlation {c:.2}")
                }
                (Some(d), None) => format!("axis {i}: mean squared difference {d:.3e}"),
                (None, _) => format!("axis {i}: length 1"),
            }
        };
        let confidence = self.confidence.map_or(String::new(), |c| format!(" with confidence {c:.1}"));
        format!("neighbours along {}; along {}; inferred {}{confidence}", axis(0), axis(1), self.inferred)
    }
}

/// The axis order, or why there is none.
pub(crate) type Decision = Result<AxisOrder>;

/// The order that the attributes declare and the attribute that says so.
pub(crate) fn declaration(
    path: &Path,
    variable: &str,
    attributes: &Attributes,
) -> Result<Option<(AxisOrder, String)>> {
    let mut found: Vec<(AxisOrder, String)> = Vec::new();
    for (place, owner) in [(Place::Dataset, variable), (Place::Root, "/")] {
        for name in ["axes", "shape_description", "dims"] {
            let Some(value) = attributes.at(place, name) else { continue };
            let place = format!("attribute `{name}` of `{owner}`");
            let unknown =
                |found: String| DataError::AxesUnknown { path: path.into(), place: place.clone(), found };
            let text = match value {
                Attribute::Text(text) => text,
                _ if name == "dims" => continue,
                _ => return Err(unknown(value.to_string())),
            };
            match text.parse() {
                Ok(order) => found.push((order, place)),
                // Other programs have other words for `dims`.
                Err(_) if name == "dims" => {}
                Err(_) => return Err(unknown(text.clone())),
            }
        }
    }
    let agree = |of: AxisOrder| found.iter().all(|(order, _)| order.agrees(of));
    if !found.iter().all(|(order, _)| agree(*order)) {
        let found = found.into_iter().map(|(order, place)| format!("{place} says {order}")).collect();
        return Err(DataError::AxesAmbiguous { path: path.into(), found });
    }
    // Of equal ones the first that says which axis is x.
    let at = found.iter().position(|(order, _)| order.x_axis().is_some()).unwrap_or(0);
    Ok(found.into_iter().nth(at))
}

fn confidence(candidates: &[Continuity; 2]) -> Option<f64> {
    let (a, b) = (candidates[0].difference?, candidates[1].difference?);
    let ratio = a.max(b) / a.min(b);
    ratio.is_finite().then_some(ratio)
}

fn infer(candidates: &[Continuity; 2]) -> Inferred {
    let measurable = || candidates.iter().filter(|c| c.correlation.is_some());
    if measurable().any(Continuity::is_broken) && measurable().all(|c| c.is_series() == Some(false)) {
        return Inferred::NoSeries;
    }
    let (Some(a), Some(b)) = (candidates[0].difference, candidates[1].difference) else {
        return Inferred::Undecidable;
    };
    let (smooth, rough) = if a < b { (0, 1) } else { (1, 0) };
    let apart = a.max(b) >= DECIDABLE_RATIO * a.min(b);
    if apart && candidates[smooth].is_series() == Some(true) && candidates[rough].correlation.is_some() {
        Inferred::Order(candidates[smooth].order)
    } else {
        Inferred::Undecidable
    }
}
