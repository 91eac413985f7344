//! The best rational approximation of √((p + a)/(p + b)) over all p ≥ 0.

use std::f64::consts::FRAC_PI_2;

/// A factor (p + s − w)/(p + s) of the approximation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Factor {
    /// s, in (a, b).
    pub(super) pole: f64,
    /// w, in (0, s − a).
    pub(super) weight: f64,
}

/// The `n` factors, poles descending, of the r(p) that minimises the largest relative error
///
/// > max over p in [0, ∞] of |r(p)/√((p + a)/(p + b)) − 1|, r(∞) = 1, 0 < a < b.
///
/// Zeros and poles interlace: b > s_1 > s_1 − w_1 > s_2 > … > a.
///
/// With ω = (p + a)/(p + b) in [a/b, 1], r is a rational function of type (n, n) in ω that
/// approximates √ω and is 1 at ω = 1. Zolotarev's approximant of √ω on [κ², 1] is, up to a factor,
/// ∏(ω + c_{2j−1})/(ω + c_{2j}), c_j = κ² sc²(jK/m), m = 2n + 1, j to 2n, of the elliptic functions
/// with complementary modulus κ and quarter period K. Its relative error is extreme at 2n + 2 values
/// of ω, the last of them 1, and its logarithm passes the middle of its range between any two, for
/// the last time at ω = dn²(K/(2m)). With κ such that (κ/dn)² = a/b and all scaled by dn⁻² that
/// place comes to ω = 1: the error vanishes there and the other 2n + 1 extremes lie within
/// [a/b, 1], as many as the best of 2n parameters has.
///
/// Reference: Nakatsukasa and Freund 2016 (SIAM Review 58), section 3, for Zolotarev's function.
pub(super) fn factors(a: f64, b: f64, n: usize) -> Vec<Factor> {
    let m = 2 * n + 1;
    let (kappa, shrink) = modulus((a / b).sqrt(), m);
    let quarter = quarter_period(kappa);
    // sc(K − u) = 1/(κ sc(u)) keeps what is near the quarter period exact.
    let c = |j: usize| {
        let sc = |j: usize| amplitude(quarter * j as f64 / m as f64, kappa).tan();
        let root = if 2 * j < m { kappa * sc(j) } else { 1.0 / sc(m - j) };
        (root / shrink).powi(2)
    };
    let factor = |j: usize| {
        let (zero, pole) = (c(2 * j - 1), c(2 * j));
        // ω = −c at p = −(bc + a)/(1 + c).
        Factor {
            pole: (b * pole + a) / (1.0 + pole),
            weight: (b - a) * (pole - zero) / ((1.0 + pole) * (1.0 + zero)),
        }
    };
    (1..=n).rev().map(factor).collect()
}

/// κ with κ/dn(K/(2m)) = `ratio`, and that dn.
fn modulus(ratio: f64, m: usize) -> (f64, f64) {
    let dn = |kappa: f64| {
        let phi = amplitude(quarter_period(kappa) / (2 * m) as f64, kappa);
        phi.cos().hypot(kappa * phi.sin())
    };
    // √κ = dn(K/2) ≤ dn(K/(2m)) ≤ 1 brackets κ.
    let (mut low, mut high) = (ratio * ratio, ratio);
    loop {
        let middle = (low * high).sqrt();
        if middle <= low || middle >= high {
            return (middle, middle / ratio);
        }
        if middle / dn(middle) < ratio {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// The stages a_n, b_n of the arithmetic–geometric mean of 1 and κ, until they agree.
fn means(kappa: f64) -> Vec<(f64, f64)> {
    let mut stages = vec![(1.0, kappa)];
    let (mut a, mut b) = stages[0];
    // The distance squares at each stage: below √ε the next one is rounding.
    while a - b > f64::EPSILON.sqrt() * a {
        (a, b) = (0.5 * (a + b), (a * b).sqrt());
        stages.push((a, b));
    }
    stages.push((0.5 * (a + b), (a * b).sqrt()));
    stages
}

/// K of complementary modulus κ (Abramowitz and Stegun 1964, 17.6.3).
fn quarter_period(kappa: f64) -> f64 {
    FRAC_PI_2 / means(kappa).last().map_or(1.0, |stage| stage.0)
}

/// am(u), complementary modulus κ, by descending stages (Abramowitz and Stegun 1964, 16.4).
fn amplitude(u: f64, kappa: f64) -> f64 {
    let stages = means(kappa);
    let last = stages.len() - 1;
    let mut phi = f64::from(1u32 << last) * stages[last].0 * u;
    for stage in stages.windows(2).rev() {
        // c_n = (a_{n−1} − b_{n−1})/2.
        let ((a, b), mean) = (stage[0], stage[1].0);
        phi = 0.5 * (phi + (0.5 * (a - b) / mean * phi.sin()).asin());
    }
    phi
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(factors: &[Factor], p: f64) -> f64 {
        factors.iter().map(|f| 1.0 - f.weight / (p + f.pole)).product()
    }

    /// r/√ − 1 at p = 0 and at p from 1e-9·a to 1e9·b, 400 a decade.
    fn errors(a: f64, b: f64, n: usize) -> Vec<f64> {
        let factors = factors(a, b, n);
        let decades = (b / a).log10() + 18.0;
        let count = (400.0 * decades) as usize;
        let grid = (0..=count).map(|i| a * 10f64.powf(-9.0 + decades * i as f64 / count as f64));
        [0.0].into_iter().chain(grid).map(|p| value(&factors, p) / ((p + a) / (p + b)).sqrt() - 1.0).collect()
    }

    fn largest(errors: &[f64]) -> f64 {
        errors.iter().fold(0.0, |m, e| m.max(e.abs()))
    }

    /// 2n + 1 extremes of alternating sign prove that no r(∞) = 1 of this type is better (de la
    /// Vallée-Poussin). A grid of 400 a decade finds each within 1e-4 of its size. The extremes of
    /// the logarithm are equal; those of the ratio differ by their own size.
    #[test]
    fn the_error_alternates_as_the_best_ones_does() {
        for (ratio, n) in [(1e8, 1), (1e8, 4), (1e8, 8), (172.0, 2), (172.0, 3), (4.0, 1), (4.0, 3)] {
            let errors: Vec<f64> = errors(0.01, 0.01 * ratio, n).iter().map(|e| e.ln_1p()).collect();
            let bound = largest(&errors);
            let mut extremes: Vec<f64> = Vec::new();
            for &e in &errors {
                match extremes.last_mut() {
                    Some(last) if last.signum() == e.signum() => {
                        *last = if e.abs() > last.abs() { e } else { *last }
                    }
                    _ => extremes.push(e),
                }
            }
            extremes.retain(|e| e.abs() > 0.5 * bound);
            assert_eq!(extremes.len(), 2 * n + 1, "ratio {ratio}, n {n}: {extremes:?}");
            assert!(extremes.iter().all(|e| e.abs() > (1.0 - 1e-3) * bound), "{extremes:?}");
        }
    }

    /// One factor by hand: r = (p + s − w)/(p + s) with the same error at p = 0 and 1/(1 + that) at
    /// the one extreme between, found by golden section over s.
    #[test]
    fn one_factor_is_what_a_search_finds() {
        let (a, b) = (1.0f64, 50.0f64);
        let worst = |s: f64, w: f64| {
            (0..2000).fold(0.0f64, |m, i| {
                let p = if i == 0 { 0.0 } else { 10f64.powf(-3.0 + 8.0 * f64::from(i) / 2000.0) };
                m.max(((1.0 - w / (p + s)).ln() - 0.5 * ((p + a) / (p + b)).ln()).abs())
            })
        };
        let found = factors(a, b, 1)[0];
        let best = worst(found.pole, found.weight);
        for (up, wide) in [(1.02, 1.0), (0.98, 1.0), (1.0, 1.02), (1.0, 0.98), (1.02, 1.02), (0.98, 0.98)] {
            assert!(worst(found.pole * up, found.weight * wide) > best, "{up} {wide}");
        }
    }

    /// Doubling n squares the error, up to the constant 4 in 4·exp(−π²m/(2 ln(4/κ))); a ratio of a
    /// double-precision limit is left out.
    #[test]
    fn the_error_falls_exponentially() {
        for (ratio, counts) in [(1e8, [4, 8, 16]), (172.0, [2, 4, 8])] {
            let error = counts.map(|n| largest(&errors(1.0, ratio, n)));
            for pair in error.windows(2) {
                assert!(pair[1] < 4.0 * pair[0] * pair[0], "ratio {ratio}: {error:?}");
            }
        }
    }

    #[test]
    fn zeros_and_poles_interlace() {
        for (a, b) in [(1e-4, 1e4), (1e-6, 1e6), (1.0, 1.0 + 1e-6), (3.0, 7.0)] {
            for n in [1, 2, 5, 40] {
                let mut above = b;
                for f in factors(a, b, n) {
                    assert!(above > f.pole && f.weight > 0.0 && f.pole - f.weight > a, "{a} {b} {n}: {f:?}");
                    above = f.pole - f.weight;
                }
            }
        }
    }

    /// K(0) = π/2, K(1/√2) = Γ(1/4)²/(4√π), and am(u) = gd(u) as κ → 0, to O(κ² ln κ).
    #[test]
    fn elliptic_functions_have_their_known_values() {
        assert!((quarter_period(1.0) - FRAC_PI_2).abs() < 4.0 * f64::EPSILON);
        let lemniscate = 1.854_074_677_301_371_9;
        assert!((quarter_period(0.5f64.sqrt()) - lemniscate).abs() < 4.0 * f64::EPSILON * lemniscate);
        for u in [0.1, 1.0, 3.0] {
            assert!((amplitude(u, 1.0) - u).abs() < 8.0 * f64::EPSILON * u);
            let gudermannian = (0.5 * u).tanh().atan() * 2.0;
            assert!((amplitude(u, 1e-6) - gudermannian).abs() < 1e-9);
        }
        let half = quarter_period(0.2) / 2.0;
        // tan am(K/2) = 1/√κ.
        assert!((amplitude(half, 0.2).tan() - 0.2f64.sqrt().recip()).abs() < 1e-14);
    }
}
