//! What a composite misses at one level: of x̂, of J, of V.

use crate::composite::Windows;
use crate::dense::{eigenvalues, square, symmetric_part};
use crate::error::{Result, WindowsError};
use crate::series::{Series, Spectrum};
use equipoise_field::each;
use ndarray::{Array1, Array2};
use serde::Serialize;

/// The cost of a composite at one noise level, over independent series that each count by their weight.
///
/// In the variable x_t/μ = x + ρε with ρ = σ/μ, where G = μJ is the gain; G* is that of the exact denoiser of all
/// L frames. All numbers are pure but squares, which are in squares of the series' unit.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    /// ρ = σ/μ.
    pub ratio: f64,
    /// E‖x̂ − x‖² of the composite per number.
    pub square: f64,
    /// That of the exact denoiser: the mean posterior variance of x given x_t.
    pub least: f64,
    /// `square`/`least` − 1. Never below zero but by rounding.
    pub excess: f64,
    /// ‖J − J*‖/‖J*‖ of Frobenius.
    pub jacobian: f64,
    /// ‖J − Jᵀ‖/‖J‖.
    pub asymmetry: f64,
    /// The lowest eigenvalue of (G + Gᵀ)/2, whose like are 0 to 1 for the exact denoiser.
    pub lowest: f64,
    /// ‖V⁺ − V‖/‖V‖ of the V that is positive by construction; `jacobian` is that of the plain one.
    pub positive: f64,
    /// By frame the excess of that frame over its own exact error.
    pub by_frame: Vec<f64>,
}

/// Sums over the numbers of one series, or of several by their weight.
#[derive(Clone, Debug)]
struct Sums {
    numbers: f64,
    /// Of the composite and the exact denoiser, by frame.
    frames: [Array1<f64>; 2],
    /// ‖G − G*‖², ‖G*‖², ‖G − Gᵀ‖², ‖G‖², ‖G⁺ − G*‖².
    squares: [f64; 5],
    lowest: f64,
}

/// The cost of `windows` at every ratio σ/μ, over all `series`, which have as many frames.
///
/// O((L·d)³) a series and ratio. On rayon's threads; their number changes no bit.
///
/// # Errors
/// [`WindowsError`]: windows that do not fit, series of different lengths or none, a ratio that is not positive.
pub fn costs(series: &[Series], windows: Windows, ratios: &[f64]) -> Result<Vec<Cost>> {
    let frames = checked(series)?;
    ratios.iter().try_for_each(|ratio| positive("σ/μ", *ratio))?;
    windows.fold.windows(windows.window, frames)?;
    let each: Vec<Vec<Sums>> = each::made(series.len(), |i| sums_of(&series[i], windows, ratios))
        .into_iter()
        .collect::<Result<_>>()?;
    let total = |i: usize| {
        let mut of = each.iter().map(|sums| &sums[i]);
        let first = of.next().cloned();
        first.map(|first| of.fold(first, Sums::plus))
    };
    Ok(ratios.iter().enumerate().filter_map(|(i, ratio)| Some(total(i)?.cost(*ratio))).collect())
}

/// L of series that belong together.
pub(crate) fn checked(series: &[Series]) -> Result<usize> {
    let first = series.first().ok_or(WindowsError::Empty { what: "series" })?;
    let frames = first.frames();
    if let Some(other) = series.iter().find(|one| one.channels() != first.channels()) {
        let of = |one: &Series| (one.channels().unwrap_or(0), 1);
        return Err(WindowsError::Size {
            what: "channels of a series",
            found: of(other),
            expected: of(first),
        });
    }
    match series.iter().find(|one| one.frames() != frames) {
        Some(other) => {
            let (found, expected) = ((other.frames(), other.dim()), (frames, other.dim()));
            Err(WindowsError::Size { what: "frames of a series and their numbers", found, expected })
        }
        None => Ok(frames),
    }
}

pub(crate) fn positive(what: &'static str, found: f64) -> Result<()> {
    if found.is_finite() && found > 0.0 {
        Ok(())
    } else {
        Err(WindowsError::Number { what, found, expected: "a number above 0" })
    }
}

fn sums_of(series: &Series, windows: Windows, ratios: &[f64]) -> Result<Vec<Sums>> {
    let [whole, window] = [series.spectrum(series.frames())?, series.spectrum(windows.window)?];
    let covariance = series.covariance(series.frames());
    ratios.iter().map(|ratio| at(series, windows, [&whole, &window], &covariance, *ratio)).collect()
}

fn at(
    series: &Series,
    windows: Windows,
    [whole, window]: [&Spectrum; 2],
    covariance: &Array2<f64>,
    ratio: f64,
) -> Result<Sums> {
    let (frames, d, weight) = (series.frames(), series.dim(), series.weight());
    let (exact, of_window) = (whole.gain(ratio), window.gain(ratio));
    let gain = windows.compose(&of_window, frames, d)?;
    let plus = windows.positive(&of_window, frames, d)?;
    let each = [square_error(&gain, covariance, ratio), whole.posterior_variance(ratio)];
    let by_frame = each.map(|of| {
        Array1::from_iter(
            of.as_slice().unwrap_or_default().chunks(d).map(|frame| weight * frame.iter().sum::<f64>()),
        )
    });
    let squares = [
        square(&(&gain - &exact)),
        square(&exact),
        square(&(&gain - &gain.t())),
        square(&gain),
        square(&(&plus - &exact)),
    ];
    let lowest = eigenvalues("eigenvalues of (J + Jᵀ)/2", &symmetric_part(&gain))?[0];
    Ok(Sums {
        numbers: weight * series.len() as f64,
        frames: by_frame,
        squares: squares.map(|x| weight * x),
        lowest,
    })
}

/// The diagonal of E(x̂ − x)(x̂ − x)ᵀ = (G − I)Σ(G − I)ᵀ + ρ²GGᵀ.
fn square_error(gain: &Array2<f64>, covariance: &Array2<f64>, ratio: f64) -> Array1<f64> {
    let mut off = gain.clone();
    off.diag_mut().mapv_inplace(|x| x - 1.0);
    let moved = off.dot(covariance);
    let row = |i: usize| {
        let (off, moved, gain) = (off.row(i), moved.row(i), gain.row(i));
        off.dot(&moved) + ratio * ratio * gain.dot(&gain)
    };
    (0..gain.nrows()).map(row).collect()
}

impl Sums {
    fn plus(mut self, other: &Self) -> Self {
        self.numbers += other.numbers;
        self.frames.iter_mut().zip(&other.frames).for_each(|(a, b)| *a += b);
        self.squares.iter_mut().zip(other.squares).for_each(|(a, b)| *a += b);
        self.lowest = self.lowest.min(other.lowest);
        self
    }

    fn cost(self, ratio: f64) -> Cost {
        let [composed, exact] = &self.frames;
        let [square, least] = [composed.sum() / self.numbers, exact.sum() / self.numbers];
        let [off, whole, skew, own, plus] = self.squares;
        Cost {
            ratio,
            square,
            least,
            excess: square / least - 1.0,
            jacobian: (off / whole).sqrt(),
            asymmetry: (skew / own).sqrt(),
            lowest: self.lowest,
            positive: (plus / whole).sqrt(),
            by_frame: composed.iter().zip(exact).map(|(a, b)| a / b - 1.0).collect(),
        }
    }
}

/// The excess alone, at every ratio.
///
/// Where every frame is one window's, its error is that window's own posterior variance, so that no matrix of L
/// frames is made but once.
pub(crate) struct Excess<'a> {
    series: &'a [Series],
    frames: usize,
    /// Posterior variances of all L frames by ratio, summed with their weights.
    least: Vec<f64>,
    ratios: &'a [f64],
}

impl<'a> Excess<'a> {
    pub(crate) fn new(series: &'a [Series], ratios: &'a [f64]) -> Result<Self> {
        let frames = checked(series)?;
        ratios.iter().try_for_each(|ratio| positive("σ/μ", *ratio))?;
        let of = |i: usize| {
            let one = &series[i];
            let whole = one.spectrum(frames)?;
            Ok(ratios.iter().map(|r| one.weight() * whole.posterior_variance(*r).sum()).collect())
        };
        let each: Vec<Vec<f64>> = each::made(series.len(), of).into_iter().collect::<Result<_>>()?;
        let least = (0..ratios.len()).map(|i| each.iter().map(|of| of[i]).sum()).collect();
        Ok(Self { series, frames, least, ratios })
    }

    /// Of windows, at every ratio.
    pub(crate) fn of(&self, windows: Windows) -> Result<Vec<f64>> {
        let count = windows.fold.windows(windows.window, self.frames)?;
        let sources: Vec<_> =
            (0..self.frames).map(|at| windows.fold.sources(at, windows.window, count)).collect();
        let single = sources.iter().all(|from| from.len() == 1);
        let offsets: Vec<usize> =
            sources.iter().enumerate().map(|(at, from)| at - from.start * windows.fold.stride()).collect();
        let of = |i: usize| -> Result<Vec<f64>> {
            let one = &self.series[i];
            let (d, window) = (one.dim(), windows.spectrum(one)?);
            let covariance = (!single).then(|| one.covariance(self.frames));
            let square = |ratio: &f64| -> Result<f64> {
                match &covariance {
                    None => {
                        let each = window.posterior_variance(*ratio);
                        Ok(offsets.iter().map(|o| (0..d).map(|i| each[o * d + i]).sum::<f64>()).sum::<f64>())
                    }
                    Some(covariance) => {
                        let gain = windows.compose(&window.gain(*ratio), self.frames, d)?;
                        Ok(square_error(&gain, covariance, *ratio).sum())
                    }
                }
            };
            self.ratios.iter().map(|ratio| Ok(one.weight() * square(ratio)?)).collect()
        };
        let each: Vec<Vec<f64>> = each::made(self.series.len(), of).into_iter().collect::<Result<_>>()?;
        let total = |i: usize| each.iter().map(|of| of[i]).sum::<f64>();
        Ok(self.least.iter().enumerate().map(|(i, least)| total(i) / least - 1.0).collect())
    }
}
