//! The numbers of one ensemble against the exact posterior of its observation.

use crate::Score;
use crate::bench::{Bench, Draw, Drawn, work};
use crate::reference::ExactSamples;
use equipoise_experiment::{Beside, Boxed, Moments};
use equipoise_field::each;
use equipoise_metrics as metrics;
use equipoise_metrics::{Ensemble, Inclusion, State};

/// The central intervals whose coverage counts.
pub(crate) const LEVELS: [f64; 2] = [0.5, 0.9];

/// What an ensemble is judged by on the truth, less is better: the fair CRPS, or of point estimates the mean
/// absolute error, which is the CRPS of a forecast that is sure of one of them.
pub(crate) fn proper(
    draw: &Draw<'_>,
    drawn: &equipoise_solver::Ensemble<f32>,
    point_estimate: bool,
) -> Boxed<Option<f64>> {
    let Beside { truth, included, .. } = draw.beside();
    let (fields, log_weights) = drawn.counted();
    let ensemble = Ensemble::weighted(&fields, &log_weights)?;
    if !point_estimate {
        return Ok(metrics::crps(&ensemble, truth, included)?);
    }
    Ok(Some(ensemble.average(|x| metrics::mae(x, truth, included))?))
}

/// Judges an ensemble: fills the score that was `asked` for. A point estimate is held to the posterior mean's RMSE, a
/// sampler to that of exact samples; of a point estimate nothing is judged that rests on spread, of members of unequal
/// weight nothing that counts them.
pub(crate) fn judge(bench: &Bench<'_>, draw: &Draw<'_>, drawn: &Drawn, asked: Score) -> Boxed<Score> {
    let Drawn { ensemble: runs, point_estimate, seconds } = drawn;
    let (Beside { truth, included, .. }, reference) = (draw.beside(), bench.reference(draw)?);
    let evidence = bench.evidence(draw, runs)?;
    let state = metrics::classify(&evidence);
    let (fields, log_weights) = runs.counted();
    let ensemble = Ensemble::weighted(&fields, &log_weights)?;
    let floor = reference.as_ref().map(|held| if *point_estimate { held.mean_rmse } else { held.floor });
    let (members, (calls, iterations)) = (runs.outcomes().len(), work(runs));
    let mut score = Score {
        point_estimate: *point_estimate,
        members,
        rmse: evidence.rmse,
        floor,
        excess: floor.map(|floor| evidence.rmse / floor),
        misfit: evidence.misfit,
        state: state.to_string(),
        denoiser_calls: calls as f64 / members as f64,
        inner_iterations: iterations as f64 / members as f64,
        seconds: *seconds,
        ..asked
    };
    let exact = draw.known.moments().zip(reference);
    if let Some((Moments { mean, .. }, held)) = &exact {
        score.bias = metrics::bias_over_posterior_std(&ensemble, mean, &held.variance, included)?;
    }
    let samples = exact.as_ref().zip(bench.exact.as_ref());
    if let Some(((Moments { mean, .. }, held), samples)) = &samples {
        score.crps_exact = Some(metrics::gaussian_crps(mean, &held.variance, truth, included)?);
        score.crps_exact_error = Some(samples.crps_error((mean, truth), included)?);
    }
    let proper = proper(draw, runs, *point_estimate)?;
    if *point_estimate {
        return Ok(Score { mae: proper, ..score });
    }
    score.crps = proper;
    if let Some((_, held)) = &exact {
        score.spread_ratio = metrics::spread_ratio(&ensemble, &held.variance, included)?;
    }
    if state == State::Nan || ensemble.is_weighted() {
        return Ok(score);
    }
    [score.coverage_50, score.coverage_90] =
        levels(|level| Ok(metrics::coverage(&ensemble, truth, level, included)?))?;
    if let Some(((Moments { mean, .. }, _), samples)) = samples {
        hold_to_samples((mean, samples, included), &fields, &mut score)?;
    }
    Ok(score)
}

fn levels(of: impl Fn(f64) -> Boxed<Option<f64>>) -> Boxed<[Option<f64>; 2]> {
    Ok([of(LEVELS[0])?, of(LEVELS[1])?])
}

/// The rest of a score: against samples of the Gaussian's posterior.
fn hold_to_samples(
    (mean, exact, included): (&[f32], &ExactSamples, Inclusion<'_>),
    fields: &[&[f32]],
    score: &mut Score,
) -> Boxed<()> {
    let deviation = |x: &&[f32]| {
        let mut deviation = x.to_vec();
        each::update1(&mut deviation, mean, |x, m| x - m);
        deviation
    };
    let deviations: Vec<Vec<f32>> = fields.iter().map(deviation).collect();
    let (distance, errors) = rayon::join(
        || exact.distance(&deviations, included),
        || levels(|level| coverage_error(exact, &deviations, included, level)),
    );
    let ((found, floor), errors) = (distance?, errors?);
    (score.sliced_w2, score.sliced_w2_floor) = (Some(found), Some(floor));
    [score.coverage_error_50, score.coverage_error_90] = errors;
    score.coverage_error = errors.into_iter().flatten().map(f64::abs).reduce(f64::max);
    Ok(())
}

/// How far the coverage of exact posterior samples is from that of exchangeable ones.
fn coverage_error(
    exact: &ExactSamples,
    deviations: &[Vec<f32>],
    included: Inclusion<'_>,
    level: f64,
) -> Boxed<Option<f64>> {
    let slices: Vec<&[f32]> = deviations.iter().map(Vec::as_slice).collect();
    let ensemble = Ensemble::new(&slices)?;
    let Some(expected) = metrics::expected_coverage(deviations.len(), level)? else { return Ok(None) };
    let exact = exact.in_place_of_truth();
    let mut covered = 0.0;
    for sample in exact {
        covered += metrics::coverage(&ensemble, sample, level, included)?.unwrap_or(f64::NAN);
    }
    Ok(Some(covered / exact.len() as f64 - expected))
}

#[cfg(test)]
mod tests;
