//! What a drawing came to.

use crate::{Result, SolverError};
use equipoise_field::{Real, sum};
use equipoise_observation::Observed;
use equipoise_sampler::{Outcome, remarks};

/// The members of a drawing, with what is known of them together. Fields are in the space of the prior.
#[derive(Clone, Debug, PartialEq)]
pub struct Ensemble<R> {
    asked: usize,
    members: Vec<usize>,
    outcomes: Vec<Outcome<R>>,
    log_weights: Option<Vec<f64>>,
    evidence: Option<f64>,
}

impl<R: Real> Ensemble<R> {
    /// All members, each as likely as the others.
    pub fn new(outcomes: Vec<Outcome<R>>) -> Self {
        Self::of(outcomes.len(), (0..outcomes.len()).collect(), outcomes)
    }

    /// The outcomes of `members` among those `asked` for.
    pub(crate) fn of(asked: usize, members: Vec<usize>, outcomes: Vec<Outcome<R>>) -> Self {
        Self { asked, members, outcomes, log_weights: None, evidence: None }
    }

    /// With a weight for every outcome, as a logarithm up to a constant; −∞ is none.
    ///
    /// # Errors
    /// [`SolverError::Weights`] unless there are as many as outcomes, none is NaN or +∞ and one is finite.
    pub fn weighted(mut self, log_weights: Vec<f64>) -> Result<Self> {
        let (found, expected) = (log_weights.len(), self.outcomes.len());
        let bad = |w: &f64| w.is_nan() || *w == f64::INFINITY;
        let fault = match log_weights.iter().position(bad) {
            _ if found != expected => Some(format!("{found} weights for {expected} members")),
            Some(k) => Some(format!("a log-weight of {} for member {k}", log_weights[k])),
            None if found > 0 && log_weights.iter().all(|w| w.is_infinite()) => {
                Some("no member with a weight".to_owned())
            }
            None => None,
        };
        if let Some(found) = fault {
            return Err(SolverError::Weights { found });
        }
        self.log_weights = Some(log_weights);
        Ok(self)
    }

    /// With an estimate of ln p(y), in nats, of a method that makes one.
    #[must_use]
    pub fn with_evidence(mut self, log_evidence: f64) -> Self {
        self.evidence = Some(log_evidence);
        self
    }

    /// How every member that was begun ended.
    pub fn outcomes(&self) -> &[Outcome<R>] {
        &self.outcomes
    }

    /// The same, without the rest.
    pub fn into_outcomes(self) -> Vec<Outcome<R>> {
        self.outcomes
    }

    /// Which of the members asked for each outcome is of.
    pub fn members(&self) -> &[usize] {
        &self.members
    }

    /// The fields of the members that finished, in order.
    pub fn fields(&self) -> impl Iterator<Item = &[R]> {
        self.outcomes.iter().filter(|outcome| outcome.is_finished()).map(Outcome::x)
    }

    /// ln w of the members that finished, in order, up to a constant; `None` where all weigh the same.
    pub fn log_weights(&self) -> Option<Vec<f64>> {
        let weights = self.log_weights.as_ref()?.iter().zip(&self.outcomes);
        Some(weights.filter(|(_, outcome)| outcome.is_finished()).map(|(w, _)| *w).collect())
    }

    /// The fields that a verdict is of, with ln w: of an ensemble whose members weigh the same those too that
    /// diverged, by the states at which they stopped, for an explosion is a result; of another those that
    /// finished, or all alike where none of those weighs anything.
    pub fn counted(&self) -> (Vec<&[R]>, Vec<f64>) {
        match self.log_weights().filter(|logs| logs.iter().any(|w| w.is_finite())) {
            Some(log_weights) => (self.fields().collect(), log_weights),
            None => (self.outcomes.iter().map(Outcome::x).collect(), vec![0.0; self.outcomes.len()]),
        }
    }

    /// The share of each member that finished in the whole, in order: 1/[`len`](Self::len), or as the method
    /// weighed them. They add up to 1; NaN where none of them weighs anything.
    pub fn weights(&self) -> Vec<f64> {
        let relative = self.relative_weights();
        let total = sum::of(relative.len(), |m| relative[m]);
        relative.iter().map(|weight| weight / total).collect()
    }

    /// The same as multiples of the largest.
    fn relative_weights(&self) -> Vec<f64> {
        let Some(logs) = self.log_weights() else { return vec![1.0; self.len()] };
        let peak = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        logs.iter().map(|w| (w - peak).exp()).collect()
    }

    /// ln p(y) in nats, of a method that estimates it.
    pub fn evidence(&self) -> Option<f64> {
        self.evidence
    }

    /// What inner solves and variances met on the way that no covariance leads to, each in a sentence without its
    /// end; none where nothing was met. Members that diverged are counted too.
    pub fn remarks(&self) -> Vec<String> {
        remarks(self.outcomes.iter().map(Outcome::trace))
    }

    /// Members that finished.
    pub fn len(&self) -> usize {
        self.fields().count()
    }

    /// Whether none finished.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Members that diverged.
    pub fn diverged(&self) -> usize {
        self.outcomes.len() - self.len()
    }

    /// Members that were not begun because the drawing was ended.
    pub fn skipped(&self) -> usize {
        self.asked - self.outcomes.len()
    }

    /// χ of the members that finished, √((1/MN) Σ_m Σ_i w_m r²_mi/s_i²) with weights of mean 1: about 1 where
    /// they meet y as well as its noise lets them. NaN without a member that weighs anything, infinite where
    /// s² is 0 and one that does misses y.
    pub fn misfit(&self, seen: &Observed<R>) -> f64 {
        let square = |x: &[R]| -2.0 * seen.log_likelihood(x) / seen.count() as f64;
        let squares: Vec<f64> = self.fields().map(square).collect();
        let weights = self.relative_weights();
        let total = sum::of(weights.len(), |m| weights[m]);
        let share = |m: usize| if weights[m] == 0.0 { 0.0 } else { weights[m] * squares[m] };
        (sum::of(squares.len(), share) / total).sqrt()
    }
}
