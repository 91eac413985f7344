//! From the names of a trial to its run.

use crate::excess::EXCESS_TIMES;
use crate::{Flow, Trial};
use equipoise_experiment::{Base, BoxError, Course, Problem, Scaled, Seen, Setup};
use equipoise_observation::Observed;
use equipoise_solver::Inference;
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

    /// What its law scales.
    pub(crate) fn base(&self) -> Base {
        let Self { std, gamma, n_ref, n_convention, .. } = *self;
        Base { std, gamma, n_ref, n_convention }
    }

    /// Its inverse problem, ready for any method.
    pub(crate) fn inference(
        &self,
        flow: &Flow,
        problem: &Problem,
        course: &Course,
    ) -> Result<Inference<f32>, BoxError> {
        problem.inference(flow, (&self.prior, self.seed), (course, self.start))
    }

    /// Its law, where its method takes one.
    pub(crate) fn scaled(
        &self,
        flow: &Flow,
        problem: &Problem,
        course: &Course,
    ) -> Result<Option<Scaled>, BoxError> {
        let (prior, seed, setup, curve) = (&self.prior, self.seed, &self.setup(), &EXCESS_TIMES);
        let seen = Seen { flow, problem, prior, seed, setup, course, curve };
        Scaled::of(&self.approach, self.base(), &seen)
    }
}

/// One draw of the observation noise, the same under every prior.
pub(crate) type Draw = Arc<Observed<f32>>;
