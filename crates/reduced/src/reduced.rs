//! The run: predictor steps, corrections, and how it ends.

use crate::account::Account;
use crate::compiled::Compiled;
use crate::lattice::LatticeRun;
use crate::modes::ModesRun;
use crate::outcome::Kind;
use crate::plan::Plan;
use crate::space::{Data, Parts};
use crate::{Coefficients, Draws, Likelihood, Outcome, ReducedError, ReducedSpace, Result, Start, error};
use equipoise_field::{Real, sketched};
use equipoise_observation::Observed;
use equipoise_sampler::PredictorCorrector;
use equipoise_schedule::Schedule;
use std::sync::Arc;

/// A predictor–corrector under one law and one observation, in reduced coordinates.
pub struct Reduced<R: Real> {
    space: Arc<ReducedSpace<R>>,
    data: Data<R>,
    likelihood: Likelihood,
    schedule: Arc<dyn Schedule>,
    sampler: PredictorCorrector,
}

sketched!([R: Real] Reduced<R>, "Reduced", |own| space = own.space);

impl<R: Real> Reduced<R> {
    /// `observation` must be through the operator of `space`. Its own noise plays no part: the laws
    /// bring theirs, and the exact guidance takes that of the space.
    ///
    /// # Errors
    /// [`ReducedError::Guidance`] for a nonlinear observation, [`ReducedError::Length`] for one of
    /// another length.
    pub fn bind(
        space: Arc<ReducedSpace<R>>,
        observation: &Observed<R>,
        likelihood: Likelihood,
        schedule: Arc<dyn Schedule>,
        sampler: PredictorCorrector,
    ) -> Result<Self> {
        let data = (Compiled::get().data)(&space, observation)?;
        Ok(Self { space, data, likelihood, schedule, sampler })
    }

    /// One member, as [`ensemble`](Self::ensemble) runs several.
    ///
    /// # Errors
    /// Those of [`ensemble`](Self::ensemble).
    pub fn run(&self, draws: &Draws<'_, R>) -> Result<Outcome> {
        let mut outcomes = self.ensemble(std::slice::from_ref(draws))?;
        Ok(outcomes.remove(0))
    }

    /// Runs all members, side by side, to the end of the grid. What a level needs is made once for all;
    /// a member's result does not depend on the others.
    ///
    /// Correction j after step i takes draw i·corrections + j of a member's noise. A member diverges at
    /// the first time at which ‖x − μm‖/√D, below which max |x − μm| cannot lie, is beyond the range
    /// of `R`.
    ///
    /// # Errors
    /// [`ReducedError::Length`] for a start field of another length, [`ReducedError::Sampler`] for a
    /// level without noise, [`ReducedError::Guidance`] for a level without the law's traces,
    /// [`ReducedError::Variances`] for a law whose variances do not fit the space,
    /// [`ReducedError::Factor`] and [`ReducedError::Indefinite`].
    pub fn ensemble(&self, members: &[Draws<'_, R>]) -> Result<Vec<Outcome>> {
        (Compiled::get().along)(self, self.sampler.grid(), members)
    }

    /// The first `steps` predictor steps of [`run`](Self::run), or all of them, with their corrections: the
    /// state that it passes through.
    ///
    /// # Errors
    /// Those of [`ensemble`](Self::ensemble).
    pub fn run_until(&self, steps: usize, draws: &Draws<'_, R>) -> Result<Outcome> {
        let grid = self.sampler.grid();
        let times = &grid[..grid.len().min(steps.saturating_add(1))];
        Ok((Compiled::get().along)(self, times, std::slice::from_ref(draws))?.remove(0))
    }

    /// A run along these times.
    pub(crate) fn along(&self, grid: &[f64], members: &[Draws<'_, R>]) -> Result<Vec<Outcome>> {
        let level = |t: Option<&f64>| self.schedule.level(t.copied().unwrap_or(1.0));
        let (first, last) = (level(grid.first()), level(grid.last()));
        let finish = |accounts: Vec<Account>, end: &dyn Fn(usize) -> Kind| {
            let outcome = |(m, Account { trace, lost }): (usize, Account)| match lost {
                Some((t, rms)) => Outcome::Diverged { t, rms, trace },
                None => Outcome::Finished { end: Coefficients { level: last, kind: end(m) }, trace },
            };
            accounts.into_iter().enumerate().map(outcome).collect()
        };
        match (&self.space.parts, &self.data) {
            (Parts::Modes(space), Data::Modes(data)) => {
                let mut run = ModesRun::new(space, data, members, first)?;
                let accounts = run.run(&self.plan(grid))?;
                Ok(finish(accounts, &|m| Kind::Modes(run.end(m, members[m].langevin))))
            }
            (Parts::Lattice(space), Data::Lattice(data)) => {
                let plan = self.plan(grid);
                let mut run = LatticeRun::new(space, data, members, first, plan.corrections * plan.steps())?;
                let accounts = run.run(&plan)?;
                Ok(finish(accounts, &|m| Kind::Lattice(run.end(m))))
            }
            _ => unreachable!("the data were made by the space"),
        }
    }

    /// out = x at the end of a run, given the start that it ran from. Overwrites `out`, of length D.
    ///
    /// # Errors
    /// [`ReducedError::Length`], [`ReducedError::Foreign`] for coefficients of another space.
    pub fn expand(&self, start: Start<'_, R>, end: &Coefficients, out: &mut [R]) -> Result<()> {
        (Compiled::get().expand)(self, start, end, out)
    }

    /// [`expand`](Self::expand) itself.
    pub(crate) fn expand_here(&self, start: Start<'_, R>, end: &Coefficients, out: &mut [R]) -> Result<()> {
        error::expect("out", out.len(), self.space.dim())?;
        let first = self.schedule.level(self.sampler.grid().first().copied().unwrap_or(1.0));
        match (&self.space.parts, &self.data, &end.kind) {
            (Parts::Modes(space), Data::Modes(data), Kind::Modes(rows)) => {
                space.expand(data, start, rows, [first, end.level], out)
            }
            (Parts::Lattice(space), _, Kind::Lattice(coefficients)) => {
                space.expand(coefficients, end.level.mu, out)
            }
            _ => Err(ReducedError::Foreign),
        }
    }

    fn plan<'a>(&'a self, times: &'a [f64]) -> Plan<'a> {
        Plan {
            likelihood: &self.likelihood,
            times,
            levels: times.iter().map(|&t| self.schedule.level(t)).collect(),
            corrections: self.sampler.corrections(),
            tau: self.sampler.tau(),
            largest: R::max_value().wide(),
        }
    }
}
