//! What `judge` was asked: its cases, and what ends it with a status.

use super::{Arguments, files};
use crate::failure::usage;
use equipoise_referee::{Files, KINDS};
use std::str::FromStr;

/// What --fail-on names.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FailOn {
    /// p of all statistics.
    Level(f64),
    /// A statistic or a fact.
    Name(String),
}

/// Names of facts.
const FACTS: [&str; 2] = ["copies", "copy_of_truth"];

impl FailOn {
    /// Whether a name is that of a fact.
    pub(super) fn is_fact(name: &str) -> bool {
        FACTS.contains(&name)
    }
}

impl FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(level) = text.parse::<f64>() {
            let expected = "expected a level above 0 and below 1, or a name";
            return if level > 0.0 && level < 1.0 { Ok(Self::Level(level)) } else { Err(expected.into()) };
        }
        let known = |name: &str| KINDS.iter().any(|kind| kind.name == name);
        if Self::is_fact(text) || text.split('.').take(2).any(known) {
            return Ok(Self::Name(text.into()));
        }
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).chain(FACTS).collect();
        Err(format!("expected a level or one of {}", names.join(", ")))
    }
}

/// The cases, one a file of members.
///
/// # Errors
/// Another number of files after a flag.
pub(super) fn cases(arguments: &Arguments) -> anyhow::Result<Vec<Files>> {
    let cases = arguments.members.len();
    let Arguments { withheld, used, truth, weights, .. } = arguments;
    for (flag, files, one_for_all) in [
        ("withheld", withheld, false),
        ("used", used, false),
        ("truth", truth, true),
        ("weights", weights, false),
    ] {
        let fits = files.is_empty() || files.len() == cases || (one_for_all && files.len() == 1);
        if !fits {
            let found = files.len();
            return Err(usage(&format!(
                "--{flag}: found {found} files, expected {cases}, one a file of --members"
            )));
        }
    }
    (0..cases).map(|k| files(arguments, k)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_names_that_fail() {
        assert_eq!("0.05".parse(), Ok(FailOn::Level(0.05)));
        for name in ["crps", "withheld.crps", "bias.u", "field.energy.k4", "copies"] {
            assert_eq!(name.parse(), Ok(FailOn::Name(name.into())));
        }
        for wrong in ["0", "1", "-3", "nan", "rmse", "withheld", ""] {
            assert!(wrong.parse::<FailOn>().is_err(), "{wrong}");
        }
    }
}
