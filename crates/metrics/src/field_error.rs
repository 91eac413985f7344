//! Errors of a field in the mean.

use crate::{Inclusion, Result};
use equipoise_field::{Length, Real};

/// √mean((x − truth)²).
///
/// # Errors
/// If the lengths differ, the mask does not fit or nothing is included.
pub fn rmse<R: Real>(x: &[R], truth: &[R], inclusion: Inclusion<'_>) -> Result<f64> {
    Length::check("reconstruction", x.len(), truth.len())?;
    let mean = inclusion.mean("rmse", x.len(), |i| (x[i].wide() - truth[i].wide()).powi(2))?;
    Ok(mean.sqrt())
}

/// mean(|x − truth|), in the field's unit: the CRPS of the forecast that is sure of x, so that points compare
/// with ensembles under [`crps`](crate::crps).
///
/// # Errors
/// If the lengths differ, the mask does not fit or nothing is included.
///
/// Reference: Gneiting & Raftery 2007, "Strictly proper scoring rules, prediction, and estimation",
/// J. Am. Stat. Assoc. 102, section 4.2.
pub fn mae<R: Real>(x: &[R], truth: &[R], inclusion: Inclusion<'_>) -> Result<f64> {
    Length::check("reconstruction", x.len(), truth.len())?;
    inclusion.mean("mae", x.len(), |i| (x[i].wide() - truth[i].wide()).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_errors_come_back_masked() {
        let truth = [0.0f32; 6];
        let x = [3.0, 3.0, 4.0, 4.0, 100.0, 100.0];
        let solid = [true, true, true, true, false, false];
        let whole = rmse(&x, &truth, Inclusion::Entries(&solid)).unwrap();
        assert_eq!(whole.to_bits(), 12.5f64.sqrt().to_bits());
    }

    /// (2 + 1)/2 over the entries that count; and the score of the forecast that is sure of x.
    #[test]
    fn the_mean_absolute_error_is_the_score_of_a_point() {
        let (x, truth, flags) = ([3.0f32, -1.0, 9.0], [1.0f32, 0.0, 0.0], [true, true, false]);
        let found = mae(&x, &truth, Inclusion::Entries(&flags)).unwrap();
        assert_eq!(found.to_bits(), 1.5f64.to_bits());
        let sure = crate::gaussian_crps(&x, &[0.0; 3], &truth, Inclusion::Entries(&flags)).unwrap();
        assert_eq!(found.to_bits(), sure.to_bits());
        assert!(mae(&x, &truth[..2], Inclusion::All).is_err());
    }

    #[test]
    fn lengths_are_checked() {
        assert!(rmse(&[1.0f64], &[1.0, 2.0], Inclusion::All).is_err());
    }

    #[test]
    fn f32_differences_that_overflow_f32_do_not_overflow_here() {
        let far = rmse(&[3e38f32, -3e38], &[-3e38, 3e38], Inclusion::All).unwrap();
        assert!((far / (2.0 * f64::from(3e38f32)) - 1.0).abs() <= 4.0 * f64::EPSILON);
    }
}
