//! A benchmark and a sweep hold the same runs to the same posterior.

use crate::bench::{Bench, Part};
use crate::score::judge;
use crate::{Case, Job, Plan, Scene, Score, Subset, Task};
use equipoise_experiment::{Approach, Executor, Flow, FlowFile, Protocol};
use equipoise_sweep::{DatasetPlan, FlowExecutor};

const MEMBERS: usize = 2;
const CASE: Case = Case { sub: 8, noise: 0.1, steps: 2 };

/// On the wake, where cells inside the body are left out of every error, and their variance of the floor.
/// Both have them from one [`equipoise_experiment::Reference`].
#[test]
fn the_wake_has_one_floor_and_one_spread() {
    let wake = FlowFile { window: Some(2), noise: Some(CASE.noise), ..FlowFile::embedded("ibpm") };
    let flows = Flow::open_apart(&wake.request().unwrap()).unwrap();
    let exact = "exact".parse::<Approach>().unwrap();

    let scene = Scene::of(&flows).unwrap().remove(0);
    let plan = Plan { members: MEMBERS, ..Plan::of(Subset::Core, Vec::new(), vec![exact.clone()]) };
    let bench = Bench::new(&scene, CASE, &plan).unwrap();
    let draw = bench.draw(Part::Test, 0).unwrap();
    let sampler = bench.bind(&exact, None, &draw, CASE.steps).unwrap();
    let drawn = draw.sample(&*sampler, MEMBERS).unwrap();
    let job = Job { dataset: scene.label.clone(), case: CASE, approach: exact.clone(), task: Task::Tune };
    let scored = judge(&bench, &draw, &drawn, Score::asked(&job, None, 0).unwrap()).unwrap();

    let mut sweep = equipoise_sweep::Plan::standard(vec![DatasetPlan::of(&flows[0])]);
    (sweep.subs, sweep.approaches) = (vec![CASE.sub], vec![exact]);
    (sweep.schedule, sweep.eta, sweep.start) = (plan.schedule, plan.eta, plan.start);
    let (sampler, spacing) = (plan.sampler, plan.spacing);
    let dataset = &mut sweep.datasets[0];
    (dataset.seeds, dataset.members) = (vec![0], MEMBERS);
    dataset.protocols = vec![Protocol { steps: CASE.steps, sampler, spacing, ..Protocol::fast() }];
    let trials = sweep.trials().unwrap();
    let swept = FlowExecutor::new(&flows[..1], None).unwrap().execute(&trials[0]).unwrap();

    let pairs = [
        ("rmse", Some(scored.rmse), Some(swept.rmse)),
        ("floor", scored.floor, swept.floor_rmse),
        ("spread", scored.spread_ratio, swept.spread_ratio),
        ("bias", scored.bias, swept.bias_over_posterior_std),
    ];
    for (name, a, b) in pairs {
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!((a - b).abs() <= 1e-6 * a.abs(), "{name}: benchmark {a}, sweep {b}");
    }
}
