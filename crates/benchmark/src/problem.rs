//! A scene seen at one stride under one noise: what every entrant on it shares.

use crate::reference::Reference;
use crate::{Case, Plan, Scene, Truth};
use equipoise_denoiser::ExactCovariance;
use equipoise_field::{Real, sum};
use equipoise_guidance::{ConditionalCovariance, Observation};
use equipoise_innovation::NoiseVariance;
use equipoise_metrics::EXPLOSION;
use equipoise_operator::{LinearOperator, Subsample};
use equipoise_posterior::ExactPosterior;
use equipoise_sampler::SamplerName;
use equipoise_schedule::{ScheduleName, Spacing};
use equipoise_solver::{Inference, Member, ObservedGaussian, Start as StartLaw};
use equipoise_stream::Stream;
use equipoise_sweep::{BoxError, Start};
use std::sync::Arc;

/// Exact deviations that estimate the posterior variance of every entry where it has no closed form.
const DEVIATIONS: usize = 64;

/// Which truth of a scene is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Test,
    Validation,
}

/// A scene, its operator and noise, and the posterior that they lead to.
pub(crate) struct Problem<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) operator: Subsample,
    pub(crate) noise: f64,
    pub(crate) gaussian: Arc<ObservedGaussian<f32>>,
    pub(crate) posterior: ExactPosterior<f32>,
    /// Var[x | y] + σ(0)² of every entry: that of exact samples which keep the sampler's last noise.
    pub(crate) variance: Vec<f32>,
    pub(crate) reference: Reference,
}

/// One observation of one truth.
pub(crate) struct Draw<'a> {
    pub(crate) part: Part,
    pub(crate) seed: u64,
    pub(crate) truth: &'a [f32],
    pub(crate) observation: Arc<Observation<f32>>,
    pub(crate) posterior_mean: Vec<f32>,
}

impl<'a> Problem<'a> {
    pub(crate) fn new(scene: &'a Scene, case: Case, plan: &Plan) -> Result<Self, BoxError> {
        let operator = Subsample::new(scene.shape, case.sub)?;
        let variance = NoiseVariance::Uniform(case.noise * case.noise);
        let probes = Stream::new("probes").text(&scene.name).number(case.sub as u64);
        let wiener = Arc::clone(&scene.wiener);
        let gaussian = ObservedGaussian::new(wiener, Arc::new(operator), variance, probes)?;
        let posterior = ExactPosterior::new(gaussian.observed().clone(), scene.wiener.mean().to_vec())?;
        let sigma = plan.schedule.parse::<ScheduleName>()?.build(plan.eta)?.sigma(0.0);
        let stream = Stream::new("posterior").text(&scene.name).number(case.sub as u64);
        let mut variance = posterior.variance_field(DEVIATIONS, stream)?.values;
        variance.iter_mut().for_each(|v| *v += f32::narrow(sigma * sigma));
        let reference = Reference::new(scene, &posterior, sigma, plan.members, stream)?;
        let gaussian = Arc::new(gaussian);
        Ok(Self { scene, operator, noise: case.noise, gaussian, posterior, variance, reference })
    }

    /// y under one seed: noise keyed by seed, dataset, sub and noise level, as in a sweep, and on the
    /// validation truth by that word.
    pub(crate) fn draw(&self, part: Part, seed: u64) -> Result<Draw<'a>, BoxError> {
        let Truth { values, .. } = match part {
            Part::Test => &self.scene.test,
            Part::Validation => &self.scene.validation,
        };
        let mut stream = self.keyed("observation", part, seed).number(self.operator.stride() as u64);
        for _ in 0..self.scene.shape.channels {
            stream = stream.real(self.noise);
        }
        let mut y = vec![0.0f32; self.operator.count()];
        self.operator.apply(values, &mut y);
        let noise: Vec<f32> = stream.normal(0, y.len());
        let std = f32::narrow(self.noise);
        y.iter_mut().zip(&noise).for_each(|(y, n)| *y += std * n);
        let posterior_mean = self.posterior.mean(&y)?;
        let variance = NoiseVariance::Uniform(self.noise * self.noise);
        let observation = Arc::new(Observation::new(y, Arc::new(self.operator), variance)?);
        Ok(Draw { part, seed, truth: values, observation, posterior_mean })
    }

    fn keyed(&self, label: &str, part: Part, seed: u64) -> Stream {
        let stream = Stream::new(label).number(seed).text(&self.scene.name);
        if part == Part::Validation { stream.text("validation") } else { stream }
    }

    /// The streams of `count` members.
    pub(crate) fn members(&self, draw: &Draw<'_>, count: usize) -> Vec<Member> {
        let stream = |label, member| self.keyed(label, draw.part, draw.seed).number(member);
        let member = |m| Member { start: stream("start", m), langevin: stream("langevin", m) };
        (0..count as u64).map(member).collect()
    }

    /// What methods are bound to, in `steps` steps.
    pub(crate) fn inference(
        &self,
        draw: &Draw<'_>,
        steps: usize,
        plan: &Plan,
    ) -> Result<Inference<f32>, BoxError> {
        let schedule: Arc<dyn equipoise_schedule::Schedule> =
            Arc::from(plan.schedule.parse::<ScheduleName>()?.build(plan.eta)?);
        let grid = plan.spacing.parse::<Spacing>()?.grid(&*schedule, steps)?;
        let wiener = &self.scene.wiener;
        let start = match plan.start {
            Start::Normal => StartLaw::Normal,
            Start::Prior => StartLaw::Prior {
                mean: Arc::new(wiener.mean().to_vec()),
                covariance: Arc::clone(wiener.prior_covariance()),
            },
        };
        let (low, high, _) = sum::range(draw.truth);
        Ok(Inference {
            denoiser: ConditionalCovariance::Exact(Arc::clone(wiener) as Arc<dyn ExactCovariance<f32>>),
            gaussian: Some(Arc::clone(&self.gaussian)),
            observation: Arc::clone(&draw.observation),
            sampler: plan.sampler.parse::<SamplerName>()?.build(&*schedule, grid, 0, 0.5)?,
            schedule,
            start,
            bound: EXPLOSION * high.abs().max(low.abs()),
        })
    }
}
