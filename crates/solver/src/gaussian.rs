//! A Gaussian prior seen through an operator, and the tables that its runs share.

use crate::SolverError;
use equipoise_covariance::Covariance;
use equipoise_denoiser::ExactCovariance;
use equipoise_field::Real;
use equipoise_guidance::{
    ConditionalCovariance, Exact, GaussianPath, LevelTable, Observation, Poly2, Probes, Quadratic, Strength,
};
use equipoise_innovation::{Innovation, NoiseVariance, ObservedPrior, TraceRatio};
use equipoise_operator::LinearOperator;
use equipoise_scaling::Law;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

type Ratios = Arc<LevelTable<TraceRatio>>;
type Once<T> = Arc<OnceLock<T>>;
type Quadratics = Arc<LevelTable<Quadratic>>;
type Innovations<R> = Arc<LevelTable<Innovation<R>>>;

/// Random fields a level from which the quadratics of [`Poly2`] come.
const PROBES: usize = 8;

/// Levels by their bits.
type Key = Vec<[u64; 2]>;

/// A Wiener denoiser with the operator and the noise that its fields are seen through.
///
/// Tables of levels depend on neither y nor the draws: they are made once and shared by members,
/// seeds and methods. Of the innovation covariances, which are large, only the latest table is kept.
pub struct ObservedGaussian<R: Real> {
    wiener: Arc<Wiener<R>>,
    observed: ObservedPrior<R>,
    path: Arc<GaussianPath<R>>,
    probes: Stream,
    ratios: Mutex<HashMap<(Law, Key), Once<Ratios>>>,
    quadratics: Mutex<HashMap<Key, Quadratics>>,
    innovations: Mutex<Option<(Key, Innovations<R>)>>,
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
    ) -> Result<Self, SolverError> {
        let covariance: Arc<dyn Covariance<R>> = Arc::clone(wiener.prior_covariance());
        let observed = ObservedPrior::new(covariance, operator, noise)?;
        let path = Arc::new(GaussianPath::new(Arc::clone(&wiener), observed.clone())?);
        Ok(Self {
            wiener,
            observed,
            path,
            probes,
            ratios: Mutex::default(),
            quadratics: Mutex::default(),
            innovations: Mutex::default(),
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

    /// The ratios of traces of `matched` or `active` at every level.
    pub fn ratios(&self, law: Law, levels: &[Level]) -> Ratios {
        let table = {
            let mut kept = self.ratios.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(kept.entry((law, key(levels))).or_default())
        };
        // Both laws may be made at the same time: nothing is locked meanwhile but the table itself.
        Arc::clone(table.get_or_init(|| Strength::trace_ratios(law, &self.observed, levels, self.probes)))
    }

    /// The quadratics of [`Poly2`] at every level, for observations through this operator with this
    /// noise, whatever their values. The Jacobian of a Wiener denoiser is the same at every state.
    ///
    /// # Errors
    /// [`SolverError::Guidance`].
    pub fn quadratics(
        &self,
        levels: &[Level],
        observation: &Observation<R>,
    ) -> Result<Quadratics, SolverError> {
        let mut kept = self.quadratics.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(levels);
        if let Some(table) = kept.get(&key) {
            return Ok(Arc::clone(table));
        }
        let covariance =
            ConditionalCovariance::Exact(Arc::clone(&self.wiener) as Arc<dyn ExactCovariance<R>>);
        let dim = self.wiener.mean().len();
        let states = move |_: Level| vec![vec![R::zero(); dim]];
        let probes = Probes { states: &states, count: PROBES, stream: self.probes.text("poly2") };
        let table = Poly2::quadratics(&covariance, observation, levels, &probes)?;
        kept.insert(key, Arc::clone(&table));
        Ok(table)
    }

    /// s²I + A V Aᵀ factored at every level.
    ///
    /// # Errors
    /// [`SolverError::Guidance`].
    pub fn innovations(&self, levels: &[Level]) -> Result<Innovations<R>, SolverError> {
        let mut latest = self.innovations.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(levels);
        if let Some((kept, table)) = latest.as_ref()
            && *kept == key
        {
            return Ok(Arc::clone(table));
        }
        let table = Exact::innovations(&self.observed, levels)?;
        *latest = Some((key, Arc::clone(&table)));
        Ok(table)
    }
}

fn key(levels: &[Level]) -> Key {
    levels.iter().map(|l| [l.mu.to_bits(), l.sigma.to_bits()]).collect()
}
