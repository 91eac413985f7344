//! Normalised weights of an ensemble's members.

use crate::{MetricsError, Result};

/// Unequal weights above 0 that sum to 1, at least two.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Weights {
    values: Vec<f64>,
    pairs: f64,
}

impl Weights {
    /// exp(l − max l), normalised: the members whose weight is a normal number, in order, and their
    /// weights unless these are equal.
    ///
    /// # Errors
    /// [`MetricsError::LogWeight`], [`MetricsError::Empty`].
    pub(crate) fn normalised(logs: &[f64]) -> Result<(Vec<usize>, Option<Self>)> {
        if let Some(member) = logs.iter().position(|l| l.is_nan() || *l == f64::INFINITY) {
            return Err(MetricsError::LogWeight { member, found: logs[member] });
        }
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if largest == f64::NEG_INFINITY {
            return Err(MetricsError::Empty { what: "ensemble of finite log-weight" });
        }
        let heights: Vec<f64> = logs.iter().map(|l| (l - largest).exp()).collect();
        let total: f64 = heights.iter().sum();
        let kept: Vec<usize> = (0..heights.len()).filter(|m| (heights[*m] / total).is_normal()).collect();
        if kept.iter().all(|m| heights[*m] >= 1.0) {
            return Ok((kept, None));
        }
        let values: Vec<f64> = kept.iter().map(|m| heights[*m] / total).collect();
        let (_, pairs) = values.iter().fold((0.0, 0.0), |(before, sum), w| (before + w, sum + w * before));
        Ok((kept, Some(Self { values, pairs: 2.0 * pairs })))
    }

    /// One weight a member.
    pub(crate) fn of_members(&self) -> &[f64] {
        &self.values
    }

    /// Σ_{i≠j} w_i w_j = 1 − Σ w², without cancellation.
    ///
    /// What turns a weighted mean over all pairs of members into one over pairs of different members:
    /// for h with h(x, x) = 0, Σ_ij w_i w_j h(x_i, x_j)/(1 − Σ w²) has the expectation E h(X, X′) where the
    /// weights do not depend on the values; where they are importance weights it is the quotient of two
    /// U-statistics with that limit, biased by O(1/M) as every self-normalised estimate.
    pub(crate) fn pairs(&self) -> f64 {
        self.pairs
    }

    /// 1/Σ w².
    pub(crate) fn effective_size(&self) -> f64 {
        self.values.iter().map(|w| w * w).sum::<f64>().recip()
    }

    /// Σ w v.
    pub(crate) fn mean(&self, values: impl Iterator<Item = f64>) -> f64 {
        self.values.iter().zip(values).map(|(w, v)| w * v).sum()
    }
}
