//! Numbers of repeated timings: quartiles and extremes, ratios round by round, share of the stream.

use serde_json::{Value, json};

/// The extremes and the quartiles of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    /// The least value.
    pub(crate) min: f64,
    /// The value that a quarter lies below.
    pub(crate) lower: f64,
    /// The value that half lies below.
    pub(crate) median: f64,
    /// The value that three quarters lie below.
    pub(crate) upper: f64,
    /// The greatest value.
    pub(crate) max: f64,
}

impl Spread {
    /// Quartile q of n ascending values is value 1 + q(n − 1), interpolated linearly (type 7 of Hyndman
    /// & Fan 1996, numpy's default). `None` without a finite value.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let quantile = |q: f64| {
            let at = q * last as f64;
            let below = at.floor() as usize;
            let above = (below + 1).min(last);
            sorted[below] + (at - below as f64) * (sorted[above] - sorted[below])
        };
        let [lower, median, upper] = [0.25, 0.5, 0.75].map(quantile);
        Some(Self { min: sorted[0], lower, median, upper, max: sorted[last] })
    }

    /// As the results hold it.
    pub(crate) fn json(&self) -> Value {
        let Self { min, lower, median, upper, max } = self;
        json!({
            "min": min, "lower_quartile": lower, "median": median, "upper_quartile": upper, "max": max
        })
    }
}

/// How many times longer one took than the other in the same round, over the rounds that both have.
pub(crate) fn ratio(one: &[f64], other: &[f64]) -> Option<Spread> {
    Spread::of(&one.iter().zip(other).map(|(one, other)| one / other).collect::<Vec<_>>())
}

/// Bytes that must move, over the bytes that the stream moves in the same time.
pub(crate) fn share(bytes: f64, seconds: f64, stream: f64) -> f64 {
    bytes / seconds / stream
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_by_hand() {
        // Of 1, 2, 4, 8: places 0.75, 1.5 and 2.25 from the first.
        let spread = Spread::of(&[8.0, 1.0, 4.0, 2.0]).unwrap();
        assert_eq!(spread, Spread { min: 1.0, lower: 1.75, median: 3.0, upper: 5.0, max: 8.0 });
        let alone = Spread::of(&[3.0, f64::NAN]).unwrap();
        assert_eq!(alone, Spread { min: 3.0, lower: 3.0, median: 3.0, upper: 3.0, max: 3.0 });
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn a_ratio_pairs_rounds_and_not_sorted_values() {
        // A machine that is half as fast in the second round slows both: the ratio stays 2.
        let found = ratio(&[2.0, 4.0, 2.0], &[1.0, 2.0, 1.0]).unwrap();
        assert_eq!(found, Spread { min: 2.0, lower: 2.0, median: 2.0, upper: 2.0, max: 2.0 });
        assert_eq!(ratio(&[3.0, 8.0], &[1.0]).unwrap().median.to_bits(), 3.0f64.to_bits());
    }

    #[test]
    fn a_share_by_hand() {
        // 12 GB in 1.5 s are 8 GB/s, 40 % of 20 GB/s.
        assert!((share(12e9, 1.5, 20e9) - 0.4).abs() < 1e-15);
    }
}
