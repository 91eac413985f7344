//! What a reconstruction was made from and how, for its file and its page.

use super::Arguments;
use super::asked::Asked;
use super::summary::Summary;
use equipoise_data::Location;
use equipoise_data::sensors::Table;
use equipoise_reconstruction::{
    Centre, Chained, Choice, Composite, CompositeProvenance, Drawn, Ensemble, Provenance, Sampling,
};
use std::path::Path;

/// Files, method and settings.
pub(super) struct Made {
    prior: (String, String),
    observations: (String, String),
    pub(super) method: String,
    settings: String,
    seed: u64,
    /// Every file that is written.
    pub(super) folder: String,
    asked: usize,
    drawn: usize,
    pub(super) composite: Option<Composite>,
    /// What was said while the table was read.
    pub(super) notes: Vec<String>,
    pub(super) warnings: Vec<String>,
}

impl Made {
    /// # Errors
    /// If a file cannot be read again.
    pub(super) fn new(
        asked: &Asked,
        arguments: &Arguments,
        table: Table,
        (sampling, composite, along): (&Sampling, Option<Composite>, Option<&Chained>),
        drawn: &Drawn,
    ) -> anyhow::Result<Self> {
        let named = |path: &Path| Location::of(path).name();
        let Sampling { choice, steps, sampler, spacing, schedule, eta, .. } = sampling;
        let settings = match choice {
            Choice::Posterior => along.map_or_else(String::new, |chained| format!("of {}", chained.prior)),
            Choice::Diffusion(_) => {
                format!("{steps} steps, sampler {sampler}, spacing {spacing}, schedule {schedule}, η = {eta}")
            }
        };
        Ok(Self {
            prior: asked.told()?,
            observations: (named(&arguments.obs), table.sha256),
            method: choice.to_string(),
            settings,
            seed: sampling.seed,
            folder: arguments.out.display().to_string(),
            asked: sampling.members,
            drawn: drawn.len(),
            composite,
            notes: table.notes,
            warnings: table.warnings.into_iter().chain(drawn.remarks()).collect(),
        })
    }

    pub(super) fn provenance(&self, ensemble: &Ensemble) -> Provenance {
        Provenance {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            revision: option_env!("EQUIPOISE_REVISION").map(str::to_owned),
            prior: self.prior.0.clone(),
            prior_sha256: self.prior.1.clone(),
            observations: self.observations.0.clone(),
            observations_sha256: self.observations.1.clone(),
            method: self.method.clone(),
            settings: self.settings.clone(),
            seed: self.seed,
            members: ensemble.indices.clone(),
            mean_of: match ensemble.centre {
                Centre::ClosedForm => "closed form",
                Centre::Members => "members",
            },
            composite: self.composite.map(CompositeProvenance::from),
        }
    }

    /// Name and value of what the page's numbers rest on.
    pub(super) fn facts(&self, summary: &Summary) -> Vec<(String, String)> {
        let method = match self.settings.as_str() {
            "" => self.method.clone(),
            settings => format!("{}: {settings}", self.method),
        };
        let own = [
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("revision", option_env!("EQUIPOISE_REVISION").unwrap_or("unknown").to_owned()),
            ("prior", format!("{}, sha256 {}", self.prior.0, self.prior.1)),
            ("readings", format!("{}, sha256 {}", self.observations.0, self.observations.1)),
            ("method", method),
            ("seed", self.seed.to_string()),
            ("members", format!("{} of {}", self.drawn, self.asked)),
        ];
        let composite = self.composite.map(|composite| ("composed of", composite.to_string()));
        let own = own.into_iter().chain(composite).map(|(name, value)| (name.to_owned(), value));
        own.chain(summary.facts()).collect()
    }
}
