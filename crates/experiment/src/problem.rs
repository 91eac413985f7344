//! One flow under one operator: what every run on it shares, made once.

use crate::{Beside, BoxError, Boxed, Course, Flow, Known, Setup, lattice};
use equipoise_covariance::Memo;
use equipoise_denoiser::Denoiser;
use equipoise_field::{Real, sketched};
use equipoise_guidance::{ConditionalCovariance, ProbedTraces};
use equipoise_metrics::{EXPLOSION, Inclusion, Range, range};
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_operator::LinearOperator;
use equipoise_posterior::{ExactPosterior, PosteriorError, VarianceField};
use equipoise_prior::{DenoiserName, PriorDenoiser};
use equipoise_scaling::Law;
use equipoise_schedule::Level;
use equipoise_solver::{Inference, Member, ObservedGaussian, ProbedRatios, SolverError};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

/// Entries by key, each made by whoever asks first.
pub type Shared<T> = Memo<String, Arc<T>>;

/// Exact deviations that estimate the posterior variance of every entry where it has no closed form.
const DEVIATIONS: usize = 64;

/// A flow under one subsampling.
pub struct Problem {
    /// The prior with A and s².
    pub gaussian: Arc<ObservedGaussian<f32>>,
    /// Range of the truth.
    pub truth: Range,
    /// Entries that errors are measured over, where the lattice sees them; `None` where there are none.
    pub observed: Option<Vec<bool>>,
    /// The others.
    pub unobserved: Option<Vec<bool>>,
    sub: usize,
    draws: Shared<Observed<f32>>,
    known: Shared<Known>,
    /// The Gaussian's posterior variance, which does not depend on y.
    variance: Arc<Shared<VarianceField<f32>>>,
    /// What the laws of traces are made of, once for both.
    traces: Shared<ProbedTraces>,
    ratios: Shared<ProbedRatios>,
}

sketched!([] Problem, "Problem", |own| sub = own.sub, truth = own.truth);

impl Problem {
    /// A flow at every `sub`-th row and column, without masked cells; `denoiser` is that of its Gaussian.
    ///
    /// # Errors
    /// For a stride that the grid does not allow, and what keeps the innovation covariance from being made.
    pub fn new(flow: &Flow, denoiser: Arc<Wiener<f32>>, sub: usize) -> Boxed<Self> {
        let operator = lattice(flow.shape, sub, flow.hidden())?;
        let variances: Vec<f64> = flow.noise.iter().map(|s| s * s).collect();
        let uniform = variances.iter().all(|v| v.to_bits() == variances[0].to_bits());
        let noise = if uniform {
            NoiseVariance::Uniform(variances[0])
        } else {
            NoiseVariance::PerChannel { values: variances, plane: operator.len_out() / flow.shape.planes() }
        };
        let probes = Stream::new("probes").text(&flow.name).number(sub as u64);
        let gaussian = Arc::new(ObservedGaussian::new(denoiser, operator, noise, probes)?);
        Self::of(flow, gaussian, sub, Arc::default())
    }

    /// Another truth of the same flow, seen alike: what no truth enters is made once for both.
    ///
    /// # Errors
    /// For a truth without a number.
    pub fn about(&self, flow: &Flow) -> Boxed<Self> {
        Self::of(flow, Arc::clone(&self.gaussian), self.sub, Arc::clone(&self.variance))
    }

    fn of(
        flow: &Flow,
        gaussian: Arc<ObservedGaussian<f32>>,
        sub: usize,
        variance: Arc<Shared<VarianceField<f32>>>,
    ) -> Boxed<Self> {
        let over = |wanted: bool| {
            let flags = (0..flow.shape.len()).map(|i| sees(flow, sub, i) == wanted && included(flow, i));
            Some(flags.collect::<Vec<bool>>()).filter(|flags| flags.contains(&true))
        };
        Ok(Self {
            gaussian,
            observed: over(true),
            unobserved: over(false),
            truth: range(&flow.truth, Inclusion::All)?,
            sub,
            draws: Shared::default(),
            known: Shared::default(),
            variance,
            traces: Shared::default(),
            ratios: Shared::default(),
        })
    }

    /// The stride of A along H and W.
    pub fn sub(&self) -> usize {
        self.sub
    }

    /// s².
    pub fn noise(&self) -> &NoiseVariance {
        self.gaussian.observed().noise()
    }

    /// A, which all observations share.
    pub fn operator(&self) -> &Arc<dyn LinearOperator<f32>> {
        self.gaussian.observed().operator()
    }

    /// max|x_t| past which a run has exploded.
    pub fn bound(&self) -> f64 {
        EXPLOSION * self.truth.max.abs().max(self.truth.min.abs())
    }

    /// What was observed, under the Gaussian or another prior.
    ///
    /// # Errors
    /// [`SolverError`] where both do not belong together.
    pub fn inverse(
        &self,
        denoiser: Option<&PriorDenoiser>,
        observation: &Arc<Observed<f32>>,
    ) -> Result<equipoise_solver::Problem<f32>, SolverError> {
        let observation = Arc::clone(observation);
        match denoiser {
            Some(denoiser) => equipoise_solver::Problem::new(conditional(denoiser), observation),
            None => equipoise_solver::Problem::gaussian(Arc::clone(&self.gaussian), observation),
        }
    }

    /// The inverse problem of a prior and a seed on a course, ready for any method.
    ///
    /// # Errors
    /// An unknown prior, and those of [`draw`](Self::draw) and [`inverse`](Self::inverse).
    pub fn inference(
        &self,
        flow: &Flow,
        (prior, seed): (&DenoiserName, u64),
        (course, start): (&Course, crate::Start),
    ) -> Boxed<Inference<f32>> {
        let problem = self.inverse(flow.denoiser_of(prior)?, &self.draw(flow, seed)?)?;
        Ok(course.inference(problem, start.law(self.gaussian.wiener()), self.bound()))
    }

    /// The exact posterior of the Gaussian, of any y.
    ///
    /// # Errors
    /// [`PosteriorError`].
    pub fn posterior(&self) -> Result<ExactPosterior<f32>, PosteriorError> {
        ExactPosterior::new(self.gaussian.observed().clone(), self.gaussian.wiener().mean().to_vec())
    }

    /// The stream of the deviations of that posterior.
    pub fn deviations(&self, flow: &Flow) -> Stream {
        Stream::new("posterior").text(&flow.name).number(self.sub as u64)
    }

    /// Its variance of every entry, the one that sweeps and benchmarks hold ensembles to.
    ///
    /// # Errors
    /// [`PosteriorError`].
    pub fn variance(&self, flow: &Flow) -> Result<Arc<VarianceField<f32>>, PosteriorError> {
        let made = || self.posterior()?.variance_field(DEVIATIONS, self.deviations(flow)).map(Arc::new);
        self.variance.get(String::new(), made)
    }

    /// What ensembles are put beside.
    pub fn beside<'a>(&'a self, flow: &'a Flow, observed: &'a Observed<f32>) -> Beside<'a> {
        let (truth, included) = (&flow.truth[..], Inclusion::Plane(&flow.included));
        Beside { truth, included, prior_mean: self.gaussian.wiener().mean(), observed }
    }

    /// The denoiser of a prior.
    // As `PriorDenoiser::denoiser`.
    #[inline(never)]
    pub fn denoiser(&self, denoiser: Option<&PriorDenoiser>) -> Arc<dyn Denoiser<f32>> {
        match denoiser {
            Some(denoiser) => denoiser.denoiser(),
            None => Arc::clone(self.gaussian.wiener()) as Arc<dyn Denoiser<f32>>,
        }
    }

    /// What is known of the posterior under a prior and a seed.
    ///
    /// # Errors
    /// An unknown prior, and those of the posterior.
    pub fn known(&self, flow: &Flow, prior: &DenoiserName, seed: u64) -> Boxed<Arc<Known>> {
        let observation = self.draw(flow, seed)?;
        let denoiser = flow.denoiser_of(prior)?;
        self.known.get(format!("{prior} {seed}"), || {
            Ok(Arc::new(match denoiser {
                None => Known::gaussian(self, flow, &observation)?,
                Some(denoiser) => Known::of(denoiser, &observation)?,
            }))
        })
    }

    /// The traces of `matched` or `active` at the levels of a run under a prior other than
    /// the Gaussian.
    ///
    /// # Errors
    /// Those of the draw and of the probes.
    pub fn traces(
        &self,
        (law, setup): (Law, &Setup),
        flow: &Flow,
        (prior, seed): (&DenoiserName, u64),
        (levels, denoiser): (&[Level], &PriorDenoiser),
        probes: Stream,
    ) -> Boxed<Arc<ProbedRatios>> {
        let observation = self.draw(flow, seed)?;
        self.ratios.get(format!("{law} {prior} {setup}"), || {
            let windows = flow.windows();
            let fields = windows.len();
            let traces = self.traces.get(format!("{prior} {setup}"), || {
                Ok::<_, BoxError>(ProbedRatios::traces(
                    &denoiser.denoiser(),
                    &observation,
                    (windows, probes),
                )?)
            })?;
            Ok(Arc::new(ProbedRatios::of(law, observation.noise(), levels, (&traces, fields))?))
        })
    }

    /// The observation under one seed: noise keyed by seed, dataset, window, sub and noise level.
    ///
    /// # Errors
    /// Those of an observation.
    pub fn draw(&self, flow: &Flow, seed: u64) -> Boxed<Arc<Observed<f32>>> {
        self.draws.get(seed.to_string(), || {
            let mut stream = flow.stream("observation", seed).number(self.sub as u64);
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
            Ok(Arc::new(Observed::shared(y, Arc::clone(operator), self.noise().clone())?))
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

/// A denoiser with what it knows of Cov[x | x_t].
pub fn conditional(denoiser: &PriorDenoiser) -> ConditionalCovariance<f32> {
    ConditionalCovariance::of(denoiser.denoiser(), denoiser.empirical(), denoiser.exact())
}

/// The streams of a member: start and Langevin noise are keyed by seed, dataset and member, never by the law.
pub fn member(flow: &Flow, seed: u64, member: u64) -> Member {
    let stream = |label| flow.stream(label, seed).number(member);
    Member { start: stream("start"), langevin: stream("langevin") }
}
