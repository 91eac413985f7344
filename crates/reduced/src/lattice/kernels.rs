//! The products of a block, compiled for the machine's vectors.

use super::block::{AliasBlock, Gains, LANES, Split};
use crate::dynamics::Norms;
use num_complex::Complex;
use pulp::{Simd, WithSimd};

/// ⟨a, b⟩ in lanes.
#[inline(always)]
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    for (a, b) in a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0) {
        for l in 0..LANES {
            lanes[l] += a[l] * b[l];
        }
    }
    lanes.iter().sum()
}

/// seen = V (j ∘ c), with j ∘ c left in `held`.
pub(super) struct See<'a> {
    pub(super) block: &'a AliasBlock,
    pub(super) gains: &'a Gains,
    pub(super) state: &'a Split,
    pub(super) held: &'a mut Split,
    pub(super) seen: &'a mut [Complex<f64>],
}

impl WithSimd for See<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let len = self.block.lambda.len();
        let j = &self.gains.jacobian[..len];
        let (x, z) = (&self.state.re[..len], &self.state.im[..len]);
        let (held_re, held_im) = (&mut self.held.re[..len], &mut self.held.im[..len]);
        for n in 0..len {
            held_re[n] = j[n] * x[n];
            held_im[n] = j[n] * z[n];
        }
        let (x, z) = (&self.held.re[..len], &self.held.im[..len]);
        for (p, seen) in self.seen.iter_mut().enumerate() {
            let at = p * len..(p + 1) * len;
            *seen = row_product(&self.block.re[at.clone()], &self.block.im[at], x, z);
        }
    }
}

/// Σ (a + ib)(x + iz).
#[inline(always)]
fn row_product(a: &[f64], b: &[f64], x: &[f64], z: &[f64]) -> Complex<f64> {
    let (mut re, mut im) = ([0.0; LANES], [0.0; LANES]);
    let (mut less, mut more) = ([0.0; LANES], [0.0; LANES]);
    let rows = a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0);
    for ((a, b), (x, z)) in rows.zip(x.as_chunks::<LANES>().0.iter().zip(z.as_chunks::<LANES>().0)) {
        for l in 0..LANES {
            re[l] += a[l] * x[l];
            less[l] += b[l] * z[l];
            im[l] += a[l] * z[l];
            more[l] += b[l] * x[l];
        }
    }
    let sum = |lanes: [f64; LANES]| lanes.iter().sum::<f64>();
    Complex::new(sum(re) - sum(less), sum(im) + sum(more))
}

/// pull = σ j ∘ (Vᴴ seen), and the norms.
pub(super) struct Unsee<'a> {
    pub(super) block: &'a AliasBlock,
    pub(super) gains: &'a Gains,
    pub(super) state: &'a Split,
    pub(super) seen: &'a [Complex<f64>],
    pub(super) pull: &'a mut Split,
}

impl WithSimd for Unsee<'_> {
    type Output = Norms;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Norms {
        let len = self.block.lambda.len();
        let Split { re, im } = self.pull;
        let (re, im) = (&mut re[..len], &mut im[..len]);
        re.fill(0.0);
        im.fill(0.0);
        for (pair, y) in self.seen.chunks(2).enumerate() {
            let row = |p: usize| &self.block.re[p * len..(p + 1) * len];
            let column = |p: usize| &self.block.im[p * len..(p + 1) * len];
            let p = 2 * pair;
            match y {
                [y, w] => {
                    let (a, b, c, d) = (row(p), column(p), row(p + 1), column(p + 1));
                    for n in 0..len {
                        re[n] += (a[n] * y.re + b[n] * y.im) + (c[n] * w.re + d[n] * w.im);
                        im[n] += (a[n] * y.im - b[n] * y.re) + (c[n] * w.im - d[n] * w.re);
                    }
                }
                [y] => {
                    let (a, b) = (row(p), column(p));
                    for n in 0..len {
                        re[n] += a[n] * y.re + b[n] * y.im;
                        im[n] += a[n] * y.im - b[n] * y.re;
                    }
                }
                _ => unreachable!("chunks of two hold one or two"),
            }
        }
        let (mut prior, mut pull, mut product) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let (jacobian, keep) = (&self.gains.jacobian[..len], &self.gains.prior[..len]);
        let (x, z) = (&self.state.re[..len], &self.state.im[..len]);
        for first in (0..len).step_by(LANES) {
            let at = first..first + LANES;
            let (g, h) = (&mut re[at.clone()], &mut im[at.clone()]);
            let (j, keep, x, z) = (&jacobian[at.clone()], &keep[at.clone()], &x[at.clone()], &z[at]);
            for l in 0..LANES {
                let scale = self.gains.sigma * j[l];
                (g[l], h[l]) = (scale * g[l], scale * h[l]);
                let (x, z) = (keep[l] * x[l], keep[l] * z[l]);
                prior[l] += x * x + z * z;
                pull[l] += g[l] * g[l] + h[l] * h[l];
                product[l] += x * g[l] + z * h[l];
            }
        }
        let times = |lanes: [f64; LANES]| self.block.multiplicity * lanes.iter().sum::<f64>();
        Norms { prior: times(prior), pull: times(pull), product: times(product) }
    }
}

/// The lower triangle of V diag(v) Vᴴ.
pub(super) struct Outer<'a> {
    pub(super) block: &'a AliasBlock,
    pub(super) v: &'a [f64],
    pub(super) weighed: &'a mut Split,
    pub(super) lower: &'a mut [Complex<f64>],
}

impl WithSimd for Outer<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (len, planes) = (self.block.lambda.len(), self.block.planes);
        for r in 0..planes {
            let at = r * len..(r + 1) * len;
            let (a, b) = (&self.block.re[at.clone()], &self.block.im[at]);
            for n in 0..len {
                self.weighed.re[n] = self.v[n] * a[n];
                self.weighed.im[n] = self.v[n] * b[n];
            }
            let (a, b) = (&self.weighed.re, &self.weighed.im);
            for c in 0..=r {
                let at = c * len..(c + 1) * len;
                let (x, z) = (&self.block.re[at.clone()], &self.block.im[at]);
                self.lower[r * planes + c] = Complex::new(dot(a, x) + dot(b, z), dot(b, x) - dot(a, z));
            }
        }
    }
}
