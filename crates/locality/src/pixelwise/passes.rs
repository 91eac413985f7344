//! The passes over one sample, compiled for the machine's vectors.

use crate::exponential::exp;
use equipoise_field::Real;
use pulp::{Simd, WithSimd};

/// The bits of 1.
const ONE: u64 = 1f64.to_bits();

/// s_q = Σ_v (x_t − μx)² at v·Q + q. Overwrites `squares`.
pub(super) struct Squares<'a, R> {
    pub(super) x_t: &'a [R],
    pub(super) mu: f64,
    pub(super) x: &'a [R],
    pub(super) squares: &'a mut [f64],
}

impl<R: Real> WithSimd for Squares<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { x_t, mu, x, squares } = self;
        let places = squares.len();
        for (v, (x_t, x)) in x_t.chunks_exact(places).zip(x.chunks_exact(places)).enumerate() {
            for ((s, a), b) in squares.iter_mut().zip(x_t).zip(x) {
                let d = a.wide() - mu * b.wide();
                *s = if v == 0 { d * d } else { *s + d * d };
            }
        }
    }
}

/// Takes a logit −slope·d of every place into its running softmax. Leaves in `kept` the factor of what
/// was there and in `weight` the weight of the sample.
pub(super) struct TakeIn<'a> {
    pub(super) slope: f64,
    pub(super) distances: &'a [f64],
    pub(super) peak: &'a mut [f64],
    pub(super) total: &'a mut [f64],
    pub(super) kept: &'a mut [f64],
    pub(super) weight: &'a mut [f64],
}

impl WithSimd for TakeIn<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { slope, distances, peak, total, kept, weight } = self;
        let factors = kept.iter_mut().zip(weight).zip(distances);
        for ((peak, total), ((kept, weight), d)) in peak.iter_mut().zip(total).zip(factors) {
            let logit = -slope * d;
            let smaller = exp(-(logit - *peak).abs()).to_bits();
            // One of the factors is 1. Masks in place of branches, which would become masked stores.
            let rises = 0u64.wrapping_sub(u64::from(logit > *peak));
            let swap = (ONE ^ smaller) & rises;
            *kept = f64::from_bits(ONE ^ swap);
            *weight = f64::from_bits(smaller ^ swap);
            *peak = peak.max(logit);
            *total = *total * *kept + *weight;
        }
    }
}

/// values_m = kept_q values_m + weight_q x_m at m = v·Q + q.
pub(super) struct Average<'a, R> {
    pub(super) kept: &'a [f64],
    pub(super) weight: &'a [f64],
    pub(super) x: &'a [R],
    pub(super) values: &'a mut [f64],
}

impl<R: Real> WithSimd for Average<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { kept, weight, x, values } = self;
        for (values, x) in values.chunks_exact_mut(kept.len()).zip(x.chunks_exact(kept.len())) {
            for ((value, x), (kept, weight)) in values.iter_mut().zip(x).zip(kept.iter().zip(weight)) {
                *value = *value * kept + weight * x.wide();
            }
        }
    }
}

/// a_q = e^(−slope·d_q − evidence_q) Σ_v v_m (x_m − x̂_m) at m = v·Q + q. Overwrites `a`; false when
/// all of it is zero.
pub(super) struct Deviations<'a, R> {
    pub(super) slope: f64,
    pub(super) distances: &'a [f64],
    pub(super) evidence: &'a [f64],
    pub(super) x_hat: &'a [f64],
    pub(super) v: &'a [R],
    pub(super) x: &'a [R],
    pub(super) a: &'a mut [f64],
}

impl<R: Real> WithSimd for Deviations<'_, R> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> bool {
        let Self { slope, distances, evidence, x_hat, v, x, a } = self;
        let places = a.len();
        a.fill(0.0);
        let values = v.chunks_exact(places).zip(x.chunks_exact(places));
        for ((v, x), x_hat) in values.zip(x_hat.chunks_exact(places)) {
            for ((a, v), (x, x_hat)) in a.iter_mut().zip(v).zip(x.iter().zip(x_hat)) {
                *a += v.wide() * (x.wide() - x_hat);
            }
        }
        for ((a, d), e) in a.iter_mut().zip(distances).zip(evidence) {
            *a *= exp(-slope * d - e);
        }
        a.iter().any(|a| *a != 0.0)
    }
}

/// out_n += b_q (x_n − x̂_n) at n = v·Q + q.
pub(super) struct Products<'a, R> {
    pub(super) b: &'a [f64],
    pub(super) x: &'a [R],
    pub(super) x_hat: &'a [f64],
    pub(super) out: &'a mut [f64],
}

impl<R: Real> WithSimd for Products<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { b, x, x_hat, out } = self;
        let slabs = x.chunks_exact(b.len()).zip(x_hat.chunks_exact(b.len()));
        for (out, (x, x_hat)) in out.chunks_exact_mut(b.len()).zip(slabs) {
            for ((o, b), (x, x_hat)) in out.iter_mut().zip(b).zip(x.iter().zip(x_hat)) {
                *o += b * (x.wide() - x_hat);
            }
        }
    }
}
