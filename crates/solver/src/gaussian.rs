//! A Gaussian prior seen through an operator, and the tables that its runs share.

use crate::{Result, SolverError};
use equipoise_covariance::{Covariance, Memo};
use equipoise_denoiser::ExactCovariance;
use equipoise_field::{Real, sketched};
use equipoise_guidance::{
    ConditionalCovariance, Exact, GaussianPath, LevelTable, Poly2, Probes, Quadratic, Strength,
};
use equipoise_innovation::{Innovation, ObservedPrior};
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::LinearOperator;
use equipoise_scaling::Law;
use equipoise_scaling::TraceRatio;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::convert::Infallible;
use std::sync::Arc;

type Ratios = Arc<LevelTable<TraceRatio>>;
type Quadratics = Arc<LevelTable<Quadratic>>;
type Innovations<R> = Arc<LevelTable<Innovation<R>>>;

/// Random fields a level from which the quadratics of [`Poly2`] come.
const PROBES: usize = 8;

/// Levels by their bits.
type Key = Vec<[u64; 2]>;

/// A Wiener denoiser with the operator and the noise that its fields are seen through.
///
/// Tables of levels depend on neither y nor the draws: they are made once and shared by members,
/// seeds and methods, on any thread of any pool ([`Memo`]). Of the innovation covariances, which are
/// large, only the latest table is kept.
pub struct ObservedGaussian<R: Real> {
    wiener: Arc<Wiener<R>>,
    observed: ObservedPrior<R>,
    path: Arc<GaussianPath<R>>,
    probes: Stream,
    ratios: Memo<(Law, Key), Ratios>,
    quadratics: Memo<Key, Quadratics>,
    innovations: Memo<Key, Innovations<R>>,
}

impl<R: Real> ObservedGaussian<R> {
    /// The prior of `wiener` under `operator` with noise variances s²; `probes` names the draws of
    /// traces that have no closed form.
    ///
    /// # Errors
    /// [`SolverError::Innovation`] when operator, noise and prior do not fit each other.
    pub fn new(
        wiener: Arc<Wiener<R>>,
        operator: Arc<dyn LinearOperator<R>>,
        noise: NoiseVariance,
        probes: Stream,
    ) -> Result<Self> {
        let covariance: Arc<dyn Covariance<R>> = Arc::clone(wiener.prior_covariance());
        let observed = ObservedPrior::new(covariance, operator, noise)?;
        let path = Arc::new(GaussianPath::new(Arc::clone(&wiener), observed.clone())?);
        Ok(Self {
            wiener,
            observed,
            path,
            probes,
            ratios: Memo::default(),
            quadratics: Memo::default(),
            innovations: Memo::keeping(1),
        })
    }

    /// The denoiser.
    pub fn wiener(&self) -> &Arc<Wiener<R>> {
        &self.wiener
    }

    /// Σ seen through A.
    pub fn observed(&self) -> &ObservedPrior<R> {
        &self.observed
    }

    /// The step in the coefficients of the prior.
    pub fn path(&self) -> &Arc<GaussianPath<R>> {
        &self.path
    }

    /// Whether an observation is of fields seen through this operator, with this noise.
    ///
    /// # Errors
    /// [`SolverError::Mismatch`], which names both.
    pub(crate) fn is_seen_by(&self, observation: &Observed<R>) -> Result<()> {
        let (prior, seen) = (&self.observed, observation);
        let fault = |prior: String, observation: String| Err(SolverError::Mismatch { prior, observation });
        let operator = seen.linear("a Gaussian prior")?;
        if !std::ptr::addr_eq(Arc::as_ptr(operator), Arc::as_ptr(prior.operator())) {
            let sizes =
                |of: &dyn LinearOperator<R>| format!("from {} numbers to {}", of.len_in(), of.len_out());
            let [own, other] = [prior.operator(), operator].map(|operator| sizes(&**operator));
            let other = format!("another operator, {other}; expected the same object");
            return fault(format!("an operator {own}"), other);
        }
        let differ = |i: &usize| prior.noise().at(*i).to_bits() != seen.noise().at(*i).to_bits();
        if let Some(i) = (0..seen.count()).find(differ) {
            let of = |s2: f64| format!("a noise variance of {s2} in observation {i}");
            return fault(of(prior.noise().at(i)), of(seen.noise().at(i)));
        }
        Ok(())
    }

    /// The ratios of traces of `matched` or `active` at every level.
    pub fn ratios(&self, law: Law, levels: &[Level]) -> Ratios {
        let make = || Ok::<_, Infallible>(Strength::trace_ratios(law, &self.observed, levels, self.probes));
        self.ratios.get((law, key(levels)), make).unwrap_or_else(|never| match never {})
    }

    /// The quadratics of [`Poly2`] at every level, for observations through this operator with this
    /// noise, whatever their values. The Jacobian of a Wiener denoiser is the same at every state.
    ///
    /// # Errors
    /// [`SolverError::Guidance`].
    pub fn quadratics(&self, levels: &[Level], observation: &Arc<Observed<R>>) -> Result<Quadratics> {
        let covariance =
            ConditionalCovariance::Exact(Arc::clone(&self.wiener) as Arc<dyn ExactCovariance<R>>);
        let dim = self.wiener.mean().len();
        let states = Arc::new(move |_: Level| vec![vec![R::zero(); dim]]);
        let probes = Probes { states, count: PROBES, stream: self.probes.text("poly2") };
        let make = || Ok(Poly2::quadratics(&covariance, observation, levels, &probes)?);
        self.quadratics.get(key(levels), make)
    }

    /// s²I + A V Aᵀ factored at every level.
    ///
    /// # Errors
    /// [`SolverError::Guidance`].
    pub fn innovations(&self, levels: &[Level]) -> Result<Innovations<R>> {
        self.innovations.get(key(levels), || Ok(Exact::innovations(&self.observed, levels)?))
    }
}

sketched!(
    [R: Real] ObservedGaussian<R>, "ObservedGaussian",
    |own| dim = own.wiener.mean().len(), observations = own.observed.operator().len_out()
);

fn key(levels: &[Level]) -> Key {
    levels.iter().map(|l| [l.mu.to_bits(), l.sigma.to_bits()]).collect()
}
