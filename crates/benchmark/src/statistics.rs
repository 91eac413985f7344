//! A mean over seeds with its confidence interval.

use equipoise_metrics::student_deviate;
use serde::Serialize;

/// The probability that an interval holds the mean of normal values.
const LEVEL: f64 = 0.95;

/// The mean over seeds, and the half width of its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// t s/√n, s the standard deviation over the n seeds and t Student's; `None` with one seed, or about a
    /// mean that is not finite.
    pub half_width: Option<f64>,
}

impl Interval {
    /// Of these values; `None` when there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n as f64;
        let deviate = student_deviate(LEVEL, n.saturating_sub(1)).ok().filter(|_| mean.is_finite());
        let half_width = deviate.map(|deviate| {
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
            deviate * (variance / n as f64).sqrt()
        });
        (n > 0).then_some(Self { mean, half_width })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_and_three_values_by_hand() {
        assert_eq!(Interval::of(&[]), None);
        assert_eq!(Interval::of(&[3.0]), Some(Interval { mean: 3.0, half_width: None }));
        // s = √2·½, s/√2 = ½.
        let two = Interval::of(&[1.0, 2.0]).unwrap();
        assert!(
            (two.half_width.unwrap() - 12.7062047362 * 0.5).abs() < 1e-9 && (two.mean - 1.5).abs() < 1e-15
        );
        // s = 1.
        let three = Interval::of(&[1.0, 2.0, 3.0]).unwrap();
        assert!((three.half_width.unwrap() - 4.3026527297 / 3f64.sqrt()).abs() < 1e-9);
    }

    /// An interval about infinity would be NaN.
    #[test]
    fn an_infinite_mean_has_no_interval() {
        let found = Interval::of(&[1.0, f64::INFINITY]).unwrap();
        assert_eq!(found, Interval { mean: f64::INFINITY, half_width: None });
    }

    /// Seventeen values: the normal quantile in place of Student's 2.1199 would be 8 % short.
    #[test]
    fn many_seeds_have_their_own_quantile() {
        let values: Vec<f64> = (0..17).map(f64::from).collect();
        // s² = n(n + 1)/12 over n values in steps of one.
        let expected = 2.119905299221 * (17.0f64 * 18.0 / 12.0 / 17.0).sqrt();
        assert!((Interval::of(&values).unwrap().half_width.unwrap() / expected - 1.0).abs() < 1e-10);
    }

    /// Of 95 % intervals of normal samples, 95 % hold the mean: 2000 of them within five standard
    /// errors, at a size where the normal quantile would give 81 %.
    #[test]
    fn intervals_of_three_normal_values_hold_their_mean_as_often_as_they_say() {
        let z: Vec<f64> = equipoise_stream::Stream::new("interval").normal(0, 6000);
        let holds = |v: &&[f64]| {
            let found = Interval::of(v).unwrap();
            found.mean.abs() <= found.half_width.unwrap()
        };
        let share = z.chunks(3).filter(holds).count() as f64 / 2000.0;
        assert!((share - 0.95).abs() < 5.0 * (0.95f64 * 0.05 / 2000.0).sqrt(), "{share}");
    }
}
