//! A plan as a file: what a sweep varies and which flows it is of, in TOML.

mod flows;
mod words;

pub use flows::FlowFile;

use crate::{Approach, DatasetPlan, Error, Flow, FlowRequest, Plan, Protocol, Result, Start};
use equipoise_data::Kind;
use equipoise_experiment::{Precision, replace};
use equipoise_scaling::NConvention;
use equipoise_schedule::ScheduleName;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::path::Path;

/// The name of the resolved plan in the output folder.
pub use equipoise_experiment::PLAN_TOML;

/// What is asked of a sweep. Whatever is left out takes the value of the standard sweep; seeds, members and protocols
/// hold for every dataset that has none of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlanFile {
    /// Where runs take place; the line's word for it wins.
    pub backend: Option<String>,
    /// Strides of the observed lattice.
    pub subs: Option<Vec<usize>>,
    /// Laws and methods.
    pub approaches: Option<Vec<Label>>,
    /// The schedule.
    pub schedule: Option<ScheduleName>,
    /// η.
    pub eta: Option<f64>,
    /// Law of the state at t = 1.
    pub start: Option<Start>,
    /// Base standard deviation of the laws, normalised units.
    pub std: Option<f64>,
    /// Base γ of the laws.
    pub gamma: Option<f64>,
    /// N_ref of the laws.
    pub n_ref: Option<usize>,
    /// How observations are counted.
    pub n_convention: Option<NConvention>,
    /// Element type of fields.
    pub precision: Option<Precision>,
    /// Seeds of all streams.
    pub seeds: Option<Vec<Seed>>,
    /// Posterior samples a trial.
    pub members: Option<usize>,
    /// Protocols.
    #[serde(deserialize_with = "words::protocols")]
    pub protocols: Option<Vec<Protocol>>,
    /// The flows; none for both embedded ones.
    pub datasets: Vec<FlowFile>,
}

/// An approach: by its label, or by law and method where a label does not say it.
#[derive(Clone, Debug, PartialEq)]
pub struct Label(pub Approach);

/// A seed; one past 2⁶³, which is no number of TOML, is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl PlanFile {
    /// Reads a plan. Paths in it are relative to its folder.
    ///
    /// # Errors
    /// [`Error::PlanFile`] with the place in the file of a key that is not known, a value that is none of its kind, or
    /// a name that nothing bears.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| Error::Unread { path: path.to_owned(), source })?;
        let mut found: Self = toml::from_str(&text)
            .map_err(|source| Error::PlanFile { path: path.to_owned(), source: Box::new(source) })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        found.datasets.iter_mut().for_each(|dataset| dataset.within(folder));
        Ok(found)
    }

    /// Writes it in one step.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = toml::to_string(self)
            .map_err(|source| Error::Unwritten { path: path.to_owned(), source: Box::new(source) })?;
        Ok(replace(path, text.as_bytes())?)
    }

    /// What is asked of each dataset.
    ///
    /// # Errors
    /// For a dataset whose files or priors do not go together, and an embedded sample that is missing.
    pub fn requests(&self) -> Result<Vec<FlowRequest>> {
        if self.datasets.is_empty() {
            return FlowFile::EMBEDDED.map(|name| FlowFile::embedded(name).request()).into_iter().collect();
        }
        let requests: Vec<FlowRequest> =
            self.datasets.iter().map(FlowFile::request).collect::<Result<_>>()?;
        let mut seen = HashSet::new();
        match requests.iter().find(|request| !seen.insert(&request.name)) {
            Some(FlowRequest { name, .. }) => Err(Error::FlowFile {
                dataset: name.clone(),
                found: "two datasets of this name".into(),
                expected: "a `name` of its own for each",
            }),
            None => Ok(requests),
        }
    }

    /// The plan over these flows, those of [`requests`](Self::requests) in their order. A stride that is not asked for
    /// is left out where a grid does not allow it, and protocol `study` where runs of the wake would keep whole fields
    /// at every step.
    ///
    /// # Errors
    /// If a flow cannot be observed at one of the subs, or its files are not those that the plan was made with.
    pub fn plan(&self, flows: &[Flow]) -> Result<Plan> {
        let standard = Plan::standard(flows.iter().map(DatasetPlan::of).collect());
        let approaches =
            self.approaches.as_ref().map(|all| all.iter().map(|label| label.0.clone()).collect());
        let mut plan = Plan {
            subs: match &self.subs {
                Some(subs) => subs.clone(),
                None => allowed(standard.subs, flows)?,
            },
            approaches: approaches.unwrap_or(standard.approaches),
            schedule: self.schedule.unwrap_or(standard.schedule),
            eta: self.eta.unwrap_or(standard.eta),
            start: self.start.unwrap_or(standard.start),
            std: self.std,
            gamma: self.gamma,
            n_ref: self.n_ref,
            n_convention: self.n_convention.unwrap_or(standard.n_convention),
            precision: self.precision.unwrap_or(standard.precision),
            datasets: standard.datasets,
        };
        let everywhere = FlowFile::default();
        for (k, dataset) in plan.datasets.iter_mut().enumerate() {
            let own = self.datasets.get(k).unwrap_or(&everywhere);
            own.check(&dataset.source)?;
            let seeds = own.seeds.as_ref().or(self.seeds.as_ref());
            if let Some(seeds) = seeds {
                dataset.seeds = seeds.iter().map(|seed| seed.0).collect();
            }
            dataset.members = own.members.or(self.members).unwrap_or(dataset.members);
            match own.protocols.as_ref().or(self.protocols.as_ref()) {
                Some(protocols) => dataset.protocols.clone_from(protocols),
                None => dataset.spare(&plan.approaches),
            }
        }
        for flow in flows {
            plan.subs.iter().try_for_each(|&sub| flow.check_sub(sub))?;
        }
        Ok(plan)
    }

    /// The file that says all of a plan: read again, it makes the same trials of the same files.
    pub fn resolved(requests: &[FlowRequest], plan: &Plan, backend: &str) -> Self {
        let datasets = requests.iter().zip(&plan.datasets);
        Self {
            backend: Some(backend.to_owned()),
            subs: Some(plan.subs.clone()),
            approaches: Some(plan.approaches.iter().cloned().map(Label).collect()),
            schedule: Some(plan.schedule),
            eta: Some(plan.eta),
            start: Some(plan.start),
            std: plan.std,
            gamma: plan.gamma,
            n_ref: plan.n_ref,
            n_convention: Some(plan.n_convention),
            precision: Some(plan.precision),
            datasets: datasets.map(|(request, dataset)| FlowFile::of(request, dataset)).collect(),
            ..Self::default()
        }
    }
}

impl DatasetPlan {
    /// Leaves protocol `study` to those who ask for it where runs of the wake keep whole fields at every step.
    pub fn spare(&mut self, approaches: &[Approach]) {
        let gaussian = self.priors.iter().all(equipoise_prior::DenoiserName::is_gaussian);
        let reduced = gaussian && approaches.iter().all(Approach::in_coefficients);
        if self.source.kind == Kind::IBPM && !reduced {
            self.protocols = vec![Protocol::fast()];
        }
    }
}

/// The strides that every grid allows.
///
/// # Errors
/// Why the first does not fit, where none does.
fn allowed(subs: Vec<usize>, flows: &[Flow]) -> Result<Vec<usize>> {
    let fits = |sub: usize| flows.iter().try_for_each(|flow| flow.check_sub(sub));
    let (allowed, refused): (Vec<_>, Vec<_>) = subs.into_iter().partition(|sub| fits(*sub).is_ok());
    match refused.first() {
        Some(&first) if allowed.is_empty() => Ok(fits(first).map(|()| allowed)?),
        _ => Ok(allowed),
    }
}
