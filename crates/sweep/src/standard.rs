//! The sweep that runs when nothing else is asked for.

use crate::{Approach, DatasetPlan, Flow, Plan, Protocol, Start};
use equipoise_data::Kind;
use equipoise_experiment::{Base, Precision};
use equipoise_scaling::Law;
use equipoise_schedule::{Alpha, ScheduleName, Variance};
use equipoise_solver::Method;

impl DatasetPlan {
    /// A flow's part of a plan: seed 0 and one member for the wake, seeds 0 and 1 and two members else,
    /// protocol `fast`, and `study` for the kinds of the embedded flows.
    pub fn of(flow: &Flow) -> Self {
        let prior = flow.prior();
        let wake = prior.kind() == Kind::IBPM;
        let generic = prior.kind() == Kind::GENERIC;
        let study = (!generic).then(Protocol::study);
        Self {
            source: flow.source().clone(),
            window: prior.settings().window,
            normalizer: flow.units().clone(),
            covariance: flow.covariance(),
            priors: flow.priors(),
            noise: flow.noise().to_vec(),
            seeds: if wake { vec![0] } else { vec![0, 1] },
            members: if wake { 1 } else { 2 },
            protocols: [Protocol::fast()].into_iter().chain(study).collect(),
        }
    }
}

impl Plan {
    /// The default sweep over `datasets`: sub 2, 4, 8, 16 × nine laws and `exact`, `cos` with η = 0.01.
    pub fn standard(datasets: Vec<DatasetPlan>) -> Self {
        let exact = Approach::of_method(&Method::EXACT.into());
        Self {
            datasets,
            subs: vec![2, 4, 8, 16],
            approaches: Law::ALL.map(Approach::of_law).into_iter().chain([exact]).collect(),
            schedule: ScheduleName::Sda(Alpha::Cos, Variance::Vp),
            eta: 0.01,
            start: Start::Normal,
            base: Base::default(),
            precision: Precision::F32,
        }
    }
}
