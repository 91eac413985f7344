//! Weighted sums of outer products, the Hermitian blocks of the lattice method.

use ndarray::Array2;
use num_complex::Complex;
use pulp::{Arch, Simd, WithSimd};

/// Numbers that every vector of a machine divides.
const LANES: usize = 8;
/// Rows of the sum that are kept in registers, a vector of each.
const ROWS: usize = 4;
/// Vectors that are added before the next rows: as many as the innermost cache holds.
const TOGETHER: usize = 32;

/// Σ_c w_c v_c v_cᴴ for the vectors of length `size` that lie one after the other.
///
/// Only the lower triangle is summed; terms are added in order, [`TOGETHER`] at a time.
pub(crate) fn weighted_outer_sum(
    size: usize,
    vectors: &[Complex<f64>],
    weights: &[f64],
) -> Array2<Complex<f64>> {
    let padded = size.next_multiple_of(LANES);
    let mut sum = Split::default();
    sum.clear(size.next_multiple_of(ROWS) * padded);
    let (mut part, mut weighted) = (Split::default(), Split::default());
    let arch = Arch::new();
    for (vectors, weights) in vectors.chunks(size * TOGETHER).zip(weights.chunks(TOGETHER)) {
        part.load(vectors, size, padded, |_| 1.0);
        weighted.load(vectors, size, padded, |c| weights[c]);
        arch.dispatch(AddOuter { size, padded, v: &part, weighted: &weighted, sum: &mut sum });
    }
    Array2::from_shape_fn((size, size), |(r, c)| {
        let at = r.max(c) * padded + r.min(c);
        Complex::new(sum.re[at], if r >= c { sum.im[at] } else { -sum.im[at] })
    })
}

/// Real and imaginary parts apart.
#[derive(Default)]
struct Split {
    re: Vec<f64>,
    im: Vec<f64>,
}

impl Split {
    fn clear(&mut self, len: usize) {
        for part in [&mut self.re, &mut self.im] {
            part.clear();
            part.resize(len, 0.0);
        }
    }

    /// Every vector times a number of its own; what is padded stays 0.
    fn load(&mut self, vectors: &[Complex<f64>], size: usize, padded: usize, by: impl Fn(usize) -> f64) {
        let len = vectors.len() / size * padded;
        if self.re.len() != len {
            self.clear(len);
        }
        let parts = self.re.chunks_mut(padded).zip(self.im.chunks_mut(padded));
        for (c, (vector, (re, im))) in vectors.chunks(size).zip(parts).enumerate() {
            let by = by(c);
            for ((z, re), im) in vector.iter().zip(re).zip(im) {
                (*re, *im) = (by * z.re, by * z.im);
            }
        }
    }
}

/// Adds weighted outer products to the lower triangle, in the machine's vectors.
struct AddOuter<'a> {
    size: usize,
    padded: usize,
    v: &'a Split,
    /// Every vector times its weight.
    weighted: &'a Split,
    sum: &'a mut Split,
}

impl WithSimd for AddOuter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { size, padded, v, weighted, sum } = self;
        for row in (0..size).step_by(ROWS) {
            for start in (0..size.min(row + ROWS)).step_by(S::F64_LANES) {
                let zero = simd.splat_f64s(0.0);
                let (mut re, mut im, mut less) = ([zero; ROWS], [zero; ROWS], [zero; ROWS]);
                let vectors = v.re.chunks_exact(padded).zip(v.im.chunks_exact(padded));
                let own = weighted.re.chunks_exact(padded).zip(weighted.im.chunks_exact(padded));
                for ((x, z), (own, other)) in vectors.zip(own) {
                    let (c, d) = (S::as_simd_f64s(&x[start..]).0[0], S::as_simd_f64s(&z[start..]).0[0]);
                    let (own, other) = (&own[row..row + ROWS], &other[row..row + ROWS]);
                    for i in 0..ROWS {
                        let (a, b) = (simd.splat_f64s(own[i]), simd.splat_f64s(other[i]));
                        re[i] = simd.mul_add_e_f64s(b, d, simd.mul_add_e_f64s(a, c, re[i]));
                        im[i] = simd.mul_add_e_f64s(b, c, im[i]);
                        less[i] = simd.mul_add_e_f64s(a, d, less[i]);
                    }
                }
                for i in 0..ROWS {
                    let at = (row + i) * padded + start;
                    let place = &mut S::as_mut_simd_f64s(&mut sum.re[at..]).0[0];
                    *place = simd.add_f64s(*place, re[i]);
                    let place = &mut S::as_mut_simd_f64s(&mut sum.im[at..]).0[0];
                    *place = simd.add_f64s(*place, simd.sub_f64s(im[i], less[i]));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_naive_sum() {
        for (size, count) in [(1, 1), (3, 7), (8, 8), (9, 130), (16, 65)] {
            let at = |i: usize| Complex::new((0.7 * i as f64).sin(), (1.3 * i as f64).cos());
            let vectors: Vec<_> = (0..size * count).map(at).collect();
            let weights: Vec<f64> = (0..count).map(|c| 1.0 / (1.0 + c as f64)).collect();
            let found = weighted_outer_sum(size, &vectors, &weights);
            for (r, c) in (0..size).flat_map(|r| (0..size).map(move |c| (r, c))) {
                let product = |k: usize| vectors[k * size + r] * vectors[k * size + c].conj();
                let naive: Complex<f64> = (0..count).map(|k| weights[k] * product(k)).sum();
                // `count` terms of size up to 4, each rounded a few times.
                let bound = 16.0 * f64::EPSILON * count as f64;
                assert!((found[[r, c]] - naive).norm() < bound, "{size} {count} ({r}, {c})");
            }
        }
    }
}
