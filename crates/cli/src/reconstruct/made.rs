//! What a reconstruction was made from and how, for its file and its page.

use super::Arguments;
use super::asked::Asked;
use super::summary::Summary;
use equipoise_data::Location;
use equipoise_data::sensors::Table;
use equipoise_experiment::Setup;
use equipoise_reconstruction::{
    Centre, Chained, Choice, Composite, CompositeProvenance, Ensemble, Provenance, Sampling,
};

/// What a reconstruction was made from and how.
pub(super) struct Made {
    pub(super) provenance: Provenance,
    pub(super) composite: Option<Composite>,
    /// Every file that is written.
    pub(super) folder: String,
    asked: usize,
    drawn: usize,
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
        (ensemble, drawn, remarks): (&Ensemble, usize, Vec<String>),
    ) -> anyhow::Result<Self> {
        let (prior, prior_sha256) = asked.told()?;
        let Sampling { choice, seed, setup, .. } = sampling;
        let Setup { steps, sampler, spacing, schedule, eta, .. } = setup;
        let provenance = Provenance {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            revision: option_env!("EQUIPOISE_REVISION").map(str::to_owned),
            prior,
            prior_sha256,
            observations: Location::of(&arguments.obs).name(),
            observations_sha256: table.sha256,
            method: choice.to_string(),
            settings: match choice {
                Choice::Posterior => {
                    along.map_or_else(String::new, |chained| format!("of {}", chained.prior))
                }
                Choice::Diffusion(_) => format!(
                    "{steps} steps, sampler {sampler}, spacing {spacing}, schedule {schedule}, η = {eta}"
                ),
            },
            seed: *seed,
            members: ensemble.indices.clone(),
            mean_of: match ensemble.centre {
                Centre::ClosedForm => "closed form",
                Centre::Members => "members",
            },
            composite: composite.map(CompositeProvenance::from),
        };
        Ok(Self {
            provenance,
            composite,
            folder: arguments.output.out.display().to_string(),
            asked: sampling.members,
            drawn,
            notes: table.notes,
            warnings: table.warnings.into_iter().chain(remarks).collect(),
        })
    }

    pub(super) fn method(&self) -> &str {
        &self.provenance.method
    }

    /// Name and value of what the page's numbers rest on.
    pub(super) fn facts(&self, summary: &Summary) -> Vec<(String, String)> {
        let made = &self.provenance;
        let method = match made.settings.as_str() {
            "" => made.method.clone(),
            settings => format!("{}: {settings}", made.method),
        };
        let own = [
            ("version", made.version.clone()),
            ("revision", made.revision.clone().unwrap_or_else(|| "unknown".into())),
            ("prior", format!("{}, sha256 {}", made.prior, made.prior_sha256)),
            ("readings", format!("{}, sha256 {}", made.observations, made.observations_sha256)),
            ("method", method),
            ("seed", made.seed.to_string()),
            ("members", format!("{} of {}", self.drawn, self.asked)),
        ];
        let composite = self.composite.map(|composite| ("composed of", composite.to_string()));
        let own = own.into_iter().chain(composite).map(|(name, value)| (name.to_owned(), value));
        own.chain(summary.facts()).collect()
    }
}
