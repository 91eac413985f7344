//! The loss of a member: how much its error counts at its level.

use crate::{Errors, LossPart, Weightings};
use equipoise_schedule::Level;

/// w(level)·mean (x − x̂)², whatever error the loss is named after.
///
/// With x_t = μx + σε and ε̂, v̂ by way of x̂: ε − ε̂ = −(μ/σ)(x − x̂) and v − v̂ = −(μ² + σ²)/σ·(x − x̂), v = με − σx.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    part: LossPart,
}

impl Loss {
    /// Of a configuration.
    pub fn new(part: &LossPart) -> Self {
        Self { part: part.clone() }
    }

    /// What mean (x − x̂)² is multiplied by, for a network whose output is multiplied by `out` on its way to x̂.
    pub fn weight(&self, level: Level, out: f64) -> f64 {
        let Level { mu, sigma } = level;
        let snr = (mu / sigma).powi(2);
        match (self.part.weighting, self.part.error) {
            (Weightings::Uniform, Errors::X) => 1.0,
            (Weightings::Uniform, Errors::Epsilon) => snr,
            (Weightings::Uniform, Errors::V) => (mu.mul_add(mu, sigma * sigma) / sigma).powi(2),
            (Weightings::Target, _) => (out * out).recip(),
            (Weightings::MinSnr, _) => snr.min(self.part.gamma),
            (Weightings::TruncatedSnr, _) => snr.max(1.0),
            (Weightings::Edm, _) => snr + self.part.sigma_data.powi(-2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_network::{Preconditioner, Preconditioning, Predicts, TimeInput};

    /// The errors themselves, from one x, ε and x̂.
    #[test]
    fn errors_by_way_of_x_are_the_errors() {
        let (x, eps, x_hat) = (0.3, -1.1, 0.5);
        for (mu, sigma) in [(0.6, 0.8), (1.0, 3.0), (0.99, 0.01)] {
            let (level, x_t) = (Level { mu, sigma }, mu * x + sigma * eps);
            let eps_hat = (x_t - mu * x_hat) / sigma;
            let (v, v_hat): (f64, f64) = (mu * eps - sigma * x, mu * eps_hat - sigma * x_hat);
            for (error, expected) in
                [(Errors::X, x - x_hat), (Errors::Epsilon, eps - eps_hat), (Errors::V, v - v_hat)]
            {
                let part = LossPart { error, weighting: Weightings::Uniform, ..LossPart::default() };
                let found = Loss::new(&part).weight(level, 7.0) * (x - x_hat).powi(2);
                assert!((found / expected.powi(2) - 1.0).abs() < 1e-11, "{error:?}: {found}");
            }
        }
    }

    /// Where several names are for one weighting: EDM's is 1/c_out² of its own preconditioning, and of a network that
    /// gives ε that is the error of ε.
    #[test]
    fn weightings_meet_where_they_must() {
        let weight = |weighting, error, level, out| {
            let part = LossPart { weighting, error, sigma_data: 0.5, ..LossPart::default() };
            Loss::new(&part).weight(level, out)
        };
        for rho in [0.02, 0.7, 30.0] {
            let (edm, level) = (Preconditioning::Edm { sigma_data: 0.5 }, Level { mu: 1.0, sigma: rho });
            let around = |kind, predicts| {
                let time = TimeInput::LogRatio;
                Preconditioner::new(kind, predicts, time, None, None).unwrap().at(level).unwrap().out
            };
            let out = around(edm, Predicts::X);
            let of = |weighting, error, out| weight(weighting, error, level, out);
            let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-12, "{rho}: {a} {b}");
            near(of(Weightings::Edm, Errors::X, 1.0) / of(Weightings::Target, Errors::X, out), 1.0);
            let out = around(Preconditioning::Simple, Predicts::Epsilon);
            near(of(Weightings::Target, Errors::X, out), of(Weightings::Uniform, Errors::Epsilon, out));
            near(of(Weightings::MinSnr, Errors::X, 1.0), rho.powi(-2).min(5.0));
            near(of(Weightings::TruncatedSnr, Errors::X, 1.0), rho.powi(-2).max(1.0));
        }
    }
}
