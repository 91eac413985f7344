//! The suite that every covariance model passes.

use crate::Covariance;
use equipoise_field::{Real, sum};

/// Checks a covariance on probe fields, with errors relative to `tolerance`·‖probe‖:
/// UᵀU = I on the coefficients, adjointness of analysis and synthesis, f(Σ)g(Σ) = (fg)(Σ),
/// f = 1 gives the identity, symmetry, and tr f(Σ) = Σ eᵢᵀf(Σ)eᵢ on spaces of up to 600 numbers.
///
/// # Panics
/// If an identity fails; this is a test suite.
pub fn check_covariance<R: Real>(covariance: &dyn Covariance<R>, probes: [&[R]; 2], tolerance: f64) {
    let dim = covariance.dim();
    let modes = covariance.eigenvalues().len();
    assert!(probes.iter().all(|p| p.len() == dim), "a probe has the wrong length");
    assert_eq!(
        covariance.complement().is_none(),
        modes == dim,
        "a complement belongs to an incomplete basis"
    );
    let apply = |f: &dyn Fn(f64) -> f64, v: &[R]| {
        let mut out = vec![R::nan(); dim];
        covariance.apply(&covariance.weights(f), v, &mut out);
        out
    };
    let [a, b] = probes;
    let close = |x: &[R], y: &[R], what: &str| {
        let error = sum::squared_distance(x, y).sqrt();
        let scale = sum::norm(x).max(sum::norm(y)).max(f64::MIN_POSITIVE);
        assert!(error <= tolerance * scale, "{what}: relative error {}", error / scale);
    };

    let c: Vec<R> = (0..modes).map(|i| R::narrow((1.3 * i as f64).sin())).collect();
    let (mut v, mut back) = (vec![R::nan(); dim], vec![R::nan(); modes]);
    covariance.synthesise(&c, &mut v);
    covariance.analyse(&v, &mut back);
    close(&c, &back, "UᵀU c = c");
    covariance.analyse(a, &mut back);
    let gap = (sum::dot(&v, a) - sum::dot(&c, &back)).abs();
    assert!(gap <= tolerance * sum::norm(&c) * sum::norm(a), "⟨Uc, a⟩ = ⟨c, Uᵀa⟩: {gap}");

    close(&apply(&|_| 1.0, a), a, "1(Σ) = I");
    let f = |l: f64| l / (l + 0.5);
    let g = |l: f64| (1.0 + l).sqrt();
    close(&apply(&f, &apply(&g, a)), &apply(&|l| f(l) * g(l), a), "f(Σ)g(Σ) = (fg)(Σ)");
    let (left, right) = (sum::dot(&apply(&f, a), b), sum::dot(a, &apply(&f, b)));
    assert!((left - right).abs() <= tolerance * sum::norm(a) * sum::norm(b), "symmetry: {left} {right}");
    if dim <= 600 {
        let mut unit = vec![R::zero(); dim];
        let mut trace = 0.0;
        for i in 0..dim {
            unit[i] = R::one();
            trace += apply(&f, &unit)[i].wide();
            unit[i] = R::zero();
        }
        let expected = covariance.trace(&f);
        assert!((trace - expected).abs() <= tolerance * dim as f64, "trace: {trace} {expected}");
    }
}
