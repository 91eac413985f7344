//! Schedules of one's own.

use equipoise::prelude::*;

/// azula's cosine: μ = cos(t acos m), σ² = 1 − μ² + m², with m for both minima.
#[derive(Clone, Copy, Debug)]
pub struct Cosine(pub f64);

impl Schedule for Cosine {
    fn mu(&self, t: f64) -> f64 {
        (t * self.0.acos()).cos()
    }

    fn sigma(&self, t: f64) -> f64 {
        (1.0 - self.mu(t).powi(2) + self.0 * self.0).sqrt()
    }
}

/// Straight lines between data and noise: μ = 1 − (1 − m)t, σ = m + (1 − m)t.
#[derive(Clone, Copy, Debug)]
pub struct Straight(pub f64);

impl Schedule for Straight {
    fn mu(&self, t: f64) -> f64 {
        1.0 - (1.0 - self.0) * t
    }

    fn sigma(&self, t: f64) -> f64 {
        self.0 + (1.0 - self.0) * t
    }
}
