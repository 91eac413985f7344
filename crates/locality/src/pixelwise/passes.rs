//! The passes over one sample, compiled for the machine's vectors.

use crate::exponential::exp;
use equipoise_field::Real;

/// The bits of 1.
const ONE: u64 = 1f64.to_bits();

/// s_q = Σ_v (x_t − μx)² at v·Q + q. Overwrites `squares`.
#[inline(always)]
pub(super) fn squares<R: Real>(x_t: &[R], mu: f64, x: &[R], squares: &mut [f64]) {
    let places = squares.len();
    for (v, (x_t, x)) in x_t.chunks_exact(places).zip(x.chunks_exact(places)).enumerate() {
        for ((s, a), b) in squares.iter_mut().zip(x_t).zip(x) {
            let d = a.wide() - mu * b.wide();
            *s = if v == 0 { d * d } else { *s + d * d };
        }
    }
}

/// Takes a logit −slope·d of every place into its running softmax. Leaves in `kept` the factor of what
/// was there and in `weight` the weight of the sample.
#[inline(always)]
pub(super) fn take_in(
    slope: f64,
    distances: &[f64],
    peak: &mut [f64],
    total: &mut [f64],
    kept: &mut [f64],
    weight: &mut [f64],
) {
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

/// values_m = kept_q values_m + weight_q x_m at m = v·Q + q.
#[inline(always)]
pub(super) fn average<R: Real>(kept: &[f64], weight: &[f64], x: &[R], values: &mut [f64]) {
    for (values, x) in values.chunks_exact_mut(kept.len()).zip(x.chunks_exact(kept.len())) {
        for ((value, x), (kept, weight)) in values.iter_mut().zip(x).zip(kept.iter().zip(weight)) {
            *value = *value * kept + weight * x.wide();
        }
    }
}

/// a_q = e^(−slope·d_q − evidence_q) Σ_v v_m (x_m − x̂_m) at m = v·Q + q. Overwrites `a`; false when
/// all of it is zero.
#[inline(always)]
pub(super) fn deviations<R: Real>(
    slope: f64,
    distances: &[f64],
    evidence: &[f64],
    x_hat: &[f64],
    v: &[R],
    x: &[R],
    a: &mut [f64],
) -> bool {
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

/// out_n += b_q (x_n − x̂_n) at n = v·Q + q.
#[inline(always)]
pub(super) fn products<R: Real>(b: &[f64], x: &[R], x_hat: &[f64], out: &mut [f64]) {
    let slabs = x.chunks_exact(b.len()).zip(x_hat.chunks_exact(b.len()));
    for (out, (x, x_hat)) in out.chunks_exact_mut(b.len()).zip(slabs) {
        for ((o, b), (x, x_hat)) in out.iter_mut().zip(b).zip(x.iter().zip(x_hat)) {
            *o += b * (x.wide() - x_hat);
        }
    }
}
