//! `mean`: the gradient of the mean rather than the sum of squares.

/// 1/N: the score of `.mean()` in place of `.sum()` (sections 5.1 and 7.1).
pub(crate) fn gradient_factor(n_obs: usize) -> f64 {
    1.0 / n_obs as f64
}

#[cfg(test)]
mod tests {
    use crate::Law;

    #[test]
    fn the_study_measures_160_000_between_sum_and_mean() {
        let quotient = Law::Sum.gradient_factor(160_000) / Law::Mean.gradient_factor(160_000);
        assert!((quotient / 160_000.0 - 1.0).abs() <= 2.0 * f64::EPSILON);
    }
}
