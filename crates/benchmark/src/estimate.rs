//! What a benchmark will cost, from a few measured steps of every method.

use crate::bench::{Bench, Drawn, Part, work};
use crate::choose::parameter;
use crate::job::name;
use crate::run::{Results, scene};
use crate::score::judge;
use crate::{Case, Job, Plan, Result, Scene, Score, Task};
use equipoise_experiment::{Approach, Boxed, Error};
use equipoise_schedule::Level;
use std::collections::HashMap;
use std::time::Instant;

/// Steps of the runs that are timed.
const STEPS: usize = 4;
/// Runs for each value that is timed.
const RUNS: usize = 2;

/// Wall seconds and denoiser calls of a plan on this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// By dataset and approach.
    rates: HashMap<(String, String), Rate>,
    /// By dataset.
    overheads: HashMap<String, Overhead>,
}

/// What a step of one member costs, at the published parameter and on average over the grid.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rate {
    published: Cost,
    tuned: Cost,
    /// Seconds of preparing one level, shared by members and, for most, seeds.
    level: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Cost {
    seconds: f64,
    calls: f64,
}

/// Seconds beside the runs: of preparing a problem, of judging an ensemble.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Overhead {
    problem: f64,
    judge: f64,
}

/// Times a few steps of every method that jobs are left of, on every dataset, at the dataset's middle case.
///
/// # Errors
/// As [`run`](crate::run).
pub fn estimate(plan: &Plan, scenes: &[Scene], left: &[&Job]) -> Result<Estimate> {
    let mut found = Estimate { rates: HashMap::new(), overheads: HashMap::new() };
    for dataset in &plan.datasets {
        let name = &dataset.label();
        let fault = |source| Error::Work { work: format!("{name}: timing"), source };
        let Some(&case) = dataset.cases.get(dataset.cases.len() / 2) else { continue };
        let taken = taken(plan, name, left);
        if !taken.is_empty() {
            found.measure(plan, scene(scenes, name)?, (case, &taken)).map_err(fault)?;
        }
    }
    Ok(found)
}

/// The approaches that jobs are left of on a dataset.
fn taken<'a>(plan: &'a Plan, label: &str, left: &[&Job]) -> Vec<&'a Approach> {
    let waits =
        |approach: &&Approach| left.iter().any(|job| job.dataset == label && job.approach == **approach);
    plan.approaches.iter().filter(waits).collect()
}

/// Seconds that [`estimate`] itself takes under each prior but the Gaussian, by dataset: from a timed part of
/// one denoise, two more for a vjp, and the runs that are timed.
///
/// # Errors
/// [`Error::Flow`] for a denoiser that fails.
pub fn foretell(plan: &Plan, scenes: &[Scene], left: &[&Job]) -> Result<Vec<(String, f64)>> {
    let mut told = Vec::new();
    for dataset in &plan.datasets {
        let label = dataset.label();
        let fault = Error::flow::<equipoise_prior::PriorError>(&label);
        let flow = scene(scenes, &label)?.test();
        let Some(prior) = flow.denoiser_of(&dataset.prior)? else { continue };
        let (level, mut evaluations) = (Level { mu: 0.5f64.sqrt(), sigma: 0.5f64.sqrt() }, 0);
        for approach in taken(plan, &label, left) {
            let timed = if parameter(approach)?.is_some() { 3 } else { 1 };
            evaluations += timed * RUNS * STEPS;
        }
        let seconds = match flow.windows().first() {
            Some(window) => prior.probe(window, level).map_err(fault)?.as_secs_f64(),
            None => 0.0,
        };
        told.push((label.clone(), 3.0 * seconds * evaluations as f64));
    }
    Ok(told)
}

impl Estimate {
    fn measure(&mut self, plan: &Plan, scene: &Scene, (case, taken): (Case, &[&Approach])) -> Boxed<()> {
        let clock = Instant::now();
        let bench = Bench::new(scene, case, plan)?;
        let problem = clock.elapsed().as_secs_f64();
        let draw = bench.draw(Part::Validation, plan.tuning.seed)?;
        let count = if scene.parallel_inside() { 1 } else { rayon::current_num_threads() };
        let time = |approach, value| -> Boxed<(Cost, f64)> {
            let clock = Instant::now();
            let sampler = bench.bind(approach, value, &draw, STEPS)?;
            let level = clock.elapsed().as_secs_f64() / STEPS as f64;
            // The first run fills the tables of levels that later ones find.
            draw.sample(&*sampler, count)?;
            let drawn = draw.sample(&*sampler, count)?;
            let steps = (count * STEPS) as f64;
            Ok((
                Cost { seconds: drawn.seconds / steps, calls: work(&drawn.ensemble).0 as f64 / steps },
                level,
            ))
        };
        for &approach in taken {
            let (published, level) = time(approach, None)?;
            let tuned = match parameter(approach)? {
                None => published,
                Some(parameter) => {
                    let grid = parameter.range.grid();
                    let ends = [grid.first(), grid.last()].into_iter().flatten();
                    let costs = ends
                        .map(|end| Ok(time(approach, Some(end.number()))?.0))
                        .collect::<Boxed<Vec<_>>>()?;
                    let mean = |of: fn(&Cost) -> f64| costs.iter().map(of).sum::<f64>() / costs.len() as f64;
                    Cost { seconds: mean(|c| c.seconds), calls: mean(|c| c.calls) }
                }
            };
            let rate = Rate { published, tuned, level };
            self.rates.insert((scene.label.clone(), name(approach)), rate);
        }
        let sampler = bench.bind(taken[0], None, &draw, 1)?;
        let drawn = Drawn { point_estimate: false, ..draw.sample(&*sampler, plan.members)? };
        let job = Job { dataset: scene.label.clone(), case, approach: taken[0].clone(), task: Task::Tune };
        let asked = Score::asked(&job, None, draw.seed)?;
        let clock = Instant::now();
        judge(&bench, &draw, &drawn, asked)?;
        let overhead = Overhead { problem, judge: clock.elapsed().as_secs_f64() };
        self.overheads.insert(scene.label.clone(), overhead);
        Ok(())
    }

    /// Seconds and denoiser calls of one job. A tuned entrant is taken to differ from the published
    /// one, at the grid's mean cost.
    pub fn of(&self, plan: &Plan, job: &Job) -> (f64, f64) {
        let (approach, steps) = (&job.approach, job.case.steps as f64);
        let key = (job.dataset.clone(), name(approach));
        let (Some(rate), Some(overhead)) = (self.rates.get(&key), self.overheads.get(&job.dataset)) else {
            return (0.0, 0.0);
        };
        let seeds = plan.datasets.iter().find(|d| d.label() == job.dataset).map_or(1, |d| d.seeds.len());
        let level = rate.level * steps / seeds as f64;
        match job.task {
            Task::Score { choice, .. } => {
                let cost = if choice == crate::Choice::Published { rate.published } else { rate.tuned };
                let member_steps = plan.members as f64 * steps;
                (cost.seconds * member_steps + level + overhead.judge, cost.calls * member_steps)
            }
            Task::Tune => {
                let values = parameter(approach).ok().flatten();
                let values = values.map_or(0, |parameter| parameter.range.grid().len());
                let member_steps = (values * plan.tuning.members) as f64 * steps;
                (rate.tuned.seconds * member_steps + level, rate.tuned.calls * member_steps)
            }
        }
    }

    /// Seconds and denoiser calls of the jobs that have no record in `results`.
    pub fn total(&self, results: &Results) -> (f64, f64) {
        let (plan, pending) = (results.manifest().plan, results.pending());
        let mut total =
            pending.iter().map(|job| self.of(&plan, job)).fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        for batch in pending.chunk_by(|a, b| a.same_observation(b)) {
            total.0 += self.overheads.get(&batch[0].dataset).map_or(0.0, |overhead| overhead.problem);
        }
        total
    }
}
