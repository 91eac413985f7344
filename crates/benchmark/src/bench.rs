//! One problem under a plan: drawing ensembles on it, scoring and tuning.

use crate::choose::Chosen;
use crate::job::name;
use crate::problem::{Draw, Part, Problem};
use crate::record::{NEW, Record, Score, Tuned};
use crate::score::{judge, proper};
use crate::tune::{Tried, tune};
use crate::{Case, Choice, Job, Plan, Scene, Task};
use equipoise_covariance::Memo;
use equipoise_experiment::BoxError;
use equipoise_metrics::classify;
use equipoise_sampler::Outcome;
use equipoise_solver::{Ensemble, Member, PosteriorSampler, Value, Watch};
use std::sync::Arc;
use std::time::Instant;

/// A problem under a plan.
pub(crate) struct Bench<'a> {
    pub(crate) problem: Problem<'a>,
    plan: &'a Plan,
    /// Its observations, each made once.
    draws: Memo<(Part, u64), Arc<Draw<'a>>>,
}

/// An ensemble, how it was drawn and how long that took.
pub(crate) struct Drawn {
    pub(crate) ensemble: Ensemble<f32>,
    pub(crate) point_estimate: bool,
    pub(crate) seconds: f64,
}

impl<'a> Bench<'a> {
    pub(crate) fn new(scene: &'a Scene, case: Case, plan: &'a Plan) -> Result<Self, BoxError> {
        Ok(Self { problem: Problem::new(scene, case, plan)?, plan, draws: Memo::default() })
    }

    fn observed(&self, part: Part, seed: u64) -> Result<Arc<Draw<'a>>, BoxError> {
        self.draws.get((part, seed), || Ok(Arc::new(self.problem.draw(part, seed)?)))
    }

    /// A sampler for a draw.
    pub(crate) fn bind(
        &self,
        chosen: &Chosen,
        value: Option<f64>,
        draw: &Draw<'_>,
        steps: usize,
    ) -> Result<Box<dyn PosteriorSampler<f32>>, BoxError> {
        let inference = self.problem.inference(draw, steps, self.plan)?;
        chosen.bind(&inference, (&self.problem, steps), value)
    }

    /// `count` members.
    pub(crate) fn draw(
        &self,
        sampler: &dyn PosteriorSampler<f32>,
        draw: &Draw<'_>,
        count: usize,
    ) -> Result<Drawn, BoxError> {
        let members: Vec<Member> = self.problem.members(draw, count);
        let clock = Instant::now();
        let ensemble = sampler.draw(&members, Watch::NONE)?;
        let seconds = clock.elapsed().as_secs_f64();
        Ok(Drawn { ensemble, point_estimate: sampler.is_point_estimate(), seconds })
    }

    /// Carries out a job; `tuned` is the value that tuning chose, if it has been tuned.
    pub(crate) fn record(&self, job: &Job, tuned: Option<f64>) -> Result<Record, BoxError> {
        match job.task {
            Task::Tune => {
                let draw = self.observed(Part::Validation, self.plan.tuning.seed)?;
                Ok(Record::Tuned(Box::new(self.tune(job, &draw)?)))
            }
            Task::Score { choice, seed } => {
                let chosen = Chosen::of(&job.approach)?;
                let value = match choice {
                    Choice::Published => None,
                    Choice::Tuned => Some(
                        tuned.ok_or_else(|| format!("{} was not tuned on this case", name(&job.approach)))?,
                    ),
                };
                let draw = self.observed(Part::Test, seed)?;
                let sampler = self.bind(&chosen, value, &draw, job.case.steps)?;
                let drawn = self.draw(&*sampler, &draw, self.plan.members)?;
                let asked = Score::asked(job, &chosen, value, seed);
                Ok(Record::Score(Box::new(judge(&self.problem, &draw, &drawn, asked)?)))
            }
        }
    }

    fn tune(&self, job: &Job, draw: &Draw<'_>) -> Result<Tuned, BoxError> {
        let Job { dataset, case, approach, .. } = job;
        let chosen = Chosen::of(approach)?;
        let parameter = chosen.parameter().ok_or_else(|| format!("{}: nothing to tune", name(approach)))?;
        let clock = Instant::now();
        let members = self.plan.tuning.members;
        let mut judged_by = "";
        let grid: Vec<f64> = parameter.range.grid().into_iter().map(Value::number).collect();
        let found = tune(&grid, parameter.published.number(), |value| {
            let sampler = self.bind(&chosen, Some(value), draw, case.steps)?;
            let Drawn { ensemble, point_estimate, .. } = self.draw(&*sampler, draw, members)?;
            judged_by = if point_estimate { "mae" } else { "crps" };
            let exploded = classify(&self.problem.evidence(draw, &ensemble)?).is_explosion();
            let score = if exploded { None } else { proper(&self.problem, draw, &ensemble, point_estimate)? };
            let (denoiser_calls, inner_iterations) = work(&ensemble);
            Ok::<_, BoxError>(Tried { score, denoiser_calls, inner_iterations })
        })?;
        Ok(Tuned {
            dataset: dataset.clone(),
            sub: case.sub,
            noise: case.noise,
            steps: case.steps,
            method: approach.recipe().clone(),
            law: approach.label(),
            parameter: parameter.name.to_owned(),
            published: parameter.published.number(),
            grid,
            judged_by: judged_by.to_owned(),
            scores: found.scores,
            chosen: found.chosen,
            members,
            seed: self.plan.tuning.seed,
            denoiser_calls: found.denoiser_calls,
            inner_iterations: found.inner_iterations,
            seconds: clock.elapsed().as_secs_f64(),
            identity: job.to_string(),
            build: NEW,
        })
    }
}

/// Calls of the denoiser and iterations of inner solvers, in all.
pub(crate) fn work(ensemble: &Ensemble<f32>) -> (usize, usize) {
    let sum = |of: fn(&Outcome<f32>) -> usize| ensemble.outcomes().iter().map(of).sum();
    (sum(|run| run.trace().evaluations), sum(|run| run.trace().iterations))
}
