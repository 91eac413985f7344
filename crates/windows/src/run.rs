//! Whole runs of the predictor as affine chains: the law of x at the end, in closed form.

use crate::composite::Windows;
use crate::cost::checked;
use crate::error::{Result, WindowsError};
use crate::guide::{Guide, Traces, Weight, inverse, traces};
use crate::outcome::{Ended, Outcome};
use crate::posterior::Exact;
use crate::readings::Readings;
use crate::series::{Series, Spectrum};
use equipoise_schedule::{Level, Schedule, uniform_grid};
use ndarray::Array2;
use rayon::prelude::*;
use serde::Serialize;

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
    let spread = series.iter().any(|one| one.channels().is_some());
    let together = |i: usize| Ended::together(each.iter().map(|ended| &ended[i]), spread);
    Ok((0..guides.len()).map(together).collect())
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
pub(crate) struct State {
    pub(crate) t: Array2<f64>,
    pub(crate) k: Array2<f64>,
    pub(crate) unbounded: Vec<bool>,
    pub(crate) refused: Option<String>,
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
            let step = |(guide, state): (&Guide, &mut State)| -> Result<()> {
                if state.refused.is_none() {
                    match self.weight(guide, &a, &gain, &of_window, (at, pair[0]))? {
                        Ok((weight, past)) => state.step(&gain, &seen, &weight, past, [pair[0], pair[1]]),
                        Err(reason) => state.refused = Some(format!("σ/μ = {:.3}: {reason}", pair[0])),
                    }
                }
                Ok(())
            };
            guides.par_iter().zip(&mut states).try_for_each(step)?;
        }
        let exact = Exact::new(self.series, &a, self.readings.std)?;
        states.par_iter().map(|state| Ended::of(self.series, course, &exact, state)).collect()
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
