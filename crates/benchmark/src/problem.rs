//! A scene seen at one stride under one noise: what every entrant on it shares.

use crate::reference::Reference;
use crate::{Case, Plan, Scene, Truth};
use equipoise_covariance::Memo;
use equipoise_experiment as experiment;
use equipoise_experiment::{
    Beside, BoxError, Known, Moments, Setup, conditional, lattice, posterior_stream, posterior_variance,
    widened,
};
use equipoise_field::{Real, sum};
use equipoise_guidance::LevelTable;
use equipoise_metrics::{EXPLOSION, Evidence, Inclusion};
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_posterior::{ExactPosterior, VarianceField};
use equipoise_scaling::{Law, TraceRatio};
use equipoise_solver::{Ensemble, Inference, Member, ObservedGaussian, ProbedRatios, Problem as Inverse};
use equipoise_stream::Stream;
use std::sync::Arc;

/// Which truth of a scene is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Test,
    Validation,
}

/// A scene, its operator and noise, and the posterior that they lead to.
pub(crate) struct Problem<'a> {
    pub(crate) scene: &'a Scene,
    sub: usize,
    noise: f64,
    gaussian: Arc<ObservedGaussian<f32>>,
    /// What the Gaussian's posterior is known by; `None` under another prior.
    pub(crate) closed: Option<Closed>,
    /// σ(0), the noise that samplers leave.
    sigma: f64,
    /// Traces of laws under another prior, by the bits of their steps.
    ratios: Memo<(Law, usize), Ratios>,
}

type Ratios = Arc<LevelTable<TraceRatio>>;

/// The posterior of the Gaussian under an operator and noise.
pub(crate) struct Closed {
    pub(crate) posterior: ExactPosterior<f32>,
    /// Var[x | y] of every entry.
    variance: Arc<VarianceField<f32>>,
    pub(crate) reference: Reference,
}

/// One observation of one truth.
pub(crate) struct Draw<'a> {
    pub(crate) part: Part,
    pub(crate) seed: u64,
    pub(crate) truth: &'a [f32],
    pub(crate) observation: Arc<Observed<f32>>,
    /// What is known of its posterior.
    pub(crate) known: Known,
}

impl Closed {
    fn new(
        scene: &Scene,
        gaussian: &ObservedGaussian<f32>,
        (sub, members): (usize, usize),
        sigma: f64,
    ) -> Result<Self, BoxError> {
        let posterior = ExactPosterior::new(gaussian.observed().clone(), scene.wiener.mean().to_vec())?;
        let stream = posterior_stream(&scene.name, sub);
        let variance = Arc::new(posterior_variance(&posterior, stream)?);
        let wide = widened(&variance.values, sigma);
        let reference = Reference::new(scene, (&posterior, &wide), sigma, members, stream)?;
        Ok(Self { posterior, variance, reference })
    }
}

impl<'a> Problem<'a> {
    pub(crate) fn new(scene: &'a Scene, case: Case, plan: &Plan) -> Result<Self, BoxError> {
        let operator = lattice(scene.shape, case.sub, scene.hidden.as_deref())?;
        let variance = NoiseVariance::Uniform(case.noise * case.noise);
        let probes = Stream::new("probes").text(&scene.name).number(case.sub as u64);
        let wiener = Arc::clone(&scene.wiener);
        let gaussian = ObservedGaussian::new(wiener, operator, variance, probes)?;
        let sigma = plan.schedule.build(plan.eta)?.sigma(0.0);
        let closed = match &scene.other {
            None => Some(Closed::new(scene, &gaussian, (case.sub, plan.members), sigma)?),
            Some(_) => None,
        };
        let (gaussian, ratios) = (Arc::new(gaussian), Memo::default());
        let Case { sub, noise, .. } = case;
        Ok(Self { scene, sub, noise, gaussian, closed, sigma, ratios })
    }

    /// What is known of the posterior of an observation.
    fn known(&self, observation: &Observed<f32>) -> Result<Known, BoxError> {
        match (&self.closed, &self.scene.other) {
            (Some(Closed { posterior, variance, .. }), _) => {
                let mean = posterior.mean(observation.values())?;
                Ok(Known::Gaussian(Moments::new(mean, Arc::clone(variance))))
            }
            (None, Some((prior, _))) => Known::of(prior, observation),
            (None, None) => Ok(Known::Nothing),
        }
    }

    /// What ensembles of a draw are put beside.
    pub(crate) fn beside<'d>(&'d self, draw: &'d Draw<'_>) -> Beside<'d> {
        let included = Inclusion::Plane(&self.scene.included);
        Beside {
            truth: draw.truth,
            included,
            prior_mean: self.scene.wiener.mean(),
            observed: &draw.observation,
        }
    }

    /// What ensembles of a draw are held to; `None` where the posterior is not known.
    pub(crate) fn reference(&self, draw: &Draw<'_>) -> Result<Option<Arc<experiment::Reference>>, BoxError> {
        draw.known.moments().map(|exact| exact.reference(&self.beside(draw), self.sigma)).transpose()
    }

    /// What the state of an ensemble follows from.
    pub(crate) fn evidence(&self, draw: &Draw<'_>, drawn: &Ensemble<f32>) -> Result<Evidence, BoxError> {
        self.beside(draw).evidence(drawn, self.reference(draw)?.map(|reference| reference.floor))
    }

    /// The ratios of traces of `matched` or `active` at the levels of a run in so many steps.
    pub(crate) fn ratios(
        &self,
        law: Law,
        inference: &Inference<f32>,
        steps: usize,
    ) -> Result<Ratios, BoxError> {
        let Some((prior, windows)) = &self.scene.other else {
            return Ok(self.gaussian.ratios(law, &inference.levels()));
        };
        self.ratios.get((law, steps), || {
            let stream = Stream::new("probes").text(&self.scene.label).number(self.sub as u64);
            let (denoiser, observation) = (prior.denoiser(), inference.problem.observation());
            let (levels, windows) = (inference.levels(), (Arc::clone(windows), stream));
            let found = ProbedRatios::new(law, &denoiser, observation, &levels, windows)?;
            Ok(Arc::clone(found.table()))
        })
    }

    /// y under one seed: noise keyed by seed, dataset, sub and noise level, as in a sweep, and on the
    /// validation truth by that word.
    pub(crate) fn draw(&self, part: Part, seed: u64) -> Result<Draw<'a>, BoxError> {
        let Truth { values, .. } = match part {
            Part::Test => &self.scene.test,
            Part::Validation => &self.scene.validation,
        };
        let mut stream = self.keyed("observation", part, seed).number(self.sub as u64);
        for _ in 0..self.scene.shape.channels {
            stream = stream.real(self.noise);
        }
        let observed = self.gaussian.observed();
        let (operator, variance) = (Arc::clone(observed.operator()), observed.noise().clone());
        let mut y = vec![0.0f32; operator.len_out()];
        operator.apply(values, &mut y);
        let noise: Vec<f32> = stream.normal(0, y.len());
        let std = f32::narrow(self.noise);
        y.iter_mut().zip(&noise).for_each(|(y, n)| *y += std * n);
        let observation = Arc::new(Observed::shared(y, operator, variance)?);
        let known = self.known(&observation)?;
        Ok(Draw { part, seed, truth: values, observation, known })
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
        let (low, high, _) = sum::range(draw.truth);
        let observation = Arc::clone(&draw.observation);
        let problem = match &self.scene.other {
            Some((prior, _)) => Inverse::new(conditional(prior), observation)?,
            None => Inverse::gaussian(Arc::clone(&self.gaussian), observation)?,
        };
        let Plan { schedule, eta, sampler, spacing, start, .. } = *plan;
        let setup = Setup { schedule, eta, sampler, spacing, steps, corrections: 0, tau: Setup::TAU };
        let bound = EXPLOSION * high.abs().max(low.abs());
        Ok(setup.build()?.inference(problem, start.law(&self.scene.wiener), bound))
    }
}

#[cfg(test)]
mod tests;
