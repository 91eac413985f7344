//! Numbers of repeated timings: quartiles, ratios round by round, share of the stream.

use serde_json::{Value, json};

/// The least, the quartiles and the number of some values.
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
        Some(Self { min: sorted[0], lower: quantile(0.25), median: quantile(0.5), upper: quantile(0.75) })
    }

    /// As the results hold it.
    pub(crate) fn json(&self) -> Value {
        let Self { min, lower, median, upper } = self;
        json!({ "min": min, "lower_quartile": lower, "median": median, "upper_quartile": upper })
    }
}

/// How many times longer a peer took than we did in the same round, over the rounds that both have.
pub(crate) fn ratio(peer: &[f64], ours: &[f64]) -> Option<Spread> {
    Spread::of(&peer.iter().zip(ours).map(|(peer, ours)| peer / ours).collect::<Vec<_>>())
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
        assert_eq!(spread, Spread { min: 1.0, lower: 1.75, median: 3.0, upper: 5.0 });
        let alone = Spread::of(&[3.0, f64::NAN]).unwrap();
        assert_eq!(alone, Spread { min: 3.0, lower: 3.0, median: 3.0, upper: 3.0 });
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn a_ratio_pairs_rounds_and_not_sorted_values() {
        // A machine that is half as fast in the second round slows both: the ratio stays 2.
        let found = ratio(&[2.0, 4.0, 2.0], &[1.0, 2.0, 1.0]).unwrap();
        assert_eq!(found, Spread { min: 2.0, lower: 2.0, median: 2.0, upper: 2.0 });
        assert_eq!(ratio(&[3.0, 8.0], &[1.0]).unwrap().median.to_bits(), 3.0f64.to_bits());
    }

    #[test]
    fn a_share_by_hand() {
        // 12 GB in 1.5 s are 8 GB/s, 40 % of 20 GB/s.
        assert!((share(12e9, 1.5, 20e9) - 0.4).abs() < 1e-15);
    }
}
