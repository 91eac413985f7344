//! What was drawn, with the observation that it was drawn for.

use equipoise_field::{Real, sketched, sum};
use equipoise_observation::Observed;
use equipoise_sampler::Outcome;
use std::sync::Arc;

/// The members of a drawing: fields of D numbers in the units and the order of the prior.
///
/// Members that diverged stay in [`outcomes`](Self::outcomes), with the time and the evidence, and nowhere else.
#[derive(Clone)]
pub struct Ensemble<R: Real> {
    drawn: equipoise_solver::Ensemble<R>,
    seen: Arc<Observed<R>>,
    point_estimate: bool,
}

impl<R: Real> Ensemble<R> {
    pub(crate) fn new(
        drawn: equipoise_solver::Ensemble<R>,
        seen: Arc<Observed<R>>,
        point_estimate: bool,
    ) -> Self {
        Self { drawn, seen, point_estimate }
    }

    /// Members that finished.
    pub fn len(&self) -> usize {
        self.drawn.len()
    }

    /// Whether none finished.
    pub fn is_empty(&self) -> bool {
        self.drawn.is_empty()
    }

    /// The fields of the members that finished, in order, D numbers each.
    pub fn fields(&self) -> impl Iterator<Item = &[R]> {
        self.drawn.fields()
    }

    /// The share of each of these in the whole: 1/[`len`](Self::len), or as the method weighed them. They add up
    /// to 1; NaN where none of them weighs anything.
    pub fn weights(&self) -> Vec<f64> {
        self.drawn.weights()
    }

    /// The weighted mean of the fields, D numbers; NaN without a member.
    pub fn mean(&self) -> Vec<f64> {
        let (fields, weights): (Vec<&[R]>, _) = (self.fields().collect(), self.weights());
        let empty = if fields.is_empty() { f64::NAN } else { 0.0 };
        let entry = |i: usize| empty + sum::of(fields.len(), |m| weights[m] * fields[m][i].wide());
        (0..self.seen.dim()).map(entry).collect()
    }

    /// The standard deviation of every entry over the members, √(Σ w(x − mean)²/(1 − Σ w²)), M − 1 below for M
    /// equal weights; NaN for fewer than two members. That of a method whose members estimate one point
    /// ([`is_point_estimate`](Self::is_point_estimate)) says nothing of the posterior.
    pub fn std(&self) -> Vec<f64> {
        let (fields, weights): (Vec<&[R]>, _) = (self.fields().collect(), self.weights());
        let freedom = 1.0 - sum::of(weights.len(), |m| weights[m] * weights[m]);
        let freedom = if fields.len() < 2 { f64::NAN } else { freedom };
        let square = |i: usize, mean: f64| {
            sum::of(fields.len(), |m| weights[m] * (fields[m][i].wide() - mean).powi(2)) / freedom
        };
        self.mean().into_iter().enumerate().map(|(i, mean)| square(i, mean).sqrt()).collect()
    }

    /// χ of the members, √((1/MN) Σ_m Σ_i w_m r²_mi/s_i²): about 1 where they meet the readings as well as their
    /// noise lets them.
    pub fn misfit(&self) -> f64 {
        self.drawn.misfit(&self.seen)
    }

    /// An estimate of ln p(y) in nats, of a method that makes one.
    pub fn evidence(&self) -> Option<f64> {
        self.drawn.evidence()
    }

    /// Members that diverged.
    pub fn diverged(&self) -> usize {
        self.drawn.diverged()
    }

    /// How every member ended, with its trace.
    pub fn outcomes(&self) -> &[Outcome<R>] {
        self.drawn.outcomes()
    }

    /// Whether the members are estimates of one point.
    pub const fn is_point_estimate(&self) -> bool {
        self.point_estimate
    }

    /// What was observed.
    pub const fn observation(&self) -> &Arc<Observed<R>> {
        &self.seen
    }

    /// The drawing alone.
    pub fn into_inner(self) -> equipoise_solver::Ensemble<R> {
        self.drawn
    }
}

sketched!(
    [R: Real] Ensemble<R>, "Ensemble",
    |own| dim = own.seen.dim(), finished = own.len(), diverged = own.diverged(), misfit = own.misfit()
);
