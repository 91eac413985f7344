//! What can be wrong with a schedule's parameters or name.

/// A schedule that cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// A parameter lies outside its range.
    #[error("schedule {schedule}: {parameter} is {found}, expected {expected}")]
    Parameter {
        /// The schedule's name.
        schedule: &'static str,
        /// The parameter's name.
        parameter: &'static str,
        /// The value given.
        found: f64,
        /// The range it must lie in.
        expected: &'static str,
    },
    /// A spacing of times that does not exist.
    #[error("spacing: found `{found}`, expected uniform, log_snr or edm")]
    UnknownSpacing {
        /// The name given.
        found: String,
    },
    /// A time grid or a discrete schedule without steps.
    #[error("{what}: steps is 0, expected at least 1")]
    NoSteps {
        /// What was to be built.
        what: &'static str,
    },
    /// ρ = σ/μ at an end of [0, 1] that a grid in ρ cannot start or stop at.
    #[error("{grid}: sigma/mu is {found} at t = {t}, expected {expected}")]
    RatioEnd {
        /// The grid.
        grid: &'static str,
        /// The end.
        t: f64,
        /// ρ there.
        found: f64,
        /// The range it must lie in.
        expected: &'static str,
    },
    /// ρ = σ/μ does not rise with t, so that a given ρ has no time of its own.
    #[error("{grid}: sigma/mu is {found} at t = {t}, expected more than the {before} before it")]
    RatioFalls {
        /// The grid.
        grid: &'static str,
        /// The time at fault.
        t: f64,
        /// ρ there.
        found: f64,
        /// ρ at the time before.
        before: f64,
    },
    /// A ρ that the schedule does not pass.
    #[error("time of a ratio: sigma/mu = {found}, expected a number from {low} to {high}")]
    RatioRange {
        /// ρ.
        found: f64,
        /// ρ(0).
        low: f64,
        /// ρ(1).
        high: f64,
    },
    /// No schedule has this name.
    #[error("schedule: found {found:?}, expected one of {expected}")]
    UnknownName {
        /// The name given.
        found: String,
        /// All names, separated by commas.
        expected: String,
    },
}

/// `value`, if it lies in the open interval (0, 1).
pub(crate) fn open_unit(
    schedule: &'static str,
    parameter: &'static str,
    value: f64,
) -> Result<f64, ScheduleError> {
    if value > 0.0 && value < 1.0 {
        return Ok(value);
    }
    Err(refused(schedule, parameter, value, "a number in (0, 1)"))
}

/// A parameter that a schedule does not take.
pub(crate) fn refused(
    schedule: &'static str,
    parameter: &'static str,
    found: f64,
    expected: &'static str,
) -> ScheduleError {
    ScheduleError::Parameter { schedule, parameter, found, expected }
}

/// The least scales of a schedule of azula, both in (0, 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Minima {
    pub(crate) mu: f64,
    pub(crate) sigma: f64,
}

impl Minima {
    pub(crate) fn new(schedule: &'static str, mu: f64, sigma: f64) -> Result<Self, ScheduleError> {
        Ok(Self { mu: open_unit(schedule, "mu_min", mu)?, sigma: open_unit(schedule, "sigma_min", sigma)? })
    }
}

/// azula's, both 1e-3.
impl Default for Minima {
    fn default() -> Self {
        Self { mu: 1e-3, sigma: 1e-3 }
    }
}
