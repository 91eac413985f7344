//! The plan of a sweep and its expansion into trials.

use crate::{Approach, CPU, CovarianceSettings, Protocol, Result, Source, Start, Trial};
use equipoise_experiment::{Base, Precision, Units, filled, identities, require, text};
use equipoise_prior::DenoiserName;
use equipoise_schedule::ScheduleName;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Datasets × protocols × priors × subs × seeds × approaches, and the settings they share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The datasets, each with its own window, prior, seeds and protocols.
    pub datasets: Vec<DatasetPlan>,
    /// Subsampling strides along H and W.
    pub subs: Vec<usize>,
    /// Laws and methods.
    pub approaches: Vec<Approach>,
    /// The schedule.
    pub schedule: ScheduleName,
    /// η, the noise left at t = 0.
    pub eta: f64,
    /// Law of the state at t = 1.
    pub start: Start,
    /// What the laws scale; `None` for each law's own.
    #[serde(flatten)]
    pub base: Base,
    /// Element type of fields.
    pub precision: Precision,
}

/// One dataset of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetPlan {
    /// The data.
    pub source: Source,
    /// T, frames of a window.
    pub window: usize,
    /// The units of the prior.
    #[serde(with = "text")]
    pub normalizer: Units,
    /// How the prior covariance is modelled.
    pub covariance: CovarianceSettings,
    /// The priors, by the names of their denoisers.
    pub priors: Vec<DenoiserName>,
    /// Noise standard deviation of each channel, normalised units.
    pub noise: Vec<f64>,
    /// Seeds.
    pub seeds: Vec<u64>,
    /// Posterior samples of each trial.
    pub members: usize,
    /// Protocols.
    pub protocols: Vec<Protocol>,
}

impl Plan {
    /// The trials in the order of the results: by dataset, protocol, prior, sub, seed, approach, each as
    /// listed in the plan. An approach that a prior [leaves out](Approach::runs_under) has none under it.
    /// All are on the [`CPU`]; [`placed`](crate::FlowExecutor::placed) says what will run them.
    ///
    /// # Errors
    /// If a setting is out of range, a list is empty, or two trials are the same.
    pub fn trials(&self) -> Result<Vec<Trial>> {
        self.check()?;
        let mut trials = Vec::new();
        for dataset in &self.datasets {
            dataset.check()?;
            for protocol in &dataset.protocols {
                check(protocol)?;
                for prior in &dataset.priors {
                    let taken = || self.approaches.iter().filter(|approach| approach.runs_under(prior));
                    for &sub in &self.subs {
                        for &seed in &dataset.seeds {
                            let trial =
                                |approach| self.trial(dataset, (protocol, prior), sub, seed, approach);
                            trials.extend(taken().map(trial));
                        }
                    }
                }
            }
        }
        filled("laws that run under one of the priors", trials.len())?;
        if self.may_repeat() {
            identities(&trials)?;
        }
        Ok(trials)
    }

    /// Whether two trials may be the same: an entry stands twice in a list, or two datasets have one source.
    fn may_repeat(&self) -> bool {
        let repeats = |dataset: &DatasetPlan| {
            let seeds: HashSet<u64> = dataset.seeds.iter().copied().collect();
            seeds.len() < dataset.seeds.len() || twice(&dataset.priors) || twice(&dataset.protocols)
        };
        let sources: Vec<&Source> = self.datasets.iter().map(|dataset| &dataset.source).collect();
        twice(&sources) || twice(&self.subs) || twice(&self.approaches) || self.datasets.iter().any(repeats)
    }

    fn trial(
        &self,
        dataset: &DatasetPlan,
        (protocol, prior): (&Protocol, &DenoiserName),
        sub: usize,
        seed: u64,
        approach: &Approach,
    ) -> Trial {
        Trial {
            source: dataset.source.clone(),
            window: dataset.window,
            normalizer: dataset.normalizer.clone(),
            covariance: dataset.covariance.clone(),
            prior: prior.clone(),
            protocol: protocol.name.clone(),
            schedule: self.schedule,
            eta: self.eta,
            start: self.start,
            steps: protocol.steps,
            corrections: protocol.corrections,
            tau: protocol.tau,
            sampler: protocol.sampler,
            spacing: protocol.spacing,
            approach: approach.clone(),
            sub,
            noise: dataset.noise.clone(),
            base: self.base,
            seed,
            members: dataset.members,
            precision: self.precision,
            backend: CPU.to_owned(),
        }
    }

    fn check(&self) -> Result<()> {
        filled("datasets", self.datasets.len())?;
        filled("subs", self.subs.len())?;
        filled("laws", self.approaches.len())?;
        Approach::check(&self.approaches)?;
        for &sub in &self.subs {
            require("sub", sub, sub > 0, "a stride of at least 1")?;
        }
        let eta = self.eta;
        require("eta", eta, eta > 0.0 && eta < 1.0, "a number above 0 and below 1")?;
        if let Some(std) = self.base.std {
            require("std", std, std >= 0.0 && std.is_finite(), "a number of at least 0")?;
        }
        if let Some(gamma) = self.base.gamma {
            require("gamma", gamma, gamma >= 0.0 && gamma.is_finite(), "a number of at least 0")?;
        }
        if let Some(n) = self.base.n_ref {
            require("n_ref", n, n > 0, "a count of at least 1")?;
        }
        Ok(())
    }
}

impl DatasetPlan {
    fn check(&self) -> Result<()> {
        filled("seeds", self.seeds.len())?;
        filled("protocols", self.protocols.len())?;
        filled("priors", self.priors.len())?;
        filled("noise", self.noise.len())?;
        for &noise in &self.noise {
            require("noise", noise, noise >= 0.0 && noise.is_finite(), "a number of at least 0")?;
        }
        require("window", self.window, self.window > 0, "at least 1 frame")?;
        require("members", self.members, self.members > 0, "at least 1 member")?;
        let ridge = self.covariance.ridge;
        require("ridge", ridge, ridge >= 0.0 && ridge.is_finite(), "a number of at least 0")?;
        if let Some(rank) = self.covariance.rank {
            require("rank", rank, rank > 0, "a rank of at least 1")?;
        }
        Ok(())
    }
}

/// Whether an entry of a short list equals another.
fn twice<T: PartialEq>(list: &[T]) -> bool {
    list.iter().enumerate().any(|(place, entry)| list[..place].contains(entry))
}

fn check(protocol: &Protocol) -> Result<()> {
    let &Protocol { steps, tau, .. } = protocol;
    require("steps", steps, steps > 0, "at least 1 step")?;
    Ok(require("tau", tau, tau > 0.0 && tau.is_finite(), "a number above 0")?)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use equipoise_data::NormalizerKind;
    use equipoise_experiment::ModelName;

    impl DatasetPlan {
        /// The cylinder wake: 16 frames, low rank 20, seed 0, one member, both protocols.
        pub(crate) fn ibpm(source: Source) -> Self {
            Self {
                source,
                window: 16,
                normalizer: Units::Fitted(NormalizerKind::Channel),
                covariance: CovarianceSettings { model: ModelName::LowRank, rank: Some(20), ridge: 1e-6 },
                priors: vec![DenoiserName::wiener()],
                noise: vec![0.1, 0.1],
                seeds: vec![0],
                members: 1,
                protocols: vec![Protocol::fast(), Protocol::study()],
            }
        }

        /// Kolmogorov turbulence: 8 frames, stationary, seeds 0 and 1, two members, both protocols.
        pub(crate) fn kolmogorov(source: Source) -> Self {
            Self {
                source,
                window: 8,
                normalizer: Units::Fitted(NormalizerKind::Profile),
                covariance: CovarianceSettings { model: ModelName::Stationary, rank: None, ridge: 1e-4 },
                priors: vec![DenoiserName::wiener()],
                noise: vec![0.1, 0.1],
                seeds: vec![0, 1],
                members: 2,
                protocols: vec![Protocol::fast(), Protocol::study()],
            }
        }
    }

    pub(crate) fn source(name: &str) -> Source {
        Source {
            dataset: name.into(),
            data_checksum: format!("data of {name}"),
            train_checksum: format!("training data of {name}"),
            kind: name.parse().unwrap(),
            axes: "NTCHW".parse().ok(),
        }
    }

    pub(crate) fn standard() -> Plan {
        Plan::standard(vec![DatasetPlan::ibpm(source("ibpm")), DatasetPlan::kolmogorov(source("kolmogorov"))])
    }

    #[test]
    fn the_standard_sweep_has_every_trial_once() {
        let trials = standard().trials().unwrap();
        // Two protocols; one seed on the wake, two on the turbulence.
        assert_eq!(trials.len(), 4 * 10 * 2 * (1 + 2));
        let identities: HashSet<String> = trials.iter().map(|t| t.identity().unwrap()).collect();
        assert_eq!(identities.len(), trials.len());
    }

    #[test]
    fn trials_of_one_scene_and_one_sub_are_adjacent() {
        let trials = standard().trials().unwrap();
        let stretches = |same: fn(&Trial, &Trial) -> bool| trials.chunk_by(same).count();
        assert_eq!(stretches(Trial::same_scene), 4);
        assert_eq!(stretches(|a, b| a.same_scene(b) && a.sub == b.sub), 4 * 4);
        assert_eq!(stretches(|a, b| a.same_scene(b) && a.sub == b.sub && a.seed == b.seed), 2 * (1 + 2) * 4);
    }

    #[test]
    fn only_the_exact_law_has_a_method_of_its_own() {
        for trial in standard().trials().unwrap() {
            assert_eq!(trial.approach.method(), if trial.law() == "exact" { "exact" } else { "sda" });
        }
    }

    /// Nothing of the trials under `wiener` depends on other priors in the list.
    #[test]
    fn priors_multiply_and_leave_out_what_they_do_not_know() {
        let mut plan = standard();
        let alone: HashSet<String> = plan.trials().unwrap().iter().map(|t| t.identity().unwrap()).collect();
        for dataset in &mut plan.datasets {
            dataset.priors = ["optimal", "wiener", "local:4"].map(|name| name.parse().unwrap()).to_vec();
        }
        let trials = plan.trials().unwrap();
        let wiener = trials.iter().filter(|t| t.is_gaussian()).map(|t| t.identity().unwrap());
        assert_eq!(wiener.collect::<HashSet<String>>(), alone);
        let under = |prior: &str, law: &str| {
            let prior = prior.parse().unwrap();
            trials.iter().any(|t| t.prior == prior && t.law() == law)
        };
        assert!(under("optimal", "exact") && under("local:4", "matched") && !under("local:4", "exact"));
        assert_eq!(trials.chunk_by(Trial::same_scene).count(), 3 * 4);
    }

    /// A method under its own name keeps the trial that it was, and settings make another.
    #[test]
    fn settings_of_a_method_are_part_of_the_trial() {
        let with = |labels: &[&str]| {
            let mut plan = standard();
            plan.datasets.truncate(1);
            plan.approaches = labels.iter().map(|label| label.parse().unwrap()).collect();
            plan.trials().unwrap()
        };
        let plain = &with(&["mmps"])[0];
        assert_eq!((plain.law(), plain.approach.method()), ("mmps".into(), "mmps".into()));
        let set = &with(&["mmps:iterations=3"])[0];
        assert_eq!(set.approach.method(), "mmps:iterations=3");
        assert_ne!(plain.identity().unwrap(), set.identity().unwrap());
        let as_before = Trial { approach: "mmps".parse().unwrap(), ..set.clone() };
        assert_eq!(as_before.identity().unwrap(), plain.identity().unwrap());
    }

    /// One source in two datasets of a plan is no repetition unless a trial is.
    #[test]
    fn a_source_may_stand_twice_and_a_trial_may_not() {
        let with = |seeds: Vec<u64>| {
            let mut plan = standard();
            plan.datasets.push(DatasetPlan { seeds, ..plan.datasets[1].clone() });
            plan.trials().map(|trials| trials.len()).map_err(|error| error.to_string())
        };
        assert_eq!(with(vec![2, 3]), Ok(4 * 10 * 2 * (1 + 2 + 2)));
        let told = with(vec![3, 1]).unwrap_err();
        assert!(told.contains("`kolmogorov, fast, sub 2, seed 1, sum (sda)` occurs twice"), "{told}");
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let with = |change: fn(&mut Plan)| {
            let mut plan = standard();
            change(&mut plan);
            plan.trials().unwrap_err().to_string()
        };
        let messages = [
            with(|p| p.subs = vec![2, 0]),
            with(|p| p.subs = vec![2, 2]),
            with(|p| p.eta = 0.0),
            with(|p| p.datasets[1].protocols[0].steps = 0),
            with(|p| p.datasets[1].protocols[0].tau = 0.0),
            with(|p| p.datasets[0].noise[1] = -0.1),
            with(|p| p.datasets[0].noise[0] = f64::NAN),
            with(|p| p.datasets[0].seeds.clear()),
            with(|p| p.datasets[0].members = 0),
        ];
        insta::assert_snapshot!(messages.join("\n"), @r"
        plan, sub: found 0, expected a stride of at least 1
        plan: trial `ibpm, fast, sub 2, seed 0, sum (sda)` occurs twice; a list of the plan repeats an entry
        plan, eta: found 0, expected a number above 0 and below 1
        plan, steps: found 0, expected at least 1 step
        plan, tau: found 0, expected a number above 0
        plan, noise: found -0.1, expected a number of at least 0
        plan, noise: found NaN, expected a number of at least 0
        plan, seeds: found an empty list, expected at least one entry
        plan, members: found 0, expected at least 1 member
        ");
    }
}
