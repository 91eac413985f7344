//! The verdict on the members of one trial: pooled diagnostics and the state.

use crate::choose::Ready;
use crate::{Boxed, Row};
use equipoise_experiment::{Beside, Known, pooled};
use equipoise_metrics as metrics;
use equipoise_metrics::{Ensemble, Inclusion, State};
use equipoise_sampler::Outcome as Run;
use equipoise_solver::Ensemble as Drawn;

/// A row with its state as a value.
pub(crate) struct Judged {
    pub(crate) row: Row,
    pub(crate) state: State,
    pub(crate) note: String,
}

/// The row of a trial and its members, who are judged [together](Beside::evidence). What the posterior enters is told
/// where it is known.
pub(crate) fn judge(ready: &Ready<'_>, drawn: &Drawn<f32>) -> Boxed<Judged> {
    let Ready { trial, flow, ref problem, ref course } = *ready;
    let (observed, known, runs) = (&*ready.draw()?, ready.known()?, drawn.outcomes());
    let beside = problem.beside(flow, observed);
    let Beside { truth, included, .. } = beside;
    let (fields, log_weights) = drawn.counted();
    let ensemble = &Ensemble::weighted(&fields, &log_weights)?;
    let over = |part: &Option<Vec<bool>>| -> Boxed<Option<f64>> {
        let Some(flags) = part else { return Ok(None) };
        pooled(ensemble, |x| Ok(metrics::rmse(x, truth, Inclusion::Entries(flags))?)).map(Some)
    };
    let sigma_zero = course.schedule.sigma(0.0);
    let held = known.moments().map(|exact| exact.reference(&beside, sigma_zero)).transpose()?;
    let evidence = beside.evidence(drawn, held.as_ref().map(|held| held.floor))?;
    let [mut bias, mut spread_ratio] = [None; 2];
    if let (Some(exact), Some(held)) = (known.moments(), &held) {
        bias = metrics::bias_over_posterior_std(ensemble, &exact.mean, &held.variance, included)?;
        spread_ratio = metrics::spread_ratio(ensemble, &held.variance, included)?;
    }
    let state = metrics::classify(&evidence);
    let excursion =
        runs.iter().filter_map(|r| r.trace().excursion).reduce(|a, b| if a.t >= b.t { a } else { b });
    let deviation = runs.iter().filter_map(|r| r.trace().peak_deviation).reduce(f64::max);
    let row = Row {
        min: evidence.range.min,
        max: evidence.range.max,
        truth_min: evidence.truth.min,
        truth_max: evidence.truth.max,
        energy_ratio: pooled(ensemble, |x| Ok(metrics::energy_ratio(x, truth, included)?))?,
        fluctuation_ratio: evidence.fluctuation_ratio,
        rmse: evidence.rmse,
        rmse_observed: over(&problem.observed)?.unwrap_or(f64::NAN),
        rmse_unobserved: over(&problem.unobserved)?,
        misfit: evidence.misfit,
        posterior_mean_rmse: held.as_ref().map(|held| held.mean_rmse),
        floor_rmse: evidence.floor_rmse,
        bias_over_posterior_std: bias,
        spread_ratio,
        state: state.to_string(),
        diverged_at: if state.is_explosion() { excursion.map(|e| e.t) } else { None },
        evaluations: runs.iter().map(|r| r.trace().evaluations).sum(),
        peak: deviation.is_none().then(|| runs.iter().map(|r| r.trace().peak).fold(0.0, f64::max)),
        peak_deviation: deviation,
        ..Row::of(trial)?
    };
    Ok(Judged { row, state, note: note(runs, &known) })
}

/// The member that weighs most, of equals the first: the one that is drawn.
pub(crate) fn heaviest(drawn: &Drawn<f32>) -> Option<&[f32]> {
    let (fields, logs) = drawn.counted();
    fields.into_iter().zip(logs).reduce(|a, b| if b.1 > a.1 { b } else { a }).map(|(x, _)| x)
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

    #[test]
    fn the_heaviest_member_is_drawn() {
        let runs = || [1.0, 2.0, 3.0].map(|x| Run::Finished { x: vec![x], trace: Default::default() }).into();
        let weighted = Drawn::new(runs()).weighted(vec![f64::NEG_INFINITY, -1.0, -1.0]).unwrap();
        assert_eq!(heaviest(&Drawn::new(runs())), Some(&[1.0][..]));
        assert_eq!(heaviest(&weighted), Some(&[2.0][..]));
        assert_eq!(heaviest(&Drawn::new(Vec::new())), None);
    }
}
