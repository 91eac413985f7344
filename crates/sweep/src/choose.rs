//! From the names of a trial to its run.

use crate::excess::EXCESS_TIMES;
use crate::{Flow, Trial};
use equipoise_experiment::{Boxed, Course, Flows, Known, Problem, Scaled, Seen, Setup};
use equipoise_observation::Observed;
use equipoise_solver::Inference;
use equipoise_stream::Stream;
use std::sync::Arc;

impl Trial {
    /// How its runs advance.
    pub(crate) fn setup(&self) -> Setup {
        Setup {
            schedule: self.schedule,
            eta: self.eta,
            sampler: self.sampler,
            spacing: self.spacing,
            steps: self.steps,
            corrections: self.corrections,
            tau: self.tau,
        }
    }

    /// Its schedule, grid and sampler.
    pub(crate) fn course(&self) -> equipoise_experiment::Result<Course> {
        self.setup().build()
    }
}

/// A trial with its flow, its problem and how its runs advance.
pub(crate) struct Ready<'a> {
    pub(crate) trial: &'a Trial,
    pub(crate) flow: &'a Flow,
    pub(crate) problem: Arc<Problem>,
    pub(crate) course: Course,
}

impl<'a> Ready<'a> {
    pub(crate) fn new(flows: &Flows<'a>, trial: &'a Trial) -> Boxed<Self> {
        let (flow, problem) = (flows.get(trial.dataset())?, flows.problem(trial.dataset(), trial.sub)?);
        Ok(Self { trial, flow, problem, course: trial.course()? })
    }

    /// One draw of the observation noise, the same under every prior.
    pub(crate) fn draw(&self) -> Boxed<Arc<Observed<f32>>> {
        self.problem.draw(self.flow, self.trial.seed)
    }

    /// What is known of its posterior.
    pub(crate) fn known(&self) -> Boxed<Arc<Known>> {
        self.problem.known(self.flow, &self.trial.prior, self.trial.seed)
    }

    /// Its inverse problem, ready for any method.
    pub(crate) fn inference(&self) -> Boxed<Inference<f32>> {
        let Trial { prior, seed, start, .. } = self.trial;
        self.problem.inference(self.flow, (prior, *seed), (&self.course, *start))
    }

    /// Its law, where its method takes one.
    pub(crate) fn law(&self) -> Boxed<Option<Scaled>> {
        let Self { trial, flow, ref problem, ref course } = *self;
        let (prior, seed, setup, curve) = (&trial.prior, trial.seed, &trial.setup(), &EXCESS_TIMES);
        let probes =
            Stream::new("probes").text(flow.name()).number(trial.sub as u64).text(&prior.to_string());
        let seen = Seen { flow, problem, prior, seed, setup, course, curve, probes };
        Scaled::of(&trial.approach, trial.base, &seen)
    }
}
