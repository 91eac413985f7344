//! The numbers along an axis: places of points, or times of frames.

use crate::attribute::{Attribute, Attributes, Place};
use crate::{DataError, Result, packing};
use std::path::Path;

/// Steps that differ by less than this part of a step are equal.
pub(crate) const EVEN: f64 = 1e-3;

/// The numbers that a dataset states for the points of an axis.
#[derive(Clone, Debug)]
pub(crate) struct Ticks {
    pub(crate) name: Box<str>,
    /// In the units of the file; `None` where the dataset holds no numbers.
    pub(crate) values: Option<Vec<f64>>,
    pub(crate) shape: Vec<usize>,
    /// Whether they stand in 32 bits, so that their steps are rounded.
    pub(crate) coarse: bool,
    pub(crate) units: Option<String>,
}

impl Ticks {
    /// Of a dataset with its values, shape and whether they stand in 32 bits; packed ones are unpacked, and NaN where
    /// an attribute says that they are missing.
    ///
    /// # Errors
    /// [`DataError::AttributeValue`] for packing that cannot be applied.
    pub(crate) fn of(
        path: &Path,
        name: &str,
        (mut values, shape, coarse): (Option<Vec<f64>>, Vec<usize>, bool),
        attributes: &Attributes,
    ) -> Result<Self> {
        if let Some(values) = &mut values {
            packing::unpack_ticks(path, attributes, values)?;
        }
        let units = match attributes.at(Place::Dataset, "units") {
            Some(Attribute::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let name = name.rsplit('/').next().unwrap_or(name).into();
        Ok(Self { name, values, shape, coarse, units })
    }

    /// The first number and the step from each to the next, of an axis of at least two points.
    ///
    /// `None` where there is one point, or no numbers.
    ///
    /// # Errors
    /// [`DataError::UnevenSpacing`], also for numbers that are not finite or all the same.
    pub(crate) fn even(&self, path: &Path) -> Result<Option<(f64, f64)>> {
        let Some(values) = &self.values else { return Ok(None) };
        let Some(Steps { least, most, mean }) = Steps::of(values, values.len(), 1) else { return Ok(None) };
        // The mean of what holds a NaN is one.
        let even = most - least <= EVEN * mean.abs() + self.rounding() && mean.is_finite() && mean != 0.0;
        if !even {
            return Err(DataError::UnevenSpacing { path: path.into(), name: self.name.clone(), least, most });
        }
        Ok(Some((values[0], shortest(mean))))
    }

    /// How far steps may differ by the rounding of the numbers.
    pub(crate) fn rounding(&self) -> f64 {
        let size = self.values.iter().flatten().fold(0.0f64, |size, t| size.max(t.abs()));
        if self.coarse { 4.0 * f64::from(f32::EPSILON) * size } else { 0.0 }
    }
}

/// The steps between neighbours along an axis.
pub(crate) struct Steps {
    pub(crate) least: f64,
    pub(crate) most: f64,
    pub(crate) mean: f64,
}

impl Steps {
    /// Along an axis of this length and stride; `None` where it has one point.
    pub(crate) fn of(values: &[f64], length: usize, stride: usize) -> Option<Self> {
        let inner = (0..values.len()).filter(|i| i / stride % length + 1 < length);
        let steps: Vec<f64> = inner.map(|i| values[i + stride] - values[i]).collect();
        let ends = |f: fn(f64, f64) -> f64| steps.iter().copied().reduce(f);
        let (least, most) = (ends(f64::min)?, ends(f64::max)?);
        Some(Self { least, most, mean: steps.iter().sum::<f64>() / steps.len() as f64 })
    }
}

/// A mean of differences without the digits that their rounding made: 12 of them.
pub(crate) fn shortest(step: f64) -> f64 {
    format!("{step:.11e}").parse().unwrap_or(step)
}
