//! The discrete noise schedule of denoising diffusion probabilistic models.

use crate::error::open_unit;
use crate::{Level, ScheduleError};

/// Noise variances β_1…β_T with α_t = 1 − β_t and ᾱ_t = ∏_{s ≤ t} α_s, ᾱ_0 = 1.
///
/// Reference: Ho, Jain and Abbeel, "Denoising diffusion probabilistic models", 2020
/// (arXiv 2006.11239).
#[derive(Clone, Debug, PartialEq)]
pub struct Ddpm {
    beta: Vec<f64>,
    alpha_bar: Vec<f64>,
}

/// The Gaussian q(x_{t−1} given x_t, x_0): mean `clean`·x_0 + `noisy`·x_t, variance `variance`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reverse {
    /// √ᾱ_{t−1} β_t/(1 − ᾱ_t), the weight of x_0.
    pub clean: f64,
    /// √α_t (1 − ᾱ_{t−1})/(1 − ᾱ_t), the weight of x_t.
    pub noisy: f64,
    /// β̃_t = β_t (1 − ᾱ_{t−1})/(1 − ᾱ_t); 0 at t = 1.
    pub variance: f64,
}

impl Ddpm {
    /// The published β from 1e-4 to 0.02 and T = 1000 (Ho et al. 2020, section 4).
    pub fn published() -> Self {
        Self::from_beta(linear(1e-4, 0.02, 1000))
    }

    /// β_t linear in t from `first` at t = 1 to `last` at t = `steps`, both in (0, 1).
    ///
    /// # Errors
    /// If `steps` is 0 or an end lies outside (0, 1).
    pub fn linear(first: f64, last: f64, steps: usize) -> Result<Self, ScheduleError> {
        let first = open_unit("ddpm-linear", "first beta", first)?;
        let last = open_unit("ddpm-linear", "last beta", last)?;
        if steps == 0 {
            return Err(ScheduleError::NoSteps { what: "ddpm-linear" });
        }
        Ok(Self::from_beta(linear(first, last, steps)))
    }

    /// ᾱ_t = f(t)/f(0), f(t) = cos²(½π (t/T + s)/(1 + s)), s = 0.008, β_t clipped at 0.999.
    ///
    /// ᾱ is the product of the clipped factors.
    ///
    /// # Errors
    /// If `steps` is 0.
    ///
    /// Reference: Nichol and Dhariwal 2021 (arXiv 2102.09672), equation 17.
    pub fn cosine(steps: usize) -> Result<Self, ScheduleError> {
        const OFFSET: f64 = 0.008;
        const BETA_MAX: f64 = 0.999;
        if steps == 0 {
            return Err(ScheduleError::NoSteps { what: "ddpm-cosine" });
        }
        let f = |t: usize| {
            let angle = (t as f64 / steps as f64 + OFFSET) / (1.0 + OFFSET);
            (angle * std::f64::consts::FRAC_PI_2).cos().powi(2)
        };
        Ok(Self::from_beta((1..=steps).map(|t| (1.0 - f(t) / f(t - 1)).min(BETA_MAX)).collect()))
    }

    fn from_beta(beta: Vec<f64>) -> Self {
        let mut product = 1.0;
        let mut alpha_bar = vec![product];
        for b in &beta {
            product *= 1.0 - b;
            alpha_bar.push(product);
        }
        Self { beta, alpha_bar }
    }

    /// T.
    pub fn steps(&self) -> usize {
        self.beta.len()
    }

    /// β_t.
    ///
    /// # Panics
    /// If `t` lies outside 1..=T.
    pub fn beta(&self, t: usize) -> f64 {
        self.beta[t - 1]
    }

    /// α_t = 1 − β_t.
    ///
    /// # Panics
    /// If `t` lies outside 1..=T.
    pub fn alpha(&self, t: usize) -> f64 {
        1.0 - self.beta(t)
    }

    /// ᾱ_t.
    ///
    /// # Panics
    /// If `t` lies outside 0..=T.
    pub fn alpha_bar(&self, t: usize) -> f64 {
        self.alpha_bar[t]
    }

    /// μ = √ᾱ_t, σ = √(1 − ᾱ_t).
    ///
    /// # Panics
    /// If `t` lies outside 0..=T.
    pub fn level(&self, t: usize) -> Level {
        let alpha_bar = self.alpha_bar(t);
        Level { mu: alpha_bar.sqrt(), sigma: (1.0 - alpha_bar).sqrt() }
    }

    /// q(x_{t−1} given x_t, x_0) (Ho et al. 2020, equations 6 and 7).
    ///
    /// # Panics
    /// If `t` lies outside 1..=T.
    pub fn reverse(&self, t: usize) -> Reverse {
        let (before, now) = (self.alpha_bar(t - 1), self.alpha_bar(t));
        let share = (1.0 - before) / (1.0 - now);
        Reverse {
            clean: before.sqrt() * self.beta(t) / (1.0 - now),
            noisy: self.alpha(t).sqrt() * share,
            variance: share * self.beta(t),
        }
    }
}

fn linear(first: f64, last: f64, steps: usize) -> Vec<f64> {
    let slope = if steps > 1 { (last - first) / (steps - 1) as f64 } else { 0.0 };
    (0..steps).map(|i| first + slope * i as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both() -> [Ddpm; 2] {
        [Ddpm::published(), Ddpm::cosine(1000).unwrap()]
    }

    #[test]
    fn reverse_steps_carry_the_marginal_back() {
        for schedule in both() {
            for t in 1..=schedule.steps() {
                let reverse = schedule.reverse(t);
                let (before, now) = (schedule.level(t - 1), schedule.level(t));
                // x_t = √ᾱ_t x_0 + √(1−ᾱ_t) ε put into the reverse step must give the marginal at
                // t − 1. Where ᾱ is near 1, 1 − ᾱ_t has lost 1/(1 − ᾱ_t) of its digits.
                let bound = 8.0 * f64::EPSILON / (1.0 - schedule.alpha_bar(t));
                let mean = reverse.clean + reverse.noisy * now.mu;
                let variance = (reverse.noisy * now.sigma).powi(2) + reverse.variance;
                assert!((mean - before.mu).abs() <= bound, "t = {t}");
                assert!((variance - before.sigma.powi(2)).abs() <= bound, "t = {t}");
            }
        }
    }

    #[test]
    fn reverse_precision_is_the_sum_of_both_sides() {
        for schedule in both() {
            for t in 2..=schedule.steps() {
                let sum = 1.0 / (1.0 - schedule.alpha_bar(t - 1)) + schedule.alpha(t) / schedule.beta(t);
                let bound = 8.0 * f64::EPSILON / (1.0 - schedule.alpha_bar(t - 1));
                assert!((schedule.reverse(t).variance * sum - 1.0).abs() <= bound, "t = {t}");
            }
        }
    }

    #[test]
    fn linear_ends_where_the_paper_does() {
        let schedule = Ddpm::published();
        assert!((schedule.beta(1) - 1e-4).abs() <= f64::EPSILON);
        assert!((schedule.beta(1000) - 0.02).abs() <= f64::EPSILON);
        let log: f64 = (1..=1000).map(|t| (-schedule.beta(t)).ln_1p()).sum();
        assert!((schedule.alpha_bar(1000).ln() - log).abs() <= 1000.0 * f64::EPSILON);
        // About 4e-5: the prior term L_T of the paper is negligible.
        assert!((schedule.alpha_bar(1000) - 4.0358e-5).abs() <= 5e-10);
    }

    #[test]
    fn cosine_follows_its_closed_form_until_it_is_clipped() {
        let schedule = Ddpm::cosine(1000).unwrap();
        let f = |t: f64| ((t + 0.008) / 1.008 * std::f64::consts::FRAC_PI_2).cos().powi(2);
        for t in [1, 250, 500, 999] {
            let expected = f(t as f64 / 1000.0) / f(0.0);
            assert!((schedule.alpha_bar(t) - expected).abs() <= 1000.0 * f64::EPSILON, "t = {t}");
        }
        assert!((schedule.beta(1000) - 0.999).abs() <= f64::EPSILON);
    }

    #[test]
    fn the_first_step_back_lands_on_the_clean_state() {
        let reverse = Ddpm::published().reverse(1);
        assert!((reverse.clean - 1.0).abs() <= f64::EPSILON / 1e-4);
        assert_eq!((reverse.noisy.to_bits(), reverse.variance.to_bits()), (0, 0));
    }

    #[test]
    fn no_steps_or_impossible_variances_are_refused() {
        assert!(Ddpm::linear(1e-4, 0.02, 0).is_err());
        assert!(Ddpm::cosine(0).is_err());
        assert!(Ddpm::linear(0.0, 0.02, 10).is_err());
        assert!(Ddpm::linear(1e-4, 1.0, 10).is_err());
        assert_eq!(Ddpm::linear(1e-4, 0.02, 1000).unwrap(), Ddpm::published());
    }
}
