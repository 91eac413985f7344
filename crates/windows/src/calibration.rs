//! How far off a γ is that was calibrated on one window.

use crate::composite::Windows;
use crate::cost::checked;
use crate::course::Course;
use crate::error::{Result, WindowsError};
use crate::guide::Guide;
use crate::readings::Readings;
use crate::run::runs;
use crate::series::Series;
use equipoise_scaling::LawParameters;
use serde::Serialize;

/// Powers of ten that are tried first, in thirds: W2 has several dips where steps are few.
const POWERS: std::ops::RangeInclusive<i32> = -15..=9;
/// Parts of a power of ten.
const PARTS: f64 = 3.0;
/// Golden sections of the two steps about the best of them: 0.04 of a power of ten is left.
const SECTIONS: usize = 6;

/// The γ of v = s² + γ(σ/μ)² that is best on one window, under the exact denoiser of all frames, and on the composite.
///
/// A window is read as the trajectory is from its first frame on: at 0, `every`, 2·`every` …
#[derive(Clone, Debug, Serialize)]
pub struct Calibration {
    /// The γ with the least W2 on one window of w frames under its exact denoiser.
    pub window: Best,
    /// That of all L frames under theirs.
    pub exact: Best,
    /// That of the composite.
    pub composite: Best,
    /// γ of the window over that of the composite.
    pub ratio: Bounded,
    /// γ of the window over the exact one: what length and the density of readings in a window do.
    pub length: Bounded,
    /// The exact γ over that of the composite: what composing does.
    pub composing: Bounded,
    /// W2 of the composite under the window's γ.
    pub transferred: f64,
    /// That over the composite's least, less 1: what the wrong γ costs. None where the window has no γ of its own.
    pub lost: Option<Bounded>,
}

/// The best γ.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Best {
    /// γ.
    pub gamma: f64,
    /// Its W2 per number.
    pub wasserstein: f64,
    /// The end of what was searched, 1e-5 to 1e3, that it lies at: the best one is beyond.
    pub end: Option<End>,
}

/// An end of what was searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The best γ is this or less.
    Low,
    /// The best γ is this or more.
    High,
}

/// A number, or a bound of it where the search ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bounded {
    /// The number.
    Is(f64),
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
    /// Nothing is known: both of two γ lie at the same end.
    Unknown,
}

impl Bounded {
    /// a over b.
    pub(crate) fn ratio(a: &Best, b: &Best) -> Self {
        let found = a.gamma / b.gamma;
        match (a.end, b.end) {
            (None, None) => Self::Is(found),
            (Some(End::High), None | Some(End::Low)) | (None, Some(End::Low)) => Self::AtLeast(found),
            (Some(End::Low), None | Some(End::High)) | (None, Some(End::High)) => Self::AtMost(found),
            (Some(End::Low), Some(End::Low)) | (Some(End::High), Some(End::High)) => Self::Unknown,
        }
    }
}

/// Calibrates γ on one window and on the composite, by W2 of whole runs; `exact` is [`exact_gamma`]'s.
///
/// # Errors
/// As [`runs`]; [`WindowsError::Diverges`] where no γ that was tried leaves a finite law.
pub fn calibrate(
    series: &[Series],
    readings: &Readings,
    windows: Windows,
    course: &Course,
    exact: Best,
) -> Result<Calibration> {
    checked(series)?;
    let shorter: Vec<Series> = series.iter().map(|one| one.first(windows.window)).collect::<Result<_>>()?;
    let window = exact_gamma(&shorter, readings, course)?;
    let on_composite = |gammas: &[f64]| distances(series, readings, windows, course, gammas);
    let composite = best(&on_composite)?;
    let transferred = on_composite(&[window.gamma])?[0];
    let lost = transferred / composite.wasserstein - 1.0;
    let lost = match (window.end, composite.end) {
        (Some(_), _) => None,
        (None, Some(_)) => Some(Bounded::AtLeast(lost)),
        (None, None) => Some(Bounded::Is(lost)),
    };
    Ok(Calibration {
        ratio: Bounded::ratio(&window, &composite),
        length: Bounded::ratio(&window, &exact),
        composing: Bounded::ratio(&exact, &composite),
        window,
        exact,
        composite,
        transferred,
        lost,
    })
}

/// The γ with the least W2 of whole runs under the exact denoiser of all frames.
///
/// # Errors
/// As [`runs`]; [`WindowsError::Diverges`] where no γ that was tried leaves a finite law.
pub fn exact_gamma(series: &[Series], readings: &Readings, course: &Course) -> Result<Best> {
    let whole = Windows::whole(checked(series)?);
    best(&|gammas| distances(series, readings, whole, course, gammas))
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

/// By powers of ten, golden sections between the neighbours of the best, and the parabola through the last three.
fn best(distances: &dyn Fn(&[f64]) -> Result<Vec<f64>>) -> Result<Best> {
    let powers: Vec<f64> = POWERS.map(|third| f64::from(third) / PARTS).collect();
    let gammas: Vec<f64> = powers.iter().map(|power| 10f64.powf(*power)).collect();
    let mut tried: Vec<(f64, f64)> = powers.iter().copied().zip(distances(&gammas)?).collect();
    let least = |tried: &[(f64, f64)]| tried.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1));
    let first = least(&tried).filter(|best| best.1.is_finite());
    let Some((middle, found)) = first else {
        return Err(WindowsError::Diverges);
    };
    let ends = [POWERS.start(), POWERS.end()].map(|third| f64::from(*third) / PARTS);
    let end = match middle {
        low if low <= ends[0] => Some(End::Low),
        high if high >= ends[1] => Some(End::High),
        _ => None,
    };
    if end.is_some() {
        return Ok(Best { gamma: 10f64.powf(middle), wasserstein: found, end });
    }
    let at = |power: f64| Ok::<_, WindowsError>((power, distances(&[10f64.powf(power)])?[0]));
    let share = 0.5 * (5f64.sqrt() - 1.0);
    let (mut low, mut high) = (middle - 1.0 / PARTS, middle + 1.0 / PARTS);
    let mut inner = [at(high - share * (high - low))?, at(low + share * (high - low))?];
    tried.extend(inner);
    for _ in 0..SECTIONS {
        if inner[0].1 <= inner[1].1 {
            high = inner[1].0;
            inner = [at(high - share * (high - low))?, inner[0]];
            tried.push(inner[0]);
        } else {
            low = inner[0].0;
            inner = [inner[1], at(low + share * (high - low))?];
            tried.push(inner[1]);
        }
    }
    tried.sort_by(|a, b| a.0.total_cmp(&b.0));
    if let Some(power) = vertex(&tried) {
        tried.push(at(power)?);
    }
    let (power, wasserstein) = least(&tried).unwrap_or((middle, found));
    Ok(Best { gamma: 10f64.powf(power), wasserstein, end })
}

/// The lowest point of the parabola through the least of `tried`, in order, and its neighbours.
fn vertex(tried: &[(f64, f64)]) -> Option<f64> {
    let at = (1..tried.len() - 1).min_by(|a, b| tried[*a].1.total_cmp(&tried[*b].1))?;
    let [(a, fa), (b, fb), (c, fc)] = [tried[at - 1], tried[at], tried[at + 1]];
    let (left, right) = ((b - a) * (fb - fc), (b - c) * (fb - fa));
    let power = b - 0.5 * ((b - a) * left - (b - c) * right) / (left - right);
    (power.is_finite() && power > a && power < c).then_some(power)
}
