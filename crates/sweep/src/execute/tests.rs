//! Trials whose runs take place on another machine.

mod denoisers;

use super::*;
use crate::{DatasetPlan, Plan, Protocol, ReducedRuns};
use equipoise_experiment::FlowFile;
use equipoise_guidance::Strength;
use equipoise_scaling::Law;
use equipoise_solver::{Inference, Method, PosteriorSampler, Recipe};

/// The CPU by another name, with steps for a law that has traces only.
struct Traced;

impl Accelerator for Traced {
    fn name(&self) -> &'static str {
        "the other machine"
    }

    fn takes(&self, _: &Inference<f32>, _: &Recipe, law: Option<Law>) -> bool {
        law.is_some_and(|law| matches!(law, Law::Matched | Law::Active))
    }

    fn bind(
        &self,
        inference: &Inference<f32>,
        _: &Recipe,
        strength: Option<&Strength>,
    ) -> Boxed<Option<Box<dyn PosteriorSampler<f32>>>> {
        let traced = strength.is_some_and(|s| matches!(s.excess, equipoise_guidance::Excess::Levels(_)));
        Ok(if traced { Some(inference.bind(&Recipe::from(Method::SDA), strength)?) } else { None })
    }
}

/// The flow `name` in a window of two frames, and a plan of trials of one seed and member over it.
fn small(name: &str, steps: usize, corrections: usize) -> (Vec<Flow>, Plan) {
    let file = FlowFile { window: Some(2), ..FlowFile::embedded(name) };
    let flows = vec![Flow::open(&file.request().unwrap()).unwrap()];
    let mut plan = Plan::standard(flows.iter().map(DatasetPlan::of).collect());
    plan.subs = vec![16];
    for dataset in &mut plan.datasets {
        (dataset.seeds, dataset.members) = (vec![0], 1);
        dataset.protocols = vec![Protocol { steps, corrections, ..Protocol::fast() }];
    }
    (flows, plan)
}

/// What is asked once for all seeds of a scene is what every trial alone is told.
#[test]
fn a_trial_is_placed_among_others_as_it_is_alone() {
    let (flows, mut plan) = small("kolmogorov", 2, 0);
    plan.subs = vec![7, 16];
    plan.datasets[0].seeds = vec![0, 1];
    let fast = plan.datasets[0].protocols[0].clone();
    plan.datasets[0].protocols.push(Protocol { name: "again".into(), ..fast });
    for accelerator in [&Traced as &dyn Accelerator, &ReducedRuns::default()] {
        let executor = FlowExecutor::new(&flows, None).unwrap().with_accelerator(accelerator);
        let all = executor.placed(plan.trials().unwrap()).unwrap();
        let alone =
            plan.trials().unwrap().into_iter().map(|trial| executor.placed(vec![trial]).unwrap().remove(0));
        assert!(alone.eq(all.iter().cloned()));
        let places: std::collections::HashSet<&str> =
            all.iter().map(|trial| trial.backend.as_str()).collect();
        assert_eq!(places.len(), 2, "{places:?}");
    }
}

/// Euler's steps have the predictor's curves under every name, to the bit. Under the exact guidance the spread of
/// steps that are exact for Gaussian posteriors ends nearer 1 than that of Euler's.
#[test]
fn curves_are_of_steps_and_not_of_names() {
    let (flows, plan) = small("kolmogorov", 8, 0);
    let executor = FlowExecutor::new(&flows, None).unwrap();
    let exact = plan.trials().unwrap().into_iter().find(|trial| trial.law() == "exact").unwrap();
    let curves = |sampler: &str| {
        executor.closed_loop(&Trial { sampler: sampler.parse().unwrap(), ..exact.clone() }).unwrap()
    };
    let predictor = curves("predictor_corrector").unwrap();
    assert_eq!(predictor.times.len(), 9);
    for name in ["euler", "ddim:0"] {
        assert_eq!(curves(name).as_ref(), Some(&predictor), "{name}");
    }
    let off = |curves: &crate::closed_loop::ClosedLoop| (curves.spread[8] - 1.0).abs();
    let best = curves("exponential").unwrap();
    assert!(off(&best) < 0.5 * off(&predictor), "{:?} {:?}", best.spread, predictor.spread);
    assert!(curves("heun").is_some() && curves("ddpm").is_none());
}

/// Every trial of the wake, and of the turbulence with corrections too, runs in reduced space and ends
/// where it does in full space: a field of up to 10 times the truth's size, which is all that one that
/// does not explode may have, is rounded 8 times an evaluation in `f32`, and an RMSE moves by no more
/// than its field. A trial that explodes does so in both, and leaves its bound at the same time.
#[test]
fn reduced_runs_end_where_full_ones_do() {
    const STEPS: usize = 8;
    for (name, corrections) in [("ibpm", 0), ("kolmogorov", 0), ("kolmogorov", 1)] {
        let (flows, plan) = small(name, STEPS, corrections);
        let accelerator = ReducedRuns::default();
        let full = FlowExecutor::new(&flows, None).unwrap();
        let reduced = FlowExecutor::new(&flows, None).unwrap().with_accelerator(&accelerator);
        let trials = plan.trials().unwrap();
        let placed = reduced.placed(trials.clone()).unwrap();
        let mut kept = 0;
        for (trial, placed) in trials.iter().zip(&placed) {
            assert_eq!((trial.backend.as_str(), placed.backend.as_str()), (CPU, "reduced"), "{trial}");
            let (a, b) = (full.execute(trial).unwrap(), reduced.execute(placed).unwrap());
            assert_eq!((&a.state, a.evaluations), (&b.state, b.evaluations), "{trial}");
            let exploded = ["nan", "exploded"].contains(&a.state.as_str());
            assert!(a.peak.is_some() && a.peak_deviation.is_none(), "{trial}");
            assert!(b.peak.is_none() && b.peak_deviation.is_some(), "{trial}");
            if exploded {
                assert_eq!(a.diverged_at.map(f64::to_bits), b.diverged_at.map(f64::to_bits), "{trial}");
            } else {
                let evaluations = (STEPS * (1 + corrections)) as f64;
                let bound = evaluations.sqrt() * 8.0 * f64::from(f32::EPSILON) * 10.0;
                assert!((a.rmse - b.rmse).abs() <= bound, "{trial}: {} {}", a.rmse, b.rmse);
                kept += 1;
            }
        }
        assert!(kept >= 5, "{name}: {kept} trials without an explosion");
        assert!(kept < trials.len(), "{name}: no explosion");
        assert_eq!(reduced.places(), Places { accelerator: trials.len(), cpu: 0 });
    }
}

/// Under explicit modes a corrected run keeps its law in reduced space, but not its draws.
#[test]
fn corrected_runs_of_explicit_modes_stay_where_they_are() {
    let (flows, plan) = small("ibpm", 8, 1);
    let accelerator = ReducedRuns::default();
    let executor = FlowExecutor::new(&flows, None).unwrap().with_accelerator(&accelerator);
    let trials = executor.placed(plan.trials().unwrap()).unwrap();
    let outcomes: Vec<_> = trials.iter().map(|t| executor.execute(t).unwrap()).collect();
    assert_eq!(executor.places(), Places { accelerator: outcomes.len(), cpu: 0 });
    let exploded = outcomes.iter().filter(|o| o.state == "exploded");
    let timed = exploded.clone().filter(|o| o.diverged_at.is_some_and(|t| (0.0..1.0).contains(&t)));
    assert!(exploded.clone().count() >= 1 && exploded.count() == timed.count());
}

/// Covered trials run there and bear its name, with the numbers that the machine gives; others run on the
/// CPU. No trial runs elsewhere than its identity says, and none of two backends have one identity.
#[test]
fn an_accelerator_takes_what_it_has_steps_for() {
    let (flows, plan) = small("kolmogorov", 2, 0);
    let cpu = FlowExecutor::new(&flows, None).unwrap();
    let both = FlowExecutor::new(&flows, None).unwrap().with_accelerator(&Traced);
    let trials = plan.trials().unwrap();
    for (trial, placed) in trials.iter().zip(both.placed(trials.clone()).unwrap()) {
        let there = ["matched", "active"].contains(&trial.law().as_str());
        assert_eq!(placed.backend, if there { Traced.name() } else { CPU }, "{trial}");
        assert_eq!(placed.identity().unwrap() == trial.identity().unwrap(), !there, "{trial}");
        let (plain, other) = (cpu.execute(trial).unwrap(), both.execute(&placed).unwrap());
        assert_eq!(plain.rmse.to_bits(), other.rmse.to_bits(), "{trial}");
        if there {
            let refused = cpu.execute(&placed).unwrap_err().to_string();
            assert!(refused.contains("backend `the other machine`"), "{refused}");
        }
    }
    assert_eq!(both.places(), Places { accelerator: 2, cpu: trials.len() - 2 });
    assert_eq!(cpu.places(), Places { accelerator: 0, cpu: trials.len() });
}

/// A trial whose law the machine has no steps for, whatever its identity says.
#[test]
fn a_backend_that_has_no_steps_is_an_error_and_no_other_run() {
    let (flows, plan) = small("kolmogorov", 2, 0);
    let both = FlowExecutor::new(&flows, None).unwrap().with_accelerator(&Traced);
    let trial = plan.trials().unwrap().into_iter().find(|trial| trial.law() == "sum").unwrap();
    let refused = both.execute(&Trial { backend: Traced.name().into(), ..trial }).unwrap_err();
    assert!(refused.to_string().contains("no steps for this trial"), "{refused}");
    assert_eq!(both.places(), Places::default());
}
