//! Whole runs of the predictor as affine chains: the law of x at the end, in closed form.

use crate::composite::Windows;
use crate::cost::checked;
use crate::dense::{eigenvalues, factor, forward, function, singular_values, symmetric_part};
use crate::error::{Result, WindowsError};
use crate::guide::{Guide, Traces, Weight, inverse, traces};
use crate::posterior::Exact;
use crate::readings::Readings;
use crate::series::{Series, Spectrum};
use equipoise_schedule::{Level, Schedule, uniform_grid};
use ndarray::{Array1, Array2};
use rayon::prelude::*;
use serde::Serialize;
use std::f64::consts::PI;

/// x at t = 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// x_1 ~ N(0, I), as published.
    Normal,
    /// x_1 ~ N(0, μ²Σ + σ²I), the exact one.
    Prior,
}

/// The levels of a run, first to last, and its start.
#[derive(Clone, Debug)]
pub struct Course {
    pub(crate) levels: Vec<Level>,
    pub(crate) start: Start,
}

impl Course {
    /// A uniform grid of t from 1 to 0.
    ///
    /// # Errors
    /// [`WindowsError`]: no step, or a level whose σ/μ is not positive and finite.
    pub fn uniform(schedule: &dyn Schedule, steps: usize, start: Start) -> Result<Self> {
        let levels: Vec<Level> = uniform_grid(steps)?.into_iter().map(|t| schedule.level(t)).collect();
        levels.iter().try_for_each(|level| crate::cost::positive("σ/μ", level.ratio()))?;
        Ok(Self { levels, start })
    }

    /// σ/μ of every level at which guidance is asked for: all but the last.
    pub fn ratios(&self) -> Vec<f64> {
        self.levels[..self.levels.len() - 1].iter().map(Level::ratio).collect()
    }

    /// σ/μ of every level.
    pub(crate) fn all_ratios(&self) -> Vec<f64> {
        self.levels.iter().map(Level::ratio).collect()
    }
}

/// What became of a run: the law of x/μ at t = 0 against the exact posterior, in expectation over y.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// √(E_y W₂²/D), in the series' unit. W₂² of two Gaussians is Gelbrich's ‖a − m‖² + tr(P + C − 2(C^½PC^½)^½).
    pub wasserstein: f64,
    /// The mean continuous ranked probability score of the run's law of a number, truth drawn from the prior.
    pub crps: f64,
    /// The exact posterior's own.
    pub crps_exact: f64,
    /// ‖∏P̃‖, the amplification of the run in units of the prior's marginals.
    pub sigma_w: f64,
    /// √(E‖x‖²/tr Σ) at the end.
    pub field: f64,
    /// At how many levels a solve passed the bound ‖u‖ ≤ ‖r‖/s² for some r.
    pub unbounded: usize,
    /// Why the run has no end, where it has none.
    pub refused: Option<String>,
}

/// The outcome of the run under every guide, by one pass over its levels.
///
/// A step is u ← u + (ρ′ − ρ)((u − Gu)/ρ − ρGᵀAᵀW(y − AGu)) with u = x/μ: the predictor of SDA and DDIM with η = 0.
/// The noise left at t = 0 is part of what is compared. O((L·d)³) a series, guide and step.
///
/// # Errors
/// [`WindowsError`]; a guide that has no weight at some level is an outcome.
pub fn runs(
    series: &[Series],
    readings: &Readings,
    windows: Windows,
    course: &Course,
    guides: &[Guide],
) -> Result<Vec<Outcome>> {
    checked(series)?;
    readings.check(series)?;
    let ratios = course.all_ratios();
    let spectra: Vec<Spectrum> = series.par_iter().map(|one| windows.spectrum(one)).collect::<Result<_>>()?;
    let wanted = guides.iter().any(|guide| matches!(guide, Guide::Matched | Guide::Active));
    let traces = if wanted {
        traces(series, readings, windows, &spectra, &ratios)?
    } else {
        vec![Traces::default(); ratios.len()]
    };
    let of = |(index, one): (usize, &Series)| {
        let chain =
            Chain { series: one, readings, index, windows, spectrum: &spectra[index], traces: &traces };
        chain.run(course, guides)
    };
    let each: Vec<Vec<Ended>> = series.par_iter().enumerate().map(of).collect::<Result<_>>()?;
    Ok((0..guides.len()).map(|i| Ended::together(each.iter().map(|ended| &ended[i]))).collect())
}

/// One series on its way.
struct Chain<'a> {
    series: &'a Series,
    readings: &'a Readings,
    index: usize,
    windows: Windows,
    spectrum: &'a Spectrum,
    traces: &'a [Traces],
}

/// u = T u_1 + K y.
struct State {
    t: Array2<f64>,
    k: Array2<f64>,
    unbounded: Vec<bool>,
    refused: Option<String>,
}

impl Chain<'_> {
    fn run(&self, course: &Course, guides: &[Guide]) -> Result<Vec<Ended>> {
        let (len, frames, d) = (self.series.len(), self.series.frames(), self.series.dim());
        let a = self.readings.matrix(self.index, d, frames);
        let ratios = course.all_ratios();
        let state = |_: &Guide| State {
            t: Array2::eye(len),
            k: Array2::zeros((len, a.nrows())),
            unbounded: Vec::new(),
            refused: None,
        };
        let mut states: Vec<State> = guides.iter().map(state).collect();
        for (at, pair) in ratios.windows(2).enumerate() {
            let of_window = self.spectrum.gain(pair[0]);
            let gain = self.windows.compose(&of_window, frames, d)?;
            let seen = a.dot(&gain);
            for (guide, state) in guides.iter().zip(&mut states).filter(|(_, state)| state.refused.is_none())
            {
                match self.weight(guide, &a, &gain, &of_window, (at, pair[0]))? {
                    Ok((weight, past)) => state.step(&gain, &seen, &weight, past, [pair[0], pair[1]]),
                    Err(reason) => state.refused = Some(format!("σ/μ = {:.3}: {reason}", pair[0])),
                }
            }
        }
        let exact = Exact::new(self.series, &a, self.readings.std)?;
        states.iter().map(|state| self.end(course, &exact, state)).collect()
    }

    /// W at level number `at`, or why there is none.
    fn weight(
        &self,
        guide: &Guide,
        a: &Array2<f64>,
        gain: &Array2<f64>,
        of_window: &Array2<f64>,
        (at, ratio): (usize, f64),
    ) -> Result<std::result::Result<(Weight, bool), String>> {
        let std = self.readings.std;
        if !guide.is_affine() {
            return Ok(Err("a step that follows the state is not affine".into()));
        }
        if let Some(weight) = self.traces[at].scalar(guide, ratio, std) {
            return Ok(weight
                .map(|weight| (Weight::Scalar(weight), false))
                .map_err(|fault| fault.to_string()));
        }
        let inverted = if *guide == Guide::Positive {
            inverse(
                a,
                &self.windows.positive(of_window, self.series.frames(), self.series.dim())?,
                ratio,
                std,
            )
        } else {
            inverse(a, gain, ratio, std)
        };
        match inverted {
            Ok((weight, past)) => Ok(Ok((Weight::Matrix(weight), past))),
            Err(WindowsError::Linalg { what, .. }) => Ok(Err(format!("{what}: singular"))),
            Err(other) => Err(other),
        }
    }

    fn end(&self, course: &Course, exact: &Exact, state: &State) -> Result<Ended> {
        let weight = self.series.weight();
        let mut ended = Ended::none(weight, self.series, exact, state);
        let finite = state.t.iter().chain(&state.k).all(|x| x.is_finite());
        if state.refused.is_some() || !finite {
            return Ok(ended);
        }
        let (first, last) = (course.levels[0], course.levels[course.levels.len() - 1].ratio());
        let marginal = |ratio: f64| {
            let mut m = exact.prior.clone();
            m.diag_mut().mapv_inplace(|x| x + ratio * ratio);
            m
        };
        let start = match course.start {
            Start::Normal => Array2::eye(state.t.nrows()) / (first.mu * first.mu),
            Start::Prior => marginal(first.ratio()),
        };
        let covariance = state.t.dot(&start).dot(&state.t.t());
        let off = &state.k - &exact.gain;
        let bias = row_forms(&off, &exact.innovation);
        let mean = row_forms(&state.k, &exact.innovation);
        let (p, c) = (covariance.diag().to_owned(), exact.covariance.diag().to_owned());
        let root = function(&exact.values, &exact.vectors, |value| value.max(0.0).sqrt());
        let inside = symmetric_part(&root.dot(&covariance).dot(&root));
        let overlap: f64 =
            eigenvalues("eigenvalues of C^½PC^½", &inside)?.iter().map(|x| x.max(0.0).sqrt()).sum();
        ended.square = weight * (bias.sum() + (p.sum() + c.sum() - 2.0 * overlap).max(0.0));
        let crps = |i: usize| (2.0 * (p[i] + c[i] + bias[i]) / PI).sqrt() - (p[i].max(0.0) / PI).sqrt();
        ended.crps = weight * (0..p.len()).map(crps).sum::<f64>();
        ended.energy = weight * (p.sum() + mean.sum());
        let from = factor("marginal at the start", &marginal(first.ratio()))?;
        let to = factor("marginal at the end", &marginal(last))?;
        let whitened = forward("marginal at the end", &to, &state.t.dot(&from))?;
        ended.sigma_w = singular_values("amplification", &whitened)?[0];
        Ok(ended)
    }
}

impl State {
    fn step(
        &mut self,
        gain: &Array2<f64>,
        seen: &Array2<f64>,
        weight: &Weight,
        past: bool,
        [from, to]: [f64; 2],
    ) {
        let h = to - from;
        let pull = seen.t();
        let moved = |u: &Array2<f64>| {
            let guided = pull.dot(&weight.times(&seen.dot(u)));
            u + &((u - &gain.dot(u)) * (h / from)) + guided * (h * from)
        };
        self.t = moved(&self.t);
        let count = seen.nrows();
        self.k = moved(&self.k) - pull.dot(&weight.times(&Array2::eye(count))) * (h * from);
        self.unbounded.push(past);
    }
}

/// The diagonal of M S Mᵀ.
fn row_forms(m: &Array2<f64>, s: &Array2<f64>) -> Array1<f64> {
    let moved = m.dot(s);
    (0..m.nrows()).map(|i| m.row(i).dot(&moved.row(i))).collect()
}

/// One series at the end, by its weight.
struct Ended {
    numbers: f64,
    square: f64,
    crps: f64,
    crps_exact: f64,
    energy: f64,
    prior: f64,
    sigma_w: f64,
    unbounded: Vec<bool>,
    refused: Option<String>,
}

impl Ended {
    /// Of a run without an end.
    fn none(weight: f64, series: &Series, exact: &Exact, state: &State) -> Self {
        Self {
            numbers: weight * series.len() as f64,
            square: f64::INFINITY,
            crps: f64::INFINITY,
            crps_exact: weight
                * exact.covariance.diag().iter().map(|c| (c.max(0.0) / PI).sqrt()).sum::<f64>(),
            energy: f64::INFINITY,
            prior: weight * series.frames() as f64 * series.variance(),
            sigma_w: f64::INFINITY,
            unbounded: state.unbounded.clone(),
            refused: state.refused.clone(),
        }
    }

    fn together<'a>(each: impl Iterator<Item = &'a Self> + Clone) -> Outcome {
        let sum = |of: fn(&Self) -> f64| each.clone().map(of).sum::<f64>();
        let numbers = sum(|one| one.numbers);
        let levels = each.clone().map(|one| one.unbounded.len()).max().unwrap_or(0);
        let past = |level: usize| each.clone().any(|one| one.unbounded.get(level) == Some(&true));
        Outcome {
            wasserstein: (sum(|one| one.square) / numbers).sqrt(),
            crps: sum(|one| one.crps) / numbers,
            crps_exact: sum(|one| one.crps_exact) / numbers,
            sigma_w: each.clone().map(|one| one.sigma_w).fold(0.0, f64::max),
            field: (sum(|one| one.energy) / sum(|one| one.prior)).sqrt(),
            unbounded: (0..levels).filter(|level| past(*level)).count(),
            refused: each.clone().find_map(|one| one.refused.clone()),
        }
    }
}
