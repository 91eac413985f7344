//! The rate–distortion curve of progressive lossy coding.

use crate::Terms;

/// One point: what the receiver knows after x_T … x_t have been sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// t.
    pub step: usize,
    /// L_T + L_{T−1} + … + L_t in bits per dimension.
    pub rate: f64,
    /// √(E‖x_0 − x̂(x_t)‖²/D), in the units of the field.
    pub distortion: f64,
}

/// The curve for t = T … 1 (Ho et al. 2020, section 4.3 and figure 5).
pub fn rate_distortion(terms: &Terms) -> Vec<Point> {
    let mut nats = terms.prior;
    let steps = terms.squared_errors.len();
    let point = |step: usize| {
        if step < steps {
            // L_t is the transition to x_t; `transitions` begins with L_1.
            nats += terms.transitions[step - 1];
        }
        let distortion = (terms.squared_errors[step - 1] / terms.dim as f64).sqrt();
        Point { step, rate: terms.bits_per_dimension(nats), distortion }
    };
    (1..=steps).rev().map(point).collect()
}
