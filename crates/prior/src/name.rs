//! Analytic denoisers by name, with their settings.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Which estimate of E[x | x_t] is taken for the prior.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum DenoiserModel {
    /// `wiener`: exact for the fitted Gaussian.
    Wiener,
    /// `optimal`: exact for the training windows themselves, each as likely as the others.
    Optimal,
    /// `local:RADIUS`: patches against the same patch of every window.
    Local {
        /// Grid points that a patch reaches from its centre, along H and along W.
        radius: usize,
    },
    /// `equivariant_local:RADIUS:STRIDE`: patches against patches of all positions.
    EquivariantLocal {
        /// As for [`Local`](Self::Local).
        radius: usize,
        /// Grid points between the positions that are compared, along H and along W.
        stride: usize,
    },
    /// `locality:THRESHOLD`: what the Wiener filter reads for a pixel.
    Locality {
        /// θ of the mask, 0 for the soft one; `None` takes 0.02 where a hard mask can be made, else 0.
        threshold: Option<f64>,
    },
}

/// A denoiser and its training set as the command line and the results write them:
/// `NAME[:SETTING[:SETTING]][@SHIFTS]`.
///
/// ```
/// use equipoise_prior::{DenoiserModel, DenoiserName};
///
/// let name: DenoiserName = "equivariant_local:3@16".parse()?;
/// assert_eq!(name.model, DenoiserModel::EquivariantLocal { radius: 3, stride: 4 });
/// assert_eq!(name.shifts, 16);
/// assert_eq!(name.to_string(), "equivariant_local:3:4@16");
/// # Ok::<(), equipoise_prior::NameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DenoiserName {
    /// The estimate.
    pub model: DenoiserModel,
    /// Cyclic shifts of every training window along x, equally spaced; 1 for the windows alone.
    pub shifts: usize,
}

/// A name that stands for no denoiser.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("denoiser: found `{found}`, expected {EXPECTED}")]
pub struct NameError {
    /// The text.
    pub found: String,
}

const EXPECTED: &str = "wiener, optimal, local[:RADIUS], equivariant_local[:RADIUS[:STRIDE]] or \
                        locality[:THRESHOLD from 0 to 1], each but the first with @SHIFTS where wanted";

/// Radius of a patch unless another is given: 9 × 9 points.
const RADIUS: usize = 4;
/// Stride between positions unless another is given.
const STRIDE: usize = 4;

impl DenoiserName {
    /// The Wiener filter.
    pub const WIENER: Self = Self { model: DenoiserModel::Wiener, shifts: 1 };

    /// All names without settings.
    pub const NAMES: [&'static str; 5] = ["wiener", "optimal", "local", "equivariant_local", "locality"];

    /// The name without settings.
    pub const fn base(self) -> &'static str {
        match self.model {
            DenoiserModel::Wiener => Self::NAMES[0],
            DenoiserModel::Optimal => Self::NAMES[1],
            DenoiserModel::Local { .. } => Self::NAMES[2],
            DenoiserModel::EquivariantLocal { .. } => Self::NAMES[3],
            DenoiserModel::Locality { .. } => Self::NAMES[4],
        }
    }
}

impl fmt::Display for DenoiserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base())?;
        match self.model {
            DenoiserModel::Local { radius } => write!(f, ":{radius}")?,
            DenoiserModel::EquivariantLocal { radius, stride } => write!(f, ":{radius}:{stride}")?,
            DenoiserModel::Locality { threshold: Some(threshold) } => write!(f, ":{threshold}")?,
            _ => {}
        }
        if self.shifts == 1 { Ok(()) } else { write!(f, "@{}", self.shifts) }
    }
}

impl FromStr for DenoiserName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        parse(text).ok_or_else(|| NameError { found: text.to_owned() })
    }
}

impl TryFrom<String> for DenoiserName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<DenoiserName> for String {
    fn from(name: DenoiserName) -> Self {
        name.to_string()
    }
}

fn parse(text: &str) -> Option<DenoiserName> {
    let (text, shifts) = match text.split_once('@') {
        Some((text, shifts)) => (text, shifts.parse().ok().filter(|n| *n > 0)?),
        None => (text, 1),
    };
    let mut words = text.split(':');
    let name = words.next()?;
    let settings: Vec<&str> = words.collect();
    let whole = |at: usize, default: usize| settings.get(at).map_or(Some(default), |s| s.parse().ok());
    let most = |count: usize, model: DenoiserModel| (settings.len() <= count).then_some(model);
    let model = match name {
        "wiener" if shifts == 1 => most(0, DenoiserModel::Wiener),
        "optimal" => most(0, DenoiserModel::Optimal),
        "local" => most(1, DenoiserModel::Local { radius: whole(0, RADIUS)? }),
        "equivariant_local" => {
            let stride = whole(1, STRIDE).filter(|n| *n > 0)?;
            most(2, DenoiserModel::EquivariantLocal { radius: whole(0, RADIUS)?, stride })
        }
        "locality" => {
            let threshold = match settings.first() {
                Some(s) => Some(s.parse().ok().filter(|t| (0.0..=1.0).contains(t))?),
                None => None,
            };
            most(1, DenoiserModel::Locality { threshold })
        }
        _ => None,
    }?;
    Some(DenoiserName { model, shifts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in [
            "wiener",
            "optimal@4",
            "local:0",
            "equivariant_local:2:8",
            "locality",
            "locality:0@2",
            "locality:0.02",
        ] {
            let name: DenoiserName = text.parse().unwrap();
            assert_eq!(name.to_string(), text);
            assert!(DenoiserName::NAMES.contains(&name.base()));
            let json = serde_json::to_string(&name).unwrap();
            assert_eq!(serde_json::from_str::<DenoiserName>(&json).unwrap(), name);
        }
        assert_eq!("local".parse::<DenoiserName>().unwrap().to_string(), "local:4");
    }

    #[test]
    fn a_name_that_says_too_much_or_nonsense_is_refused() {
        for text in [
            "",
            "Wiener",
            "wiener@2",
            "optimal:3",
            "local:-1",
            "local:1:2",
            "equivariant_local:4:0",
            "locality:1.5",
            "locality:nan",
            "optimal@0",
            "optimal@",
            "local:",
        ] {
            let refused = text.parse::<DenoiserName>().unwrap_err().to_string();
            assert!(
                refused.starts_with(&format!("denoiser: found `{text}`, expected wiener, optimal")),
                "{refused}"
            );
        }
    }
}
