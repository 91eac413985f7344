//! The misfit to the observations in units of their noise.

use crate::{MetricsError, Result};
use equipoise_field::{Real, sum};

/// χ = ‖(y − A x)/s‖/√N, about 1 for the truth and for exact posterior samples.
///
/// `residual` is y − A x, N numbers; `std(i)` is the noise standard deviation s of observation i
/// in the residual's unit.
///
/// # Errors
/// If there are no observations.
pub fn misfit<R: Real>(residual: &[R], std: impl Fn(usize) -> f64 + Sync) -> Result<f64> {
    if residual.is_empty() {
        return Err(MetricsError::Empty { what: "misfit" });
    }
    let total = sum::of(residual.len(), |i| (residual[i].wide() / std(i)).powi(2));
    Ok((total / residual.len() as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_stream::Stream;

    #[test]
    fn noise_of_its_own_standard_deviation_misfits_by_one() {
        let n = 100_000;
        let std = |i: usize| if i.is_multiple_of(2) { 0.1 } else { 3.0 };
        let unit: Vec<f64> = Stream::new("misfit").normal(0, n);
        let noise: Vec<f32> = unit.iter().enumerate().map(|(i, z)| (std(i) * z) as f32).collect();
        let chi = misfit(&noise, std).unwrap();
        // χ² is a mean of n squared deviates of variance 2, so χ has variance 1/(2n); five of its
        // standard errors.
        assert!((chi - 1.0).abs() <= 5.0 / (2.0 * n as f64).sqrt(), "{chi}");
    }

    #[test]
    fn is_the_residual_over_the_noise() {
        assert_eq!(misfit(&[0.3, -0.4], |_| 0.5), Ok((0.5f64).sqrt()));
        assert!(misfit::<f64>(&[], |_| 1.0).is_err());
    }
}
