//! AdamW, clipping and the running average, as PyTorch computes them.

use crate::Result;
use equipoise_field::{Length, Real, sum};

/// Numbers of the method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// β₁, of the mean of gradients.
    pub beta1: f64,
    /// β₂, of the mean of their squares.
    pub beta2: f64,
    /// What is added to the root of the latter.
    pub epsilon: f64,
    /// λ, what a parameter loses of itself a step, over the rate.
    pub decay: f64,
}

impl AdamW {
    /// Step number `step`, from 1 on, at rate η: θ ← (1 − ηλ)θ, m ← m + (1 − β₁)(g − m), v ← β₂v + (1 − β₂)g²,
    /// θ ← θ − η/(1 − β₁ᵏ) · m/(√v/√(1 − β₂ᵏ) + ε). Arithmetic is in f64 whatever `R`.
    ///
    /// Loshchilov and Hutter 2019 (arXiv 1711.05101), algorithm 2, in the form of PyTorch's `AdamW`, where λ is
    /// multiplied by the rate.
    ///
    /// # Errors
    /// [`crate::TrainingError::Length`] unless all four are of one length.
    pub fn step<R: Real>(
        &self,
        step: u64,
        rate: f64,
        gradient: &[R],
        [theta, m, v]: [&mut [R]; 3],
    ) -> Result<()> {
        for (what, found) in [("parameters", theta.len()), ("means", m.len()), ("squares", v.len())] {
            Length::check(what, found, gradient.len())?;
        }
        let correction = |beta: f64| 1.0 - beta.powf(step as f64);
        let size = rate / correction(self.beta1);
        let root = correction(self.beta2).sqrt();
        let kept = 1.0 - rate * self.decay;
        for (((theta, m), v), g) in theta.iter_mut().zip(m).zip(v).zip(gradient) {
            let g = g.wide();
            let mean = m.wide() + (1.0 - self.beta1) * (g - m.wide());
            let square = self.beta2 * v.wide() + (1.0 - self.beta2) * g * g;
            let denominator = square.sqrt() / root + self.epsilon;
            *theta = R::narrow(kept * theta.wide() - size * mean / denominator);
            (*m, *v) = (R::narrow(mean), R::narrow(square));
        }
        Ok(())
    }
}

/// Scales a gradient to a norm of `most` where it is longer; its norm before. `torch.nn.utils.clip_grad_norm_` divides
/// by the norm plus 10⁻⁶, and so does this.
pub fn clip<R: Real>(gradient: &mut [R], most: Option<f64>) -> f64 {
    let norm = sum::norm(gradient);
    let factor = most.map_or(1.0, |most| most / (norm + 1e-6));
    if factor < 1.0 {
        gradient.iter_mut().for_each(|g| *g = R::narrow(factor * g.wide()));
    }
    norm
}

/// The running average of parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Average {
    /// d, what of the average stays a step.
    pub decay: f64,
    /// Whether d is at most (1 + k)/(10 + k) at step k, so that the first parameters are soon forgotten.
    pub warm_up: bool,
}

impl Average {
    /// The average after step k: a ← a + (1 − d)(θ − a).
    ///
    /// # Errors
    /// [`crate::TrainingError::Length`].
    pub fn step<R: Real>(&self, step: u64, theta: &[R], average: &mut [R]) -> Result<()> {
        Length::check("running average", average.len(), theta.len())?;
        let early = (1.0 + step as f64) / (10.0 + step as f64);
        let decay = if self.warm_up { self.decay.min(early) } else { self.decay };
        for (a, theta) in average.iter_mut().zip(theta) {
            *a = R::narrow(a.wide() + (1.0 - decay) * (theta.wide() - a.wide()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One number by hand: g = 2 at rate 0.1 makes m = 0.2, v = 0.004 and, after the corrections, a step of 0.1·2/2.
    #[test]
    fn the_first_step_is_of_the_size_of_the_rate() {
        let method = AdamW { beta1: 0.9, beta2: 0.999, epsilon: 0.0, decay: 0.01 };
        let (mut theta, mut m, mut v) = ([3.0f64], [0.0], [0.0]);
        method.step(1, 0.1, &[2.0], [&mut theta, &mut m, &mut v]).unwrap();
        assert!((theta[0] - (3.0 * 0.999 - 0.1)).abs() < 1e-14, "{theta:?}");
        assert!((m[0] - 0.2).abs() < 1e-15 && (v[0] - 0.004).abs() < 1e-15);
        assert!(method.step(2, 0.1, &[2.0], [&mut theta, &mut [], &mut v]).is_err());
    }

    /// m and v are weighted sums of all gradients.
    #[test]
    fn moments_are_weighted_sums() {
        let gradients = [3.0f64, -1.0, 2.0];
        let method = AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.5 };
        let (mut theta, mut m, mut v) = ([0.0], [0.0], [0.0]);
        for (k, g) in (1..).zip(gradients) {
            method.step(k, 0.1, &[g], [&mut theta, &mut m, &mut v]).unwrap();
        }
        let sum = |beta: f64, power: i32| -> f64 {
            (0..3).map(|k| (1.0 - beta) * beta.powi(2 - k) * gradients[k as usize].powi(power)).sum()
        };
        assert!((m[0] - sum(0.9, 1)).abs() < 4.0 * f64::EPSILON);
        assert!((v[0] - sum(0.999, 2)).abs() < 4.0 * f64::EPSILON);
    }

    #[test]
    fn clipping_leaves_the_direction_and_short_gradients() {
        let mut gradient = [3.0f64, 4.0];
        assert!(
            (clip(&mut gradient, Some(10.0)) - 5.0).abs() < 1e-15
                && gradient.map(f64::to_bits) == [3.0f64, 4.0].map(f64::to_bits)
        );
        assert!((clip(&mut gradient, Some(1.0)) - 5.0).abs() < 1e-15);
        assert!((gradient[0] - 0.6).abs() < 1e-6 && (gradient[1] - 0.8).abs() < 1e-6);
        assert!(clip(&mut [f64::NAN], Some(1.0)).is_nan());
    }

    #[test]
    fn an_average_of_what_stays_is_what_stays() {
        let (average, theta) = (Average { decay: 0.99, warm_up: true }, [2.0f64]);
        let mut a = [0.0];
        average.step(1, &theta, &mut a).unwrap();
        assert!((a[0] - 2.0 * (1.0 - 2.0 / 11.0)).abs() < 1e-15);
        (2..3000).for_each(|k| average.step(k, &theta, &mut a).unwrap());
        assert!((a[0] - 2.0).abs() < 1e-12);
    }
}
