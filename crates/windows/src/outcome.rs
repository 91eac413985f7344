//! What became of a run: its law at the end against the exact posterior.

use crate::course::{Course, Start};
use crate::dense::{eigenvalues, factor, forward, function, singular_values, symmetric_part};
use crate::error::Result;
use crate::posterior::Exact;
use crate::series::Series;
use ndarray::{Array1, Array2};
use serde::Serialize;
use std::f64::consts::PI;

/// What became of a run: the law of x/μ at t = 0 against the exact posterior, in expectation over y.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// √(E_y W₂²/D), in the series' unit. W₂² of two Gaussians is Gelbrich's ‖a − m‖² + tr(P + C − 2(C^½PC^½)^½).
    pub wasserstein: f64,
    /// The mean continuous ranked probability score of the run's law of a number, truth drawn from the prior: of a
    /// value of the channel where the series are [`spread`](Series::spread), else of a number of a series.
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

/// Beyond this T and K have exploded: T·Tᵀ would overflow long before they do.
const EXPLODED: f64 = 1e140;

/// u = T u_1 + K y.
pub(crate) struct State {
    pub(crate) t: Array2<f64>,
    pub(crate) k: Array2<f64>,
    pub(crate) unbounded: Vec<bool>,
    pub(crate) refused: Option<String>,
}

/// One series at the end, by its weight.
pub(crate) struct Ended {
    numbers: f64,
    square: f64,
    /// What CRPS is of: numbers one by one, or those of a frame and channel as a sum, frame by frame.
    scored: Vec<Scored>,
    energy: f64,
    prior: f64,
    sigma_w: f64,
    unbounded: Vec<bool>,
    refused: Option<String>,
}

impl Ended {
    /// Of a series under a course.
    pub(crate) fn of(series: &Series, course: &Course, exact: &Exact, state: &State) -> Result<Self> {
        let weight = series.weight();
        let mut ended = Self::none(weight, series, exact, state);
        let bounded = state.t.iter().chain(&state.k).all(|x| x.abs() < EXPLODED);
        if state.refused.is_some() || !bounded {
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
        ended.scored = Scored::of(series, &p, &c, &bias);
        ended.energy = weight * (p.sum() + mean.sum());
        let from = factor("marginal at the start", &marginal(first.ratio()))?;
        let to = factor("marginal at the end", &marginal(last))?;
        let whitened = forward("marginal at the end", &to, &state.t.dot(&from))?;
        ended.sigma_w = singular_values("amplification", &whitened)?[0];
        Ok(ended)
    }

    /// Of a run without an end.
    fn none(weight: f64, series: &Series, exact: &Exact, state: &State) -> Self {
        Self {
            numbers: weight * series.len() as f64,
            square: f64::INFINITY,
            scored: {
                let c = exact.covariance.diag().to_owned();
                let none = Array1::from_elem(c.len(), f64::INFINITY);
                Scored::of(series, &none, &c, &none)
            },
            energy: f64::INFINITY,
            prior: weight * series.frames() as f64 * series.variance(),
            sigma_w: f64::INFINITY,
            unbounded: state.unbounded.clone(),
            refused: state.refused.clone(),
        }
    }

    /// Of all series.
    pub(crate) fn together<'a>(each: impl Iterator<Item = &'a Self> + Clone, spread: bool) -> Outcome {
        let sum = |of: fn(&Self) -> f64| each.clone().map(of).sum::<f64>();
        let numbers = sum(|one| one.numbers);
        let levels = each.clone().map(|one| one.unbounded.len()).max().unwrap_or(0);
        let past = |level: usize| each.clone().any(|one| one.unbounded.get(level) == Some(&true));
        let mut scored: Vec<Scored> = Vec::new();
        for one in each.clone().flat_map(|one| one.scored.iter().enumerate()) {
            match scored.get_mut(one.0).filter(|_| spread) {
                Some(sum) => sum.add(one.1),
                None => scored.push(*one.1),
            }
        }
        let mean =
            |of: fn(&Scored) -> f64| scored.iter().map(|one| one.count * of(one)).sum::<f64>() / numbers;
        Outcome {
            wasserstein: (sum(|one| one.square) / numbers).sqrt(),
            crps: mean(Scored::crps),
            crps_exact: mean(Scored::crps_exact),
            sigma_w: each.clone().map(|one| one.sigma_w).fold(0.0, f64::max),
            field: (sum(|one| one.energy) / sum(|one| one.prior)).sqrt(),
            unbounded: (0..levels).filter(|level| past(*level)).count(),
            refused: each.clone().find_map(|one| one.refused.clone()),
        }
    }
}

/// Variances of one number, or sums of those of all numbers that a value of a channel is made of.
#[derive(Clone, Copy)]
struct Scored {
    /// How many numbers, by weight.
    count: f64,
    /// Of the run.
    run: f64,
    /// Of the exact posterior.
    exact: f64,
    /// Of the run's mean about the exact one.
    bias: f64,
}

impl Scored {
    /// Of a series: all its numbers, or for each frame and channel one sum.
    fn of(series: &Series, run: &Array1<f64>, exact: &Array1<f64>, bias: &Array1<f64>) -> Vec<Self> {
        let (weight, dim) = (series.weight(), series.dim());
        let one = |i: usize| Self {
            count: weight,
            run: weight * run[i].max(0.0),
            exact: weight * exact[i].max(0.0),
            bias: weight * bias[i],
        };
        let Some(channels) = series.channels() else { return (0..run.len()).map(one).collect() };
        let mut out = vec![Self { count: 0.0, run: 0.0, exact: 0.0, bias: 0.0 }; series.frames() * channels];
        for i in 0..run.len() {
            out[i / dim * channels + i % dim % channels].add(&one(i));
        }
        out
    }

    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.run += other.run;
        self.exact += other.exact;
        self.bias += other.bias;
    }

    fn crps(&self) -> f64 {
        if !self.run.is_finite() {
            return f64::INFINITY;
        }
        ((2.0 * (self.run + self.exact + self.bias)).sqrt() - self.run.sqrt()) / (PI * self.count).sqrt()
    }

    fn crps_exact(&self) -> f64 {
        (self.exact / (PI * self.count)).sqrt()
    }
}

/// The diagonal of M S Mᵀ.
fn row_forms(m: &Array2<f64>, s: &Array2<f64>) -> Array1<f64> {
    let moved = m.dot(s);
    (0..m.nrows()).map(|i| m.row(i).dot(&moved.row(i))).collect()
}
