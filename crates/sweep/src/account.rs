//! What the laws put in the place of the innovation covariance at one sub: numbers of observations
//! that count, and every law's v(t).

use crate::choose::Ready;
use crate::excess::EXCESS_COLUMNS;
use crate::{Boxed, FlowExecutor, Trial};
use equipoise_schedule::Level;
use equipoise_solver::ObservedGaussian;
use equipoise_stream::Stream;
use equipoise_wiener::gain;

/// Probes where the traces have no closed form.
const PROBES: usize = 32;

/// The observations of a flow at one time, as the prior sees them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Observed {
    pub(crate) t: f64,
    /// (σ/μ)².
    pub(crate) ratio2: f64,
    /// N_eff = tr(AVAᵀ)²/‖AVAᵀ‖_F².
    pub(crate) effective: f64,
    /// tr(AVAᵀ)/N, what is not known of one observed number.
    pub(crate) unknown: f64,
    /// tr(B·AVAᵀ)/tr B of `matched`.
    pub(crate) matched: f64,
}

/// v(t) of one law at the times of the account.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Weights {
    pub(crate) law: String,
    pub(crate) v: Vec<f64>,
}

/// One sub of a flow: its observations and every law's stand-in for their covariance.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Account {
    pub(crate) sub: usize,
    /// N.
    pub(crate) count: usize,
    /// s², the mean over observations.
    pub(crate) noise: f64,
    /// tr(AΣAᵀ)/N.
    pub(crate) prior: f64,
    pub(crate) times: Vec<Observed>,
    pub(crate) laws: Vec<Weights>,
}

impl FlowExecutor<'_> {
    /// The account of trials that differ in their law only.
    pub(crate) fn account(&self, trials: &[&Trial]) -> Boxed<Option<Account>> {
        let Some(first) = trials.first() else { return Ok(None) };
        let ready = Ready::new(&self.flows, first)?;
        let weights = |trial: &&Trial| weights(&Ready::new(&self.flows, trial)?);
        let (problem, probes) = (&ready.problem, Stream::new("account").text(ready.flow.name()));
        let prior = problem.gaussian.observed();
        let at = |t: f64| observed_at(&problem.gaussian, ready.course.schedule.level(t), t, probes);
        Ok(Some(Account {
            sub: first.sub,
            count: prior.count(),
            noise: problem.noise().mean(prior.count()),
            prior: prior.trace_ratio(&|_| 1.0, &|l| l, PROBES, probes.text("prior")).value,
            // Those with a column in the results.
            times: EXCESS_COLUMNS.map(at).to_vec(),
            laws: trials.iter().filter_map(|trial| weights(trial).transpose()).collect::<Boxed<_>>()?,
        }))
    }
}

fn observed_at(gaussian: &ObservedGaussian<f32>, level: Level, t: f64, probes: Stream) -> Observed {
    let prior = gaussian.observed();
    let v = move |l: f64| gain::covariance(level, l);
    let j2 = move |l: f64| gain::jacobian(level, l).powi(2);
    let (one, count) = (|_: f64| 1.0, prior.count() as f64);
    // tr(AAᵀ·AVAᵀ)/tr(AAᵀ) is tr(AVAᵀ)/N for a selection.
    let unknown = prior.trace_ratio(&one, &v, PROBES, probes.text("mean")).value;
    let square = prior.trace_ratio(&v, &v, PROBES, probes.text("square")).value;
    let matched = prior.trace_ratio(&j2, &v, PROBES, probes.text("matched")).value;
    Observed { t, ratio2: level.ratio().powi(2), effective: count * unknown / square, unknown, matched }
}

/// v(t) of the trial's law; `None` for methods that no law scales.
fn weights(ready: &Ready<'_>) -> Boxed<Option<Weights>> {
    let Some(law) = ready.law()? else { return Ok(None) };
    let at = |t: f64| -> Boxed<f64> {
        let variance = law.strength.variance_at(ready.course.schedule.level(t))?;
        Ok(variance.mean(ready.problem.gaussian.observed().count()) / law.strength.factor)
    };
    let v = EXCESS_COLUMNS.into_iter().map(at).collect::<Boxed<_>>()?;
    Ok(Some(Weights { law: ready.trial.law(), v }))
}
