//! How well one field predicts another, in two numbers that are not the same.

use crate::Result;
use equipoise_field::{Length, Real, sum};

/// Pearson's correlation of two fields, −1 to 1: blind to offset and scale. NaN for a constant field.
///
/// > r = Σ(a − ā)(b − b̄)/√(Σ(a − ā)² Σ(b − b̄)²)
///
/// # Errors
/// [`LocalityError::Length`](crate::LocalityError::Length) when the lengths differ.
pub fn pearson<R: Real>(a: &[R], b: &[R]) -> Result<f64> {
    Length::check("field to correlate", b.len(), a.len())?;
    let (mean_a, mean_b) = (sum::mean(a), sum::mean(b));
    let of = |f: &(dyn Fn(f64, f64) -> f64 + Sync)| {
        sum::of(a.len(), |i| f(a[i].wide() - mean_a, b[i].wide() - mean_b))
    };
    Ok(of(&|a, b| a * b) / (of(&|a, _| a * a) * of(&|_, b| b * b)).sqrt())
}

/// R² = 1 − SS_res/SS_tot of a prediction, 1 when it is exact and below 0 when the mean of what was
/// found predicts better. It is not the square of [`pearson`]: offset and scale count.
///
/// > SS_res = Σ(found − predicted)², SS_tot = Σ(found − mean)²
///
/// # Errors
/// [`LocalityError::Length`](crate::LocalityError::Length) when the lengths differ.
pub fn r_squared<R: Real>(found: &[R], predicted: &[R]) -> Result<f64> {
    Length::check("predicted field", predicted.len(), found.len())?;
    let mean = sum::mean(found);
    let total = sum::of(found.len(), |i| (found[i].wide() - mean).powi(2));
    Ok(1.0 - sum::squared_distance(found, predicted) / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_and_offset_spoil_the_one_and_not_the_other() {
        let found = [1.0, 2.0, 4.0, -1.0];
        assert!((pearson(&found, &found.map(|x| 3.0 - 2.0 * x)).unwrap() + 1.0).abs() < 1e-15);
        assert!((r_squared(&found, &found).unwrap() - 1.0).abs() < 1e-15);
        // The mean 1.5 in place of the field explains nothing; twice the field misses by the field
        // itself: SS_res = 22, SS_tot = 13.
        assert!(r_squared(&found, &[1.5; 4]).unwrap().abs() < 1e-15);
        assert!((r_squared(&found, &found.map(|x| 2.0 * x)).unwrap() - (1.0 - 22.0 / 13.0)).abs() < 1e-15);
        assert!(pearson(&found, &[1.0; 4]).unwrap().is_nan());
        assert!(pearson(&found, &[1.0; 3]).is_err());
    }
}
