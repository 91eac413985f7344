//! The verdict on the members of one trial: pooled diagnostics and the state.

use crate::choose::Draw;
use crate::{BoxError, Flow, Row};
use equipoise_experiment::{Known, Moments, Problem};
use equipoise_field::{Real, each};
use equipoise_metrics as metrics;
use equipoise_metrics::{Ensemble, Evidence, Inclusion, Range, State};
use equipoise_sampler::Outcome as Run;
use equipoise_solver::Ensemble as Drawn;

/// A row with its state as a value.
pub(crate) struct Judged {
    pub(crate) row: Row,
    pub(crate) state: State,
    pub(crate) note: String,
}

/// Judges all members together: ranges are over all of them, RMSE, misfit and ratios are root mean
/// squares over members, by their weights. Ranges and the misfit see every cell, the error measures those
/// included. What the posterior enters is told where it is known. `asked` is the row before.
pub(crate) fn judge(
    flow: &Flow,
    (problem, draw, known): (&Problem, &Draw, &Known),
    (drawn, sigma_zero): (&Drawn<f32>, f64),
    asked: Row,
) -> Result<Judged, BoxError> {
    let included = Inclusion::Plane(flow.included());
    let runs = drawn.outcomes();
    let (fields, log_weights) = drawn.counted();
    let ensemble = Ensemble::weighted(&fields, &log_weights)?;
    let pooled = |measure: &dyn Fn(&[f32]) -> Result<f64, BoxError>| -> Result<f64, BoxError> {
        Ok(ensemble.average(|x| Ok::<_, BoxError>(measure(x)?.powi(2)))?.sqrt())
    };
    let range = pooled_range(runs)?;
    let truth = problem.truth;
    let over = |part: &Option<Vec<bool>>| -> Result<Option<f64>, BoxError> {
        let Some(flags) = part else { return Ok(None) };
        pooled(&|x| Ok(metrics::rmse(x, flow.truth(), Inclusion::Entries(flags))?)).map(Some)
    };
    let held = known.moments().map(|moments| held_to(flow, moments, &ensemble, sigma_zero)).transpose()?;
    let rmse = pooled(&|x| Ok(metrics::rmse(x, flow.truth(), included)?))?;
    let misfit = pooled(&|x| misfit(problem, draw, x))?;
    let prior_mean = problem.gaussian.wiener().mean();
    let fluctuation_ratio =
        pooled(&|x| Ok(metrics::fluctuation_ratio(x, flow.truth(), prior_mean, included)?))?;
    let state = metrics::classify(&Evidence {
        range,
        truth,
        misfit,
        rmse,
        floor_rmse: held.map(|held| held.floor),
        fluctuation_ratio,
    });
    let excursion =
        runs.iter().filter_map(|r| r.trace().excursion).reduce(|a, b| if a.t >= b.t { a } else { b });
    let deviation = runs.iter().filter_map(|r| r.trace().peak_deviation).reduce(f64::max);
    let row = Row {
        min: range.min,
        max: range.max,
        truth_min: truth.min,
        truth_max: truth.max,
        energy_ratio: pooled(&|x| Ok(metrics::energy_ratio(x, flow.truth(), included)?))?,
        fluctuation_ratio,
        rmse,
        rmse_observed: over(&problem.observed)?.unwrap_or(f64::NAN),
        rmse_unobserved: over(&problem.unobserved)?,
        misfit,
        posterior_mean_rmse: held.map(|held| held.mean_rmse),
        floor_rmse: held.map(|held| held.floor),
        bias_over_posterior_std: held.and_then(|held| held.bias),
        spread_ratio: held.and_then(|held| held.spread_ratio),
        state: state.to_string(),
        diverged_at: if state.is_explosion() { excursion.map(|e| e.t) } else { None },
        evaluations: runs.iter().map(|r| r.trace().evaluations).sum(),
        peak: deviation.is_none().then(|| runs.iter().map(|r| r.trace().peak).fold(0.0, f64::max)),
        peak_deviation: deviation,
        ..asked
    };
    Ok(Judged { row, state, note: note(runs, known) })
}

/// An ensemble against the exact posterior, over the cells that errors are measured over.
#[derive(Clone, Copy)]
struct Held {
    mean_rmse: f64,
    floor: f64,
    bias: Option<f64>,
    spread_ratio: Option<f64>,
}

fn held_to(
    flow: &Flow,
    exact: &Moments,
    ensemble: &Ensemble<'_, f32>,
    sigma_zero: f64,
) -> Result<Held, BoxError> {
    let mean = &exact.mean;
    let included = Inclusion::Plane(flow.included());
    let (mean_rmse, floor) = exact.against(sigma_zero, |variance| {
        Ok((
            metrics::rmse(mean, flow.truth(), included)?,
            metrics::floor_rmse(mean, variance, flow.truth(), sigma_zero, included)?,
        ))
    })?;
    let last = f32::narrow(sigma_zero * sigma_zero);
    let widened: Vec<f32> = exact.variance.values.iter().map(|v| v + last).collect();
    Ok(Held {
        mean_rmse,
        floor,
        bias: metrics::bias_over_posterior_std(ensemble, mean, &widened, included)?,
        spread_ratio: metrics::spread_ratio(ensemble, &widened, included)?,
    })
}

/// The member that weighs most, of equals the first: the one that is drawn.
pub(crate) fn heaviest(drawn: &Drawn<f32>) -> Option<&[f32]> {
    let (fields, logs) = drawn.counted();
    fields.into_iter().zip(logs).reduce(|a, b| if b.1 > a.1 { b } else { a }).map(|(x, _)| x)
}

/// Over all members, whatever they weigh: one that diverged is seen.
fn pooled_range(runs: &[Run<f32>]) -> Result<Range, BoxError> {
    let mut pooled = Range { min: f64::INFINITY, max: f64::NEG_INFINITY, non_finite: 0 };
    for run in runs {
        let range = metrics::range(run.x(), Inclusion::All)?;
        pooled.min = pooled.min.min(range.min);
        pooled.max = pooled.max.max(range.max);
        pooled.non_finite += range.non_finite;
    }
    Ok(pooled)
}

/// χ of one member over all observations.
fn misfit(problem: &Problem, draw: &Draw, x: &[f32]) -> Result<f64, BoxError> {
    let mut residual = vec![0.0f32; draw.count()];
    problem.operator().apply(x, &mut residual);
    each::update1(&mut residual, draw.values(), |a, y| y - a);
    Ok(metrics::misfit(&residual, |i| problem.noise().at(i).sqrt())?)
}

/// What was solved by iteration or estimated from probes, and how well.
fn note(runs: &[Run<f32>], known: &Known) -> String {
    let iterations: usize = runs.iter().map(|r| r.trace().iterations).sum();
    let evaluations: usize = runs.iter().map(|r| r.trace().evaluations).sum();
    let mut remarks = Vec::new();
    if let Some(residual) = runs.iter().filter_map(|r| r.trace().residual).reduce(f64::max) {
        let each = iterations as f64 / evaluations.max(1) as f64;
        remarks
            .push(format!("{each:.1} CG iterations an evaluation, relative residual up to {residual:.1e}"));
    }
    remarks.extend(equipoise_sampler::remarks(runs.iter().map(Run::trace)));
    let error = known.moments().and_then(|moments| moments.variance.relative_standard_error);
    if let Some(error) = error {
        remarks.push(format!(
            "posterior variance by exact deviations, relative standard error up to {error:.1e}"
        ));
    }
    remarks.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A particle that diverged has no weight, and is seen.
    #[test]
    fn the_range_is_over_all_members() {
        let finished = Run::Finished { x: vec![1.0, -2.0], trace: Default::default() };
        let x = vec![f32::NAN, 7.0];
        let diverged = Run::Diverged { x, t: 0.5, non_finite: 1, trace: Default::default() };
        let drawn = Drawn::new(vec![finished, diverged]).weighted(vec![0.0, -1.0]).unwrap();
        assert_eq!(drawn.counted().0.len(), 1);
        let range = pooled_range(drawn.outcomes()).unwrap();
        assert_eq!((range.min, range.max, range.non_finite), (-2.0, 7.0, 1));
    }

    #[test]
    fn the_heaviest_member_is_drawn() {
        let runs = || [1.0, 2.0, 3.0].map(|x| Run::Finished { x: vec![x], trace: Default::default() }).into();
        let weighted = Drawn::new(runs()).weighted(vec![f64::NEG_INFINITY, -1.0, -1.0]).unwrap();
        assert_eq!(heaviest(&Drawn::new(runs())), Some(&[1.0][..]));
        assert_eq!(heaviest(&weighted), Some(&[2.0][..]));
        assert_eq!(heaviest(&Drawn::new(Vec::new())), None);
    }
}
