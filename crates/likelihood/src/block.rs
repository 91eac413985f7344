//! The reduction of one block: residual, weighted residual and partial sums in one loop.

use crate::{Statistics, Variance};
use equipoise_field::Real;
use equipoise_field::sum::{BLOCK, LANES, pairwise};
use pulp::{Arch, Simd, WithSimd};

/// The interleaved accumulators of one block.
#[derive(Clone, Copy, Default)]
struct Lanes {
    quadratic: [f64; LANES],
    squared_norm: [f64; LANES],
    max_abs: [f64; LANES],
    non_finite: [u64; LANES],
}

impl Lanes {
    /// Turns the prediction in `residual` into r = y − A x̂, stores p = w·r and adds its terms. One loop
    /// over the lanes for each quantity, which is what compilers turn into vectors.
    #[inline(always)]
    fn add<R: Real>(
        &mut self,
        y: &[R; LANES],
        precision: [f64; LANES],
        residual: &mut [R; LANES],
        weighted: &mut [R; LANES],
    ) {
        const EXPONENT: u64 = 0x7ff << 52;
        let (mut r, mut p) = ([0.0; LANES], [0.0; LANES]);
        for lane in 0..LANES {
            residual[lane] = y[lane] - residual[lane];
            r[lane] = residual[lane].wide();
        }
        for lane in 0..LANES {
            p[lane] = precision[lane] * r[lane];
            weighted[lane] = R::narrow(p[lane]);
        }
        for lane in 0..LANES {
            self.quadratic[lane] += r[lane] * p[lane];
        }
        for lane in 0..LANES {
            self.squared_norm[lane] += r[lane] * r[lane];
        }
        for lane in 0..LANES {
            let size = r[lane].abs();
            self.max_abs[lane] = if size > self.max_abs[lane] { size } else { self.max_abs[lane] };
        }
        for lane in 0..LANES {
            self.non_finite[lane] += u64::from(r[lane].to_bits() & EXPONENT == EXPONENT);
        }
    }

    /// The observations after the last whole group, fewer than [`LANES`].
    #[inline(always)]
    fn add_tail<R: Real>(
        &mut self,
        y: &[R],
        precision: impl Fn(usize) -> f64,
        residual: &mut [R],
        weighted: &mut [R],
    ) {
        for (lane, y) in y.iter().enumerate() {
            residual[lane] = *y - residual[lane];
            let r = residual[lane].wide();
            let p = precision(lane) * r;
            weighted[lane] = R::narrow(p);
            self.quadratic[lane] += r * p;
            self.squared_norm[lane] += r * r;
            self.max_abs[lane] = if r.abs() > self.max_abs[lane] { r.abs() } else { self.max_abs[lane] };
            self.non_finite[lane] += u64::from(!r.is_finite());
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

/// The loop over one block, compiled for the widest vectors of the processor: lanes keep their order, so
/// every width gives the same bits.
struct Pass<'a, R, P> {
    lanes: Lanes,
    y: &'a [R],
    precision: P,
    residual: &'a mut [R],
    weighted: &'a mut [R],
}

impl<R: Real, P: Fn(usize) -> f64> WithSimd for Pass<'_, R, P> {
    type Output = Lanes;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Lanes {
        let Self { mut lanes, y, precision, residual, weighted } = self;
        let whole = y.len() / LANES * LANES;
        let (y, y_tail) = y.as_chunks::<LANES>();
        let (residual, residual_tail) = residual.as_chunks_mut::<LANES>();
        let (weighted, weighted_tail) = weighted.as_chunks_mut::<LANES>();
        for (k, ((y, r), p)) in y.iter().zip(residual).zip(weighted).enumerate() {
            let w = std::array::from_fn(|lane| precision(k * LANES + lane));
            lanes.add(y, w, r, p);
        }
        lanes.add_tail(y_tail, |lane| precision(whole + lane), residual_tail, weighted_tail);
        lanes
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
    let (lanes, arch) = (Lanes::default(), Arch::new());
    let mut log_variance = 0.0;
    let lanes = match *variance {
        Variance::Scalar(v) => {
            let precision = v.recip();
            arch.dispatch(Pass { lanes, y, precision: |_| precision, residual, weighted })
        }
        Variance::PerChannel { values, plane } => {
            let precision = per_channel(start, y.len(), values, plane);
            arch.dispatch(Pass { lanes, y, precision: |i: usize| precision[i], residual, weighted })
        }
        Variance::PerObservation(values) => {
            let values = &values[start..start + y.len()];
            log_variance = log_sum(values);
            let precision = |i: usize| values[i].wide().recip();
            arch.dispatch(Pass { lanes, y, precision, residual, weighted })
        }
    };
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
