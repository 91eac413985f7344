//! Sums over one sample in `f64`, compiled for the machine's vectors.

use equipoise_field::{Real, sum};
use pulp::{Simd, WithSimd};

/// Interleaved accumulators: the order of every sum depends on the length alone.
const LANES: usize = 16;
/// Terms that are made before they are added.
const RUN: usize = 256;

/// Σ term(a_i, b_i, c_i).
#[inline(always)]
fn lanes<A: Copy, B: Copy, C: Copy>(a: &[A], b: &[B], c: &[C], term: impl Fn(A, B, C) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    for ((a, b), c) in a.chunks(RUN).zip(b.chunks(RUN)).zip(c.chunks(RUN)) {
        let mut terms = [0.0; RUN];
        for (((t, &a), &b), &c) in terms.iter_mut().zip(a).zip(b).zip(c) {
            *t = term(a, b, c);
        }
        for terms in terms.as_chunks::<LANES>().0 {
            for l in 0..LANES {
                lanes[l] += terms[l];
            }
        }
    }
    sum::pairwise(&mut lanes)
}

/// ‖x_t − μx‖².
pub(crate) struct SquaredDistance<'a, R> {
    pub(crate) x_t: &'a [R],
    pub(crate) mu: f64,
    pub(crate) x: &'a [R],
}

impl<R: Real> WithSimd for SquaredDistance<'_, R> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        let Self { x_t, mu, x } = self;
        lanes(x_t, x, x, |a, b, _| {
            let d = a.wide() - mu * b.wide();
            d * d
        })
    }
}

/// out += w·x.
pub(crate) struct AddScaled<'a, R> {
    pub(crate) out: &'a mut [f64],
    pub(crate) w: f64,
    pub(crate) x: &'a [R],
}

impl<R: Real> WithSimd for AddScaled<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.out.iter_mut().zip(self.x).for_each(|(o, x)| *o += self.w * x.wide());
    }
}

/// out += w⟨x − mean, v⟩(x − mean).
pub(crate) struct AddProduct<'a, R> {
    pub(crate) out: &'a mut [f64],
    pub(crate) w: f64,
    pub(crate) x: &'a [R],
    pub(crate) mean: &'a [f64],
    pub(crate) v: &'a [R],
}

impl<R: Real> WithSimd for AddProduct<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { out, w, x, mean, v } = self;
        let along = w * lanes(x, mean, v, |x, m, v| (x.wide() - m) * v.wide());
        for ((o, x), m) in out.iter_mut().zip(x).zip(mean) {
            *o += along * (x.wide() - m);
        }
    }
}

/// into_i += from_i.
pub(crate) fn add(into: &mut [f64], from: &[f64]) {
    into.iter_mut().zip(from).for_each(|(a, b)| *a += b);
}
