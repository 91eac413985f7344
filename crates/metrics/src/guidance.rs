//! The guidance of a law against the exact one at the same x_t.

use crate::MetricsError;
use equipoise_field::{Length, Real, sum};

/// ‖g_law‖/‖g_exact‖: above 1 the law guides too strongly.
///
/// # Errors
/// If the lengths differ.
pub fn guidance_excess<R: Real>(law: &[R], exact: &[R]) -> Result<f64, MetricsError> {
    Length::check("guidance", law.len(), exact.len())?;
    Ok(sum::norm(law) / sum::norm(exact))
}

/// ‖g_law − g_exact‖/‖g_exact‖.
///
/// # Errors
/// If the lengths differ.
pub fn guidance_error<R: Real>(law: &[R], exact: &[R]) -> Result<f64, MetricsError> {
    Length::check("guidance", law.len(), exact.len())?;
    Ok(sum::squared_distance(law, exact).sqrt() / sum::norm(exact))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_angle_has_excess_one_and_error_root_two() {
        let (law, exact) = ([0.0f32, 2.0], [2.0f32, 0.0]);
        assert_eq!(guidance_excess(&law, &exact), Ok(1.0));
        let error = guidance_error(&law, &exact).unwrap();
        assert!((error - 2f64.sqrt()).abs() <= 2.0 * f64::EPSILON);
        assert!(guidance_excess(&law, &exact[..1]).is_err());
    }
}
