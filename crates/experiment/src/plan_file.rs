//! A plan as a file: what an experiment varies and which flows it is of, in TOML.

mod flows;
mod words;

pub use flows::{Covariance, EMBEDDED, FlowFile};

use crate::{Approach, Error, FlowRequest, Result, replace};
use equipoise_sampler::SamplerName;
use equipoise_schedule::Spacing;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;
use std::path::Path;

/// An approach: by its label, or by law and method where a label does not say it.
#[derive(Clone, Debug, PartialEq)]
pub struct Label(pub Approach);

/// A seed; one past 2⁶³, which is no number of TOML, is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

/// How a run advances in diffusion time. What a file leaves out is that of `fast`, under the name `custom`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Protocol {
    /// Its name.
    pub name: String,
    /// Predictor steps.
    pub steps: usize,
    /// Corrector steps after each predictor step.
    pub corrections: usize,
    /// τ, the size of a corrector step.
    pub tau: f64,
    /// The sampler.
    #[serde(with = "crate::text")]
    pub sampler: SamplerName,
    /// How the times are spaced.
    pub spacing: Spacing,
}

/// One inverse problem and the budget for it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Subsampling stride along H and W.
    pub sub: usize,
    /// Noise standard deviation, normalised units.
    pub noise: f64,
    /// Steps of the sampler.
    pub steps: usize,
}

impl Case {
    /// Whether both observe alike.
    pub fn same_observation(self, other: Self) -> bool {
        self.sub == other.sub && self.noise.to_bits() == other.noise.to_bits()
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sub {}, noise {}, {} steps", self.sub, self.noise, self.steps)
    }
}

impl Default for Protocol {
    fn default() -> Self {
        Self { name: "custom".into(), ..Self::fast() }
    }
}

impl Protocol {
    /// 32 predictor steps and no corrector, where the study's laws break.
    pub fn fast() -> Self {
        Self {
            name: "fast".into(),
            steps: 32,
            corrections: 0,
            tau: 0.5,
            sampler: SamplerName::default(),
            spacing: Spacing::default(),
        }
    }

    /// 256 predictor steps with one corrector step of τ = 0.5 each, as in the study.
    pub fn study() -> Self {
        Self { name: "study".into(), steps: 256, corrections: 1, ..Self::fast() }
    }
}

/// The plan of a verb as a file. Whatever it leaves out takes the value that the verb has without it.
pub trait PlanFile: Serialize + DeserializeOwned {
    /// The flows.
    fn datasets(&mut self) -> &mut Vec<FlowFile>;

    /// What is asked of each flow; without datasets of the embedded ones, in the order in which they run.
    ///
    /// # Errors
    /// As [`requests`], and for a key of a dataset that is none of this verb.
    fn requests(&self) -> Result<Vec<FlowRequest>>;

    /// Reads a plan. Paths in it are relative to its folder.
    ///
    /// # Errors
    /// [`Error::Form`] with the place in the file of a key that is not known, a value that is none of its kind, or
    /// a name that nothing bears.
    fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
        let mut found: Self = toml::from_str(&text).map_err(Error::form(path, "not a plan of this verb"))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        found.datasets().iter_mut().for_each(|dataset| dataset.within(folder));
        Ok(found)
    }

    /// Writes it in one step.
    ///
    /// # Errors
    /// If the file cannot be written.
    fn write(&self, path: &Path) -> Result<()> {
        let text = toml::to_string(self).map_err(Error::form(path, "cannot be written as TOML"))?;
        replace(path, text.as_bytes())
    }
}

/// What is asked of each dataset.
///
/// # Errors
/// For a dataset whose files or priors do not go together, an embedded sample that is missing, and two of one name.
pub fn requests(datasets: &[FlowFile]) -> Result<Vec<FlowRequest>> {
    let requests: Vec<FlowRequest> = datasets.iter().map(FlowFile::request).collect::<Result<_>>()?;
    let mut seen = HashSet::new();
    match requests.iter().find(|request| !seen.insert(&request.name)) {
        Some(FlowRequest { name, .. }) => {
            Err(Error::flow_file(name, "two datasets of this name", "a `name` of its own for each"))
        }
        None => Ok(requests),
    }
}
