//! The steps of a run in the tiles: predictor, corrections, and the members' accounts.

use super::run::LatticeRun;
use crate::account::{Account, Norms};
use crate::plan::Plan;
use crate::{Peak, Result, Weighing};
use equipoise_field::Real;
use equipoise_schedule::Level;

/// Steps that members take before they are looked at, where no norm decides on the way: few passes
/// over the members' account, and a block stays in cache for as long.
const TOGETHER: usize = 32;

/// x ← keep · x + along · (ε̂ − factor · σg).
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub(super) keep: f64,
    pub(super) along: f64,
    pub(super) factor: f64,
}

/// A predictor step that asks for no norm.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) level: Level,
    pub(super) weighing: Weighing,
    pub(super) movement: Move,
}

impl Move {
    /// x ← (μ′/μ) x + (σ′ − (μ′/μ)σ) ε_y.
    fn predictor(now: Level, then: Level, factor: f64) -> Self {
        let keep = then.mu / now.mu;
        Self { keep, along: then.sigma - keep * now.sigma, factor }
    }
}

impl<R: Real> LatticeRun<'_, R> {
    /// All steps of all members.
    pub(crate) fn run(&mut self, plan: &Plan<'_>) -> Result<Vec<Account>> {
        let mut accounts = vec![Account::default(); self.members()];
        match (plan.corrections, plan.likelihood.steady_factor()) {
            (0, Some(factor)) => self.predict(plan, factor, &mut accounts)?,
            _ => self.predict_and_correct(plan, &mut accounts)?,
        }
        Ok(accounts)
    }

    /// All predictor steps under one factor, without corrections.
    fn predict(&mut self, plan: &Plan<'_>, factor: f64, accounts: &mut [Account]) -> Result<()> {
        let step = |index: usize| {
            let now = plan.evaluable(index)?;
            let movement = Move::predictor(now, plan.levels[index + 1], factor);
            Ok(Step { level: now, weighing: plan.likelihood.at(now)?, movement })
        };
        let steps: Vec<Step> = (0..plan.steps()).map(step).collect::<Result<_>>()?;
        for (round, steps) in steps.chunks(TOGETHER).enumerate() {
            let seen = self.walk(steps)?;
            for (k, (step, seen)) in steps.iter().zip(seen).enumerate() {
                let (norms, squares): (Vec<Norms>, Vec<f64>) = seen.into_iter().unzip();
                let dim = self.dim();
                accounts.iter_mut().zip(norms).for_each(|(a, n)| a.record(n, factor, step.level.sigma, dim));
                self.inspect(plan, round * TOGETHER + k + 1, &squares, accounts);
            }
        }
        Ok(())
    }

    fn predict_and_correct(&mut self, plan: &Plan<'_>, accounts: &mut [Account]) -> Result<()> {
        for index in 0..plan.steps() {
            if accounts.iter().all(|account| account.lost.is_some()) {
                break;
            }
            let (now, then) = (plan.evaluable(index)?, plan.levels[index + 1]);
            self.follow(plan, now, accounts, |factor, _| Move::predictor(now, then, factor))?;
            let corrections = plan.corrections_after(index);
            for j in 0..corrections {
                self.correct(plan, plan.evaluable(index + 1)?, (index * corrections + j) as u64, accounts)?;
            }
            self.inspect(plan, index + 1, &self.squared_norms(), accounts);
        }
        Ok(())
    }

    /// One Langevin correction.
    fn correct(&mut self, plan: &Plan<'_>, level: Level, draw: u64, accounts: &mut [Account]) -> Result<()> {
        let scale = plan.tau * self.dim() as f64;
        let mut kicks = Vec::with_capacity(accounts.len());
        self.follow(plan, level, accounts, |factor, norms| {
            let delta = scale / norms.guided(factor);
            kicks.push(level.sigma * (2.0 * delta).sqrt());
            Move { keep: 1.0, along: -level.sigma * delta, factor }
        })?;
        self.kick(&kicks, draw);
        Ok(())
    }

    /// Evaluates at `level` and moves every member as `step` says from its factor and its norms.
    fn follow(
        &mut self,
        plan: &Plan<'_>,
        level: Level,
        accounts: &mut [Account],
        mut step: impl FnMut(f64, Norms) -> Move,
    ) -> Result<()> {
        let norms = self.evaluate(level, &plan.likelihood.at(level)?)?;
        let mut moves = Vec::with_capacity(norms.len());
        for (account, norms) in accounts.iter_mut().zip(norms) {
            let factor = plan.likelihood.factor(norms.prior.sqrt(), norms.pull.sqrt());
            moves.push(step(factor, norms));
            account.record(norms, factor, level.sigma, self.dim());
        }
        self.advance(&moves);
        Ok(())
    }

    /// Records the size of every member at entry `at` of the grid, and takes out those beyond the range of `R`.
    fn inspect(&mut self, plan: &Plan<'_>, at: usize, squares: &[f64], accounts: &mut [Account]) {
        let (t, dim) = (plan.times[at], self.dim() as f64);
        for (m, (account, square)) in accounts.iter_mut().zip(squares).enumerate() {
            if account.lost.is_some() {
                continue;
            }
            let rms = (square / dim).sqrt();
            if rms > account.trace.peak.rms {
                account.trace.peak = Peak { t, rms };
            }
            if rms.is_nan() || rms > plan.largest {
                account.lost = Some((t, rms));
                self.clear(m);
            }
        }
    }
}
