//! The run: predictor steps, corrections, and how it ends.

use crate::account::Account;
use crate::dynamics::{Dynamics, Move, Norms, Step};
use crate::lattice::LatticeRun;
use crate::modes::ModesRun;
use crate::outcome::Kind;
use crate::plan::{Plan, evaluable};
use crate::space::{Data, Parts};
use crate::{Coefficients, Draws, Likelihood, Outcome, Peak, ReducedError, ReducedSpace, Start};
use crate::{Weighing, error};
use equipoise_field::Real;
use equipoise_observation::Observed;
use equipoise_sampler::PredictorCorrector;
use equipoise_schedule::{Level, Schedule};
use equipoise_stream::Stream;
use std::fmt;
use std::sync::Arc;

/// Steps that members take before they are looked at, where no norm decides on the way: few passes
/// over the members' account, and a block stays in cache for as long.
const TOGETHER: usize = 32;

/// A predictor–corrector under one law and one observation, in reduced coordinates.
pub struct Reduced<R: Real> {
    space: Arc<ReducedSpace<R>>,
    data: Data<R>,
    likelihood: Likelihood,
    schedule: Arc<dyn Schedule>,
    sampler: PredictorCorrector,
}

/// x ← (μ′/μ) x + (σ′ − (μ′/μ)σ) ε_y.
fn predictor(now: Level, then: Level, factor: f64) -> Move {
    let keep = then.mu / now.mu;
    Move { keep, along: then.sigma - keep * now.sigma, factor }
}

impl<R: Real> fmt::Debug for Reduced<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reduced").field("space", &self.space).finish_non_exhaustive()
    }
}

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
    ) -> Result<Self, ReducedError> {
        let data = space.data(observation)?;
        Ok(Self { space, data, likelihood, schedule, sampler })
    }

    /// One member, as [`ensemble`](Self::ensemble) runs several.
    ///
    /// # Errors
    /// Those of [`ensemble`](Self::ensemble).
    pub fn run(&self, draws: &Draws<'_, R>) -> Result<Outcome, ReducedError> {
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
    pub fn ensemble(&self, members: &[Draws<'_, R>]) -> Result<Vec<Outcome>, ReducedError> {
        self.along(self.sampler.grid(), members)
    }

    /// The first `steps` predictor steps of [`run`](Self::run), or all of them, with their corrections: the
    /// state that it passes through.
    ///
    /// # Errors
    /// Those of [`ensemble`](Self::ensemble).
    pub fn run_until(&self, steps: usize, draws: &Draws<'_, R>) -> Result<Outcome, ReducedError> {
        let grid = self.sampler.grid();
        let times = &grid[..grid.len().min(steps.saturating_add(1))];
        Ok(self.along(times, std::slice::from_ref(draws))?.remove(0))
    }

    fn along(&self, grid: &[f64], members: &[Draws<'_, R>]) -> Result<Vec<Outcome>, ReducedError> {
        let level = |t: Option<&f64>| self.schedule.level(t.copied().unwrap_or(1.0));
        let (first, last) = (level(grid.first()), level(grid.last()));
        let langevin: Vec<Stream> = members.iter().map(|draws| draws.langevin).collect();
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
                Ok(finish(accounts, &|m| Kind::Modes(run.end(m, langevin[m]))))
            }
            (Parts::Lattice(space), Data::Lattice(data)) => {
                let kicks = self.sampler.corrections() * grid.len().saturating_sub(1);
                let mut run = LatticeRun::new(space, data, members, first, kicks)?;
                let accounts = self.advance(&mut run, grid, &langevin)?;
                Ok(finish(accounts, &|m| Kind::Lattice(run.end(m))))
            }
            _ => unreachable!("the data were made by the space"),
        }
    }

    /// out = x at the end of a run, given the start that it ran from. Overwrites `out`, of length D.
    ///
    /// # Errors
    /// [`ReducedError::Length`], [`ReducedError::Foreign`] for coefficients of another space.
    pub fn expand(&self, start: Start<'_, R>, end: &Coefficients, out: &mut [R]) -> Result<(), ReducedError> {
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

    fn advance(
        &self,
        run: &mut dyn Dynamics,
        grid: &[f64],
        langevin: &[Stream],
    ) -> Result<Vec<Account>, ReducedError> {
        let mut accounts = vec![Account::default(); langevin.len()];
        let corrections = self.sampler.corrections();
        if let (0, Some(factor)) = (corrections, self.likelihood.steady_factor()) {
            self.walk(run, grid, factor, &mut accounts)?;
            return Ok(accounts);
        }
        for (index, times) in grid.windows(2).enumerate() {
            if accounts.iter().all(|account| account.lost.is_some()) {
                break;
            }
            let (t, next) = (times[0], times[1]);
            let now = self.level(t)?;
            let then = self.schedule.level(next);
            self.follow(run, now, &mut accounts, |factor, _| predictor(now, then, factor))?;
            // A correction is proportional to σ, and without noise ε̂ has no value.
            let corrections = if then.sigma > 0.0 { corrections } else { 0 };
            for j in 0..corrections {
                self.correct(run, next, (index * corrections + j) as u64, &mut accounts, langevin)?;
            }
            let squares = run.squared_norms();
            self.inspect(run, next, &squares, &mut accounts);
        }
        Ok(accounts)
    }

    /// All predictor steps under one factor, without corrections.
    fn walk(
        &self,
        run: &mut dyn Dynamics,
        grid: &[f64],
        factor: f64,
        accounts: &mut [Account],
    ) -> Result<(), ReducedError> {
        let step = |times: &[f64]| {
            let (now, then) = (self.level(times[0])?, self.schedule.level(times[1]));
            let movement = predictor(now, then, factor);
            Ok(Step { level: now, weighing: self.likelihood.at(now)?, movement })
        };
        let steps: Vec<Step> = grid.windows(2).map(step).collect::<Result<_, ReducedError>>()?;
        let ends = grid.get(1..).unwrap_or_default();
        for (steps, ends) in steps.chunks(TOGETHER).zip(ends.chunks(TOGETHER)) {
            let seen = run.walk(steps)?;
            for ((step, next), seen) in steps.iter().zip(ends).zip(seen) {
                let (norms, squares): (Vec<Norms>, Vec<f64>) = seen.into_iter().unzip();
                let dim = self.space.dim();
                accounts.iter_mut().zip(norms).for_each(|(a, n)| a.record(n, factor, step.level.sigma, dim));
                self.inspect(run, *next, &squares, accounts);
            }
        }
        Ok(())
    }

    /// One Langevin correction at `t`.
    fn correct(
        &self,
        run: &mut dyn Dynamics,
        t: f64,
        draw: u64,
        accounts: &mut [Account],
        langevin: &[Stream],
    ) -> Result<(), ReducedError> {
        let level = self.level(t)?;
        let scale = self.sampler.tau() * self.space.dim() as f64;
        let mut kicks = Vec::with_capacity(accounts.len());
        self.follow(run, level, accounts, |factor, norms| {
            let delta = scale / norms.guided(factor);
            kicks.push(level.sigma * (2.0 * delta).sqrt());
            Move { keep: 1.0, along: -level.sigma * delta, factor }
        })?;
        run.kick(&kicks, draw, langevin);
        Ok(())
    }

    /// Evaluates at `level` and moves every member as `step` says from its factor and its norms.
    fn follow(
        &self,
        run: &mut dyn Dynamics,
        level: Level,
        accounts: &mut [Account],
        mut step: impl FnMut(f64, Norms) -> Move,
    ) -> Result<(), ReducedError> {
        let weighing: Weighing = self.likelihood.at(level)?;
        let norms = run.evaluate(level, &weighing)?;
        let mut moves = Vec::with_capacity(norms.len());
        for (account, norms) in accounts.iter_mut().zip(norms) {
            let factor = self.likelihood.factor(norms.prior.sqrt(), norms.pull.sqrt());
            moves.push(step(factor, norms));
            account.record(norms, factor, level.sigma, self.space.dim());
        }
        run.advance(&moves);
        Ok(())
    }

    /// Records the size of every member, and takes out those beyond the range of `R`.
    fn inspect(&self, run: &mut dyn Dynamics, t: f64, squares: &[f64], accounts: &mut [Account]) {
        let (dim, largest) = (self.space.dim() as f64, R::max_value().wide());
        for (m, (account, square)) in accounts.iter_mut().zip(squares).enumerate() {
            if account.lost.is_some() {
                continue;
            }
            let rms = (square / dim).sqrt();
            if rms > account.trace.peak.rms {
                account.trace.peak = Peak { t, rms };
            }
            if rms.is_nan() || rms > largest {
                account.lost = Some((t, rms));
                run.clear(m);
            }
        }
    }

    /// The level at `t`, where there is noise to estimate.
    fn level(&self, t: f64) -> Result<Level, ReducedError> {
        evaluable(t, self.schedule.level(t))
    }
}
