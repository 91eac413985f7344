//! The reduction of one block: residual, weighted residual and partial sums in one loop.

use crate::{Statistics, Variance};
use equipoise_field::Real;
use equipoise_field::sum::{BLOCK, LANES, pairwise};
use pulp::{Arch, Simd, WithSimd};

/// The interleaved accumulators of one block.
#[derive(Clone, Copy)]
struct Lanes<R> {
    quadratic: [f64; LANES],
    squared_norm: [f64; LANES],
    max_abs: [R; LANES],
}

impl<R: Real> Lanes<R> {
    /// Adds what follows.
    fn add(&mut self, next: &Self) {
        for l in 0..LANES {
            self.quadratic[l] += next.quadratic[l];
            self.squared_norm[l] += next.squared_norm[l];
            self.max_abs[l] = self.max_abs[l].max(next.max_abs[l]);
        }
    }

    fn statistics(mut self, count: usize, log_variance: f64) -> Statistics {
        Statistics {
            count,
            quadratic: pairwise(&mut self.quadratic),
            log_variance,
            squared_norm: pairwise(&mut self.squared_norm),
            max_abs: self.max_abs.iter().fold(0.0, |a, b| a.max(b.wide())),
            non_finite: 0,
        }
    }
}

/// The loop over whole groups of observations, compiled for the widest vectors of the processor: lanes
/// keep their order, so every width gives the same bits.
struct Pass<'a, R, P> {
    y: &'a [[R; LANES]],
    prediction: &'a [[R; LANES]],
    /// 1/v of a group.
    precision: P,
    weighted: &'a mut [[R; LANES]],
}

impl<R: Real, P: Fn(usize) -> [f64; LANES]> WithSimd for Pass<'_, R, P> {
    type Output = Lanes<R>;

    /// Terms of r = y − x; stores p = r/v. A loop over the lanes and an accumulator for each quantity, and
    /// nothing after the loop, is what compilers turn into full vectors.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Lanes<R> {
        let Self { y, prediction, precision, weighted } = self;
        let (mut quadratic, mut squared_norm) = ([0.0; LANES], [0.0; LANES]);
        let mut max_abs = [R::zero(); LANES];
        for (group, ((y, x), weighted)) in y.iter().zip(prediction).zip(weighted).enumerate() {
            let w = precision(group);
            let (mut size, mut r, mut p) = ([R::zero(); LANES], [0.0; LANES], [0.0; LANES]);
            for l in 0..LANES {
                let residual = y[l] - x[l];
                size[l] = residual.abs();
                r[l] = residual.wide();
            }
            for l in 0..LANES {
                p[l] = w[l] * r[l];
                weighted[l] = R::narrow(p[l]);
            }
            for l in 0..LANES {
                quadratic[l] += r[l] * p[l];
            }
            for l in 0..LANES {
                squared_norm[l] += r[l] * r[l];
            }
            for l in 0..LANES {
                max_abs[l] = if size[l] > max_abs[l] { size[l] } else { max_abs[l] };
            }
        }
        Lanes { quadratic, squared_norm, max_abs }
    }
}

/// The lanes of one block.
fn pass<R: Real>(
    y: &[R],
    prediction: &[R],
    precision: impl Fn(usize) -> [f64; LANES],
    weighted: &mut [R],
) -> Lanes<R> {
    let arch = Arch::new();
    let (y, y_rest) = y.as_chunks();
    let (prediction, x_rest) = prediction.as_chunks();
    let (weighted, rest) = weighted.as_chunks_mut();
    let mut lanes = arch.dispatch(Pass { y, prediction, precision: &precision, weighted });
    if !rest.is_empty() {
        // Zeros behind the last observations add +0 to sums that are never −0.
        let padded = |rest: &[R]| [std::array::from_fn(|i| rest.get(i).copied().unwrap_or(R::zero()))];
        let (last, mut group) = (precision(y.len()), [[R::zero(); LANES]]);
        let (y, prediction) = (&padded(y_rest), &padded(x_rest));
        lanes.add(&arch.dispatch(Pass { y, prediction, precision: |_| last, weighted: &mut group }));
        rest.copy_from_slice(&group[0][..rest.len()]);
    }
    lanes
}

/// Reduces the block of observations that starts at `start`. All slices have the block's length, at most
/// [`BLOCK`].
pub(crate) fn reduce<R: Real>(
    start: usize,
    y: &[R],
    prediction: &[R],
    variance: &Variance<'_, R>,
    residual: Option<&mut [R]>,
    weighted: &mut [R],
) -> Statistics {
    let mut log_variance = 0.0;
    let mut by_table = |table: &[f64; BLOCK]| {
        pass(y, prediction, |group| table.as_chunks::<LANES>().0[group], &mut *weighted)
    };
    let lanes = match *variance {
        Variance::PerChannel { values, plane } => by_table(&per_channel(start, y.len(), values, plane)),
        Variance::PerObservation(values) => {
            let values = &values[start..start + y.len()];
            log_variance = log_sum(values);
            let mut table = [1.0; BLOCK];
            table.iter_mut().zip(values).for_each(|(p, v)| *p = v.wide().recip());
            by_table(&table)
        }
        Variance::Scalar(v) => {
            let precision = [v.recip(); LANES];
            pass(y, prediction, |_| precision, weighted)
        }
    };
    let residuals = || y.iter().zip(prediction).map(|(y, x)| *y - *x);
    if let Some(out) = residual {
        out.iter_mut().zip(residuals()).for_each(|(out, r)| *out = r);
    }
    let mut found = lanes.statistics(y.len(), log_variance);
    // The squares of finite numbers may overflow, but what is not finite has no finite square.
    if !found.squared_norm.is_finite() {
        found.non_finite = residuals().filter(|r| !r.is_finite()).count();
    }
    found
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

/// 1/v of the observations `start .. start + len`, filled in runs of one channel; 0 behind them.
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

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::Scalar;

    /// Sums and r/v, as bits.
    type Found = ([u64; LANES], [u64; LANES], [u32; LANES], Vec<u32>);

    /// A pass over 40 groups on one instruction set.
    fn on(vectorised: impl FnOnce(Pass<'_, f32, &dyn Fn(usize) -> [f64; LANES]>) -> Lanes<f32>) -> Found {
        let wave = |step: f32| -> Vec<[f32; LANES]> {
            (0..40).map(|g| std::array::from_fn(|l| (step * (g * LANES + l) as f32).sin())).collect()
        };
        let (y, prediction, mut weighted) = (wave(0.7), wave(1.3), wave(0.0));
        let precision = |group: usize| std::array::from_fn(|l| 1.0 / (1.0 + (group + l) as f64));
        let pass =
            Pass { y: &y, prediction: &prediction, precision: &precision as _, weighted: &mut weighted };
        let lanes = vectorised(pass);
        let weighted = weighted.as_flattened().iter().map(|p| p.to_bits()).collect();
        (
            lanes.quadratic.map(f64::to_bits),
            lanes.squared_norm.map(f64::to_bits),
            lanes.max_abs.map(f32::to_bits),
            weighted,
        )
    }

    /// One number at a time is the oracle of every vector that this processor has.
    #[test]
    fn vectors_of_every_width_give_the_same_bits() {
        let expected = on(|pass| Scalar::new().vectorize(pass));
        assert_eq!(on(|pass| Arch::new().dispatch(pass)), expected);
        #[cfg(target_arch = "x86_64")]
        {
            use pulp::x86::{V3, V4};
            if let Some(v3) = V3::try_new() {
                assert_eq!(on(|pass| Simd::vectorize(v3, pass)), expected);
            }
            if let Some(v4) = V4::try_new() {
                assert_eq!(on(|pass| Simd::vectorize(v4, pass)), expected);
            }
        }
    }
}
