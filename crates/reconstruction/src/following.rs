//! Members of a long trajectory, one after the other, each followed from step to step.

use crate::keeping::Keeper;
use crate::sampling::members;
use crate::{Choice, Drawn, Keeping, Problem, ReconstructionError, Result, Sampling};
use equipoise_sampler::{Outcome, Rest};
use equipoise_solver::Recipe;

/// How far a drawing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The member under way, from 0.
    pub member: usize,
    /// Its steps done.
    pub done: usize,
    /// Steps of every member.
    pub steps: usize,
}

/// How a drawing that somebody follows came to rest.
#[derive(Debug)]
pub enum Followed {
    /// All members are at their end.
    Ended(Drawn),
    /// Stopped on the way.
    Stopped(Progress),
}

impl Sampling {
    /// Whether a run under this choice can be kept between its steps: that of a method with a guidance under a
    /// sampler, not of one that owns its loop.
    pub fn is_kept(&self) -> bool {
        matches!(&self.choice, Choice::Diffusion(recipe) if !recipe.method().owns_loop())
    }

    /// Draws members one after the other, each with the bits that it has in any drawing; states are kept as `keeping`
    /// says and gone on from where they were kept. `go_on` is told of every step.
    ///
    /// # Errors
    /// As [`draw`](Sampling::draw); [`ReconstructionError::Loop`] for a method that owns its loop, and those of
    /// `keeping`.
    pub fn follow(
        &self,
        problem: &Problem,
        keeping: Option<&Keeping>,
        go_on: &(dyn Fn(Progress) -> bool + Sync),
    ) -> Result<Followed> {
        let recipe = match &self.choice {
            Choice::Diffusion(recipe) if !recipe.method().owns_loop() => recipe,
            own => return Err(ReconstructionError::Loop { method: own.to_string() }),
        };
        Ok(match self.outcomes(problem, recipe, keeping, go_on)? {
            Ok(outcomes) => Followed::Ended(self.finished(Drawn::new(outcomes))?),
            Err(stopped) => Followed::Stopped(stopped),
        })
    }

    /// How every member ended, or where the drawing was stopped.
    fn outcomes(
        &self,
        problem: &Problem,
        recipe: &Recipe,
        keeping: Option<&Keeping>,
        go_on: &(dyn Fn(Progress) -> bool + Sync),
    ) -> Result<std::result::Result<Vec<Outcome<f32>>, Progress>> {
        let (inference, strength) = self.inference(problem, recipe)?;
        let guided = inference.guided(inference.guidance(recipe, strength.as_ref())?);
        let (steps, all) = (inference.sampler.grid().len() - 1, members(self.seed, self.members));
        let mut outcomes = Vec::new();
        for (member, streams) in all.iter().enumerate() {
            let kept = keeping.map(|k| k.load(member as u64, problem.shape.len())).transpose()?.flatten();
            let mut at = Progress { member, done: kept.as_ref().map_or(0, |kept| kept.done), steps };
            if !go_on(at) {
                return Ok(Err(at));
            }
            let _within = tracing::info_span!("member", member, from = at.done).entered();
            let mut keeper = Keeper::new(keeping, member as u64);
            let rest = guided.follow(streams, kept, &mut |reached| {
                at.done = reached.done;
                let go_on = go_on(at);
                keeper.between(reached, go_on)
            })?;
            if let Some(fault) = keeper.fault {
                return Err(fault);
            }
            let outcome = match rest {
                Rest::Ended(outcome) => outcome,
                Rest::Stopped(_) => return Ok(Err(at)),
            };
            if let (Outcome::Finished { x, trace }, true) = (&outcome, member + 1 < all.len()) {
                keeper.ended(steps, x, trace)?;
            }
            outcomes.push(outcome);
        }
        Ok(Ok(outcomes))
    }
}
