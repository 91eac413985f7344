//! The running softmax of every place, and what is left of it.

use super::passes::{average, take_in};
use equipoise_field::Real;
use pulp::Arch;

/// What products need of x̂ at the same x_t.
#[derive(Debug)]
pub(super) struct Estimate {
    /// ln Σ_i exp(logit) of every place.
    pub(super) evidence: Vec<f64>,
    pub(super) x_hat: Vec<f64>,
}

impl Estimate {
    pub(super) fn write<R: Real>(&self, x_hat: &mut [R]) {
        x_hat.iter_mut().zip(&self.x_hat).for_each(|(x, &m)| *x = R::narrow(m));
    }
}

/// A partial log-sum-exp of every place.
pub(super) struct Softmax {
    peak: Vec<f64>,
    total: Vec<f64>,
    values: Vec<f64>,
}

impl Softmax {
    pub(super) fn new(places: usize, dim: usize) -> Self {
        // Finite, so that the difference to a logit of −∞ is not NaN.
        Self { peak: vec![f64::MIN; places], total: vec![0.0; places], values: vec![0.0; dim] }
    }

    /// Takes in one sample with its distances and `slope` = 1/2σ². Overwrites the two buffers.
    pub(super) fn add<R: Real>(
        &mut self,
        (slope, distances): (f64, &[f64]),
        x: &[R],
        [kept, weight]: [&mut [f64]; 2],
    ) {
        let Self { peak, total, values } = self;
        let arch = Arch::new();
        let (of, as_of) = (&mut kept[..], &mut weight[..]);
        arch.dispatch(
            #[inline(always)]
            move || take_in(slope, distances, peak, total, of, as_of),
        );
        arch.dispatch(
            #[inline(always)]
            move || average(kept, weight, x, values),
        );
    }

    /// Takes in another partial sum.
    pub(super) fn merge(&mut self, other: &Self) {
        for q in 0..self.peak.len() {
            let peak = self.peak[q].max(other.peak[q]);
            let (mine, theirs) = ((self.peak[q] - peak).exp(), (other.peak[q] - peak).exp());
            self.peak[q] = peak;
            self.total[q] = self.total[q] * mine + other.total[q] * theirs;
            for m in (q..self.values.len()).step_by(self.peak.len()) {
                self.values[m] = self.values[m] * mine + other.values[m] * theirs;
            }
        }
    }

    pub(super) fn finish(mut self) -> Estimate {
        for values in self.values.chunks_exact_mut(self.total.len()) {
            values.iter_mut().zip(&self.total).for_each(|(v, t)| *v /= t);
        }
        let evidence = self.peak.iter().zip(&self.total).map(|(p, t)| p + t.ln()).collect();
        Estimate { evidence, x_hat: self.values }
    }
}
