//! Whether s²I + AVAᵀ of a composite is definite.

use crate::composite::Windows;
use crate::cost::positive;
use crate::dense::{eigenvalues, singular_values, symmetric_part};
use crate::error::Result;
use crate::read::{Read, checked};
use crate::readings::Readings;
use crate::series::Series;
use ndarray::Array2;
use serde::Serialize;

/// At how many of the levels of a run moment matching on a composite is well posed.
#[derive(Clone, Debug, Serialize)]
pub struct Definite {
    /// Levels looked at.
    pub levels: usize,
    /// At how many s²I + AVAᵀ, V = (σ²/μ)J, has a symmetric part that is not positive beyond rounding, in at least
    /// one series: conjugate gradients break down, and no covariance is meant.
    pub indefinite: usize,
    /// At how many ‖(s²I + AVAᵀ)⁻¹‖ > 1/s², so that some r has a solution beyond ‖r‖/s², which no V that is a
    /// covariance gives.
    pub unbounded: usize,
    /// The lowest eigenvalue of that symmetric part over s², at any level: 1 at least for a covariance.
    pub lowest: f64,
    /// The same of V⁺.
    pub lowest_positive: f64,
    /// At how many levels V⁺ is indefinite: none, by construction.
    pub indefinite_positive: usize,
}

/// Rounding of an n × n eigenproblem, in units of its norm.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// Whether s²I + AVAᵀ is definite at the levels σ/μ of a run.
///
/// O((L·d)³) a series and level.
///
/// # Errors
/// As [`costs`](crate::costs), and readings that do not fit the series.
pub fn definite(
    series: &[Series],
    readings: &Readings,
    windows: Windows,
    ratios: &[f64],
) -> Result<Definite> {
    checked(series, readings)?;
    ratios.iter().try_for_each(|ratio| positive("σ/μ", *ratio))?;
    let of = |read: Read<'_>| -> Result<Vec<Seen>> {
        let at = |ratio: &f64| {
            let at = read.at(*ratio)?;
            seen(&read, [&at.seen, &read.positive(&at)?], *ratio)
        };
        ratios.iter().map(at).collect()
    };
    let each = Read::each(series, readings, windows, of)?;
    let share =
        |holds: fn(&Seen) -> bool| (0..ratios.len()).filter(|&i| each.iter().any(|of| holds(&of[i]))).count();
    let least = |of: fn(&Seen) -> f64| each.iter().flatten().map(of).fold(f64::INFINITY, f64::min);
    Ok(Definite {
        levels: ratios.len(),
        indefinite: share(|seen| seen.indefinite[0]),
        unbounded: share(|seen| seen.unbounded),
        lowest: least(|seen| seen.lowest[0]),
        lowest_positive: least(|seen| seen.lowest[1]),
        indefinite_positive: share(|seen| seen.indefinite[1]),
    })
}

/// One series at one level: of the plain V, and of V⁺.
struct Seen {
    indefinite: [bool; 2],
    unbounded: bool,
    lowest: [f64; 2],
}

fn seen(read: &Read<'_>, seen: [&Array2<f64>; 2], ratio: f64) -> Result<Seen> {
    let noise = read.std * read.std;
    let innovations = seen.map(|seen| innovation(seen, &read.a, ratio, read.std));
    let mut out = Seen { indefinite: [false; 2], unbounded: false, lowest: [0.0; 2] };
    for (i, m) in innovations.iter().enumerate() {
        let values = eigenvalues("eigenvalues of s²I + AVAᵀ", &symmetric_part(m))?;
        let norm = values.iter().fold(0.0, |norm: f64, x| norm.max(x.abs()));
        out.indefinite[i] = values[0] <= ROUNDING * values.len() as f64 * norm;
        out.lowest[i] = values[0] / noise;
    }
    out.unbounded = unbounded(&innovations[0], read.std)?;
    Ok(out)
}

/// s²I + AVAᵀ, V = ρ²G, of A G.
pub(crate) fn innovation(seen: &Array2<f64>, a: &Array2<f64>, ratio: f64, std: f64) -> Array2<f64> {
    let mut m = seen.dot(&a.t()) * (ratio * ratio);
    m.diag_mut().mapv_inplace(|x| x + std * std);
    m
}

/// Whether ‖M⁻¹‖ > 1/s² beyond rounding.
pub(crate) fn unbounded(m: &Array2<f64>, std: f64) -> Result<bool> {
    let values = singular_values("singular values of s²I + AVAᵀ", m)?;
    let rounding = ROUNDING * values.len() as f64 * values[0];
    Ok(values[values.len() - 1] < std * std - rounding)
}
