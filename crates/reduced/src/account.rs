//! The account of a member while it runs.

use crate::Trace;

/// The noise estimate ε_y = ε̂ − f σg of one member before its factor f.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Norms {
    /// ‖ε̂‖².
    pub(crate) prior: f64,
    /// ‖σg‖².
    pub(crate) pull: f64,
    /// ⟨ε̂, σg⟩.
    pub(crate) product: f64,
}

impl Norms {
    /// ‖ε_y‖².
    pub(crate) fn guided(&self, factor: f64) -> f64 {
        self.prior - 2.0 * factor * self.product + factor * factor * self.pull
    }
}

impl std::ops::AddAssign for Norms {
    fn add_assign(&mut self, other: Self) {
        self.prior += other.prior;
        self.pull += other.pull;
        self.product += other.product;
    }
}

/// What a member passed through, and whether it is lost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub(crate) trace: Trace,
    /// The time and the size at which it diverged.
    pub(crate) lost: Option<(f64, f64)>,
}

impl Account {
    /// Adds an evaluation.
    pub(crate) fn record(&mut self, norms: Norms, factor: f64, sigma: f64, dim: usize) {
        if self.lost.is_none() {
            self.trace.evaluations += 1;
            self.note(norms, factor, sigma, dim);
        }
    }

    /// Notes what the last evaluation found.
    pub(crate) fn note(&mut self, norms: Norms, factor: f64, sigma: f64, dim: usize) {
        self.trace.guidance_norm = factor * norms.pull.sqrt() / sigma;
        self.trace.noise_rms = (norms.guided(factor) / dim as f64).sqrt();
    }
}
