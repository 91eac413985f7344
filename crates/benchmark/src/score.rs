//! The numbers of one ensemble against the exact posterior of its observation.

use crate::problem::{Closed, Draw, Exact, Problem};
use equipoise_experiment::BoxError;
use equipoise_field::each;
use equipoise_metrics as metrics;
use equipoise_metrics::{Ensemble, Evidence, Inclusion, Range, State};
use equipoise_solver::Ensemble as Drawn;

/// The central intervals whose coverage counts.
pub(crate) const LEVELS: [f64; 2] = [0.5, 0.9];

/// What an ensemble scores, normalised units; `None` where undefined or not judged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) rmse: f64,
    pub(crate) floor: Option<f64>,
    pub(crate) misfit: f64,
    pub(crate) state: State,
    pub(crate) bias: Option<f64>,
    pub(crate) spread_ratio: Option<f64>,
    /// Of exact posterior samples, by level, less what is expected.
    pub(crate) coverage_errors: [Option<f64>; 2],
    /// Of the truth, by level.
    pub(crate) coverages: [Option<f64>; 2],
    pub(crate) crps: Option<f64>,
    /// Of point estimates.
    pub(crate) mae: Option<f64>,
    /// What the CRPS of exact samples is on average, and its standard error about that.
    pub(crate) crps_exact: Option<(f64, f64)>,
    /// Sliced W₂ to exact samples, and between exact ensembles.
    pub(crate) distance: Option<(f64, f64)>,
}

/// What an ensemble is judged by on the truth, less is better: the fair CRPS, or of point estimates the mean
/// absolute error, which is the CRPS of a forecast that is sure of one of them.
pub(crate) fn proper(
    problem: &Problem<'_>,
    draw: &Draw<'_>,
    drawn: &Drawn<f32>,
    point_estimate: bool,
) -> Result<Option<f64>, BoxError> {
    let included = Inclusion::Plane(&problem.scene.included);
    let (fields, log_weights) = drawn.counted();
    let ensemble = Ensemble::weighted(&fields, &log_weights)?;
    if !point_estimate {
        return Ok(metrics::crps(&ensemble, draw.truth, included)?);
    }
    Ok(Some(ensemble.average(|x| metrics::mae(x, draw.truth, included))?))
}

/// As in a sweep: ranges over all members, the rest as root mean squares over them.
pub(crate) fn evidence(
    problem: &Problem<'_>,
    draw: &Draw<'_>,
    drawn: &Drawn<f32>,
) -> Result<Evidence, BoxError> {
    let included = Inclusion::Plane(&problem.scene.included);
    let mut range = Range { min: f64::INFINITY, max: f64::NEG_INFINITY, non_finite: 0 };
    for run in drawn.outcomes() {
        let found = metrics::range(run.x(), Inclusion::All)?;
        range.min = range.min.min(found.min);
        range.max = range.max.max(found.max);
        range.non_finite += found.non_finite;
    }
    let (fields, log_weights) = drawn.counted();
    let ensemble = &Ensemble::weighted(&fields, &log_weights)?;
    let mean = problem.scene.wiener.mean();
    let floor = |exact: &Exact| metrics::floor_rmse(&exact.mean, &exact.variance, draw.truth, 0.0, included);
    Ok(Evidence {
        range,
        truth: metrics::range(draw.truth, Inclusion::All)?,
        misfit: pooled(ensemble, |x| misfit(problem, draw, x))?,
        rmse: pooled(ensemble, |x| Ok(metrics::rmse(x, draw.truth, included)?))?,
        floor_rmse: draw.exact.as_ref().map(floor).transpose()?,
        fluctuation_ratio: pooled(ensemble, |x| {
            Ok(metrics::fluctuation_ratio(x, draw.truth, mean, included)?)
        })?,
    })
}

/// Judges an ensemble. A point estimate is held to the posterior mean's RMSE, a sampler to that of
/// exact samples; of a point estimate nothing is judged that rests on spread, of members of unequal weight
/// nothing that counts them.
pub(crate) fn judge(
    problem: &Problem<'_>,
    draw: &Draw<'_>,
    drawn: &Drawn<f32>,
    point_estimate: bool,
) -> Result<Verdict, BoxError> {
    let included = Inclusion::Plane(&problem.scene.included);
    let evidence = evidence(problem, draw, drawn)?;
    let state = metrics::classify(&evidence);
    let exact = draw.exact.as_ref();
    let (fields, log_weights) = drawn.counted();
    let ensemble = Ensemble::weighted(&fields, &log_weights)?;
    let best = exact.map(|exact| metrics::rmse(&exact.mean, draw.truth, included)).transpose()?;
    let mut verdict = Verdict {
        rmse: evidence.rmse,
        floor: if point_estimate { best } else { evidence.floor_rmse },
        misfit: evidence.misfit,
        state,
        bias: None,
        spread_ratio: None,
        coverage_errors: [None; 2],
        coverages: [None; 2],
        crps: None,
        mae: None,
        crps_exact: None,
        distance: None,
    };
    if let Some(Exact { mean, variance }) = exact {
        verdict.bias = metrics::bias_over_posterior_std(&ensemble, mean, variance, included)?;
    }
    if let (Some(Exact { mean, variance }), Some(closed)) = (exact, &problem.closed) {
        let expected = metrics::gaussian_crps(mean, variance, draw.truth, included)?;
        let error = closed.reference.crps_error((mean, draw.truth), included)?;
        verdict.crps_exact = Some((expected, error));
    }
    let proper = proper(problem, draw, drawn, point_estimate)?;
    if point_estimate {
        verdict.mae = proper;
        return Ok(verdict);
    }
    verdict.crps = proper;
    if let Some(Exact { variance, .. }) = exact {
        verdict.spread_ratio = metrics::spread_ratio(&ensemble, variance, included)?;
    }
    if state == State::Nan || ensemble.is_weighted() {
        return Ok(verdict);
    }
    let of_truth = |level| metrics::coverage(&ensemble, draw.truth, level, included);
    for (place, level) in LEVELS.into_iter().enumerate() {
        verdict.coverages[place] = of_truth(level)?;
    }
    match (exact, &problem.closed) {
        (Some(exact), Some(closed)) => held_to_samples(problem, (exact, closed), &fields, verdict),
        _ => Ok(verdict),
    }
}

/// The rest of a verdict: against samples of the Gaussian's posterior.
fn held_to_samples(
    problem: &Problem<'_>,
    (Exact { mean, .. }, closed): (&Exact, &Closed),
    fields: &[&[f32]],
    mut verdict: Verdict,
) -> Result<Verdict, BoxError> {
    let deviations: Vec<Vec<f32>> = fields
        .iter()
        .map(|x| {
            let mut deviation = x.to_vec();
            each::update1(&mut deviation, mean, |x, m| x - m);
            deviation
        })
        .collect();
    let (distance, errors) = rayon::join(
        || closed.reference.distance(&deviations, problem.scene),
        || {
            let error = |level| coverage_error(problem, closed, &deviations, level);
            LEVELS.map(error).into_iter().collect::<Result<Vec<_>, BoxError>>()
        },
    );
    verdict.distance = Some(distance?);
    for (place, error) in errors?.into_iter().enumerate() {
        verdict.coverage_errors[place] = error;
    }
    Ok(verdict)
}

/// How far the coverage of exact posterior samples is from that of exchangeable ones.
fn coverage_error(
    problem: &Problem<'_>,
    closed: &Closed,
    deviations: &[Vec<f32>],
    level: f64,
) -> Result<Option<f64>, BoxError> {
    let slices: Vec<&[f32]> = deviations.iter().map(Vec::as_slice).collect();
    let ensemble = Ensemble::new(&slices)?;
    let included = Inclusion::Plane(&problem.scene.included);
    let Some(expected) = metrics::expected_coverage(deviations.len(), level)? else { return Ok(None) };
    let exact = closed.reference.in_place_of_truth();
    let mut covered = 0.0;
    for sample in exact {
        covered += metrics::coverage(&ensemble, sample, level, included)?.unwrap_or(f64::NAN);
    }
    Ok(Some(covered / exact.len() as f64 - expected))
}

/// The root mean square of a measure over the members.
fn pooled(
    ensemble: &Ensemble<'_, f32>,
    measure: impl Fn(&[f32]) -> Result<f64, BoxError>,
) -> Result<f64, BoxError> {
    Ok(ensemble.average(|x| Ok::<_, BoxError>(measure(x)?.powi(2)))?.sqrt())
}

/// χ of one member.
fn misfit(problem: &Problem<'_>, draw: &Draw<'_>, x: &[f32]) -> Result<f64, BoxError> {
    let mut residual = vec![0.0f32; draw.observation.count()];
    problem.operator.apply(x, &mut residual);
    each::update1(&mut residual, draw.observation.values(), |a, y| y - a);
    Ok(metrics::misfit(&residual, |_| problem.noise)?)
}

#[cfg(test)]
mod tests;
