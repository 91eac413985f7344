//! Whole runs of the predictor as affine chains: the law of x at the end, in closed form.

use crate::composite::Windows;
use crate::course::Course;
use crate::error::{Result, WindowsError};
use crate::guide::{Guide, Traces, Weight, total, traces};
use crate::outcome::{Ended, Outcome, State};
use crate::posterior::Exact;
use crate::read::{At, Read, checked};
use crate::readings::Readings;
use crate::series::Series;
use equipoise_field::each;
use ndarray::Array2;
use rayon::prelude::*;

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
    checked(series, readings)?;
    let ratios = course.all_ratios();
    let wanted = guides.iter().any(|guide| matches!(guide, Guide::Matched | Guide::Active));
    let traced = match wanted {
        true => Read::each(series, readings, windows, |read| traces(&read, &ratios))?,
        false => Vec::new(),
    };
    let traces = total(&traced, ratios.len());
    let each = Read::each(series, readings, windows, |read| run(&read, &traces, course, guides))?;
    let spread = series.iter().any(|one| one.channels().is_some());
    let together = |i: usize| Ended::together(each.iter().map(|ended| &ended[i]), spread);
    Ok((0..guides.len()).map(together).collect())
}

fn run(read: &Read<'_>, traces: &[Traces], course: &Course, guides: &[Guide]) -> Result<Vec<Ended>> {
    let len = read.series.len();
    let state = |_: &Guide| State {
        t: Array2::eye(len),
        k: Array2::zeros((len, read.a.nrows())),
        unbounded: Vec::new(),
        refused: None,
    };
    let mut states: Vec<State> = guides.iter().map(state).collect();
    for (traces, pair) in traces.iter().zip(course.all_ratios().windows(2)) {
        let at = read.at(pair[0])?;
        let step = |(guide, state): (&Guide, &mut State)| -> Result<()> {
            if state.refused.is_none() {
                match weight(read, guide, traces, &at)? {
                    Ok((weight, past)) => state.step(&at, &weight, past, pair[1]),
                    Err(reason) => state.refused = Some(format!("σ/μ = {:.3}: {reason}", pair[0])),
                }
            }
            Ok(())
        };
        guides.par_iter().zip(&mut states).try_for_each(step)?;
    }
    let exact = Exact::new(read.series, &read.a, read.std)?;
    let ended = |i: usize| Ended::of(read.series, course, &exact, &states[i]);
    each::made(states.len(), ended).into_iter().collect()
}

/// What a guidance weighs the residual with, or why there is none.
fn weight(
    read: &Read<'_>,
    guide: &Guide,
    traces: &Traces,
    at: &At,
) -> Result<std::result::Result<(Weight, bool), String>> {
    if !guide.is_affine() {
        return Ok(Err("a step that follows the state is not affine".into()));
    }
    let scalar = match traces.scalar(guide, at.ratio, read.std).transpose() {
        Ok(scalar) => scalar,
        Err(fault) => return Ok(Err(fault.to_string())),
    };
    match read.weight(guide, scalar, at) {
        Ok(found) => Ok(Ok(found)),
        Err(WindowsError::Linalg { what, .. }) => Ok(Err(format!("{what}: singular"))),
        Err(other) => Err(other),
    }
}

impl State {
    fn step(&mut self, at: &At, weight: &Weight, past: bool, to: f64) {
        let (gain, seen, from) = (&at.gain, &at.seen, at.ratio);
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
