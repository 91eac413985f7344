//! The time grids by name.

use crate::{Schedule, ScheduleError, edm_grid, log_snr_grid, uniform_grid};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How the times of a run are spaced: `uniform`, `log_snr` or `edm`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Spacing {
    /// [`uniform_grid`], as published with SDA.
    #[default]
    Uniform,
    /// [`log_snr_grid`].
    LogSnr,
    /// [`edm_grid`].
    Edm,
}

impl Spacing {
    /// Every spacing, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Uniform, Self::LogSnr, Self::Edm];

    /// The name that the command line and the results use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::LogSnr => "log_snr",
            Self::Edm => "edm",
        }
    }

    /// `steps` + 1 times from 1 to 0.
    ///
    /// # Errors
    /// Those of the grid's own function.
    pub fn grid(self, schedule: &dyn Schedule, steps: usize) -> Result<Vec<f64>, ScheduleError> {
        match self {
            Self::Uniform => uniform_grid(steps),
            Self::LogSnr => log_snr_grid(schedule, steps),
            Self::Edm => edm_grid(schedule, steps),
        }
    }
}

impl fmt::Display for Spacing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Spacing {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let found = || ScheduleError::UnknownSpacing { found: text.to_owned() };
        Self::ALL.into_iter().find(|spacing| spacing.name() == text).ok_or_else(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_others_are_refused() {
        for spacing in Spacing::ALL {
            assert_eq!(spacing.name().parse::<Spacing>().unwrap(), spacing);
        }
        let refused = "log-snr".parse::<Spacing>().unwrap_err().to_string();
        assert_eq!(refused, "spacing: found `log-snr`, expected uniform, log_snr or edm");
    }
}
