//! One flow under one operator: what every trial on it shares, made once.

use crate::choose::{Course, conditional};
use crate::excess::{ForwardPath, Norms};
use crate::known::{Known, posterior_stream};
use crate::{BoxError, Flow, Trial};
use equipoise_covariance::Memo;
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_guidance::{Exact, Excess, Guidance, Sda, Strength};
use equipoise_metrics::{Inclusion, Range, range};
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_operator::{LinearOperator, Subsample};
use equipoise_posterior::VarianceField;
use equipoise_prior::PriorDenoiser;
use equipoise_scaling::Law;
use equipoise_solver::{ObservedGaussian, ProbedRatios, SolverError};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

/// Entries by key.
pub(crate) type Shared<T> = Memo<String, Arc<T>>;

/// A flow under one subsampling.
pub(crate) struct Problem {
    /// The prior with A and s².
    pub(crate) gaussian: Arc<ObservedGaussian<f32>>,
    /// Range of the truth.
    pub(crate) truth: Range,
    /// Cells that errors are measured over, where the lattice sees them; `None` where there are none.
    pub(crate) observed: Option<Vec<bool>>,
    /// The others.
    pub(crate) unobserved: Option<Vec<bool>>,
    sub: usize,
    norms: Shared<Norms>,
    draws: Shared<Draw>,
    known: Shared<Known>,
    /// The Gaussian's posterior variance, which does not depend on y.
    pub(crate) variance: Shared<VarianceField<f32>>,
    traces: Shared<ProbedRatios>,
}

/// One draw of the observation noise, the same under every prior.
pub(crate) struct Draw {
    pub(crate) observation: Arc<Observed<f32>>,
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
        let gaussian = ObservedGaussian::new(denoiser, Arc::new(operator), noise, probes)?;
        let over = |wanted: bool| {
            let flags = (0..flow.shape.len()).map(|i| sees(flow, sub, i) == wanted && included(flow, i));
            Some(flags.collect::<Vec<bool>>()).filter(|flags| flags.contains(&true))
        };
        Ok(Self {
            gaussian: Arc::new(gaussian),
            truth: range(&flow.truth, Inclusion::All)?,
            observed: over(true),
            unobserved: over(false),
            sub,
            norms: Shared::default(),
            draws: Shared::default(),
            known: Shared::default(),
            variance: Shared::default(),
            traces: Shared::default(),
        })
    }

    /// s².
    pub(crate) fn noise(&self) -> &NoiseVariance {
        self.gaussian.observed().noise()
    }

    /// A, which all observations share.
    pub(crate) fn operator(&self) -> &Arc<dyn LinearOperator<f32>> {
        self.gaussian.observed().operator()
    }

    /// What was observed, under the Gaussian or another prior.
    pub(crate) fn inverse(
        &self,
        denoiser: Option<&PriorDenoiser>,
        draw: &Draw,
    ) -> Result<equipoise_solver::Problem<f32>, SolverError> {
        let observation = Arc::clone(&draw.observation);
        match denoiser {
            Some(denoiser) => equipoise_solver::Problem::new(conditional(denoiser), observation),
            None => equipoise_solver::Problem::gaussian(Arc::clone(&self.gaussian), observation),
        }
    }

    /// The denoiser of a prior.
    pub(crate) fn denoiser(&self, denoiser: Option<&PriorDenoiser>) -> Arc<dyn Denoiser<f32>> {
        match denoiser {
            Some(denoiser) => denoiser.denoiser(),
            None => Arc::clone(self.gaussian.wiener()) as Arc<dyn Denoiser<f32>>,
        }
    }

    /// The norms that every law's excess under a prior is relative to, along a forward path; `None`
    /// where the exact guidance is not known.
    pub(crate) fn norms(
        &self,
        key: &str,
        path: &ForwardPath,
        draw: &Draw,
        denoiser: &Arc<dyn Denoiser<f32>>,
        known: &Arc<Known>,
    ) -> Result<Option<Arc<Norms>>, BoxError> {
        if matches!(**known, Known::Nothing) {
            return Ok(None);
        }
        let made = once(&self.norms, key, || {
            let one = Strength {
                variance: NoiseVariance::Uniform(1.0),
                excess: Excess::Gamma(0.0),
                factor: 1.0,
                adaptive: None,
            };
            let unit = Sda::new(Arc::clone(denoiser), Arc::clone(&draw.observation), one);
            let exact: Arc<dyn Guidance<f32>> = match &**known {
                Known::Empirical { exact, .. } => Arc::clone(exact) as Arc<dyn Guidance<f32>>,
                _ => {
                    let innovations = Exact::innovations(self.gaussian.observed(), &path.levels())?;
                    Arc::new(Exact::new(Arc::clone(denoiser), Arc::clone(&draw.observation), innovations))
                }
            };
            Ok(Arc::new(path.norms(&unit, exact)?))
        })?;
        Ok(Some(made))
    }

    /// What is known of the posterior under a trial's prior and seed.
    pub(crate) fn known(&self, flow: &Flow, trial: &Trial) -> Result<Arc<Known>, BoxError> {
        let draw = self.draw(flow, trial.seed)?;
        let denoiser = flow.denoiser_of(&trial.prior)?;
        once(&self.known, &format!("{} {}", trial.prior, trial.seed), || {
            let deviations = posterior_stream(&flow.name, self.sub);
            Ok(Arc::new(match denoiser {
                None => Known::gaussian(self, &draw, deviations)?,
                Some(denoiser) => Known::of(denoiser, &draw)?,
            }))
        })
    }

    /// The traces of `matched` or `active` at the levels of a run under a prior other than the Gaussian.
    pub(crate) fn traces(
        &self,
        law: Law,
        flow: &Flow,
        trial: &Trial,
        (course, denoiser): (&Course, &PriorDenoiser),
    ) -> Result<Arc<ProbedRatios>, BoxError> {
        let draw = self.draw(flow, trial.seed)?;
        let Trial { prior, schedule, eta, spacing, steps, sampler, .. } = trial;
        let run = format!("{law} {prior} {schedule} {eta} {spacing} {steps} {sampler}");
        once(&self.traces, &run, || {
            let stream = Stream::new("probes").text(&flow.name).number(self.sub as u64).text(prior);
            // Without exact guidance there is no curve to draw.
            let curve = denoiser.empirical().is_some();
            let (denoiser, observation) = (denoiser.denoiser(), &draw.observation);
            let levels = if curve { course.levels() } else { course.run_levels() };
            let windows = (flow.windows(), stream);
            Ok(Arc::new(ProbedRatios::new(law, &denoiser, observation, &levels, windows)?))
        })
    }

    /// The observation under one seed: noise keyed by seed, dataset, sub and noise level.
    pub(crate) fn draw(&self, flow: &Flow, seed: u64) -> Result<Arc<Draw>, BoxError> {
        once(&self.draws, &seed.to_string(), || {
            let mut stream = Stream::new("observation").number(seed).text(&flow.name).number(self.sub as u64);
            for &std in &flow.noise {
                stream = stream.real(std);
            }
            let operator = self.operator();
            let count = operator.len_out();
            let mut y = vec![0.0f32; count];
            operator.apply(&flow.truth, &mut y);
            let noise: Vec<f32> = stream.normal(0, count);
            for (i, (y, n)) in y.iter_mut().zip(&noise).enumerate() {
                *y += f32::narrow(self.noise().at(i).sqrt()) * n;
            }
            let observation = Observed::shared(y, Arc::clone(operator), self.noise().clone())?;
            Ok(Arc::new(Draw { observation: Arc::new(observation) }))
        })
    }
}

/// Whether the lattice of a stride holds number `i` of a field.
fn sees(flow: &Flow, stride: usize, i: usize) -> bool {
    let width = flow.shape.width;
    (i / width % flow.shape.height).is_multiple_of(stride) && (i % width).is_multiple_of(stride)
}

fn included(flow: &Flow, i: usize) -> bool {
    Inclusion::Plane(&flow.included).holds(i)
}

/// The entry of a key, made by whoever asks first.
pub(crate) fn once<T>(
    shared: &Shared<T>,
    key: &str,
    make: impl FnOnce() -> Result<Arc<T>, BoxError>,
) -> Result<Arc<T>, BoxError> {
    shared.get(key.to_owned(), make)
}
