//! Trials whose runs take place on another machine.

use super::*;
use crate::{FlowRequest, Plan, Protocol, SettingsChange};
use equipoise_data::NoiseLevel;
use equipoise_guidance::Strength;

/// The CPU by another name, with steps for a law that has traces only.
struct Traced;

impl Accelerator for Traced {
    fn name(&self) -> &'static str {
        "the other machine"
    }

    fn bind(
        &self,
        inference: &Inference<f32>,
        strength: &Strength,
    ) -> Result<Option<Box<dyn PosteriorSampler<f32>>>, BoxError> {
        let traced = matches!(strength.excess, equipoise_guidance::Excess::Levels(_));
        Ok(if traced { Some(inference.bind(Method::Sda, None, Some(strength))?) } else { None })
    }
}

/// Covered trials run there and say so, with the numbers that the machine gives; others run on the CPU.
#[test]
fn an_accelerator_takes_what_it_has_steps_for() {
    let change = SettingsChange { window: Some(2), ..SettingsChange::default() };
    let requests = FlowRequest::embedded(change, &NoiseLevel::Normalised(0.1), false).unwrap();
    let request = requests.into_iter().find(|request| request.name == "kolmogorov").unwrap();
    let flows = vec![Flow::open(&request).unwrap()];
    let mut plan = Plan::standard(flows.iter().map(Flow::plan).collect());
    plan.subs = vec![16];
    for dataset in &mut plan.datasets {
        (dataset.seeds, dataset.members) = (vec![0], 1);
        dataset.protocols = vec![Protocol { steps: 2, corrections: 0, ..Protocol::fast() }];
    }
    let cpu = FlowExecutor::new(&flows, None).unwrap();
    let both = FlowExecutor::new(&flows, None).unwrap().with_accelerator(&Traced);
    let trials = plan.trials().unwrap();
    for trial in &trials {
        let (plain, other) = (cpu.execute(trial).unwrap(), both.execute(trial).unwrap());
        let there = ["matched", "active"].contains(&trial.law.as_str());
        assert_eq!(other.note.contains("on the other machine"), there, "{trial}: {}", other.note);
        assert!(!plain.note.contains("machine"), "{trial}");
        assert_eq!(plain.rmse.to_bits(), other.rmse.to_bits(), "{trial}");
    }
    assert_eq!(both.places(), Places { accelerator: 2, cpu: trials.len() - 2 });
    assert_eq!(cpu.places(), Places { accelerator: 0, cpu: trials.len() });
}
