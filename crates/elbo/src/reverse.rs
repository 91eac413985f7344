//! The variance σ_t² of the reverse step: the two choices of Ho et al.

use equipoise_schedule::Ddpm;

/// σ_t² of p(x_{t−1} | x_t) (Ho et al. 2020, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReverseVariance {
    /// β_t: best for x_0 ~ N(0, I); the bound's gap closes as T grows.
    Forward,
    /// β̃_t: best for x_0 known; for a density a gap remains at the clean end, however large T. As β̃_1 = 0, the last step takes β̃_2, like the authors' code (β_1 where T = 1).
    Posterior,
}

impl ReverseVariance {
    /// σ_t².
    ///
    /// # Panics
    /// If `t` lies outside 1..=T.
    pub fn at(self, schedule: &Ddpm, t: usize) -> f64 {
        match self {
            Self::Forward => schedule.beta(t),
            Self::Posterior if schedule.steps() == 1 => schedule.beta(t),
            Self::Posterior => schedule.reverse(t.max(2)).variance,
        }
    }
}
