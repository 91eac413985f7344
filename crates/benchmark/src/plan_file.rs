//! The plan of a benchmark as a file.

use crate::{Case, DatasetPlan, Plan, Result, Subset, Tuning, WAKE, WAKE_WINDOW};
use equipoise_experiment::{
    EMBEDDED, Flow, FlowFile, FlowRequest, Label, PlanFile, Seed, Start, requests, text,
};
use equipoise_sampler::SamplerName;
use equipoise_schedule::{ScheduleName, Spacing};
use serde::{Deserialize, Serialize};

/// What is asked of a benchmark. Whatever is left out takes the value of its subset; seeds and cases hold for every
/// dataset that has none of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BenchmarkFile {
    /// Its name. `full` brings the cases and methods of that subset, any other those of `core`.
    pub subset: Option<String>,
    /// Methods, and laws of `sda`.
    pub approaches: Option<Vec<Label>>,
    /// Posterior samples of an ensemble.
    pub members: Option<usize>,
    /// The schedule.
    pub schedule: Option<ScheduleName>,
    /// η.
    pub eta: Option<f64>,
    /// The sampler of methods that leave it open.
    #[serde(with = "text::option")]
    pub sampler: Option<SamplerName>,
    /// How the times are spaced.
    pub spacing: Option<Spacing>,
    /// Law of the state at t = 1.
    pub start: Option<Start>,
    /// Seeds, over which intervals are taken.
    pub seeds: Option<Vec<Seed>>,
    /// How methods with a parameter are tuned.
    pub tuning: Option<Tuning>,
    /// What is observed, and in how many steps.
    pub cases: Option<Vec<Case>>,
    /// The flows; none for both embedded ones.
    pub datasets: Vec<FlowFile>,
}

impl PlanFile for BenchmarkFile {
    fn datasets(&mut self) -> &mut Vec<FlowFile> {
        &mut self.datasets
    }

    /// The embedded wake has windows of which its test file holds two.
    fn requests(&self) -> Result<Vec<FlowRequest>> {
        let mut datasets = self.datasets.clone();
        if datasets.is_empty() {
            datasets.extend(EMBEDDED.iter().rev().map(|(name, _)| FlowFile::embedded(name)));
        }
        for dataset in &mut datasets {
            let keys = [
                ("noise", dataset.noise.is_some()),
                ("noise_physical", dataset.noise_physical.is_some()),
                ("members", dataset.members.is_some()),
                ("protocols", dataset.protocols.is_some()),
            ];
            dataset.refuse(&keys, "cases with sub, noise and steps; members before the first dataset")?;
            let none = dataset.priors.as_ref().is_some_and(Vec::is_empty);
            dataset.refuse(&[("an empty list of priors", none)], "at least one")?;
            if dataset.embedded.as_deref() == Some(WAKE) {
                dataset.window.get_or_insert(WAKE_WINDOW);
            }
        }
        requests(&datasets)
    }
}

impl BenchmarkFile {
    /// The plan over these flows, those of [`requests`](Self::requests) in their order. Of cases that are not asked for
    /// those are left out whose stride a grid does not allow.
    ///
    /// # Errors
    /// If a flow cannot be observed at one of the subs, or its files are not those that the plan was made with.
    pub fn plan(&self, flows: &[[Flow; 2]]) -> Result<Plan> {
        let subset =
            if self.subset.as_deref() == Some(Subset::Full.name()) { Subset::Full } else { Subset::Core };
        let (everywhere, mut custom, mut datasets) = (FlowFile::default(), false, Vec::new());
        for (k, pair) in flows.iter().enumerate() {
            let (flow, own) = (&pair[0], self.datasets.get(k).unwrap_or(&everywhere));
            own.check(flow.source())?;
            let (cases, seeds) =
                (own.cases.as_ref().or(self.cases.as_ref()), own.seeds.as_ref().or(self.seeds.as_ref()));
            custom |= cases.is_some();
            for mut dataset in DatasetPlan::of(pair, subset) {
                dataset.cases.retain(|case| flow.check_sub(case.sub).is_ok());
                dataset.cases = cases.cloned().unwrap_or(dataset.cases);
                dataset.cases.iter().try_for_each(|case| flow.check_sub(case.sub))?;
                if let Some(seeds) = seeds {
                    dataset.seeds = seeds.iter().map(|seed| seed.0).collect();
                }
                datasets.push(dataset);
            }
        }
        let approaches =
            self.approaches.as_ref().map(|all| all.iter().map(|label| label.0.clone()).collect());
        let whole = Plan::of(subset, datasets, approaches.unwrap_or_else(|| subset.approaches()));
        let name = if custom { "custom".to_owned() } else { whole.subset };
        Ok(Plan {
            subset: self.subset.clone().unwrap_or(name),
            members: self.members.unwrap_or(whole.members),
            tuning: self.tuning.unwrap_or(whole.tuning),
            schedule: self.schedule.unwrap_or(whole.schedule),
            eta: self.eta.unwrap_or(whole.eta),
            sampler: self.sampler.unwrap_or(whole.sampler),
            spacing: self.spacing.unwrap_or(whole.spacing),
            start: self.start.unwrap_or(whole.start),
            ..whole
        })
    }

    /// The file that says all of a plan: read again, it makes the same jobs on the same files.
    pub fn resolved(requests: &[FlowRequest], plan: &Plan) -> Self {
        let flow = |(request, under): (&FlowRequest, &[DatasetPlan])| {
            let DatasetPlan { source, window, normalizer, covariance, cases, seeds, .. } = &under[0];
            FlowFile {
                priors: Some(under.iter().map(|plan| plan.prior.clone()).collect()),
                seeds: Some(seeds.iter().copied().map(Seed).collect()),
                cases: Some(cases.clone()),
                ..FlowFile::of(request, source, (*window, normalizer, covariance))
            }
        };
        let under = plan.datasets.chunk_by(|a, b| a.source == b.source);
        Self {
            subset: Some(plan.subset.clone()),
            approaches: Some(plan.approaches.iter().cloned().map(Label).collect()),
            members: Some(plan.members),
            schedule: Some(plan.schedule),
            eta: Some(plan.eta),
            sampler: Some(plan.sampler),
            spacing: Some(plan.spacing),
            start: Some(plan.start),
            tuning: Some(plan.tuning),
            datasets: requests.iter().zip(under).map(flow).collect(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{flows, request};

    /// What is written makes the same plan of the same files, and leaves nothing to defaults.
    #[test]
    fn a_resolved_plan_makes_its_plan_again() {
        let text = r#"
            subset = "mine"
            approaches = ["exact", "matched", "dps:zeta=0.5"]
            members = 3
            eta = 0.30000000000000004
            sampler = "ddim:0.5"
            spacing = "log_snr"
            start = "prior"
            seeds = [7, "18446744073709551615"]
            tuning = { members = 4, seed = 5 }
            cases = [{ sub = 2, noise = 0.1, steps = 4 }, { sub = 4, noise = 1e-7, steps = 2 }]
        "#;
        let folder = tempfile::tempdir().unwrap();
        let (flows, requests) = ([flows("small")], [request("small", folder.path())]);
        let asked: BenchmarkFile = toml::from_str(text).unwrap();
        let plan = asked.plan(&flows).unwrap();
        let written = toml::to_string(&BenchmarkFile::resolved(&requests, &plan)).unwrap();
        let read: BenchmarkFile = toml::from_str(&written).unwrap();
        assert_eq!(read.plan(&flows).unwrap(), plan, "{written}");
        assert_eq!(
            (plan.eta, plan.datasets[0].seeds[1], plan.datasets[0].cases.len()),
            (0.1 + 0.2, u64::MAX, 2)
        );
        let jobs = |plan: &Plan| plan.jobs().unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(jobs(&read.plan(&flows).unwrap()), jobs(&plan));
        let other = BenchmarkFile {
            datasets: vec![FlowFile { data_checksum: Some("00".into()), ..read.datasets[0].clone() }],
            ..read
        };
        assert!(
            other.plan(&flows).unwrap_err().to_string().starts_with("dataset `small`, data_checksum: found ")
        );
    }

    #[test]
    fn what_no_benchmark_takes_is_refused() {
        let told = |text: &str| match toml::from_str::<BenchmarkFile>(text) {
            Err(fault) => fault.to_string(),
            Ok(plan) => plan.requests().unwrap_err().to_string(),
        };
        let expected = "cases with sub, noise and steps; members before the first dataset";
        for key in ["noise = 0.1", "noise_physical = [0.1]", "members = 2", "protocols = [{ steps = 2 }]"] {
            let name = key.split(' ').next().unwrap();
            let found = told(&format!("datasets = [{{ embedded = 'ibpm', {key} }}]"));
            assert_eq!(found, format!("plan, dataset `ibpm`: found {name}, expected {expected}"));
        }
        let found = told("datasets = [{ embedded = 'ibpm' }, { embedded = 'kolmogorov', priors = [] }]");
        let expected = "plan, dataset `kolmogorov`: found an empty list of priors, expected at least one";
        assert_eq!(found, expected);
        assert!(told("cases = [{ sub = 2, noise = 0.1, step = 4 }]").contains("unknown field `step`"));
        assert!(told("laws = ['dual']").contains("unknown field `laws`"));
    }
}
