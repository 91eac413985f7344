//! What was cut off a whitened lag-1 correlation to make a valid chain.

/// Singular values of K that were clipped, of one chain or of several together.
///
/// A singular value at or past 1 belongs to no stationary chain: I − KKᴴ is no covariance. The record that K was
/// estimated from cannot tell a correlation above 1 − 1/T from 1, so that is where fits clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clipped {
    /// The limit.
    pub limit: f64,
    /// Singular values above it.
    pub count: usize,
    /// Singular values there are, each counted as often as real numbers of a frame have it.
    pub of: usize,
    /// The largest singular value before.
    pub largest: f64,
    /// The variance of a frame along the left singular vectors of the values clipped: Σ uᴴC₀u.
    pub variance: f64,
    /// tr C₀.
    pub total: f64,
}

impl Clipped {
    /// Nothing seen yet, under a limit.
    pub(crate) fn none(limit: f64) -> Self {
        Self { limit, count: 0, of: 0, largest: 0.0, variance: 0.0, total: 0.0 }
    }

    /// The share of a frame's variance concerned, 0 to 1.
    pub fn share(&self) -> f64 {
        if self.total > 0.0 { self.variance / self.total } else { 0.0 }
    }

    /// Counts another chain in, which stands `copies` times in the prior.
    pub(crate) fn add(&mut self, other: &Self, copies: usize) {
        self.count += copies * other.count;
        self.of += copies * other.of;
        self.largest = self.largest.max(other.largest);
        self.variance += copies as f64 * other.variance;
        self.total += copies as f64 * other.total;
    }
}
