//! The CRPS that a Gaussian forecast, and so any number of samples from it, has in expectation.

use crate::normal::{cumulative, density};
use crate::{Inclusion, Result};
use equipoise_field::{Length, Real};

/// The CRPS of the forecast N(m_i, v_i) for the truth y_i, averaged over the entries that count.
///
///   σ [ω (2Φ(ω) − 1) + 2φ(ω) − 1/√π], ω = (y − m)/σ, σ = √v; |y − m| where v = 0
///
/// With the exact posterior's mean and variance this is the expectation of the fair
/// [`crps`](crate::crps) of exact posterior samples, of any number of members, **on this truth**:
/// what a method's score is to be put beside.
///
/// # Errors
/// If a length differs, the mask does not fit or nothing is included.
///
/// Reference: Gneiting & Raftery 2007, "Strictly proper scoring rules, prediction, and estimation",
/// J. Am. Stat. Assoc. 102, section 4.2.
pub fn gaussian_crps<R: Real>(
    mean: &[R],
    variance: &[R],
    truth: &[R],
    inclusion: Inclusion<'_>,
) -> Result<f64> {
    Length::check("forecast mean", mean.len(), truth.len())?;
    Length::check("forecast variance", variance.len(), truth.len())?;
    let at_zero = std::f64::consts::PI.sqrt().recip();
    inclusion.mean("gaussian crps", truth.len(), |i| {
        let (off, sigma) = (truth[i].wide() - mean[i].wide(), variance[i].wide().sqrt());
        if sigma == 0.0 {
            return off.abs();
        }
        let w = off / sigma;
        sigma * (w * (2.0 * cumulative(w) - 1.0) + 2.0 * density(w) - at_zero)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ensemble, crps};
    use equipoise_stream::Stream;

    /// N(0, 1) at −3 scores 2.43657473 (the value that R's scoringRules tests against), and scales.
    #[test]
    fn a_published_value_and_its_scale() {
        for scale in [1.0, 0.9] {
            let score =
                gaussian_crps(&[0.1], &[scale * scale], &[0.1 - 3.0 * scale], Inclusion::All).unwrap();
            assert!((score - 2.43657473 * scale).abs() < 5e-9, "{score}");
        }
        let sure = gaussian_crps(&[1.0f32], &[0.0], &[3.5], Inclusion::All).unwrap();
        assert_eq!(sure.to_bits(), 2.5f64.to_bits());
    }

    /// ∫ (1{y ≤ x} − Φ(x))² dx, the definition, by the midpoint rule.
    #[test]
    fn is_the_integral_that_defines_the_score() {
        for truth in [0.0, 0.7, 2.5] {
            let step = 1e-3;
            let integral: f64 = (-10_000..10_000)
                .map(|k| {
                    let x = (f64::from(k) + 0.5) * step;
                    step * (f64::from(u8::from(truth <= x)) - cumulative(x)).powi(2)
                })
                .sum();
            let score = gaussian_crps(&[0.0], &[1.0], &[truth], Inclusion::All).unwrap();
            // The truth lies on a cell's border, so the rule errs by step²/24 times the change of slope.
            assert!((score - integral).abs() < step * step, "{truth}: {score} {integral}");
        }
    }

    /// The fair score of samples has this expectation on a given truth, and over truths
    /// σ/√π, at every size.
    #[test]
    fn samples_score_it_in_expectation() {
        let n = 100_000;
        let sigma = 1.5;
        let (mean, variance) = (vec![0.5; n], vec![sigma * sigma; n]);
        let draw = |k| {
            let z: Vec<f64> = Stream::new("member").normal(k, n);
            z.iter().map(|z| 0.5 + sigma * z).collect::<Vec<f64>>()
        };
        let truth = draw(99);
        let over_truths = sigma / std::f64::consts::PI.sqrt();
        for members in [2, 6] {
            let fields: Vec<Vec<f64>> = (0..members).map(draw).collect();
            let slices: Vec<&[f64]> = fields.iter().map(Vec::as_slice).collect();
            let found = crps(&Ensemble::new(&slices).unwrap(), &truth, Inclusion::All).unwrap().unwrap();
            let expected = gaussian_crps(&mean, &variance, &truth, Inclusion::All).unwrap();
            // Below E|x − y| + half E|x − x′| in root mean square, (√2 + ½√2)σ; five standard errors.
            let bound = 5.0 * 1.5 * 2f64.sqrt() * sigma / (n as f64).sqrt();
            assert!((found - expected).abs() < bound, "{members}: {found} {expected}");
            assert!((expected - over_truths).abs() < bound, "{expected} {over_truths}");
        }
    }
}
