//! Grids of diffusion times.

use crate::{Schedule, ScheduleError};

/// Karras et al.'s choice of the exponent that they call ρ.
const EDM_EXPONENT: f64 = 7.0;

/// The even intervals of [0, 1] over which ρ is required to rise.
const MONOTONE_CHECKS: u32 = 1024;

/// t_i = 1 − i/steps: `steps` + 1 times from 1 to 0.
///
/// # Errors
/// If `steps` is 0.
pub fn uniform_grid(steps: usize) -> Result<Vec<f64>, ScheduleError> {
    check_steps(steps)?;
    Ok((0..=steps).rev().map(|left| left as f64 / steps as f64).collect())
}

/// Uniform log-SNR: `steps` + 1 times from 1 to 0 at which log ρ, ρ = σ/μ, falls by equal amounts.
///
/// > log ρ(t_i) = (1 − i/steps) log ρ(1) + (i/steps) log ρ(0).
///
/// ρ is inverted by bisection down to neighbouring numbers t.
///
/// Reference: Lu et al. 2022 (arXiv 2206.00927), section 3.4, uniform λ = −log ρ.
///
/// # Errors
/// If `steps` is 0, ρ is not finite and positive at both ends, or ρ does not rise with t.
pub fn log_snr_grid(schedule: &dyn Schedule, steps: usize) -> Result<Vec<f64>, ScheduleError> {
    let (grid, expected) = ("log-SNR grid", "a finite number above 0");
    for t in [0.0, 1.0] {
        let found = schedule.level(t).ratio();
        if !(found.is_finite() && found > 0.0) {
            return Err(ScheduleError::RatioEnd { grid, t, found, expected });
        }
    }
    spaced(grid, schedule, steps, f64::ln)
}

/// EDM: `steps` + 1 times from 1 to 0 at which ρ^(1/7), ρ = σ/μ, falls by equal amounts.
///
/// > ρ(t_i) = (ρ(1)^(1/7) + (i/steps)(ρ(0)^(1/7) − ρ(1)^(1/7)))⁷.
///
/// The last time is that of ρ(0), the schedule's own smallest noise; Karras et al. append a step from
/// there to σ = 0. ρ is inverted by bisection down to neighbouring numbers t.
///
/// Reference: Karras et al. 2022 (arXiv 2206.00364), equation 5.
///
/// # Errors
/// If `steps` is 0, ρ is not finite and at least 0 at both ends, or ρ does not rise with t.
pub fn edm_grid(schedule: &dyn Schedule, steps: usize) -> Result<Vec<f64>, ScheduleError> {
    let (grid, expected) = ("EDM grid", "a finite number of at least 0");
    for t in [0.0, 1.0] {
        let found = schedule.level(t).ratio();
        if !(found.is_finite() && found >= 0.0) {
            return Err(ScheduleError::RatioEnd { grid, t, found, expected });
        }
    }
    spaced(grid, schedule, steps, |ratio| ratio.powf(1.0 / EDM_EXPONENT))
}

/// The time at which ρ = σ/μ takes each of the values `ratios`, by bisection down to neighbouring
/// numbers t.
///
/// # Errors
/// If ρ does not rise with t, or a value lies outside [ρ(0), ρ(1)].
pub fn times_of_ratios(schedule: &dyn Schedule, ratios: &[f64]) -> Result<Vec<f64>, ScheduleError> {
    everywhere_rising("time of a ratio", schedule)?;
    let ratio = |t: f64| schedule.level(t).ratio();
    let (low, high) = (ratio(0.0), ratio(1.0));
    let time = |&found: &f64| match (low..=high).contains(&found) {
        true => Ok(bisect(ratio, found)),
        false => Err(ScheduleError::RatioRange { found, low, high }),
    };
    ratios.iter().map(time).collect()
}

/// That ρ is finite and rises along `times`.
fn rising(
    grid: &'static str,
    schedule: &dyn Schedule,
    times: impl Iterator<Item = f64>,
) -> Result<(), ScheduleError> {
    let mut before = f64::NEG_INFINITY;
    for t in times {
        let found = schedule.level(t).ratio();
        if !(found.is_finite() && found > before) {
            return Err(ScheduleError::RatioFalls { grid, t, found, before });
        }
        before = found;
    }
    Ok(())
}

fn everywhere_rising(grid: &'static str, schedule: &dyn Schedule) -> Result<(), ScheduleError> {
    rising(grid, schedule, (0..=MONOTONE_CHECKS).map(|i| f64::from(i) / f64::from(MONOTONE_CHECKS)))
}

/// Times from 1 to 0 at which `scale`(ρ), a rising function, falls by equal amounts.
fn spaced(
    grid: &'static str,
    schedule: &dyn Schedule,
    steps: usize,
    scale: impl Fn(f64) -> f64,
) -> Result<Vec<f64>, ScheduleError> {
    check_steps(steps)?;
    let ratio = |t: f64| schedule.level(t).ratio();
    everywhere_rising(grid, schedule)?;
    let (last, first) = (scale(ratio(0.0)), scale(ratio(1.0)));
    let inner = (1..steps).map(|i| {
        let done = i as f64 / steps as f64;
        bisect(|t| scale(ratio(t)), first + done * (last - first))
    });
    let times: Vec<f64> = [1.0].into_iter().chain(inner).chain([0.0]).collect();
    rising(grid, schedule, times.iter().rev().copied())?;
    Ok(times)
}

/// The t in [0, 1] at which the rising `f` passes `target`, between neighbouring numbers.
fn bisect(f: impl Fn(f64) -> f64, target: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return middle;
        }
        if f(middle) < target {
            low = middle;
        } else {
            high = middle;
        }
    }
}

fn check_steps(steps: usize) -> Result<(), ScheduleError> {
    if steps == 0 {
        return Err(ScheduleError::NoSteps { what: "time grid" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LinearBeta, ScheduleName, Ve};

    #[test]
    fn quarters_are_exact() {
        assert_eq!(uniform_grid(4), Ok(vec![1.0, 0.75, 0.5, 0.25, 0.0]));
        assert_eq!(uniform_grid(1), Ok(vec![1.0, 0.0]));
    }

    #[test]
    fn zero_steps_are_refused() {
        let error = uniform_grid(0).unwrap_err();
        assert_eq!(error.to_string(), "time grid: steps is 0, expected at least 1");
        assert_eq!(log_snr_grid(&Ve::default(), 0), Err(error.clone()));
        assert_eq!(edm_grid(&Ve::default(), 0), Err(error));
    }

    /// Of the scale's span, 2 and more here. 1 − μ² + η² loses ε/η² = 2e-12 of σ² at η = 0.01, half
    /// of that of σ.
    const TOLERANCE: f64 = 1e-12;

    fn falls_evenly(times: &[f64], scaled: impl Fn(f64) -> f64, name: ScheduleName) {
        let (first, last) = (scaled(1.0), scaled(0.0));
        for (i, &t) in times.iter().enumerate() {
            let expected = first + i as f64 / (times.len() - 1) as f64 * (last - first);
            let error = (scaled(t) - expected).abs() / (first - last);
            assert!(error < TOLERANCE, "{name}, entry {i}: error {error:e}");
        }
        assert_eq!((times[0].to_bits(), times[times.len() - 1].to_bits()), (1f64.to_bits(), 0));
    }

    #[test]
    fn every_schedule_hits_the_definitions() {
        for name in ScheduleName::all() {
            let schedule = name.build(0.01).unwrap();
            let ratio = |t: f64| schedule.level(t).ratio();
            let edm = edm_grid(&*schedule, 37).unwrap();
            assert_eq!(edm.len(), 38);
            falls_evenly(&edm, |t| ratio(t).powf(1.0 / 7.0), name);
            if name != ScheduleName::LinearBeta {
                falls_evenly(&log_snr_grid(&*schedule, 37).unwrap(), |t| ratio(t).ln(), name);
            }
        }
    }

    #[test]
    fn times_of_ratios_invert_every_schedule() {
        for name in ScheduleName::all() {
            let schedule = name.build(0.01).unwrap();
            let (low, high) = (schedule.level(0.0).ratio(), schedule.level(1.0).ratio());
            let ratios: Vec<f64> =
                (0..=40).map(|i| low + (f64::from(i) / 40.0).powi(4) * (high - low)).collect();
            let times = times_of_ratios(&*schedule, &ratios).unwrap();
            for (&t, expected) in times.iter().zip(&ratios) {
                let error = (schedule.level(t).ratio() / expected - 1.0).abs();
                assert!(*expected <= 0.0 || error < TOLERANCE, "{name}: error {error:e} at {expected}");
            }
            assert_eq!((times[0].to_bits(), times[40].to_bits()), (0, 1f64.to_bits()));
        }
    }

    #[test]
    fn a_ratio_without_a_time_is_named() {
        let error = times_of_ratios(&Ve::new(0.5, 2.0).unwrap(), &[1.0, 3.0]).unwrap_err().to_string();
        assert_eq!(error, "time of a ratio: sigma/mu = 3, expected a number from 0.5 to 2");
    }

    /// Log σ is linear in t and μ = 1, so that equal steps of log ρ are equal steps of t.
    #[test]
    fn log_snr_of_variance_exploding_is_uniform() {
        let times = log_snr_grid(&Ve::default(), 8).unwrap();
        for (found, expected) in times.iter().zip(uniform_grid(8).unwrap()) {
            // The roundings of exp and ln at |log ρ| < 7 over a slope of 13.8.
            assert!((found - expected).abs() < 8.0 * f64::EPSILON, "{found} {expected}");
        }
    }

    #[test]
    fn vanishing_noise_has_no_logarithm() {
        let error = log_snr_grid(&LinearBeta::default(), 4).unwrap_err();
        assert_eq!(
            error.to_string(),
            "log-SNR grid: sigma/mu is 0 at t = 0, expected a finite number above 0"
        );
    }

    /// (μ, σ) as functions.
    struct Made(fn(f64) -> f64, fn(f64) -> f64);

    impl Schedule for Made {
        fn mu(&self, t: f64) -> f64 {
            self.0(t)
        }
        fn sigma(&self, t: f64) -> f64 {
            self.1(t)
        }
    }

    #[test]
    fn a_ratio_that_does_not_rise_or_end_is_named() {
        let vanishing = Made(|t| 1.0 - t, |t| t + 0.1);
        let end = edm_grid(&vanishing, 4).unwrap_err();
        assert!(matches!(end, ScheduleError::RatioEnd { t: 1.0, found: f64::INFINITY, .. }), "{end}");
        let bump = Made(|_| 1.0, |t| 1.0 + t - 0.2 * (40.0 * t).sin());
        let falls = log_snr_grid(&bump, 4).unwrap_err();
        assert!(
            matches!(falls, ScheduleError::RatioFalls { t, found, before, .. } if t > 0.0 && found <= before)
        );
        let still = Made(|_| 1.0, |t| t.max(0.5));
        assert!(matches!(edm_grid(&still, 4), Err(ScheduleError::RatioFalls { .. })));
    }
}
