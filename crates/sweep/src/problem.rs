//! One flow under one operator: what every trial on it shares, made once.

use crate::excess::{ForwardPath, Norms};
use crate::{BoxError, Flow};
use equipoise_covariance::Covariance;
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_guidance::{Exact, Excess, GaussianPath, LevelTable, Observation, Sda, Strength};
use equipoise_innovation::{Innovation, NoiseVariance, ObservedPrior, TraceRatio};
use equipoise_operator::{LinearOperator, Subsample};
use equipoise_posterior::{ExactPosterior, MeanVariance};
use equipoise_scaling::Law;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Probes of the posterior variance where it has no closed form.
const PROBES: usize = 32;

/// Entries by key, each made once.
pub(crate) type Shared<T> = Mutex<HashMap<String, Arc<T>>>;

/// The entry of the latest key only: scenes follow each other, and tables of levels are large.
type Latest<T> = Mutex<Option<(String, Arc<T>)>>;

/// A flow, a subsampling and the levels at which its trials evaluate the guidance.
pub(crate) struct Problem {
    pub(crate) operator: Subsample,
    pub(crate) denoiser: Arc<Wiener<f32>>,
    pub(crate) noise: NoiseVariance,
    pub(crate) observed: ObservedPrior<f32>,
    pub(crate) path: Arc<GaussianPath<f32>>,
    dataset: String,
    sub: usize,
    ratios: Shared<LevelTable<TraceRatio>>,
    innovations: Latest<LevelTable<Innovation<f32>>>,
    norms: Shared<Norms>,
    draws: Shared<Draw>,
}

/// One draw of the observation noise, and the posterior that it leads to.
pub(crate) struct Draw {
    pub(crate) observation: Arc<Observation<f32>>,
    pub(crate) posterior_mean: Vec<f32>,
    /// The posterior variance averaged over the field.
    pub(crate) posterior_variance: MeanVariance,
}

impl Problem {
    pub(crate) fn new(flow: &Flow, denoiser: Arc<Wiener<f32>>, sub: usize) -> Result<Self, BoxError> {
        let operator = Subsample::new(flow.shape, sub)?;
        let variances: Vec<f64> = flow.noise.iter().map(|s| s * s).collect();
        let uniform = variances.iter().all(|v| v.to_bits() == variances[0].to_bits());
        let noise = if uniform {
            NoiseVariance::Uniform(variances[0])
        } else {
            NoiseVariance::PerChannel { values: variances, plane: operator.observed().plane() }
        };
        let covariance: Arc<dyn Covariance<f32>> = Arc::clone(denoiser.prior_covariance());
        let operator_handle: Arc<dyn LinearOperator<f32>> = Arc::new(operator);
        let observed = ObservedPrior::new(covariance, operator_handle, noise.clone())?;
        let path = Arc::new(GaussianPath::new(Arc::clone(&denoiser), observed.clone())?);
        Ok(Self {
            operator,
            denoiser,
            path,
            noise,
            observed,
            dataset: flow.name.clone(),
            sub,
            ratios: Shared::default(),
            innovations: Latest::default(),
            norms: Shared::default(),
            draws: Shared::default(),
        })
    }

    /// The matched or active law's ratios of traces at every level.
    pub(crate) fn ratios(
        &self,
        law: Law,
        key: &str,
        levels: &[Level],
    ) -> Result<Arc<LevelTable<TraceRatio>>, BoxError> {
        once(&self.ratios, &format!("{law} {key}"), || {
            let stream = Stream::new("probes").text(&self.dataset).number(self.sub as u64);
            Ok(Strength::trace_ratios(law, &self.observed, levels, stream))
        })
    }

    /// s²I + A V Aᵀ factored at every level.
    pub(crate) fn innovations(
        &self,
        key: &str,
        levels: &[Level],
    ) -> Result<Arc<LevelTable<Innovation<f32>>>, BoxError> {
        let mut latest = self.innovations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((kept, table)) = latest.as_ref()
            && kept == key
        {
            return Ok(Arc::clone(table));
        }
        let table = Exact::innovations(&self.observed, levels)?;
        *latest = Some((key.to_owned(), Arc::clone(&table)));
        Ok(table)
    }

    /// The norms that every law's excess is relative to, along a forward path.
    pub(crate) fn norms(&self, key: &str, path: &ForwardPath, draw: &Draw) -> Result<Arc<Norms>, BoxError> {
        once(&self.norms, key, || {
            let one = Strength {
                variance: NoiseVariance::Uniform(1.0),
                excess: Excess::Gamma(0.0),
                factor: 1.0,
                adaptive: None,
            };
            let denoiser = || Arc::clone(&self.denoiser) as Arc<dyn Denoiser<f32>>;
            let unit = Sda::new(denoiser(), Arc::clone(&draw.observation), one);
            let innovations = Exact::innovations(&self.observed, &path.levels())?;
            let exact = Exact::new(denoiser(), Arc::clone(&draw.observation), innovations);
            Ok(Arc::new(path.norms(&unit, &exact)?))
        })
    }

    /// The observation under one seed: noise keyed by seed, dataset, sub and noise level.
    pub(crate) fn draw(&self, flow: &Flow, seed: u64) -> Result<Arc<Draw>, BoxError> {
        once(&self.draws, &seed.to_string(), || {
            let mut stream = Stream::new("observation").number(seed).text(&flow.name).number(self.sub as u64);
            for &std in &flow.noise {
                stream = stream.real(std);
            }
            let count = self.operator.count();
            let mut y = vec![0.0f32; count];
            self.operator.apply(&flow.truth, &mut y);
            let noise: Vec<f32> = stream.normal(0, count);
            for (i, (y, n)) in y.iter_mut().zip(&noise).enumerate() {
                *y += f32::narrow(self.noise.at(i).sqrt()) * n;
            }
            let posterior = ExactPosterior::new(self.observed.clone(), self.denoiser.mean().to_vec())?;
            let posterior_mean = posterior.mean(&y)?;
            let probes = Stream::new("posterior").text(&flow.name).number(self.sub as u64);
            let posterior_variance = posterior.mean_variance(PROBES, probes)?;
            let observation = Observation::new(y, Arc::new(self.operator), self.noise.clone())?;
            Ok(Arc::new(Draw { observation: Arc::new(observation), posterior_mean, posterior_variance }))
        })
    }
}

/// The entry of a key, made under the lock by the first who asks.
pub(crate) fn once<T>(
    shared: &Shared<T>,
    key: &str,
    make: impl FnOnce() -> Result<Arc<T>, BoxError>,
) -> Result<Arc<T>, BoxError> {
    let mut entries = shared.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(entry) = entries.get(key) {
        return Ok(Arc::clone(entry));
    }
    let entry = make()?;
    entries.insert(key.to_owned(), Arc::clone(&entry));
    Ok(entry)
}
