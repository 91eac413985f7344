//! Choosing a parameter on a truth that is not the test's.

use crate::Job;
use crate::bench::{Bench, Drawn, Part, work};
use crate::choose::parameter;
use crate::job::name;
use crate::record::{NEW, Tuned};
use crate::score::proper;
use equipoise_experiment::{BoxError, Boxed};
use equipoise_metrics::classify;
use equipoise_solver::Value;
use std::time::Instant;

/// What one value of a parameter led to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tried {
    /// CRPS, or MAE of a point estimate, on the validation truth; `None` when it exploded.
    pub(crate) score: Option<f64>,
    pub(crate) denoiser_calls: usize,
    pub(crate) inner_iterations: usize,
}

/// What tuning found and what it cost.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tuning {
    pub(crate) scores: Vec<Option<f64>>,
    pub(crate) chosen: f64,
    pub(crate) denoiser_calls: usize,
    pub(crate) inner_iterations: usize,
}

/// Tries every value of the grid, in order. Chooses the one of least score, of equals the first;
/// `published` where all explode.
pub(crate) fn tune<E>(
    grid: &[f64],
    published: f64,
    mut attempt: impl FnMut(f64) -> Result<Tried, E>,
) -> Result<Tuning, E> {
    let tried = grid.iter().map(|value| attempt(*value)).collect::<Result<Vec<_>, E>>()?;
    let usable = |score: Option<f64>| score.filter(|score| score.is_finite());
    let scored = grid.iter().zip(&tried).filter_map(|(value, tried)| Some((*value, usable(tried.score)?)));
    let best = scored.reduce(|best, next| if next.1 < best.1 { next } else { best });
    Ok(Tuning {
        scores: tried.iter().map(|tried| usable(tried.score)).collect(),
        chosen: best.map_or(published, |(value, _)| value),
        denoiser_calls: tried.iter().map(|tried| tried.denoiser_calls).sum(),
        inner_iterations: tried.iter().map(|tried| tried.inner_iterations).sum(),
    })
}

impl Bench<'_> {
    /// Tries the grid of a job's parameter on the validation truth.
    pub(crate) fn tune(&self, job: &Job) -> Boxed<Tuned> {
        let (Job { dataset, case, approach, .. }, plan) = (job, &self.plan.tuning);
        let parameter = parameter(approach)?.ok_or_else(|| format!("{}: nothing to tune", name(approach)))?;
        let draw = self.draw(Part::Validation, plan.seed)?;
        let clock = Instant::now();
        let mut judged_by = "";
        let grid: Vec<f64> = parameter.range.grid().into_iter().map(Value::number).collect();
        let found = tune(&grid, parameter.published.number(), |value| {
            let sampler = self.bind(approach, Some(value), &draw, case.steps)?;
            let Drawn { ensemble, point_estimate, .. } = draw.sample(&*sampler, plan.members)?;
            judged_by = if point_estimate { "mae" } else { "crps" };
            let exploded = classify(&self.evidence(&draw, &ensemble)?).is_explosion();
            let score = if exploded { None } else { proper(&draw, &ensemble, point_estimate)? };
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
            members: plan.members,
            seed: plan.seed,
            denoiser_calls: found.denoiser_calls,
            inner_iterations: found.inner_iterations,
            seconds: clock.elapsed().as_secs_f64(),
            identity: job.to_string(),
            build: NEW,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    const GRID: [f64; 4] = [1.0, 2.0, 4.0, 8.0];

    fn tuned(score: impl Fn(f64) -> Option<f64>) -> Tuning {
        let attempt = |value: f64| {
            Ok::<_, Infallible>(Tried {
                score: score(value),
                denoiser_calls: value as usize,
                inner_iterations: 1,
            })
        };
        tune(&GRID, 2.0, attempt).unwrap_or_else(|never| match never {})
    }

    #[test]
    fn the_best_value_is_chosen_and_every_call_is_counted() {
        let found = tuned(|value| Some((value - 3.9).abs()));
        assert_eq!(found.chosen.to_bits(), 4f64.to_bits());
        assert_eq!((found.denoiser_calls, found.inner_iterations, found.scores.len()), (15, 4, 4));
    }

    /// The exploding value would have the least score, the NaN would compare with nothing.
    #[test]
    fn what_explodes_is_never_chosen() {
        let found = tuned(|value| match value {
            1.0 => None,
            2.0 => Some(f64::NAN),
            value => Some(value),
        });
        assert_eq!(found.chosen.to_bits(), 4f64.to_bits());
        assert_eq!(found.scores, [None, None, Some(4.0), Some(8.0)]);
        assert_eq!(tuned(|_| None).chosen.to_bits(), 2f64.to_bits());
    }

    #[test]
    fn of_equals_the_first() {
        assert_eq!(tuned(|_| Some(1.0)).chosen.to_bits(), 1f64.to_bits());
    }
}
