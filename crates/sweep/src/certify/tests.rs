//! Verdicts on the embedded turbulence against what becomes of the runs.

use super::*;
use crate::{DatasetPlan, Executor, FlowExecutor, Plan, Protocol};
use equipoise_experiment::FlowFile;
use equipoise_stability::{Scope, Verdict};

/// The turbulence in windows of two frames: 16,384 numbers, which run in hundredths of a second.
fn turbulence() -> Vec<Flow> {
    let file = FlowFile { window: Some(2), ..FlowFile::embedded("kolmogorov") };
    vec![Flow::open(&file.request().unwrap()).unwrap()]
}

fn trials(flows: &[Flow], steps: usize, corrections: usize) -> Vec<Trial> {
    let mut plan = Plan::standard(flows.iter().map(DatasetPlan::of).collect());
    plan.subs = vec![2, 4, 16];
    for dataset in &mut plan.datasets {
        (dataset.seeds, dataset.members) = (vec![0], 1);
        dataset.protocols = vec![Protocol { steps, corrections, ..Protocol::fast() }];
    }
    plan.trials().unwrap()
}

/// Every law whose step is affine, at 16 steps: the run explodes where the verdict says so and
/// nowhere else, by σ_W and by G.
#[test]
fn predictor_verdicts_are_what_becomes_of_the_runs() {
    let flows = turbulence();
    let certifier = FlowCertifier::new(&flows).unwrap();
    let executor = FlowExecutor::new(&flows, None).unwrap();
    let mut explosions = 0;
    for trial in trials(&flows, 16, 0).iter().filter(|trial| trial.law() != "adaptive") {
        let told = certifier.predict(trial).unwrap().unwrap();
        let state = executor.execute(trial).unwrap().state;
        let exploded = ["nan", "exploded"].contains(&state.as_str());
        let certificate = &told.certified.certificate;
        let what = format!("{trial}: {state}, σ_W {}, G {}", certificate.sigma_w, told.cheap.growth.g);
        assert_eq!(told.verdict() == Verdict::Explodes, exploded, "{what}");
        assert_eq!(told.cheap.growth.verdict == Verdict::Explodes, exploded, "{what}");
        assert_eq!((told.scope, told.mean_field.is_none()), (Scope::Global, true), "{what}");
        explosions += usize::from(exploded);
    }
    // Both outcomes must occur for the test to say anything.
    assert!((2..27).contains(&explosions), "{explosions} of 27");
}

/// The same with a corrector step after each: no explosion without the word for it.
#[test]
fn no_run_explodes_that_the_mean_field_calls_stable() {
    let flows = turbulence();
    let certifier = FlowCertifier::new(&flows).unwrap();
    let executor = FlowExecutor::new(&flows, None).unwrap();
    let mut explosions = 0;
    for trial in trials(&flows, 16, 1).iter().filter(|trial| trial.law() != "adaptive") {
        let told = certifier.predict(trial).unwrap().unwrap();
        let state = executor.execute(trial).unwrap().state;
        if ["nan", "exploded"].contains(&state.as_str()) {
            explosions += 1;
            let amplitude = &told.mean_field.as_ref().unwrap().run.amplitude;
            assert_eq!(told.verdict(), Verdict::Explodes, "{trial}: {state}, {amplitude:?}");
        }
    }
    assert!(explosions >= 2, "{explosions}");
}

#[test]
fn a_step_that_is_not_affine_has_no_certificate_and_adaptive_a_local_one() {
    let flows = turbulence();
    let certifier = FlowCertifier::new(&flows).unwrap();
    let trials = trials(&flows, 4, 0);
    let adaptive = trials.iter().find(|trial| trial.law() == "adaptive").unwrap();
    assert_eq!(certifier.predict(adaptive).unwrap().unwrap().scope, Scope::Local);
    for sampler in ["heun", "ddpm"] {
        let other = Trial { sampler: sampler.parse().unwrap(), ..trials[0].clone() };
        assert!(certifier.predict(&other).unwrap().is_none(), "{sampler}");
    }
    let euler = Trial { sampler: "euler".parse().unwrap(), ..trials[0].clone() };
    assert!(FlowCertifier::certifies(&euler));
}
