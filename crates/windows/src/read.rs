//! A series as it is read, with the denoiser of its windows.

use crate::composite::Windows;
use crate::cost;
use crate::error::Result;
use crate::readings::Readings;
use crate::series::{Series, Spectrum};
use equipoise_field::each;
use ndarray::Array2;

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

/// That series go with each other, and readings with them.
///
/// # Errors
/// [`WindowsError`](crate::WindowsError) where they do not.
pub(crate) fn checked(series: &[Series], readings: &Readings) -> Result<()> {
    cost::checked(series)?;
    readings.check(series)
}

impl<'a> Read<'a> {
    /// What `f` says of every series, each made for `f` alone: as many in memory as threads, unless `f` keeps them.
    ///
    /// # Errors
    /// Windows that do not go with a series, and those of `f`.
    pub(crate) fn each<T: Send>(
        series: &'a [Series],
        readings: &Readings,
        windows: Windows,
        f: impl Fn(Self) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let one = |index: usize| {
            let series = &series[index];
            let a = readings.matrix(index, series.dim(), series.frames());
            f(Self { series, windows, spectrum: windows.spectrum(series)?, a, std: readings.std })
        };
        each::made(series.len(), one).into_iter().collect()
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
}
