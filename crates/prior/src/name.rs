//! Priors by name, with their settings.

use crate::entries::{Chosen, ENTRIES, Entry, OfData, WIENER};
use crate::{Knows, PriorError, PriorSpec, Result};
use equipoise_data::checksum;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Digits of the checksum that tells the files of one prior from those of another.
const DIGITS: usize = 16;

/// A prior and its training set as the command line and the results write them:
/// `NAME[:SETTING[:SETTING]][@SHIFTS]`, and `#CHECKSUM` behind one that is read from files.
///
/// ```
/// use equipoise_prior::DenoiserName;
///
/// let name: DenoiserName = "equivariant_local:3@16".parse()?;
/// assert_eq!(name.base(), "equivariant_local");
/// assert_eq!(name.to_string(), "equivariant_local:3:4@16");
/// assert!(name.needs_windows() && !name.is_gaussian());
/// # Ok::<(), equipoise_prior::NameError>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DenoiserName {
    spec: &'static PriorSpec,
    chosen: Arc<dyn Chosen>,
    /// Cyclic shifts of every training window along x, equally spaced; 1 for the windows alone.
    shifts: usize,
    /// Of the files that it is read from.
    checksum: Option<String>,
}

/// A name that stands for no prior.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("denoiser: found `{found}`, expected {}", DenoiserName::grammar())]
pub struct NameError {
    /// The text.
    pub found: String,
}

impl DenoiserName {
    /// How [`wiener`](Self::wiener) is written.
    pub const WIENER: &'static str = WIENER.name;

    /// The Wiener filter of the fitted Gaussian.
    pub fn wiener() -> Self {
        Self { spec: &WIENER, chosen: Arc::new(OfData::Wiener), shifts: 1, checksum: None }
    }

    /// What is known of every prior, in the order of the documentation.
    pub fn all() -> impl Iterator<Item = &'static PriorSpec> {
        ENTRIES.iter().map(|entry| entry.spec)
    }

    /// How names are written.
    pub fn grammar() -> String {
        let written = |spec: &PriorSpec| {
            let shifts = if spec.windows { "[@SHIFTS]" } else { "" };
            format!("{}{}{shifts}", spec.name, spec.settings)
        };
        let all: Vec<String> = Self::all().map(written).collect();
        match all.split_last() {
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
            None => String::new(),
        }
    }

    /// What is known of it.
    pub fn spec(&self) -> &'static PriorSpec {
        self.spec
    }

    /// The name without settings.
    pub fn base(&self) -> &'static str {
        self.spec.name
    }

    /// Whether it stands on training windows.
    pub fn needs_windows(&self) -> bool {
        self.spec.windows
    }

    /// Whether it is the fitted Gaussian itself, of which everything is known.
    pub fn is_gaussian(&self) -> bool {
        self.spec.knows == Knows::Gaussian
    }

    /// Whether its posterior is known under any observation.
    pub fn knows_posterior(&self) -> bool {
        matches!(self.spec.knows, Knows::Gaussian | Knows::Posterior)
    }

    /// With the checksum of the files that it is read from, so that results under it are told from those
    /// under others of the same name; the same where there are none.
    ///
    /// # Errors
    /// [`PriorError::Data`] for a file that cannot be read, [`PriorError::Refused`] for a checksum that was
    /// stated and is another.
    pub fn pinned(self) -> Result<Self> {
        let mut found = String::new();
        for path in self.chosen.files() {
            found.extend(checksum(&path)?.chars().take(DIGITS));
        }
        if let Some(text) = self.chosen.identity()? {
            found.push_str(&digits(&text));
        }
        match self.checksum {
            Some(expected) if expected != found => {
                let name = format!("prior {}{}", self.spec.name, self.chosen.settings());
                let found = if found.is_empty() { "no such file".to_owned() } else { found };
                Err(PriorError::refused(name, "sha256", found, format!("{expected} as its name says")))
            }
            _ => Ok(Self { checksum: Some(found).filter(|found| !found.is_empty()), ..self }),
        }
    }

    /// What whoever keeps results under the name is to know, in a sentence without its end.
    ///
    /// # Errors
    /// What keeps the prior from being asked.
    pub fn remark(&self) -> Result<Option<String>> {
        self.chosen.remark()
    }

    /// The first digits of the checksums of the files that it is read from, once it is
    /// [`pinned`](Self::pinned).
    pub fn checksum(&self) -> Option<&str> {
        self.checksum.as_deref()
    }

    pub(crate) fn chosen(&self) -> &dyn Chosen {
        &*self.chosen
    }

    pub(crate) fn shifts(&self) -> usize {
        self.shifts
    }
}

impl PartialEq for DenoiserName {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for DenoiserName {}

impl fmt::Debug for DenoiserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DenoiserName({self})")
    }
}

impl fmt::Display for DenoiserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.spec.name, self.chosen.settings())?;
        if self.shifts != 1 {
            write!(f, "@{}", self.shifts)?;
        }
        self.checksum.iter().try_for_each(|checksum| write!(f, "#{checksum}"))
    }
}

impl FromStr for DenoiserName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        parse(text, ENTRIES).ok_or_else(|| NameError { found: text.to_owned() })
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

/// [`DIGITS`] digits of a text: its hash after Fowler, Noll and Vo, 64 bits, 1a.
fn digits(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

fn parse(text: &str, entries: &[Entry]) -> Option<DenoiserName> {
    let digest =
        |c: &str| !c.is_empty() && c.len().is_multiple_of(DIGITS) && c.chars().all(|c| c.is_ascii_hexdigit());
    let (text, checksum) = match text.rsplit_once('#').filter(|(_, checksum)| digest(checksum)) {
        Some((text, checksum)) => (text, Some(checksum.to_owned())),
        None => (text, None),
    };
    let base = text.split([':', '@']).next()?;
    let entry = entries.iter().find(|entry| entry.spec.name == base)?;
    // The name of a file may hold an @.
    let (text, shifts) = match text.rsplit_once('@').filter(|_| entry.spec.windows) {
        Some((text, shifts)) => (text, shifts.parse().ok().filter(|n| *n > 0)?),
        None => (text, 1),
    };
    let mut words = text.split(':');
    words.next().filter(|name| *name == base)?;
    let settings: Vec<&str> = words.collect();
    let chosen = (entry.read)(&settings)?;
    let pinned = checksum.is_none() || chosen.elsewhere();
    pinned.then_some(DenoiserName { spec: entry.spec, chosen, shifts, checksum })
}

#[cfg(test)]
mod tests;
