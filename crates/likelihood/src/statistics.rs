//! What one pass over the observations tells of the residual.

/// The statistics of r = y − A x̂ under the variance v.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// N.
    pub count: usize,
    /// Σ r²/v, computed as Σ r·(r·v⁻¹). Not finite when some residual is not.
    pub quadratic: f64,
    /// Σ log v.
    pub log_variance: f64,
    /// ‖r‖². Not finite when some residual is not.
    pub squared_norm: f64,
    /// max|r| over the residuals that are numbers: ∞ when one is infinite, 0 when there is none.
    pub max_abs: f64,
    /// How many residuals are NaN or infinite.
    pub non_finite: usize,
}

impl Statistics {
    /// log N(y; A x̂, diag v) = −½(Σ r²/v + Σ log v + N log 2π).
    pub fn log_likelihood(&self) -> f64 {
        -0.5 * (self.quadratic + self.log_variance + self.count as f64 * std::f64::consts::TAU.ln())
    }

    /// χ = √(Σ r²/v / N), about 1 where v is the variance that r has; NaN without observations.
    pub fn misfit(&self) -> f64 {
        (self.quadratic / self.count as f64).sqrt()
    }
}
