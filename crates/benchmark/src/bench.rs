//! A scene seen at one stride under one noise, under a plan: what every entrant on it shares.

use crate::reference::ExactSamples;
use crate::{Case, Plan, Scene};
use equipoise_experiment::{
    Approach, Base, Beside, Boxed, Flow, Known, Problem, Reference, Scaled, Seen, Setup, member, widened,
};
use equipoise_metrics::Evidence;
use equipoise_observation::Observed;
use equipoise_sampler::Outcome;
use equipoise_solver::{Ensemble, Member, PosteriorSampler, Watch};
use equipoise_stream::Stream;
use std::sync::Arc;
use std::time::Instant;

/// Which truth of a scene is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Test,
    Validation,
}

/// A scene, its operator and noise, and the posterior that they lead to.
pub(crate) struct Bench<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) plan: &'a Plan,
    /// About the truth to test on, and about the one to tune on.
    windows: [Window; 2],
    /// Draws of the Gaussian's posterior; `None` under another prior.
    pub(crate) exact: Option<ExactSamples>,
    /// σ(0), the noise that samplers leave.
    sigma: f64,
}

/// A truth under the noise of a case, and how it is seen.
struct Window {
    flow: Flow,
    problem: Problem,
}

/// One observation of one truth.
pub(crate) struct Draw<'a> {
    pub(crate) flow: &'a Flow,
    pub(crate) problem: &'a Problem,
    pub(crate) seed: u64,
    observation: Arc<Observed<f32>>,
    /// What is known of its posterior.
    pub(crate) known: Arc<Known>,
}

/// An ensemble, how it was drawn and how long that took.
pub(crate) struct Drawn {
    pub(crate) ensemble: Ensemble<f32>,
    pub(crate) point_estimate: bool,
    pub(crate) seconds: f64,
}

impl<'a> Bench<'a> {
    pub(crate) fn new(scene: &'a Scene, case: Case, plan: &'a Plan) -> Boxed<Self> {
        let [test, validation] = scene.flows.each_ref().map(|flow| flow.with_noise(case.noise));
        let sigma = plan.schedule.build(plan.eta)?.sigma(0.0);
        let problem = Problem::new(&test, Arc::clone(&scene.wiener), case.sub)?;
        let samples = || -> Boxed<ExactSamples> {
            let (posterior, stream) = (problem.posterior()?, problem.deviations(&test));
            let wide = widened(&problem.variance(&test)?.values, sigma);
            ExactSamples::new(&test, (&posterior, &wide), sigma, plan.members, stream)
        };
        let exact = scene.prior.is_gaussian().then(samples).transpose()?;
        let tuned_on = Window { problem: problem.about(&validation)?, flow: validation };
        Ok(Self { scene, plan, windows: [Window { flow: test, problem }, tuned_on], exact, sigma })
    }

    /// y under one seed, as in a sweep, and on the validation truth another.
    pub(crate) fn draw(&self, part: Part, seed: u64) -> Boxed<Draw<'_>> {
        let Window { flow, problem } = &self.windows[usize::from(part == Part::Validation)];
        let observation = problem.draw(flow, seed)?;
        Ok(Draw { flow, problem, seed, observation, known: problem.known(flow, &self.scene.prior, seed)? })
    }

    /// A sampler for a draw, in `steps` steps, at a value of the approach's parameter or at the published one.
    pub(crate) fn bind(
        &self,
        approach: &Approach,
        value: Option<f64>,
        draw: &Draw<'_>,
        steps: usize,
    ) -> Boxed<Box<dyn PosteriorSampler<f32>>> {
        let tuned = value.map(|value| approach.tuned(value)).transpose()?;
        let approach = tuned.as_ref().unwrap_or(approach);
        let Draw { flow, problem, seed, ref observation, .. } = *draw;
        let Plan { schedule, eta, sampler, spacing, start, .. } = *self.plan;
        let setup = &Setup { schedule, eta, sampler, spacing, steps, corrections: 0, tau: Setup::TAU };
        let (course, prior) = (&setup.build()?, &self.scene.prior);
        let inference = problem.inference(flow, (prior, seed), (course, start))?;
        let probes = Stream::new("probes").text(&self.scene.label).number(problem.sub() as u64);
        let seen = Seen { flow, problem, prior, seed, setup, course, curve: &[], probes };
        // Of the laws that count only `sum` takes part, which no count enters.
        let base = Base { n_ref: Some(observation.count()), ..Base::default() };
        let law = Scaled::of(approach, base, &seen)?;
        Ok(inference.bind(approach.recipe(), law.as_ref().map(|law| &law.strength))?)
    }
}

impl Draw<'_> {
    /// `count` members.
    pub(crate) fn sample(&self, sampler: &dyn PosteriorSampler<f32>, count: usize) -> Boxed<Drawn> {
        let members: Vec<Member> = (0..count as u64).map(|m| member(self.flow, self.seed, m)).collect();
        let clock = Instant::now();
        let ensemble = sampler.draw(&members, Watch::NONE)?;
        let seconds = clock.elapsed().as_secs_f64();
        Ok(Drawn { ensemble, point_estimate: sampler.is_point_estimate(), seconds })
    }

    /// What its ensembles are put beside.
    pub(crate) fn beside(&self) -> Beside<'_> {
        self.problem.beside(self.flow, &self.observation)
    }
}

impl Bench<'_> {
    /// What ensembles of a draw are held to; `None` where the posterior is not known.
    pub(crate) fn reference(&self, draw: &Draw<'_>) -> Boxed<Option<Arc<Reference>>> {
        draw.known.moments().map(|exact| exact.reference(&draw.beside(), self.sigma)).transpose()
    }

    /// What the state of an ensemble follows from.
    pub(crate) fn evidence(&self, draw: &Draw<'_>, drawn: &Ensemble<f32>) -> Boxed<Evidence> {
        draw.beside().evidence(drawn, self.reference(draw)?.map(|reference| reference.floor))
    }
}

/// Calls of the denoiser and iterations of inner solvers, in all.
pub(crate) fn work(ensemble: &Ensemble<f32>) -> (usize, usize) {
    let sum = |of: fn(&Outcome<f32>) -> usize| ensemble.outcomes().iter().map(of).sum();
    (sum(|run| run.trace().evaluations), sum(|run| run.trace().iterations))
}

#[cfg(test)]
mod tests;
