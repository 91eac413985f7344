//! Tests of accuracy with random points.

use crate::{Ensemble, Inclusion, Result};
use equipoise_field::{Length, Real};

/// The share of members that are nearer to `reference` than the truth is: uniform where truth and members are
/// exchangeable, whatever the point, if it was chosen without knowing the truth.
///
/// Distances are Euclidean over the entries that count, in the field's unit: whoever wants every entry to count the
/// same normalises first.
///
/// # Errors
/// If a length differs or the mask does not fit; [`MetricsError::Weighted`](crate::MetricsError::Weighted).
///
/// Reference: Lemos, Coogan, Hezaveh & Perreault-Levasseur 2023, "Sampling-based accuracy testing of posterior
/// estimators for general inference", ICML, algorithm 2.
pub fn tarp_fraction<R: Real>(
    ensemble: &Ensemble<'_, R>,
    truth: &[R],
    reference: &[R],
    inclusion: Inclusion<'_>,
) -> Result<f64> {
    Length::check("truth", truth.len(), ensemble.field_len())?;
    Length::check("reference", reference.len(), ensemble.field_len())?;
    ensemble.equally_weighted("TARP")?;
    let distance = |value: &(dyn Fn(usize) -> f64 + Sync)| {
        inclusion.mean("TARP", truth.len(), |i| (value(i) - reference[i].wide()).powi(2))
    };
    let own = distance(&|i| truth[i].wide())?;
    let mut nearer = 0;
    for m in 0..ensemble.size() {
        nearer += usize::from(distance(&|i| ensemble.value(m, i))? < own);
    }
    Ok(nearer as f64 / ensemble.size() as f64)
}

/// The expected coverage probability: the share of [`tarp_fraction`]s of independent cases that are at most `level`.
///
/// `level` itself for an exact posterior.
pub fn expected_coverage_probability(fractions: &[f64], level: f64) -> f64 {
    fractions.iter().filter(|f| **f <= level).count() as f64 / fractions.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_stream::Stream;

    /// Of exact posteriors the fractions are uniform on 0, 1/M, …, 1; of narrow ones they are not.
    #[test]
    fn fractions_of_exchangeable_truths_are_uniform() {
        let (cases, members, n) = (2000, 9, 3);
        let fractions = |scale: f64| -> Vec<f64> {
            (0..cases)
                .map(|case| {
                    let draw = |k| -> Vec<f64> { Stream::new("tarp").number(case).normal(k, n) };
                    let fields: Vec<Vec<f64>> =
                        (1..=members).map(|k| draw(k).into_iter().map(|x| scale * x).collect()).collect();
                    let slices: Vec<&[f64]> = fields.iter().map(Vec::as_slice).collect();
                    let ensemble = Ensemble::new(&slices).unwrap();
                    tarp_fraction(&ensemble, &draw(0), &draw(99), Inclusion::All).unwrap()
                })
                .collect()
        };
        let (exact, narrow) = (fractions(1.0), fractions(0.4));
        // P(f ≤ 4/9) = 1/2; five deviations of a share of 2000.
        let bound = 5.0 * (0.25 / cases as f64).sqrt();
        assert!((expected_coverage_probability(&exact, 0.45) - 0.5).abs() < bound);
        assert!((expected_coverage_probability(&narrow, 0.45) - 0.5).abs() > bound);
    }
}
