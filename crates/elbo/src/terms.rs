//! The terms of the bound.

/// L_T, L_{T−1} … L_1 and L_0 of the negative ELBO, in nats, for one x_0 or in the mean over x_0.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// D, the length of a field.
    pub dim: usize,
    /// L_T.
    pub prior: f64,
    /// L_{t−1} for t = 2 … T, in this order.
    pub transitions: Vec<f64>,
    /// L_0.
    pub reconstruction: f64,
    /// E‖x_0 − x̂(x_t)‖² for t = 1 … T, in this order.
    pub squared_errors: Vec<f64>,
}

impl Terms {
    /// L_T + Σ L_{t−1} + L_0 ≥ −log p(x_0), in nats.
    pub fn total(&self) -> f64 {
        // Small terms first.
        let mut transitions = self.transitions.clone();
        transitions.sort_by(f64::total_cmp);
        self.prior + transitions.iter().sum::<f64>() + self.reconstruction
    }

    /// Nats as bits per dimension.
    pub fn bits_per_dimension(&self, nats: f64) -> f64 {
        nats / (self.dim as f64 * std::f64::consts::LN_2)
    }
}
