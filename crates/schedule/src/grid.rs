//! Grids of diffusion times.

use crate::ScheduleError;

/// t_i = 1 − i/steps: `steps` + 1 times from 1 to 0.
///
/// # Errors
/// If `steps` is 0.
pub fn uniform_grid(steps: usize) -> Result<Vec<f64>, ScheduleError> {
    if steps == 0 {
        return Err(ScheduleError::NoSteps { what: "time grid" });
    }
    Ok((0..=steps).rev().map(|left| left as f64 / steps as f64).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_are_exact() {
        assert_eq!(uniform_grid(4), Ok(vec![1.0, 0.75, 0.5, 0.25, 0.0]));
        assert_eq!(uniform_grid(1), Ok(vec![1.0, 0.0]));
    }

    #[test]
    fn zero_steps_are_refused() {
        let error = uniform_grid(0).unwrap_err();
        assert_eq!(error.to_string(), "time grid: steps is 0, expected at least 1");
    }
}
