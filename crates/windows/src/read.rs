//! A series as it is read, with the denoiser of its windows.

use crate::composite::Windows;
use crate::cost::checked;
use crate::error::Result;
use crate::guide::{Guide, Weight, inverse};
use crate::readings::Readings;
use crate::series::{Series, Spectrum};
use ndarray::Array2;
use rayon::prelude::*;

/// A series under readings and windows.
pub(crate) struct Read<'a> {
    pub(crate) series: &'a Series,
    windows: Windows,
    spectrum: Spectrum,
    /// A.
    pub(crate) a: Array2<f64>,
    /// s.
    pub(crate) std: f64,
}

/// The composite at one level.
pub(crate) struct At {
    /// σ/μ.
    pub(crate) ratio: f64,
    /// G = μJ of a window.
    of_window: Array2<f64>,
    /// G of the composite.
    pub(crate) gain: Array2<f64>,
    /// A G.
    pub(crate) seen: Array2<f64>,
}

impl<'a> Read<'a> {
    /// Every series.
    ///
    /// # Errors
    /// Series, readings or windows that do not go together.
    pub(crate) fn all(series: &'a [Series], readings: &Readings, windows: Windows) -> Result<Vec<Self>> {
        let frames = checked(series)?;
        readings.check(series)?;
        let one = |(index, series): (usize, &'a Series)| {
            let (spectrum, a) = (windows.spectrum(series)?, readings.matrix(index, series.dim(), frames));
            Ok(Self { series, windows, spectrum, a, std: readings.std })
        };
        series.par_iter().enumerate().map(one).collect()
    }

    pub(crate) fn at(&self, ratio: f64) -> Result<At> {
        let of_window = self.spectrum.gain(ratio);
        let gain = self.windows.compose(&of_window, self.series.frames(), self.series.dim())?;
        Ok(At { ratio, seen: self.a.dot(&gain), of_window, gain })
    }

    /// A V⁺μ²/σ², of the V that is positive by construction.
    pub(crate) fn positive(&self, at: &At) -> Result<Array2<f64>> {
        let plus = self.windows.positive(&at.of_window, self.series.frames(), self.series.dim())?;
        Ok(self.a.dot(&plus))
    }

    /// What the residual is weighed with at a level, `scalar` where that is a number; and whether it passes 1/s².
    pub(crate) fn weight(&self, guide: &Guide, scalar: Option<f64>, at: &At) -> Result<(Weight, bool)> {
        let (weight, past) = match (scalar, guide) {
            (Some(weight), _) => return Ok((Weight::Scalar(weight), false)),
            (None, Guide::Positive) => inverse(&self.positive(at)?, self, at.ratio)?,
            (None, _) => inverse(&at.seen, self, at.ratio)?,
        };
        Ok((Weight::Matrix(weight), past))
    }
}
