//! AdamW as PyTorch steps it (Loshchilov & Hutter 2019, arXiv 1711.05101, algorithm 2).

use equipoise_field::Real;

/// Its constants: rate, decay, β₁, β₂ and ε.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Constants {
    pub(crate) rate: f64,
    pub(crate) decay: f64,
    pub(crate) betas: [f64; 2],
    pub(crate) eps: f64,
}

/// The moments of every parameter after a number of steps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AdamW<R> {
    constants: Constants,
    steps: i32,
    /// m, in the order of parameters.
    pub(crate) first: Vec<R>,
    /// v.
    pub(crate) second: Vec<R>,
}

impl<R: Real> AdamW<R> {
    pub(crate) fn new(constants: Constants, parameters: usize) -> Self {
        let zero = || vec![R::zero(); parameters];
        Self { constants, steps: 0, first: zero(), second: zero() }
    }

    /// p ← (1 − rate·decay) p, then p ← p − rate·m̂/(√v̂ + ε), with the decay on every parameter.
    pub(crate) fn step(&mut self, parameters: &mut [R], gradient: &[R]) {
        let Constants { rate, decay, betas: [b1, b2], eps } = self.constants;
        self.steps += 1;
        let (unbias1, unbias2) = (1.0 - b1.powi(self.steps), (1.0 - b2.powi(self.steps)).sqrt());
        let [keep, size, root, eps] = [1.0 - rate * decay, rate / unbias1, unbias2, eps].map(R::narrow);
        let [fresh1, b2, fresh2] = [1.0 - b1, b2, 1.0 - b2].map(R::narrow);
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((p, g), (m, v)) in parameters.iter_mut().zip(gradient).zip(moments) {
            *m += fresh1 * (*g - *m);
            *v = b2 * *v + fresh2 * *g * *g;
            *p = keep * *p - size * *m / (v.sqrt() / root + eps);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONSTANTS: Constants = Constants { rate: 0.1, decay: 0.5, betas: [0.9, 0.999], eps: 1e-8 };

    /// The first step has m̂ = g and v̂ = g², so that it is the rate times a sign.
    #[test]
    fn the_first_step_is_a_sign() {
        let mut parameters = [1.0f64, -2.0, 3.0];
        AdamW::new(CONSTANTS, 3).step(&mut parameters, &[4.0, -1e-3, 0.0]);
        let expected = [0.95 - 0.1, -1.9 + 0.1, 2.85];
        for (found, expected) in parameters.iter().zip(expected) {
            // ε/|g| ≤ 1e-5 of the step.
            assert!((found - expected).abs() < 0.1 * 2e-5, "{found} {expected}");
        }
    }

    /// m and v are weighted sums of all gradients.
    #[test]
    fn moments_are_weighted_sums() {
        let gradients = [3.0f64, -1.0, 2.0];
        let mut steps = AdamW::new(CONSTANTS, 1);
        gradients.iter().for_each(|g| steps.step(&mut [0.0], &[*g]));
        let sum = |beta: f64, power: i32| -> f64 {
            (0..3).map(|k| (1.0 - beta) * beta.powi(2 - k) * gradients[k as usize].powi(power)).sum()
        };
        assert!((steps.first[0] - sum(0.9, 1)).abs() < 4.0 * f64::EPSILON);
        assert!((steps.second[0] - sum(0.999, 2)).abs() < 4.0 * f64::EPSILON);
    }
}
