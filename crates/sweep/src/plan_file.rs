//! A plan as a file: what a sweep varies and which flows it is of, in TOML.

use crate::{Approach, DatasetPlan, Flow, FlowRequest, Plan, Protocol, Result, Start};
use equipoise_data::{Kind, NoiseLevel};
use equipoise_experiment::{Base, EMBEDDED, FlowFile, Label, PlanFile, Precision, Seed, requests};
use equipoise_scaling::NConvention;
use equipoise_schedule::ScheduleName;
use serde::{Deserialize, Serialize};

/// What is asked of a sweep. Whatever is left out takes the value of the standard sweep; seeds, members and protocols
/// hold for every dataset that has none of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SweepFile {
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
    pub protocols: Option<Vec<Protocol>>,
    /// The flows; none for both embedded ones.
    pub datasets: Vec<FlowFile>,
}

impl PlanFile for SweepFile {
    fn datasets(&mut self) -> &mut Vec<FlowFile> {
        &mut self.datasets
    }

    fn requests(&self) -> equipoise_experiment::Result<Vec<FlowRequest>> {
        for dataset in &self.datasets {
            dataset.refuse(&[("cases", dataset.cases.is_some())], "subs, noise and protocols")?;
        }
        let embedded = EMBEDDED.map(|(name, _)| FlowFile::embedded(name));
        requests(if self.datasets.is_empty() { &embedded } else { &self.datasets })
    }
}

impl SweepFile {
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
            base: Base {
                std: self.std,
                gamma: self.gamma,
                n_ref: self.n_ref,
                n_convention: self.n_convention.unwrap_or_default(),
            },
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
        Self {
            backend: Some(backend.to_owned()),
            subs: Some(plan.subs.clone()),
            approaches: Some(plan.approaches.iter().cloned().map(Label).collect()),
            schedule: Some(plan.schedule),
            eta: Some(plan.eta),
            start: Some(plan.start),
            std: plan.base.std,
            gamma: plan.base.gamma,
            n_ref: plan.base.n_ref,
            n_convention: Some(plan.base.n_convention),
            precision: Some(plan.precision),
            datasets: requests.iter().zip(&plan.datasets).map(flow).collect(),
            ..Self::default()
        }
    }
}

/// A flow with all that is varied on it.
fn flow((request, plan): (&FlowRequest, &DatasetPlan)) -> FlowFile {
    let (noise, noise_physical) = match &request.noise {
        NoiseLevel::Normalised(std) => (Some(*std), None),
        NoiseLevel::Physical(stds) => (None, Some(stds.clone())),
    };
    FlowFile {
        noise,
        noise_physical,
        priors: Some(plan.priors.clone()),
        seeds: Some(plan.seeds.iter().copied().map(Seed).collect()),
        members: Some(plan.members),
        protocols: Some(plan.protocols.clone()),
        ..FlowFile::of(request, &plan.source, (plan.window, &plan.normalizer, &plan.covariance))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PriorSource;
    use crate::plan::tests::source;
    use equipoise_data::LoadOptions;
    use equipoise_prior::DenoiserName;
    use std::path::{Path, PathBuf};

    /// What is run again is held to the files by their checksums, those inside names of priors too, which stay as they
    /// were written, as the trials' identities have them.
    #[test]
    fn what_is_written_pins_every_file() {
        let pinned: DenoiserName = "network:mynet#0123456789abcdef".parse().unwrap();
        let plan = DatasetPlan { priors: vec![pinned], ..DatasetPlan::ibpm(source("ibpm")) };
        let request = FlowRequest {
            name: "wake".into(),
            data: "test.h5:/Vx,/Vy".into(),
            prior: PriorSource::File { path: "prior.h5".into(), train: Some("train.h5".into()) },
            denoisers: vec!["network:mynet".parse().unwrap()],
            load: LoadOptions { axes: "NTXY".parse().ok(), kind: None },
            noise: NoiseLevel::Normalised(0.1),
            include_solid: false,
        };
        let text = toml::to_string(&flow((&request, &plan))).unwrap();
        for part in [
            r#"data_checksum = "data of ibpm""#,
            r#"train_checksum = "training data of ibpm""#,
            r#"priors = ["network:mynet#0123456789abcdef"]"#,
            r#"axes = "NTXY""#,
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let read: FlowFile = toml::from_str(&text).unwrap();
        assert_eq!(toml::to_string(&read).unwrap(), text);
        let folder = std::env::current_dir().unwrap();
        let there = |path: &Option<PathBuf>| path.as_ref().unwrap().strip_prefix(&folder).unwrap().to_owned();
        assert_eq!(there(&read.data), Path::new("test.h5:/Vx,/Vy"));
        assert_eq!(
            [there(&read.train), there(&read.prior_file)],
            ["train.h5", "prior.h5"].map(PathBuf::from)
        );
    }

    /// Everything that a plan's file may say, read and written and read again.
    #[test]
    fn a_file_is_read_as_it_was_written() {
        let text = r#"
            backend = "cpu"
            subs = [2, 16]
            approaches = ["dual", { law = "sum", method = "sda:gamma=0.1" }, "mmps:iterations=3"]
            schedule = "sub_vp-exp"
            eta = 0.30000000000000004
            start = "prior"
            std = 1e-7
            gamma = 5e-324
            n_ref = 4096
            n_convention = "floor"
            precision = "f32"
            seeds = [0, "18446744073709551615"]

            [[datasets]]
            data = "test.h5"
            train = "train.h5"
            kind = "generic"
            axes = "TNCHW"
            noise_physical = [0.1, 0.2]
            priors = ["wiener", "optimal@4"]
            covariance = { model = "low_rank", rank = 3 }
            protocols = [{ steps = 3, sampler = "ddim:0.5", spacing = "log_snr" }]
        "#;
        let read = |text: &str| toml::from_str::<SweepFile>(text).unwrap();
        let found = read(text);
        assert_eq!(read(&toml::to_string(&found).unwrap()), found);
        assert_eq!((found.gamma, found.eta), (Some(5e-324), Some(0.1 + 0.2)));
        assert_eq!(found.seeds.unwrap()[1].0, u64::MAX);
        assert_eq!(found.datasets[0].protocols.as_ref().unwrap()[0].name, "custom");
        let law = found.approaches.unwrap()[1].0.scaling().unwrap();
        assert_eq!(law, Some(equipoise_scaling::Law::Sum));
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let refused = |text: &str| toml::from_str::<SweepFile>(text).unwrap_err().to_string();
        let traced = refused("approaches = [{ law = 'matched', method = 'sda:gamma=0.1' }]");
        assert!(traced.contains("no gamma: v(t) of this law comes from traces"), "{traced}");
        let alone = refused("approaches = ['sda']");
        assert!(alone.contains("law: found sda, expected a law"), "{alone}");
        let twice = toml::from_str::<SweepFile>(
            "datasets = [{ embedded = 'ibpm' }, { embedded = 'ibpm', window = 2 }]",
        );
        let twice = twice.unwrap().requests().unwrap_err().to_string();
        assert_eq!(
            twice,
            "plan, dataset `ibpm`: found two datasets of this name, expected a `name` of its own for each"
        );
        assert!(refused("seeds = [-1]").contains("expected a whole number from 0"));
    }
}
