//! The denoiser of a series composed of windows, as a matrix.

use crate::dense::{block, block_mut};
use crate::error::Result;
use crate::series::{Series, Spectrum};
use equipoise_composition::Fold;
use ndarray::Array2;
use serde::Serialize;
use std::fmt;

/// Windows of `window` frames over a trajectory, and how they become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// w.
    pub window: usize,
    /// Which frame of which window is taken.
    pub fold: Fold,
}

impl Windows {
    /// One window that holds all L frames: the exact denoiser.
    pub fn whole(frames: usize) -> Self {
        Self { window: frames, fold: Fold::Causal { stride: frames } }
    }

    /// Whether this is the exact denoiser of L frames.
    pub fn is_whole(&self, frames: usize) -> bool {
        self.window == frames
    }

    /// μJ of the composite of L frames of d numbers from μJ of a window, (w·d)².
    ///
    /// Row block τ is the mean over the windows that frame τ is taken from of their row block for it.
    pub(crate) fn compose(&self, gain: &Array2<f64>, frames: usize, d: usize) -> Result<Array2<f64>> {
        let count = self.fold.windows(self.window, frames)?;
        let mut out = Array2::zeros((frames * d, frames * d));
        for at in 0..frames {
            let sources = self.fold.sources(at, self.window, count);
            let share = 1.0 / sources.len() as f64;
            for first in sources.map(|index| index * self.fold.stride()) {
                let row = (at - first) * d;
                let of_window = block(gain, row..row + d, 0..self.window * d);
                let held = first * d..(first + self.window) * d;
                block_mut(&mut out, at * d..(at + 1) * d, held).scaled_add(share, &of_window);
            }
        }
        Ok(out)
    }

    /// V⁺/ρ² = Σ_i U_iᵀ D_i G_w D_i U_i, where D_i² is 1 over the number of windows that hold a frame.
    ///
    /// A sum of congruences of the windows' own covariances: symmetric and never below zero.
    pub(crate) fn positive(&self, gain: &Array2<f64>, frames: usize, d: usize) -> Result<Array2<f64>> {
        let (stride, w) = (self.fold.stride(), self.window);
        let count = self.fold.windows(w, frames)?;
        let mut held = vec![0usize; frames];
        (0..count).for_each(|i| held[i * stride..i * stride + w].iter_mut().for_each(|n| *n += 1));
        let mut out = Array2::zeros((frames * d, frames * d));
        for first in (0..count).map(|i| i * stride) {
            for (a, b) in (0..w).flat_map(|a| (0..w).map(move |b| (a, b))) {
                let share = 1.0 / ((held[first + a] * held[first + b]) as f64).sqrt();
                let of_window = block(gain, a * d..(a + 1) * d, b * d..(b + 1) * d);
                let (row, column) = ((first + a) * d, (first + b) * d);
                block_mut(&mut out, row..row + d, column..column + d).scaled_add(share, &of_window);
            }
        }
        Ok(out)
    }

    /// The spectrum of a window of the series.
    pub(crate) fn spectrum(&self, series: &Series) -> Result<Spectrum> {
        self.fold.windows(self.window, series.frames())?;
        series.spectrum(self.window)
    }
}

impl fmt::Display for Windows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "w = {}, {}", self.window, self.fold)
    }
}

impl Serialize for Windows {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
