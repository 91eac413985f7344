//! The names of schedules as the command line takes them.

use crate::{Alpha, Cosine, Decay, LinearBeta, Rectified, Schedule, ScheduleError, Sda, Variance, Ve, Vp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A schedule by name.
///
/// | name | schedule |
/// |---|---|
/// | `lin`, `cos`, `exp` | [`Sda`], variance preserving |
/// | `sub_vp-lin`, `sub_vp-cos`, `sub_vp-exp` | [`Sda`], σ = 1 − α² + η |
/// | `sub_sub_vp-lin`, `sub_sub_vp-cos`, `sub_sub_vp-exp` | [`Sda`], σ = 1 − α + η |
/// | `linear_beta` | [`LinearBeta`], published β |
/// | `azula-ve`, `azula-vp`, `azula-cosine`, `azula-rectified`, `azula-decay` | azula's |
///
/// Parsing also accepts `vp-lin`, `vp-cos`, `vp-exp` for the first row; printing uses the short
/// form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[non_exhaustive]
pub enum ScheduleName {
    /// The SDA family.
    Sda(Alpha, Variance),
    /// Continuous DDPM.
    LinearBeta,
    /// azula's variance exploding.
    Ve,
    /// azula's variance preserving.
    Vp,
    /// azula's cosine.
    Cosine,
    /// azula's rectified flow.
    Rectified,
    /// azula's decay.
    Decay,
}

const NAMES: [(&str, ScheduleName); 15] = [
    ("cos", ScheduleName::Sda(Alpha::Cos, Variance::Vp)),
    ("lin", ScheduleName::Sda(Alpha::Lin, Variance::Vp)),
    ("exp", ScheduleName::Sda(Alpha::Exp, Variance::Vp)),
    ("sub_vp-cos", ScheduleName::Sda(Alpha::Cos, Variance::SubVp)),
    ("sub_vp-lin", ScheduleName::Sda(Alpha::Lin, Variance::SubVp)),
    ("sub_vp-exp", ScheduleName::Sda(Alpha::Exp, Variance::SubVp)),
    ("sub_sub_vp-cos", ScheduleName::Sda(Alpha::Cos, Variance::SubSubVp)),
    ("sub_sub_vp-lin", ScheduleName::Sda(Alpha::Lin, Variance::SubSubVp)),
    ("sub_sub_vp-exp", ScheduleName::Sda(Alpha::Exp, Variance::SubSubVp)),
    ("linear_beta", ScheduleName::LinearBeta),
    ("azula-ve", ScheduleName::Ve),
    ("azula-vp", ScheduleName::Vp),
    ("azula-cosine", ScheduleName::Cosine),
    ("azula-rectified", ScheduleName::Rectified),
    ("azula-decay", ScheduleName::Decay),
];

impl ScheduleName {
    /// Every name that [`fmt::Display`] prints, in the order of the documentation.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.into_iter().map(|(_, name)| name)
    }

    /// The schedule with `eta` in (0, 1) as its smallest scale.
    ///
    /// SDA: η. azula: μ_min = σ_min = `eta`; for `azula-ve` σ runs from `eta` to 1/`eta`; azula's
    /// own default is 1e-3. `linear_beta` has no such scale and ignores it.
    ///
    /// # Errors
    /// If `eta` lies outside (0, 1) and the schedule uses it.
    pub fn build(self, eta: f64) -> Result<Box<dyn Schedule>, ScheduleError> {
        Ok(match self {
            Self::Sda(alpha, variance) => Box::new(Sda::new(alpha, variance, eta)?),
            Self::LinearBeta => Box::new(LinearBeta::default()),
            Self::Ve => Box::new(Ve::new(eta, eta.recip())?),
            Self::Vp => Box::new(Vp::new(eta, eta)?),
            Self::Cosine => Box::new(Cosine::new(eta, eta)?),
            Self::Rectified => Box::new(Rectified::new(eta, eta)?),
            Self::Decay => Box::new(Decay::new(eta, eta, 0.1)?),
        })
    }
}

impl fmt::Display for ScheduleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = NAMES.iter().find(|(_, name)| name == self);
        f.pad(entry.expect("NAMES holds every schedule").0)
    }
}

impl FromStr for ScheduleName {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let short = match text {
            "vp-lin" | "vp-cos" | "vp-exp" => &text[3..],
            other => other,
        };
        NAMES.iter().find(|(name, _)| *name == short).map(|(_, name)| *name).ok_or_else(|| {
            let expected = NAMES.map(|(name, _)| name).join(", ");
            ScheduleError::UnknownName { found: text.to_owned(), expected }
        })
    }
}

impl From<ScheduleName> for String {
    fn from(name: ScheduleName) -> Self {
        name.to_string()
    }
}

impl TryFrom<String> for ScheduleName {
    type Error = ScheduleError;

    fn try_from(text: String) -> Result<Self, ScheduleError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_round_trips_and_builds() {
        for name in ScheduleName::all() {
            assert_eq!(name.to_string().parse(), Ok(name));
            let schedule = name.build(0.01).unwrap();
            assert!((schedule.mu(0.0) - 1.0).abs() <= f64::EPSILON, "{name}");
            assert!(schedule.level(0.2).ratio() < schedule.level(0.8).ratio(), "{name}");
        }
    }

    #[test]
    fn the_long_form_means_the_short_one() {
        assert_eq!("vp-exp".parse::<ScheduleName>(), "exp".parse());
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let message = "cosinus".parse::<ScheduleName>().unwrap_err().to_string();
        assert!(message.contains("\"cosinus\"") && message.contains("sub_vp-cos"), "{message}");
    }

    #[test]
    fn eta_is_checked_by_every_schedule_that_uses_it() {
        for name in ScheduleName::all().filter(|name| *name != ScheduleName::LinearBeta) {
            assert!(name.build(0.0).is_err(), "{name}");
            assert!(name.build(1.0).is_err(), "{name}");
        }
    }
}
