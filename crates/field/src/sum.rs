//! Sums over fixed blocks, combined by a fixed pairwise tree, accumulated in `f64`.
//!
//! A sum is cut into blocks of [`BLOCK`] terms; each block is added in index order over
//! [`LANES`] interleaved accumulators, and the block sums are combined pairwise. The tree depends
//! on the length alone, so the bits are the same on any number of threads.

use crate::Real;
use pulp::Arch;
use rayon::prelude::*;
use std::ops::Range;

/// Terms in one block.
pub const BLOCK: usize = 4096;
/// Interleaved accumulators in one block.
pub const LANES: usize = 8;
/// Length from which the blocks are shared among threads.
pub const PARALLEL_FROM: usize = 1 << 18;

/// Σ `term(i)` for i in 0..len.
pub fn of(len: usize, term: impl Fn(usize) -> f64 + Sync) -> f64 {
    by_blocks(len, &|Range { start, end }| {
        let mut lanes = [0.0; LANES];
        let whole = start + (end - start) / LANES * LANES;
        for base in (start..whole).step_by(LANES) {
            for (lane, sum) in lanes.iter_mut().enumerate() {
                *sum += term(base + lane);
            }
        }
        for i in whole..end {
            lanes[i - whole] += term(i);
        }
        pairwise(&mut lanes)
    })
}

/// The sums of the blocks of 0..len, combined. It knows the terms by reference alone, so that the sharing
/// among threads is compiled once, not with every sum.
fn by_blocks(len: usize, block: &(dyn Fn(Range<usize>) -> f64 + Sync)) -> f64 {
    let blocks = len.div_ceil(BLOCK);
    let block = |b: usize| block(b * BLOCK..len.min((b + 1) * BLOCK));
    let mut partial: Vec<f64> = if len >= PARALLEL_FROM {
        (0..blocks).into_par_iter().map(block).collect()
    } else {
        (0..blocks).map(block).collect()
    };
    pairwise(&mut partial)
}

/// Σ `term(a_i, b_i)`, the bits of [`of`].
pub(crate) fn of_pairs<R: Real>(a: &[R], b: &[R], term: impl Fn(f64, f64) -> f64 + Sync) -> f64 {
    let arch = Arch::new();
    by_blocks(a.len(), &|at| {
        let (a, b, term) = (&a[at.clone()], &b[at], &term);
        arch.dispatch(
            #[inline(always)]
            move || block_of_pairs(a, b, term),
        )
    })
}

/// The terms of one block, compiled for the widest vectors of the processor.
#[inline(always)]
fn block_of_pairs<R: Real, F: Fn(f64, f64) -> f64>(a: &[R], b: &[R], term: F) -> f64 {
    let mut lanes = [0.0; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for l in 0..LANES {
            lanes[l] += term(a[l].wide(), b[l].wide());
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += term(a.wide(), b.wide());
    }
    pairwise(&mut lanes)
}

/// Adds neighbours until one number is left: the fixed tree over block sums. Destroys its input.
pub fn pairwise(values: &mut [f64]) -> f64 {
    let mut len = values.len();
    if len == 0 {
        return 0.0;
    }
    while len > 1 {
        for i in 0..len / 2 {
            values[i] = values[2 * i] + values[2 * i + 1];
        }
        if len % 2 == 1 {
            values[len / 2] = values[len - 1];
        }
        len = len.div_ceil(2);
    }
    values[0]
}

/// ⟨a, b⟩.
///
/// # Panics
/// If the lengths differ.
pub fn dot<R: Real>(a: &[R], b: &[R]) -> f64 {
    assert_eq!(a.len(), b.len(), "dot: lengths differ");
    R::dot(a, b)
}

/// ‖a‖².
pub fn squared_norm<R: Real>(a: &[R]) -> f64 {
    R::squares_about(a, 0.0)
}

/// ‖a‖.
pub fn norm<R: Real>(a: &[R]) -> f64 {
    squared_norm(a).sqrt()
}

/// ‖a − b‖².
///
/// # Panics
/// If the lengths differ.
pub fn squared_distance<R: Real>(a: &[R], b: &[R]) -> f64 {
    assert_eq!(a.len(), b.len(), "squared_distance: lengths differ");
    R::squared_distance(a, b)
}

/// The mean of a; NaN for an empty slice.
pub fn mean<R: Real>(a: &[R]) -> f64 {
    R::sum(a) / a.len() as f64
}

/// The population standard deviation of a; NaN for an empty slice.
pub fn std<R: Real>(a: &[R]) -> f64 {
    (R::squares_about(a, mean(a)) / a.len() as f64).sqrt()
}

/// (min, max) of the finite entries, and how many entries are not finite.
/// (+∞, −∞) when no entry is finite.
pub fn range<R: Real>(a: &[R]) -> (f64, f64, usize) {
    a.iter().fold((f64::INFINITY, f64::NEG_INFINITY, 0), |(low, high, bad), v| {
        let v = v.wide();
        if v.is_finite() { (low.min(v), high.max(v), bad) } else { (low, high, bad + 1) }
    })
}

/// max |a_i| over the finite entries (0 when there is none), and how many are not finite.
pub fn max_abs<R: Real>(a: &[R]) -> (f64, usize) {
    R::max_abs(a)
}

pub(crate) fn most_of<R: Real>(a: &[R]) -> (f64, usize) {
    let scan = |at: Range<usize>| {
        a[at].iter().fold((0.0f64, 0), |(high, bad), v| {
            let v = v.wide().abs();
            if v.is_finite() { (high.max(v), bad) } else { (high, bad + 1) }
        })
    };
    if a.len() >= PARALLEL_FROM { most(a.len(), &scan) } else { scan(0..a.len()) }
}

/// The greatest of the first numbers of all blocks of 0..len, and the sum of the second.
fn most(len: usize, block: &(dyn Fn(Range<usize>) -> (f64, usize) + Sync)) -> (f64, usize) {
    let of = |b: usize| block(b * BLOCK..len.min((b + 1) * BLOCK));
    let join = |a: (f64, usize), b: (f64, usize)| (a.0.max(b.0), a.1 + b.1);
    (0..len.div_ceil(BLOCK)).into_par_iter().map(of).reduce(|| (0.0, 0), join)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn integers_are_exact_at_every_length_near_a_block() {
        for len in [0, 1, 7, 8, 9, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5, PARALLEL_FROM + 1] {
            let expected = (len as f64) * (len as f64 - 1.0) / 2.0;
            assert_eq!(of(len, |i| i as f64).to_bits(), (expected.max(0.0)).to_bits(), "length {len}");
        }
    }

    #[test]
    fn bits_do_not_depend_on_threads() {
        let term = |i: usize| ((i as f64) * 0.7).sin() * 1e3f64.powi((i % 7) as i32);
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| of(PARALLEL_FROM + 12345, term)).to_bits()
        };
        assert_eq!(on(1), on(2));
        assert_eq!(on(1), on(5));
    }

    /// The law: vectors add in the order of the definition.
    #[test]
    fn products_have_the_bits_of_the_definition() {
        for len in [0, 1, 7, 8, 9, BLOCK - 1, BLOCK + 3, PARALLEL_FROM + 13] {
            let (a, b): (Vec<f32>, Vec<f32>) =
                (0..len).map(|i| ((i as f32 * 0.7).sin(), (i as f32 * 0.3).cos())).unzip();
            let defined = of(len, |i| f64::from(a[i]) * f64::from(b[i]));
            assert_eq!(dot(&a, &b).to_bits(), defined.to_bits(), "length {len}");
            let defined = of(len, |i| (f64::from(a[i]) - f64::from(b[i])).powi(2));
            assert_eq!(squared_distance(&a, &b).to_bits(), defined.to_bits(), "length {len}");
        }
    }

    #[test]
    fn squares_of_f32_do_not_overflow() {
        let huge = vec![1e30f32; 10];
        let expected = 1e30f64 * 10f64.sqrt();
        assert!((norm(&huge) / expected - 1.0).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn dot_agrees_with_the_naive_sum(v in prop::collection::vec(-1e3f64..1e3, 0..9000)) {
            let naive: f64 = v.iter().map(|x| x * x).sum();
            let bound = f64::EPSILON * v.len() as f64 * naive;
            prop_assert!((dot(&v, &v) - naive).abs() <= bound);
        }
    }
}
