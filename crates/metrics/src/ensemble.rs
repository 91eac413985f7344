//! Several reconstructions of one truth, and what each of them counts.

use crate::weights::Weights;
use crate::{MetricsError, Result};
use equipoise_field::{Length, Real};
use std::fmt;

/// M fields of the same length, at least one, of equal weight or with weights w that sum to 1.
///
/// Every diagnostic of an ensemble takes the weights it carries, or says by [`MetricsError::Weighted`]
/// that it is not defined for unequal ones. Weights are those of draws, as importance sampling and
/// particle filters make them: a weight is no count of draws, and a member that was drawn twice stands
/// there twice.
#[derive(Clone)]
pub struct Ensemble<'a, R> {
    members: Vec<&'a [R]>,
    weights: Option<Weights>,
}

impl<'a, R: Real> Ensemble<'a, R> {
    /// The ensemble of these members, each of weight 1/M.
    ///
    /// # Errors
    /// If there is no member or the lengths differ.
    pub fn new(members: &'a [&'a [R]]) -> Result<Self> {
        let first = members.first().ok_or(MetricsError::Empty { what: "ensemble" })?;
        for member in members {
            Length::check("ensemble member", member.len(), first.len())?;
        }
        Ok(Self { members: members.to_vec(), weights: None })
    }

    /// The ensemble of these members, member m of a weight proportional to exp(`log_weights[m]`).
    ///
    /// A member of weight 0, by −∞ or because its weight is below the smallest normal number beside the
    /// others', is left out, whatever stands in it. If all that remain weigh the same, this is
    /// [`new`](Self::new) of them, to the bit.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`MetricsError::Length`] unless there is one log-weight a member,
    /// [`MetricsError::LogWeight`] for one that is NaN or +∞, [`MetricsError::Empty`] if all are −∞.
    pub fn weighted(members: &'a [&'a [R]], log_weights: &[f64]) -> Result<Self> {
        let all = Self::new(members)?;
        Length::check("log-weights", log_weights.len(), members.len())?;
        let (kept, weights) = Weights::normalised(log_weights)?;
        Ok(Self { members: kept.into_iter().map(|m| all.members[m]).collect(), weights })
    }

    /// M, the members of weight above 0.
    pub fn size(&self) -> usize {
        self.members.len()
    }

    /// The length of one member.
    pub fn field_len(&self) -> usize {
        self.members[0].len()
    }

    /// Whether two members differ in weight.
    pub fn is_weighted(&self) -> bool {
        self.weights.is_some()
    }

    /// 1/Σ w²: how many members of equal weight would tell a mean as well, where weights and values are
    /// independent. M with equal weights.
    ///
    /// Reference: Kish 1965, *Survey sampling*; Owen 2013, *Monte Carlo theory, methods and
    /// examples*, section 9.3.
    pub fn effective_size(&self) -> f64 {
        self.weights.as_ref().map_or(self.size() as f64, Weights::effective_size)
    }

    /// Σ_m w_m f(x_m) over the members of weight above 0, such as the mean square error of a member.
    ///
    /// # Errors
    /// The first of `measure`.
    pub fn average<E>(&self, measure: impl FnMut(&[R]) -> Result<f64, E>) -> Result<f64, E> {
        let values = self.members.iter().copied().map(measure).collect::<Result<Vec<f64>, E>>()?;
        Ok(self.average_of(values.into_iter()))
    }

    /// The mean field Σ_m w_m x_m.
    pub fn mean(&self) -> Vec<R> {
        (0..self.field_len()).map(|i| R::narrow(self.mean_at(i))).collect()
    }

    /// The weights, unless they are equal.
    pub(crate) fn weights(&self) -> Option<&Weights> {
        self.weights.as_ref()
    }

    /// Whether a diagnostic that needs members of equal weight is defined.
    pub(crate) fn equally_weighted(&self, what: &'static str) -> Result<()> {
        if self.is_weighted() { Err(MetricsError::Weighted { what }) } else { Ok(()) }
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
        self.average_of(self.at(i))
    }

    /// The unbiased variance of entry `i` over the members; NaN for one member. With weights
    /// Σ w (x − x̄)²/(1 − Σ w²), see [`Weights::pairs`].
    pub(crate) fn variance_at(&self, i: usize) -> f64 {
        let mean = self.mean_at(i);
        let squares = self.at(i).map(|v| (v - mean).powi(2));
        match &self.weights {
            None => squares.sum::<f64>() / (self.size() as f64 - 1.0),
            Some(weights) => weights.mean(squares) / weights.pairs(),
        }
    }

    /// The variance that x̄_i has as an estimate: s²/M, with weights Σ w²(x − x̄)²/(1 − Σ w²).
    ///
    /// Reference: Owen 2013, section 9.2, here over 1 − Σ w², which equal weights need to have s²/M.
    pub(crate) fn variance_of_mean_at(&self, i: usize) -> f64 {
        let Some(weights) = &self.weights else { return self.variance_at(i) / self.size() as f64 };
        let mean = self.mean_at(i);
        let squares = weights.of_members().iter().zip(self.at(i)).map(|(w, x)| (w * (x - mean)).powi(2));
        squares.sum::<f64>() / weights.pairs()
    }

    /// The mean of one value a member.
    fn average_of(&self, values: impl Iterator<Item = f64>) -> f64 {
        match &self.weights {
            None => values.sum::<f64>() / self.size() as f64,
            Some(weights) => weights.mean(values),
        }
    }
}

impl<R: Real> fmt::Debug for Ensemble<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ensemble")
            .field("size", &self.size())
            .field("field_len", &self.field_len())
            .field("weighted", &self.is_weighted())
            .finish()
    }
}
