//! `poly2`: the quadratic p(M) that is best in the place of M⁻¹.

/// How small a squared norm of an orthogonal polynomial, against that of the same power of M, says
/// that M has no further eigenvalue: the rounding of the moments.
const ROUNDING: f64 = 1e-12;

/// c of p(M) = c₀ + c₁M + c₂M² from the moments mₖ = tr(B Mᵏ), k = 0 … 5.
///
/// With r ~ N(0, M), p minimises E‖JᵀAᵀ(M⁻¹ − p(M))r‖², B = A J Jᵀ Aᵀ: `Σ_l c_l m[k+l+1] = m[k]` for
/// k = 0, 1, 2. Those equations are solved through the polynomial 1 − λp(λ), which is the third
/// orthogonal polynomial of the moments' measure, scaled to 1 at λ = 0. Its zeros are the nodes of
/// Gauss's quadrature, so they lie between the eigenvalues of M, and p(λ) ≥ 1/λ from the largest node
/// on: an even degree does not explode there. Where fewer than three eigenvalues tell themselves
/// apart, the largest is taken again, and p is M⁻¹ on them.
///
/// `None` if the moments are not those of positive numbers, as those of an estimate need not be.
pub fn coefficients(moments: [f64; 6]) -> Option<[f64; 3]> {
    let scale = moments[1] / moments[0];
    let positive = |x: f64| x > 0.0 && x.is_finite();
    if !(positive(moments[0]) && positive(scale)) {
        return None;
    }
    let mut m = moments;
    (0i32..).zip(&mut m).for_each(|(k, m)| *m /= moments[0] * scale.powi(k));
    let residual = residual(m)?;
    let alternate = residual.iter().enumerate().all(|(k, c)| if k % 2 == 0 { *c < 0.0 } else { *c > 0.0 });
    let p = [1, 2, 3].map(|k| -residual[k] / residual[0] / scale.powi(k as i32));
    (alternate && p.iter().all(|c| c.is_finite())).then_some(p)
}

/// π₃, monic, by its coefficients from degree 0 up: π_{k+1} = (λ − a_k)π_k − b_kπ_{k−1}.
fn residual(m: [f64; 6]) -> Option<[f64; 4]> {
    let product = |f: [f64; 4], g: [f64; 4], shift: usize| -> f64 {
        (0..9).filter_map(|i| Some(f[i / 3] * g[i % 3] * m.get(i / 3 + i % 3 + shift)?)).sum()
    };
    let (mut before, mut here, mut weight) = ([0.0; 4], [1.0, 0.0, 0.0, 0.0], 1.0);
    for degree in 0..3 {
        let size = product(here, here, 0);
        if degree > 0 && size.abs() <= ROUNDING * m[2 * degree] {
            return Some(repeated(here, degree));
        }
        let (a, b) = (product(here, here, 1) / size, if degree > 0 { size / weight } else { 0.0 });
        if !(size > 0.0 && a.is_finite()) {
            return None;
        }
        let mut next = times(here, a);
        next.iter_mut().zip(before).for_each(|(n, p)| *n -= b * p);
        (before, here, weight) = (here, next, size);
    }
    Some(here)
}

/// (λ − a) f.
fn times(f: [f64; 4], a: f64) -> [f64; 4] {
    [-a * f[0], f[0] - a * f[1], f[1] - a * f[2], f[2] - a * f[3]]
}

/// π of degree 1 or 2 times (λ − θ) as often as it takes, θ its largest zero.
fn repeated(polynomial: [f64; 4], degree: usize) -> [f64; 4] {
    if degree == 1 {
        return times(times(polynomial, -polynomial[0]), -polynomial[0]);
    }
    let half = -0.5 * polynomial[1];
    times(polynomial, half + (half * half - polynomial[0]).max(0.0).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moments(b: &[f64], m: &[f64]) -> [f64; 6] {
        [0, 1, 2, 3, 4, 5].map(|k| b.iter().zip(m).map(|(b, m)| b * m.powi(k)).sum())
    }

    fn at(c: [f64; 3], m: f64) -> f64 {
        c[0] + m * (c[1] + m * c[2])
    }

    /// Up to three eigenvalues, however often each occurs, are met exactly; moments of eigenvalues that
    /// lie a factor 10 apart determine them to about 1e5 roundings.
    #[test]
    fn three_eigenvalues_are_inverted_exactly() {
        for values in [&[0.7; 4][..], &[0.3, 2.0, 2.0, 0.3], &[0.1, 1.0, 4.0, 1.0, 0.1]] {
            let b: Vec<f64> = (0..values.len()).map(|i| 1.0 + i as f64).collect();
            let c = coefficients(moments(&b, values)).unwrap();
            for m in values {
                assert!((at(c, *m) * m - 1.0).abs() < 1e-9, "{values:?}: p({m}) = {}", at(c, *m));
            }
        }
    }

    #[test]
    fn moments_of_no_measure_are_refused() {
        let good = moments(&[1.0, 1.0, 1.0, 1.0], &[1.0, 2.0, 3.0, 4.0]);
        assert!(coefficients(good).is_some());
        for (k, value) in [(0, -1.0), (1, -1.0), (2, 0.0), (3, f64::NAN), (4, 0.0)] {
            let mut bad = good;
            bad[k] = value;
            assert_eq!(coefficients(bad), None, "{k}");
        }
    }

    proptest! {
        /// The normal equations hold to the condition of their matrix, the objective is not above that
        /// of `matched`, and p is positive at the largest eigenvalue.
        #[test]
        fn solves_the_moment_equations(modes in prop::collection::vec((0.1f64..10.0, 0.2f64..3.0), 4..9)) {
            let (b, m): (Vec<f64>, Vec<f64>) = modes.into_iter().unzip();
            let t = moments(&b, &m);
            let Some(c) = coefficients(t) else { return Err(TestCaseError::fail("refused")) };
            for k in 0..3 {
                let sum: f64 = (0..3).map(|l| c[l] * t[k + l + 1]).sum();
                let size: f64 = (0..3).map(|l| (c[l] * t[k + l + 1]).abs()).sum();
                prop_assert!((sum - t[k]).abs() <= 1e-6 * size, "{k}: {sum} {}", t[k]);
            }
            let error = |p: &dyn Fn(f64) -> f64| -> f64 {
                b.iter().zip(&m).map(|(b, m)| b * m * (1.0 / m - p(*m)).powi(2)).sum()
            };
            let matched = t[0] / t[1];
            prop_assert!(error(&|m| at(c, m)) <= error(&|_| matched) * (1.0 + 1e-9) + 1e-12);
            let largest = m.iter().copied().fold(0.0, f64::max);
            prop_assert!(at(c, largest) > 0.0);
        }
    }
}
