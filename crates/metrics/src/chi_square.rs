//! Whether a rank histogram is flat: Pearson's chi-square.

use crate::normal::erfc;
use crate::{MetricsError, Result};
use serde::{Deserialize, Serialize};

/// A chi-square test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChiSquare {
    /// χ².
    pub statistic: f64,
    /// Degrees of freedom.
    pub degrees: usize,
    /// The probability of a statistic at least as large if the hypothesis holds.
    pub p_value: f64,
}

/// Pearson's test of a flat [`rank_histogram`](crate::rank_histogram) n_0, …, n_M of n entries,
/// `independent` of which count for independent:
///
///   χ² = (independent/n) Σ_k (n_k − n/(M+1))²/(n/(M+1)), M degrees of freedom
///
/// **Entries of a field are correlated**, and with them the ranks: with `independent` = n the
/// p-value of a perfect ensemble of fields is far too small. Either thin the histogram to entries
/// that are independent for practical purposes, [`thinned`](crate::thinned), and give their number,
/// or give the count of [`effective_entries`](crate::effective_entries), which exact samples yield.
/// The law is asymptotic: it wants some five independent entries a bin.
///
/// # Errors
/// [`MetricsError::Empty`] without entries or with fewer than two bins, [`MetricsError::Independent`]
/// unless 0 < `independent` ≤ n.
///
/// Reference: Hamill 2001, "Interpretation of rank histograms", Mon. Weather Rev. 129; for the
/// scaling Rao & Scott 1981, J. Am. Stat. Assoc. 76 (their first-order correction).
pub fn rank_chi_square(histogram: &[u64], independent: f64) -> Result<ChiSquare> {
    let count = histogram.iter().sum::<u64>() as f64;
    if count == 0.0 || histogram.len() < 2 {
        return Err(MetricsError::Empty { what: "rank histogram" });
    }
    if !(independent > 0.0 && independent <= count) {
        return Err(MetricsError::Independent { found: independent, limit: count });
    }
    let statistic = independent / count * pearson(histogram);
    let degrees = histogram.len() - 1;
    Ok(ChiSquare { statistic, degrees, p_value: survival(statistic, degrees) })
}

/// Σ_k (n_k − n/B)²/(n/B) over B bins.
pub(crate) fn pearson(histogram: &[u64]) -> f64 {
    let expected = histogram.iter().sum::<u64>() as f64 / histogram.len() as f64;
    histogram.iter().map(|&n| (n as f64 - expected).powi(2) / expected).sum()
}

/// P(χ² ≥ statistic) = Q(degrees/2, statistic/2), the regularised upper incomplete gamma function.
///
/// Q(½, x) = erfc(√x), Q(1, x) = e^{−x}, Q(a + 1, x) = Q(a, x) + xᵃe^{−x}/Γ(a + 1): positive terms
/// throughout, carried as logarithms.
fn survival(statistic: f64, degrees: usize) -> f64 {
    let x = statistic / 2.0;
    if x <= 0.0 {
        return 1.0;
    }
    let (mut a, mut q, mut term) = if degrees.is_multiple_of(2) {
        (1.0, (-x).exp(), x.ln() - x)
    } else {
        (0.5, erfc(x.sqrt()), 0.5 * x.ln() - x - (std::f64::consts::PI.sqrt() / 2.0).ln())
    };
    for _ in 0..(degrees - 1) / 2 {
        q += term.exp();
        a += 1.0;
        term += (x / a).ln();
    }
    q.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ensemble, Inclusion, rank_histogram};
    use equipoise_stream::Stream;

    /// Upper 5 % and 1 % points (Abramowitz & Stegun 1964, table 26.8), six digits.
    #[test]
    fn tabulated_points() {
        for (degrees, point, p) in [
            (1, 3.84146, 0.05),
            (2, 5.99146, 0.05),
            (3, 7.81473, 0.05),
            (10, 18.3070, 0.05),
            (16, 26.2962, 0.05),
            (1, 6.63490, 0.01),
            (30, 50.8922, 0.01),
            (100, 135.807, 0.01),
        ] {
            let found = survival(point, degrees);
            // Half a unit of the sixth digit times the density, which is below p.
            assert!((found - p).abs() < 1e-5 * point * p, "{degrees} {point}: {found}");
        }
    }

    /// ∫_x^∞ tᵃ⁻¹e^{−t} dt over the integral from zero, by the midpoint rule.
    #[test]
    fn is_the_incomplete_gamma_function() {
        for (degrees, statistic) in [(4, 3.0), (7, 12.0), (40, 30.0), (1001, 1010.0), (3000, 2900.0)] {
            let (a, x) = (degrees as f64 / 2.0, statistic / 2.0);
            let peak = a - 1.0;
            let log = |t: f64| peak * (t / peak).ln() - t + peak;
            let step = 2e-3;
            let upto = 4.0 * a + 60.0;
            let integral = |from: f64| -> f64 {
                let cells = ((upto - from) / step).round();
                (0..cells as usize).map(|k| step * log(from + (k as f64 + 0.5) * step).exp()).sum()
            };
            let expected = integral(x) / integral(0.0);
            let found = survival(statistic, degrees);
            // The rule's error is step²/24 times second derivatives of order one, over integrals of
            // at least one.
            assert!((found - expected).abs() < step * step, "{degrees}: {found} {expected}");
        }
    }

    /// Independent exchangeable entries: p-values are uniform, so the mean of 200 of them lies
    /// within five standard errors 1/√(12·200) of one half.
    #[test]
    fn p_values_of_exchangeable_truths_are_uniform() {
        let (n, trials, members) = (400, 200, 9);
        let mean = (0..trials)
            .map(|trial| {
                let draw = |k: u64| Stream::new("chi").number(trial).normal::<f64>(k, n);
                let fields: Vec<Vec<f64>> = (1..=members).map(draw).collect();
                let slices: Vec<&[f64]> = fields.iter().map(Vec::as_slice).collect();
                let ensemble = Ensemble::new(&slices).unwrap();
                let histogram = rank_histogram(&ensemble, &draw(0), Inclusion::All).unwrap();
                rank_chi_square(&histogram, n as f64).unwrap().p_value / trials as f64
            })
            .sum::<f64>();
        assert!((mean - 0.5).abs() < 5.0 / (12.0 * trials as f64).sqrt(), "{mean}");
    }

    #[test]
    fn a_histogram_by_hand() {
        let test = rank_chi_square(&[30, 10], 40.0).unwrap();
        // (10² + 10²)/20, one degree.
        assert_eq!((test.statistic.to_bits(), test.degrees), (10f64.to_bits(), 1));
        let thinned = rank_chi_square(&[30, 10], 4.0).unwrap();
        assert!((thinned.statistic - 1.0).abs() < 4.0 * f64::EPSILON && thinned.p_value > test.p_value);
        assert!(rank_chi_square(&[0, 0], 1.0).is_err() && rank_chi_square(&[5], 1.0).is_err());
        assert!(matches!(
            rank_chi_square(&[30, 10], 41.0),
            Err(MetricsError::Independent { found: 41.0, limit: 40.0 })
        ));
    }
}
