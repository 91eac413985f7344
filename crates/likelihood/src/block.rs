//! The reduction of one block: residual, weighted residual and partial sums in one loop.

use crate::{Statistics, Variance};
use equipoise_field::Real;
use equipoise_field::sum::{BLOCK, LANES, pairwise};

/// The interleaved accumulators of one block.
#[derive(Clone, Copy, Default)]
struct Lanes {
    quadratic: [f64; LANES],
    squared_norm: [f64; LANES],
    max_abs: [f64; LANES],
    non_finite: [u64; LANES],
}

impl Lanes {
    /// Turns the prediction in `residual` into r = y − A x̂, stores p = w·r and adds its terms.
    #[inline(always)]
    fn add<R: Real>(&mut self, lane: usize, y: R, precision: f64, residual: &mut R, weighted: &mut R) {
        *residual = y - *residual;
        let r = residual.wide();
        let p = precision * r;
        *weighted = R::narrow(p);
        self.quadratic[lane] += r * p;
        self.squared_norm[lane] += r * r;
        self.max_abs[lane] = if r.abs() > self.max_abs[lane] { r.abs() } else { self.max_abs[lane] };
        self.non_finite[lane] += u64::from(!r.is_finite());
    }

    fn add_all<R: Real>(
        &mut self,
        y: &[R],
        precision: impl Fn(usize) -> f64,
        residual: &mut [R],
        weighted: &mut [R],
    ) {
        let whole = y.len() / LANES * LANES;
        let (y, y_tail) = y.split_at(whole);
        let (residual, residual_tail) = residual.split_at_mut(whole);
        let (weighted, weighted_tail) = weighted.split_at_mut(whole);
        let chunks = y.chunks_exact(LANES).zip(residual.chunks_exact_mut(LANES));
        for (k, ((y, r), p)) in chunks.zip(weighted.chunks_exact_mut(LANES)).enumerate() {
            for lane in 0..LANES {
                self.add(lane, y[lane], precision(k * LANES + lane), &mut r[lane], &mut p[lane]);
            }
        }
        for (lane, y) in y_tail.iter().enumerate() {
            let (r, p) = (&mut residual_tail[lane], &mut weighted_tail[lane]);
            self.add(lane, *y, precision(whole + lane), r, p);
        }
    }

    fn statistics(mut self, count: usize, log_variance: f64) -> Statistics {
        Statistics {
            count,
            quadratic: pairwise(&mut self.quadratic),
            log_variance,
            squared_norm: pairwise(&mut self.squared_norm),
            max_abs: self.max_abs.iter().fold(0.0, |a, b| a.max(*b)),
            non_finite: self.non_finite.iter().sum::<u64>() as usize,
        }
    }
}

/// Reduces the block of observations that starts at `start`. `residual` holds the prediction
/// before and r after; `y`, `residual` and `weighted` have the block's length, at most [`BLOCK`].
pub(crate) fn reduce<R: Real>(
    start: usize,
    y: &[R],
    variance: &Variance<'_, R>,
    residual: &mut [R],
    weighted: &mut [R],
) -> Statistics {
    let mut lanes = Lanes::default();
    let mut log_variance = 0.0;
    match *variance {
        Variance::Scalar(v) => {
            let precision = v.recip();
            lanes.add_all(y, |_| precision, residual, weighted);
        }
        Variance::PerChannel { values, plane } => {
            let precision = per_channel(start, y.len(), values, plane);
            lanes.add_all(y, |i| precision[i], residual, weighted);
        }
        Variance::PerObservation(values) => {
            let values = &values[start..start + y.len()];
            log_variance = log_sum(values);
            lanes.add_all(y, |i| values[i].wide().recip(), residual, weighted);
        }
    }
    lanes.statistics(y.len(), log_variance)
}

/// Σ log v of one block of positive normal numbers v = m·2^e, m ∈ [1, 2): each lane multiplies its
/// m (at most 512 of them, below 2^512), the exponents add up exactly, and only the eight products
/// need a logarithm.
fn log_sum<R: Real>(values: &[R]) -> f64 {
    const FRACTION: u64 = (1 << 52) - 1;
    const ONE: u64 = 1023 << 52;
    let mut products = [1.0; LANES];
    let mut exponents = [0i64; LANES];
    let mut add = |lane: usize, v: R| {
        let bits = v.wide().to_bits();
        products[lane] *= f64::from_bits(bits & FRACTION | ONE);
        exponents[lane] += (bits >> 52) as i64 - 1023;
    };
    let mut chunks = values.chunks_exact(LANES);
    for chunk in &mut chunks {
        for lane in 0..LANES {
            add(lane, chunk[lane]);
        }
    }
    chunks.remainder().iter().enumerate().for_each(|(lane, v)| add(lane, *v));
    let exponent: i64 = exponents.iter().sum();
    exponent as f64 * std::f64::consts::LN_2 + pairwise(&mut products.map(f64::ln))
}

/// 1/v of the observations `start .. start + len`, filled in runs of one channel.
fn per_channel(start: usize, len: usize, values: &[f64], plane: usize) -> [f64; BLOCK] {
    let mut precision = [0.0; BLOCK];
    let mut at = 0;
    while at < len {
        let i = start + at;
        let run = (plane - i % plane).min(len - at);
        precision[at..at + run].fill(values[i / plane % values.len()].recip());
        at += run;
    }
    precision
}

/// Combines the statistics of all blocks by the fixed tree.
pub(crate) fn combine(blocks: &[Statistics]) -> Statistics {
    let tree = |of: fn(&Statistics) -> f64| {
        let mut partial: Vec<f64> = blocks.iter().map(of).collect();
        pairwise(&mut partial)
    };
    Statistics {
        count: blocks.iter().map(|b| b.count).sum(),
        quadratic: tree(|b| b.quadratic),
        log_variance: tree(|b| b.log_variance),
        squared_norm: tree(|b| b.squared_norm),
        max_abs: blocks.iter().fold(0.0, |a, b| a.max(b.max_abs)),
        non_finite: blocks.iter().map(|b| b.non_finite).sum(),
    }
}
