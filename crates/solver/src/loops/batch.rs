//! The members of a loop that are under way, and the one run of the model that serves them all.

use super::Annealing;
use super::walk::Walk;
use crate::{Member, Result};
use equipoise_denoiser::Tape;
use equipoise_field::{Real, each, sum};
use equipoise_guidance::{GuidanceError, Scratch, States};
use equipoise_sampler::{Outcome, noisy_level};
use equipoise_schedule::Level;

/// Members at one time, each with what a method keeps of its own in `S`.
///
/// They share the model, which is linearised once for all of them, and nothing else: a member's bits are
/// those that it has alone. One whose state is not finite leaves the batch.
pub(crate) struct Batch<'a, R: Real, S = ()> {
    pub(super) annealing: &'a Annealing<R>,
    walks: Vec<Walk<'a, R, S>>,
    /// The place of each among those that began.
    places: Vec<usize>,
    ended: Vec<(usize, Outcome<R>)>,
    /// x_t and x̂ of all, member by member, and two fields a member for products with J.
    x_t: Vec<R>,
    x_hat: Vec<R>,
    room: [Vec<R>; 2],
    tape: Tape,
    /// Room of a guidance that a method asks.
    pub(super) scratch: Scratch<R>,
}

impl<'a, R: Real, S: Send> Batch<'a, R, S> {
    pub(super) fn of(annealing: &'a Annealing<R>, walks: Vec<Walk<'a, R, S>>) -> Self {
        Self {
            annealing,
            places: (0..walks.len()).collect(),
            walks,
            ended: Vec::new(),
            x_t: Vec::new(),
            x_hat: Vec::new(),
            room: [Vec::new(), Vec::new()],
            tape: Tape::new(),
            scratch: Scratch::new(),
        }
    }

    /// From draw 0 of every member's start, at the first level of the grid.
    pub(super) fn start(annealing: &'a Annealing<R>, members: &[Member], own: impl Fn() -> S) -> Self {
        let first = annealing.schedule.level(annealing.grid.first().copied().unwrap_or(1.0));
        let walk = |member: &Member| {
            let start = annealing.start.draw(annealing.dim(), first, member.start);
            Walk::new(annealing, start, member.langevin, own())
        };
        Self::of(annealing, members.iter().map(walk).collect())
    }

    /// μ and σ at `t`.
    pub(super) fn level(&self, t: f64) -> Level {
        self.annealing.schedule.level(t)
    }

    /// Whether no member is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.walks.is_empty()
    }

    /// `f` of every member.
    pub(super) fn each(&mut self, f: impl Fn(&mut Walk<'a, R, S>) + Sync) {
        each(&mut self.walks, f);
    }

    /// x̂ ← x̂(x, t) of every member; returns the level at `t`. Counts as one evaluation, in which the model
    /// keeps nothing for products.
    pub(super) fn denoise(&mut self, t: f64) -> Result<Level> {
        let level = self.gathered(t)?;
        let Self { annealing, x_t, x_hat, tape, .. } = self;
        annealing.denoiser.estimates(x_t, level, x_hat, tape).map_err(GuidanceError::from)?;
        estimated(x_hat, &mut self.walks);
        Ok(level)
    }

    /// x_t ← x of every member, with room for x̂; returns the level at `t`.
    fn gathered(&mut self, t: f64) -> Result<Level> {
        let level = noisy_level(&*self.annealing.schedule, t)?;
        gather(&self.walks, |walk| &walk.x, &mut self.x_t);
        self.x_hat.resize(self.x_t.len(), R::zero());
        Ok(level)
    }

    /// The same, and what `products` makes of J there.
    pub(super) fn linearised(
        &mut self,
        t: f64,
        products: impl FnOnce(&mut [Walk<'a, R, S>], &mut States<'_, '_, R>) -> Result<()>,
    ) -> Result<Level> {
        let level = self.gathered(t)?;
        let Self { annealing, walks, x_t, x_hat, tape, .. } = self;
        let linearise = annealing.denoiser.linearise(x_t, level, x_hat, tape);
        let mut local = linearise.map_err(GuidanceError::from)?;
        estimated(x_hat, walks);
        products(walks, &mut States { x_t, level, x_hat, local: &mut *local })?;
        Ok(level)
    }

    /// x̂ as [`denoise`](Self::denoise), and field ← ∇_{x_t}‖r‖ = −JᵀA′ᵀ r/‖r‖ with r = y − A(x̂) of every
    /// member, zero where r is. One vjp of the denoiser for all; overwrites `z` and `residual`.
    pub(super) fn misfit_gradients(&mut self, t: f64) -> Result<Level> {
        let [mut v, mut g] = std::mem::take(&mut self.room);
        let level = self.linearised(t, |walks, at| {
            each(walks, Walk::pull_back_misfit);
            gather(walks, |walk| &walk.z, &mut v);
            g.resize(v.len(), R::zero());
            at.local.vjp(&v, &mut g).map_err(GuidanceError::from)?;
            scatter(&g, walks, |walk| &mut walk.field);
            Ok(())
        })?;
        self.room = [v, g];
        self.each(|walk| walk.trace.guidance_norm = sum::norm(&walk.field));
        Ok(level)
    }

    /// Records the size of every state, reached at `t`, and ends the members whose state is not finite.
    pub(super) fn inspect(&mut self, t: f64, level: Level) {
        for k in (0..self.walks.len()).rev() {
            let walk = &mut self.walks[k];
            if let Some(non_finite) = walk.trace.inspect(&walk.x, t, level, self.annealing.bound) {
                let Walk { x, trace, .. } = self.walks.remove(k);
                self.ended.push((self.places.remove(k), Outcome::Diverged { x, t, non_finite, trace }));
            }
        }
    }

    /// How every member ended, in the order in which they began.
    pub(super) fn finish(mut self) -> Vec<Outcome<R>> {
        let finished = |Walk { x, trace, .. }| Outcome::Finished { x, trace };
        self.ended.extend(self.places.into_iter().zip(self.walks.into_iter().map(finished)));
        self.ended.sort_by_key(|(place, _)| *place);
        self.ended.into_iter().map(|(_, outcome)| outcome).collect()
    }

    /// The fields for the method's use of all members under way, one after the other.
    pub(super) fn into_field(self) -> Vec<R> {
        self.walks.into_iter().flat_map(|walk| walk.field).collect()
    }

    /// The only member of a batch of one.
    #[cfg(test)]
    pub(super) fn only(&mut self) -> &mut Walk<'a, R, S> {
        assert_eq!(self.walks.len(), 1);
        &mut self.walks[0]
    }
}

/// x̂ of every member to its own, which counts as an evaluation.
fn estimated<R: Real, S>(x_hat: &[R], walks: &mut [Walk<'_, R, S>]) {
    scatter(x_hat, walks, |walk| &mut walk.x_hat);
    walks.iter_mut().for_each(|walk| walk.trace.evaluations += 1);
}

/// `f` of every member: side by side, or one after the other where a long field keeps all threads busy.
fn each<'a, R: Real, S: Send>(walks: &mut [Walk<'a, R, S>], f: impl Fn(&mut Walk<'a, R, S>) + Sync) {
    let long = walks.first().is_some_and(|walk| walk.x.len() >= sum::PARALLEL_FROM);
    if long || walks.len() < 2 {
        walks.iter_mut().for_each(f);
    } else {
        each::entry(walks, |_, walk| f(walk));
    }
}

/// A field of every member, one after the other. Overwrites `all`.
pub(super) fn gather<'a, R: Real, S>(
    walks: &[Walk<'a, R, S>],
    field: impl for<'w> Fn(&'w Walk<'a, R, S>) -> &'w Vec<R>,
    all: &mut Vec<R>,
) {
    all.clear();
    walks.iter().for_each(|walk| all.extend_from_slice(field(walk)));
}

/// The way back.
pub(super) fn scatter<'a, R: Real, S>(
    all: &[R],
    walks: &mut [Walk<'a, R, S>],
    field: impl for<'w> Fn(&'w mut Walk<'a, R, S>) -> &'w mut Vec<R>,
) {
    let mut rest = all;
    for walk in walks {
        let field = field(walk);
        let (own, others) = rest.split_at(field.len());
        field.copy_from_slice(own);
        rest = others;
    }
}
