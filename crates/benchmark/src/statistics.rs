//! A mean over seeds with its confidence interval.

use serde::Serialize;

/// Student's t at 97.5 % for 1, 2, … degrees of freedom (Abramowitz & Stegun 1964, table 26.10).
const STUDENT: [f64; 15] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
];

/// The normal law's, and Student's for more degrees within 9 %.
const NORMAL: f64 = 1.960;

/// The mean over seeds, and the half width of its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// t s/√n, s the standard deviation over the n seeds and t Student's; `None` with one seed.
    pub half_width: Option<f64>,
}

impl Interval {
    /// Of these values; `None` when there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n as f64;
        let half_width = n.checked_sub(2).map(|past_first| {
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
            STUDENT.get(past_first).copied().unwrap_or(NORMAL) * (variance / n as f64).sqrt()
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
        assert!((two.half_width.unwrap() - 12.706 * 0.5).abs() < 1e-12 && (two.mean - 1.5).abs() < 1e-15);
        // s = 1.
        let three = Interval::of(&[1.0, 2.0, 3.0]).unwrap();
        assert!((three.half_width.unwrap() - 4.303 / 3f64.sqrt()).abs() < 1e-12);
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
