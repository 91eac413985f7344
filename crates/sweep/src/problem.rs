//! One flow under one operator: what every trial on it shares, made once.

use crate::excess::{ForwardPath, Norms};
use crate::{BoxError, Flow};
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_guidance::{Exact, Excess, Observation, Sda, Strength};
use equipoise_innovation::NoiseVariance;
use equipoise_operator::{LinearOperator, Subsample};
use equipoise_posterior::{ExactPosterior, MeanVariance};
use equipoise_solver::ObservedGaussian;
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Probes of the posterior variance where it has no closed form.
const PROBES: usize = 32;

/// Entries by key, each made once.
pub(crate) type Shared<T> = Mutex<HashMap<String, Arc<T>>>;

/// A flow under one subsampling.
pub(crate) struct Problem {
    pub(crate) operator: Subsample,
    pub(crate) noise: NoiseVariance,
    pub(crate) gaussian: Arc<ObservedGaussian<f32>>,
    sub: usize,
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
        let probes = Stream::new("probes").text(&flow.name).number(sub as u64);
        let gaussian = ObservedGaussian::new(denoiser, Arc::new(operator), noise.clone(), probes)?;
        Ok(Self {
            operator,
            noise,
            gaussian: Arc::new(gaussian),
            sub,
            norms: Shared::default(),
            draws: Shared::default(),
        })
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
            let denoiser = || Arc::clone(self.gaussian.wiener()) as Arc<dyn Denoiser<f32>>;
            let unit = Sda::new(denoiser(), Arc::clone(&draw.observation), one);
            let innovations = Exact::innovations(self.gaussian.observed(), &path.levels())?;
            let exact = Exact::new(denoiser(), Arc::clone(&draw.observation), innovations);
            Ok(Arc::new(path.norms(&unit, exact)?))
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
            let posterior = ExactPosterior::new(
                self.gaussian.observed().clone(),
                self.gaussian.wiener().mean().to_vec(),
            )?;
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
