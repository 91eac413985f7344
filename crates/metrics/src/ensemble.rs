//! Several reconstructions of one truth.

use crate::MetricsError;
use crate::error::same_length;
use equipoise_field::Real;

/// M fields of the same length, at least one.
#[derive(Clone, Copy, Debug)]
pub struct Ensemble<'a, R> {
    members: &'a [&'a [R]],
}

impl<'a, R: Real> Ensemble<'a, R> {
    /// The ensemble of these members.
    ///
    /// # Errors
    /// If there is no member or the lengths differ.
    pub fn new(members: &'a [&'a [R]]) -> Result<Self, MetricsError> {
        let first = members.first().ok_or(MetricsError::Empty { what: "ensemble" })?;
        for member in members {
            same_length("ensemble member", member.len(), first.len())?;
        }
        Ok(Self { members })
    }

    /// M.
    pub fn size(&self) -> usize {
        self.members.len()
    }

    /// The length of one member.
    pub fn field_len(&self) -> usize {
        self.members[0].len()
    }

    /// Entry `i` of every member.
    #[inline(always)]
    pub(crate) fn at(&self, i: usize) -> impl Iterator<Item = f64> + Clone {
        self.members.iter().map(move |member| member[i].wide())
    }

    /// Entry `i` of member `m`.
    #[inline(always)]
    pub(crate) fn value(&self, m: usize, i: usize) -> f64 {
        self.members[m][i].wide()
    }

    /// The mean of entry `i` over the members.
    pub(crate) fn mean_at(&self, i: usize) -> f64 {
        self.at(i).sum::<f64>() / self.size() as f64
    }

    /// The unbiased variance of entry `i` over the members; NaN for one member.
    pub(crate) fn variance_at(&self, i: usize) -> f64 {
        let mean = self.mean_at(i);
        self.at(i).map(|v| (v - mean).powi(2)).sum::<f64>() / (self.size() as f64 - 1.0)
    }

    /// The mean field.
    pub fn mean(&self) -> Vec<R> {
        (0..self.field_len()).map(|i| R::narrow(self.mean_at(i))).collect()
    }
}
