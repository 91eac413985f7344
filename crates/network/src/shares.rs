//! How much of a network's correction stands at a noise level.

use crate::Result;
use crate::entries::fault;
use serde::{Deserialize, Serialize};

/// How much of the correction of a filter is taken, by σ/μ: pairs (σ/μ, share), shares from 0 to 1, linear in ln σ/μ
/// between two, the nearest beyond all. Without any all of it is taken.
///
/// With the share of least squares on held-out windows x̂ = W x_t + share·c_out·F is a stack of two predictors (Wolpert
/// 1992, Neural Networks 5): no further off than the filter on them, and than the network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shares(Vec<[f64; 2]>);

impl Shares {
    /// Of pairs (σ/μ, share).
    ///
    /// # Errors
    /// [`crate::NetworkError::Architecture`] unless ratios increase from above 0 and shares lie in 0 to 1.
    pub fn new(pairs: Vec<[f64; 2]>) -> Result<Self> {
        let shares = Self(pairs);
        shares.check().map(|()| shares)
    }

    /// Whether all of the correction is taken at every level.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pairs.
    pub fn pairs(&self) -> &[[f64; 2]] {
        &self.0
    }

    /// The share at σ/μ.
    pub fn at(&self, ratio: f64) -> f64 {
        let after = self.0.partition_point(|[known, _]| *known <= ratio);
        match (after.checked_sub(1).map(|k| self.0[k]), self.0.get(after)) {
            (None, None) => 1.0,
            (Some([_, share]), None) | (None, Some(&[_, share])) => share,
            (Some([low, from]), Some(&[high, to])) => {
                from + (to - from) * (ratio / low).ln() / (high / low).ln()
            }
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let mut before = 0.0;
        for [ratio, share] in &self.0 {
            if !(*ratio > before && ratio.is_finite() && (0.0..=1.0).contains(share)) {
                let expected = "ratios that increase from above 0, and shares from 0 to 1";
                return Err(fault("shares", format!("[{ratio}, {share}] after {before}"), expected));
            }
            before = *ratio;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_linear_in_the_logarithm_and_the_nearest_beyond() {
        let shares = Shares::new(vec![[0.01, 0.2], [1.0, 0.8]]).unwrap();
        for (ratio, expected) in [(1e-9, 0.2), (0.01, 0.2), (0.1, 0.5), (1.0, 0.8), (f64::INFINITY, 0.8)] {
            assert!((shares.at(ratio) - expected).abs() < 1e-15, "{ratio}");
        }
        assert!(Shares::default().at(0.3) >= 1.0);
    }

    #[test]
    fn pairs_that_are_none_are_refused() {
        for pairs in [vec![[0.0, 1.0]], vec![[1.0, 1.5]], vec![[1.0, f64::NAN]], vec![[2.0, 1.0], [2.0, 1.0]]]
        {
            let refused = Shares::new(pairs).unwrap_err().to_string();
            assert!(refused.contains("shares"), "{refused}");
        }
    }
}
