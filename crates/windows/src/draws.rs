//! Runs with corrections, or under a law that follows the state: by draws, with their standard errors.

use crate::composite::Windows;
use crate::course::{Course, Start};
use crate::dense::function;
use crate::error::{Result, WindowsError};
use crate::guide::{Guide, Traces, total, traces};
use crate::posterior::Exact;
use crate::read::{Read, checked};
use crate::readings::Readings;
use crate::series::Series;
use equipoise_field::each;
use equipoise_scaling::{ScalingError, adaptive};
use equipoise_stream::Stream;
use ndarray::{Array1, Array2, Axis};
use serde::Serialize;

/// How runs are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// Independent truths, each with its readings and two runs from them, at least 2.
    pub replicates: usize,
    /// Corrector steps at every level.
    pub corrections: usize,
    /// τ of δ = τ/mean(ε_y²).
    pub tau: f64,
    /// The seed of every draw.
    pub seed: u64,
}

/// A mean over replicates and its standard error.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Its standard error.
    pub error: f64,
}

/// What drawn runs came to.
#[derive(Clone, Debug, Serialize)]
pub struct Drawn {
    /// E‖x − E[x given y]‖² over the trace of the exact posterior's covariance: 1 for exact draws.
    pub square: Estimate,
    /// The mean continuous ranked probability score, from the two runs of each truth.
    pub crps: Estimate,
    /// Replicates with a number that is not finite.
    pub diverged: usize,
    /// Why there are none, where there are none.
    pub refused: Option<String>,
}

/// One series: its matrices, and the runs of all replicates in columns, two for each.
struct Many<'a> {
    read: &'a Read<'a>,
    exact: Exact,
    truth: Array2<f64>,
    y: Array2<f64>,
    u: Array2<f64>,
    stream: Stream,
}

/// The outcome of drawn runs under one guide.
///
/// The corrector at t′ is x ← x − σ′(δ ε_y + √(2δ) z), δ = τ/mean(ε_y²) of each run over all its numbers, those of
/// a series by its weight.
///
/// # Errors
/// [`WindowsError`]: fewer than two replicates, a τ that is not positive, or what [`runs`](crate::runs) refuses.
pub fn draws(
    series: &[Series],
    readings: &Readings,
    windows: Windows,
    course: &Course,
    guide: &Guide,
    sampling: &Sampling,
) -> Result<Drawn> {
    checked(series, readings)?;
    crate::cost::positive("τ", sampling.tau)?;
    if sampling.replicates < 2 {
        let found = sampling.replicates as f64;
        return Err(WindowsError::Number { what: "replicates", found, expected: "at least 2" });
    }
    let ratios = course.all_ratios();
    let read = Read::each(series, readings, windows, |read| Ok((traces(&read, &ratios)?, read)))?;
    let (traced, reads): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    let traces = total(&traced, ratios.len());
    let begun = reads.iter().enumerate().map(|(index, read)| begin(read, course, index, sampling));
    let mut all = begun.collect::<Result<Vec<_>>>()?;
    match advance(&mut all, course, guide, &traces, sampling) {
        Ok(Ok(())) => Ok(judged(&all)),
        Ok(Err(fault)) => Ok(Drawn::refused(fault.to_string())),
        Err(WindowsError::Linalg { what, .. }) => Ok(Drawn::refused(what.into())),
        Err(other) => Err(other),
    }
}

/// From the first level to the last, unless a law has no variance at one.
fn advance(
    all: &mut [Many<'_>],
    course: &Course,
    guide: &Guide,
    traces: &[Traces],
    sampling: &Sampling,
) -> Result<std::result::Result<(), ScalingError>> {
    let ratios = course.all_ratios();
    let std = all.first().map_or(0.0, |one| one.read.std);
    for (at, pair) in ratios.windows(2).enumerate() {
        let scalar = |at: usize| traces[at].scalar(guide, ratios[at], std).transpose();
        let (now, then) = match scalar(at).and_then(|now| Ok((now, scalar(at + 1)?))) {
            Ok(weights) => weights,
            Err(fault) => return Ok(Err(fault)),
        };
        let noise = noises(all, guide, now, pair[0])?;
        all.iter_mut().zip(&noise).for_each(|(one, noise)| one.u.scaled_add(pair[1] - pair[0], noise));
        for round in 0..sampling.corrections {
            let noise = noises(all, guide, then, pair[1])?;
            let draw = 1 + (at * sampling.corrections + round) as u64;
            correct(all, &noise, pair[1], sampling.tau, draw);
        }
    }
    Ok(Ok(()))
}

fn begin<'a>(read: &'a Read<'a>, course: &Course, index: usize, sampling: &Sampling) -> Result<Many<'a>> {
    let (series, a) = (read.series, &read.a);
    let (len, runs) = (series.len(), 2 * sampling.replicates);
    let exact = Exact::new(series, a, read.std)?;
    let stream = Stream::new("windows").number(sampling.seed).number(index as u64);
    let whole = series.spectrum(series.frames())?;
    let root = |add: f64| function(&whole.values, &whole.vectors, |value| (value + add).sqrt());
    let truth = root(0.0).dot(&normal(stream.text("truth"), 0, len, sampling.replicates));
    let noise = normal(stream.text("noise"), 0, a.nrows(), sampling.replicates);
    let y = a.dot(&truth) + noise * read.std;
    let z = normal(stream.text("start"), 0, len, runs);
    let first = course.levels[0];
    let u = match course.start {
        Start::Normal => z / first.mu,
        Start::Prior => root(first.ratio().powi(2)).dot(&z),
    };
    Ok(Many { read, exact, truth, y, u, stream })
}

/// Rows × columns of standard normal deviates, column by column.
fn normal(stream: Stream, draw: u64, rows: usize, columns: usize) -> Array2<f64> {
    let mut out = Array2::zeros((rows, columns));
    for (column, mut to) in out.columns_mut().into_iter().enumerate() {
        to.assign(&Array1::from(stream.number(column as u64).normal::<f64>(draw, rows)));
    }
    out
}

/// ε_y of every series and run.
fn noises(all: &[Many<'_>], guide: &Guide, scalar: Option<f64>, ratio: f64) -> Result<Vec<Array2<f64>>> {
    let of = |i: usize| -> Result<[Array2<f64>; 2]> {
        let one = &all[i];
        let at = one.read.at(ratio)?;
        let (weight, _) = one.read.weight(guide, scalar, &at)?;
        let (gain, seen) = (&at.gain, &at.seen);
        let mut residual = -seen.dot(&one.u);
        for (run, mut r) in residual.columns_mut().into_iter().enumerate() {
            r += &one.y.column(run / 2);
        }
        let own = (&one.u - &gain.dot(&one.u)) / ratio;
        Ok([own, seen.t().dot(&weight.times(&residual)) * ratio])
    };
    let parts: Vec<[Array2<f64>; 2]> = each::made(all.len(), of).into_iter().collect::<Result<_>>()?;
    let factors = match guide {
        Guide::Adaptive { .. } => {
            let norms = [0, 1].map(|i| norms(all, parts.iter().map(|part| &part[i])));
            norms[0]
                .iter()
                .zip(&norms[1])
                .map(|(e, g)| adaptive::factor(adaptive::XI, e.sqrt(), g.sqrt()))
                .collect()
        }
        _ => Array1::ones(all.first().map_or(0, |one| one.u.ncols())),
    };
    Ok(parts.into_iter().map(|[own, guidance]| own - guidance * &factors).collect())
}

/// Σ over series of weight·‖column‖², for every run.
fn norms<'a>(all: &[Many<'_>], of: impl Iterator<Item = &'a Array2<f64>>) -> Array1<f64> {
    let runs = all.first().map_or(0, |one| one.u.ncols());
    let add = |sum: Array1<f64>, (one, m): (&Many<'_>, &Array2<f64>)| {
        sum + m.mapv(|x| x * x).sum_axis(Axis(0)) * one.read.series.weight()
    };
    all.iter().zip(of).fold(Array1::zeros(runs), add)
}

fn correct(all: &mut [Many<'_>], noise: &[Array2<f64>], ratio: f64, tau: f64, draw: u64) {
    let numbers: f64 = all.iter().map(|one| one.read.series.weight() * one.read.series.len() as f64).sum();
    let delta = norms(all, noise.iter()).mapv(|square| tau * numbers / square);
    for (one, noise) in all.iter_mut().zip(noise) {
        let z = normal(one.stream.text("corrector"), draw, one.u.nrows(), one.u.ncols());
        one.u -= &((noise * &delta + z * &delta.mapv(|delta| (2.0 * delta).sqrt())) * ratio);
    }
}

fn judged(all: &[Many<'_>]) -> Drawn {
    let replicates = all.first().map_or(0, |one| one.truth.ncols());
    let sum =
        |of: &dyn Fn(&Many<'_>) -> f64| all.iter().map(|one| one.read.series.weight() * of(one)).sum::<f64>();
    let numbers = sum(&|one| one.read.series.len() as f64);
    let least = sum(&|one| one.exact.covariance.diag().sum());
    let (mut squares, mut scores) = (Vec::new(), Vec::new());
    for i in 0..replicates {
        let square = |one: &Many<'_>| {
            let mean = one.exact.gain.dot(&one.y.column(i));
            let run = |run: usize| (&one.u.column(run) - &mean).mapv(|x| x * x).sum();
            0.5 * (run(2 * i) + run(2 * i + 1))
        };
        let score = |one: &Many<'_>| {
            let (a, b, t) = (one.u.column(2 * i), one.u.column(2 * i + 1), one.truth.column(i));
            let each = |j: usize| 0.5 * ((a[j] - t[j]).abs() + (b[j] - t[j]).abs() - (a[j] - b[j]).abs());
            (0..t.len()).map(each).sum::<f64>()
        };
        squares.push(sum(&square) / least);
        scores.push(sum(&score) / numbers);
    }
    let diverged = squares.iter().filter(|x| !x.is_finite()).count();
    Drawn { square: Estimate::of(&squares), crps: Estimate::of(&scores), diverged, refused: None }
}

impl Estimate {
    fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Self { mean, error: (variance / n).sqrt() }
    }
}

impl Drawn {
    fn refused(reason: String) -> Self {
        let none = Estimate { mean: f64::NAN, error: f64::NAN };
        Self { square: none, crps: none, diverged: 0, refused: Some(reason) }
    }
}
