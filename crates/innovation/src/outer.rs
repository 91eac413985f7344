//! Weighted sums of outer products, the Hermitian blocks of the lattice method.

use ndarray::Array2;
use num_complex::Complex;
use pulp::{Arch, Simd, WithSimd};

/// Entries of a row that one pass keeps together.
const LANES: usize = 8;
/// Vectors that one pass over the matrix adds.
const TOGETHER: usize = 4;

/// Σ_c w_c v_c v_cᴴ for the vectors of length `size` that lie one after the other.
///
/// Only the lower triangle is summed; terms are added in order, [`TOGETHER`] at a time.
pub(crate) fn weighted_outer_sum(
    size: usize,
    vectors: &[Complex<f64>],
    weights: &[f64],
) -> Array2<Complex<f64>> {
    let padded = size.div_ceil(LANES) * LANES;
    let mut sum = Split { re: vec![0.0; size * padded], im: vec![0.0; size * padded] };
    let mut parts = [const { Split { re: Vec::new(), im: Vec::new() } }; TOGETHER];
    let arch = Arch::new();
    for (vectors, weights) in vectors.chunks(size * TOGETHER).zip(weights.chunks(TOGETHER)) {
        let mut scales = [0.0; TOGETHER];
        scales[..weights.len()].copy_from_slice(weights);
        for (i, part) in parts.iter_mut().enumerate() {
            part.load(vectors.get(i * size..(i + 1) * size).unwrap_or_default(), padded);
        }
        arch.dispatch(AddOuter { size, padded, v: &parts, weights: &scales, sum: &mut sum });
    }
    Array2::from_shape_fn((size, size), |(r, c)| {
        let at = r.max(c) * padded + r.min(c);
        Complex::new(sum.re[at], if r >= c { sum.im[at] } else { -sum.im[at] })
    })
}

/// Real and imaginary parts apart.
struct Split {
    re: Vec<f64>,
    im: Vec<f64>,
}

impl Split {
    fn load(&mut self, vector: &[Complex<f64>], padded: usize) {
        self.re.clear();
        self.im.clear();
        self.re.extend(vector.iter().map(|z| z.re));
        self.im.extend(vector.iter().map(|z| z.im));
        self.re.resize(padded, 0.0);
        self.im.resize(padded, 0.0);
    }
}

/// a·b + c, in one rounding where the machine has it.
#[inline(always)]
fn fused<S: Simd>(a: f64, b: f64, c: f64) -> f64 {
    if S::IS_SCALAR { a * b + c } else { a.mul_add(b, c) }
}

/// Adds [`TOGETHER`] outer products to the lower triangle, compiled for the machine's vectors.
struct AddOuter<'a> {
    size: usize,
    padded: usize,
    v: &'a [Split; TOGETHER],
    weights: &'a [f64; TOGETHER],
    sum: &'a mut Split,
}

impl WithSimd for AddOuter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { size, padded, v, weights, sum } = self;
        for row in 0..size {
            for start in (0..=row).step_by(LANES) {
                let (mut re, mut im) = ([0.0; LANES], [0.0; LANES]);
                for i in 0..TOGETHER {
                    let (a, b) = (weights[i] * v[i].re[row], weights[i] * v[i].im[row]);
                    let (c, d) = (&v[i].re[start..start + LANES], &v[i].im[start..start + LANES]);
                    for l in 0..LANES {
                        re[l] = fused::<S>(b, d[l], fused::<S>(a, c[l], re[l]));
                        im[l] = fused::<S>(-a, d[l], fused::<S>(b, c[l], im[l]));
                    }
                }
                let at = row * padded + start;
                let out = (&mut sum.re[at..at + LANES], &mut sum.im[at..at + LANES]);
                for l in 0..LANES {
                    out.0[l] += re[l];
                    out.1[l] += im[l];
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
        for (size, count) in [(1, 1), (3, 7), (8, 8), (16, 65)] {
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
