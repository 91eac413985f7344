//! How far off a γ is that was calibrated on one window.

use crate::composite::Windows;
use crate::cost::checked;
use crate::error::{Result, WindowsError};
use crate::guide::Guide;
use crate::readings::Readings;
use crate::run::{Course, runs};
use crate::series::Series;
use equipoise_scaling::LawParameters;
use serde::Serialize;

/// Where γ is looked for, as powers of ten.
const POWERS: (f64, f64) = (-6.0, 4.0);
/// Values of γ in the first pass.
const COARSE: usize = 21;
/// Values of γ between the neighbours of the best, in each later pass.
const FINE: usize = 7;
/// Later passes: the last leaves 10^(1/128) between two values.
const PASSES: usize = 3;

/// The γ of v = s² + γ(σ/μ)² that is best on one window, and on the composite.
#[derive(Clone, Debug, Serialize)]
pub struct Calibration {
    /// The γ with the least W2 on one window of w frames under its exact denoiser.
    pub window: Best,
    /// That of the composite.
    pub composite: Best,
    /// The first over the second.
    pub ratio: f64,
    /// W2 of the composite under the window's γ.
    pub transferred: f64,
    /// That over the composite's least, less 1: what the wrong γ costs.
    pub lost: f64,
}

/// The best γ.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Best {
    /// γ.
    pub gamma: f64,
    /// Its W2 per number.
    pub wasserstein: f64,
    /// Whether it lies at an end of what was searched, 1e-6 to 1e4.
    pub at_an_end: bool,
}

/// Calibrates γ on one window and on the composite, by W2 of whole runs.
///
/// # Errors
/// As [`runs`]; [`WindowsError::Number`] where no γ that was tried leaves a finite law.
pub fn calibrate(
    series: &[Series],
    readings: &Readings,
    windows: Windows,
    course: &Course,
) -> Result<Calibration> {
    checked(series)?;
    let shorter: Vec<Series> = series.iter().map(|one| one.first(windows.window)).collect::<Result<_>>()?;
    let whole = Windows::whole(windows.window);
    let window = best(&|gammas| distances(&shorter, readings, whole, course, gammas))?;
    let on_composite = |gammas: &[f64]| distances(series, readings, windows, course, gammas);
    let composite = best(&on_composite)?;
    let transferred = on_composite(&[window.gamma])?[0];
    let lost = transferred / composite.wasserstein - 1.0;
    Ok(Calibration { window, composite, ratio: window.gamma / composite.gamma, transferred, lost })
}

fn distances(
    series: &[Series],
    readings: &Readings,
    windows: Windows,
    course: &Course,
    gammas: &[f64],
) -> Result<Vec<f64>> {
    let guide = |gamma: &f64| Guide::Scalar {
        parameters: LawParameters { std: readings.std, gamma: *gamma },
        factor: 1.0,
    };
    let guides: Vec<Guide> = gammas.iter().map(guide).collect();
    Ok(runs(series, readings, windows, course, &guides)?.iter().map(|run| run.wasserstein).collect())
}

/// By a grid of powers of ten, and finer ones between the neighbours of the best.
fn best(distances: &dyn Fn(&[f64]) -> Result<Vec<f64>>) -> Result<Best> {
    let (mut low, mut high) = POWERS;
    let mut count = COARSE;
    let mut best = (f64::NAN, f64::INFINITY);
    for _ in 0..=PASSES {
        let step = (high - low) / (count - 1) as f64;
        let powers: Vec<f64> = (0..count).map(|i| low + step * i as f64).collect();
        let gammas: Vec<f64> = powers.iter().map(|power| 10f64.powf(*power)).collect();
        for (power, distance) in powers.iter().zip(distances(&gammas)?) {
            if distance < best.1 {
                best = (*power, distance);
            }
        }
        (low, high) = ((best.0 - step).max(POWERS.0), (best.0 + step).min(POWERS.1));
        count = FINE;
        if !best.1.is_finite() {
            return Err(WindowsError::Number {
                what: "W2 at every γ",
                found: best.1,
                expected: "a finite number at one",
            });
        }
    }
    let at_an_end = best.0 <= POWERS.0 || best.0 >= POWERS.1;
    Ok(Best { gamma: 10f64.powf(best.0), wasserstein: best.1, at_an_end })
}
