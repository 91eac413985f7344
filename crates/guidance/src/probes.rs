//! What a denoiser looks like through an operator, from vjp products with keyed random probes.

use crate::guide::fit;
use crate::{GuidanceError, LevelTable, Result};
use equipoise_denoiser::{Denoiser, Jacobian, Linearised, Tape};
use equipoise_field::{Real, each, sum};
use equipoise_observation::Observed;
use equipoise_scaling::TraceRatio;
use equipoise_scaling::{Law, ScalingError, active, matched};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Standard errors that the v of `active` must lie above zero.
const CERTAIN: f64 = 2.0;

/// Representative states x_t of a level.
pub type StatesOf<R> = dyn Fn(Level) -> Vec<Vec<R>> + Send + Sync;

/// Where the Jacobian of a denoiser is probed, and how often.
#[derive(Clone)]
pub struct Probes<R> {
    /// At least one state a level, such as [`forward_noised`] fields or those of an earlier run.
    pub states: Arc<StatesOf<R>>,
    /// Random vectors a level, at least two. Number i meets the states' number i mod their count, so
    /// that standard errors hold the spread over states too.
    pub count: usize,
    /// Named by what is observed; the level is added to its key.
    pub stream: Stream,
}

impl<R> fmt::Debug for Probes<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, stream, .. } = self;
        f.debug_struct("Probes").field("count", count).field("stream", stream).finish_non_exhaustive()
    }
}

/// x_t = μx + σε for each field x, with the same ε ~ N(0, I) at every level: draw i of `stream` for
/// field i.
pub fn forward_noised<R: Real>(clean: Arc<[Vec<R>]>, stream: Stream) -> Arc<StatesOf<R>> {
    Arc::new(move |level| {
        let (mu, sigma) = (R::narrow(level.mu), R::narrow(level.sigma));
        let noised = |(i, x): (usize, &Vec<R>)| {
            let mut x_t: Vec<R> = stream.normal(i as u64, x.len());
            each::update1(&mut x_t, x, |e, x| mu * x + sigma * e);
            x_t
        };
        clean.iter().enumerate().map(noised).collect()
    })
}

/// A denoiser with the operator that its fields are seen through.
#[derive(Clone)]
pub(crate) struct Seen<R: Real> {
    pub(crate) denoiser: Arc<dyn Denoiser<R>>,
    pub(crate) observation: Arc<Observed<R>>,
}

/// The states of a level, with the denoiser linearised there: as a batch, once.
pub(crate) struct Sites<'a, R: Real> {
    pub(crate) observation: &'a Observed<R>,
    pub(crate) level: Level,
    pub(crate) x_hat: Vec<R>,
    pub(crate) local: Box<dyn Linearised<R> + 'a>,
}

impl<R: Real> Sites<'_, R> {
    /// How many states there are.
    pub(crate) fn count(&self) -> usize {
        self.x_hat.len() / self.observation.dim()
    }

    /// x̂ of state k.
    pub(crate) fn x_hat(&self, k: usize) -> &[R] {
        let dim = self.observation.dim();
        &self.x_hat[k * dim..(k + 1) * dim]
    }
}

impl<R: Real> Seen<R> {
    /// What `work` makes of `count` probes, each at its state: it is given the sites and the numbers of one
    /// probe for every state, the last time for the first few only. States that are more than a
    /// [`batch`](Denoiser::batch) of the denoiser come one at a time, so that what it keeps of one is never made again.
    pub(crate) fn at_sites<T>(
        &self,
        level: Level,
        probes: &Probes<R>,
        mut work: impl FnMut(&mut Sites<'_, R>, Range<usize>) -> Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        let (states, dim) = ((probes.states)(level), self.observation.dim());
        for (what, found, least) in [("states", states.len(), 1), ("random vectors", probes.count, 2)] {
            if found < least {
                return Err(GuidanceError::Probes { what, found, least });
            }
        }
        for x_t in &states {
            fit(1, dim, &[("state", x_t.len())])?;
        }
        let each = if self.denoiser.batch() < states.len() { 1 } else { states.len() };
        let (mut tape, mut found) = (Tape::new(), Vec::with_capacity(probes.count));
        for (chunk, x_t) in states.concat().chunks(each * dim).enumerate() {
            let mut x_hat = vec![R::zero(); x_t.len()];
            let local = self.denoiser.linearise(x_t, level, &mut x_hat, &mut tape)?;
            let mut sites = Sites { observation: &self.observation, level, x_hat, local };
            for first in (chunk * each..probes.count).step_by(states.len()) {
                let range = first..probes.count.min(first + sites.count());
                found.extend(range.clone().zip(work(&mut sites, range)?));
            }
        }
        found.sort_by_key(|(probe, _)| *probe);
        Ok(found.into_iter().map(|(_, made)| made).collect())
    }
}

/// (zᵀB·A V Aᵀz, zᵀBz) of a probe, for the weights of `matched` and of `active`.
type Pair = [(f64, f64); 2];

/// What tr(B·A V Aᵀ)/tr B is made of at every level, V = (σ²/μ)J: two vjps a probe, for `matched` and `active` together.
#[derive(Debug)]
pub struct ProbedTraces {
    jacobian: Jacobian,
    /// The smallest s².
    least: f64,
    pairs: LevelTable<Vec<Pair>>,
}

impl ProbedTraces {
    /// Of a denoiser seen through an operator; the values that were observed do not count.
    ///
    /// Two vjps and three products with A or its adjoint, of a J that need not be symmetric five, for each random
    /// vector of a level, and one linearisation of the denoiser at every state of it, when a level is
    /// [prepared](Self::prepare) or first asked for.
    pub fn new<R: Real>(
        denoiser: &Arc<dyn Denoiser<R>>,
        observation: &Arc<Observed<R>>,
        probes: &Probes<R>,
    ) -> Self {
        let (noise, jacobian) = (observation.noise(), denoiser.jacobian());
        let least = (0..observation.count()).map(|i| noise.at(i)).fold(f64::INFINITY, f64::min);
        let seen = Seen { denoiser: Arc::clone(denoiser), observation: Arc::clone(observation) };
        let probes = probes.clone();
        let pairs = move |level: Level| {
            let stream = probes.stream.real(level.mu).real(level.sigma);
            seen.at_sites(level, &probes, |sites, range| sites.pairs(range, stream, jacobian))
        };
        Self { jacobian, least, pairs: LevelTable::new(pairs) }
    }

    /// Probes those of `levels` that were not, on all threads.
    ///
    /// # Errors
    /// [`GuidanceError::Probes`] for too few states or vectors, and those of the denoiser.
    pub fn prepare(&self, levels: &[Level]) -> Result<()> {
        self.pairs.prepare(levels)
    }

    /// The ratio of a law at a level. Where J need not be symmetric a ratio below zero, which no covariance has, is
    /// none.
    pub(crate) fn ratio(&self, law: Law, level: Level) -> Result<ProbedRatio> {
        let admits = |ratio: &TraceRatio| self.jacobian == Jacobian::Symmetric || ratio.value >= 0.0;
        let pairs = self.pairs.get(level)?;
        let [matched, active] = [0, 1].map(|law| pairs.iter().map(|p| p[law]).collect::<Vec<_>>());
        if law == Law::Active
            && let Ok((ratio, variance)) = self.estimated(&active, active::variance)
            && ratio.standard_error.is_some_and(|error| CERTAIN * error < variance)
            && admits(&ratio)
        {
            return Ok(ProbedRatio { ratio, replaced: false });
        }
        let fault = |cause| GuidanceError::Traces { mu: level.mu, sigma: level.sigma, cause };
        let (ratio, _) = self.estimated(&matched, matched::variance).map_err(fault)?;
        if !admits(&ratio) {
            return Err(GuidanceError::Indefinite { mu: level.mu, sigma: level.sigma, ratio: ratio.value });
        }
        Ok(ProbedRatio { ratio, replaced: law == Law::Active })
    }

    /// The ratio, and v with the smallest s².
    fn estimated(
        &self,
        pairs: &[(f64, f64)],
        variance: impl Fn(f64, f64, f64) -> Result<f64, ScalingError>,
    ) -> Result<(TraceRatio, f64), ScalingError> {
        let ratio = TraceRatio::estimated(pairs);
        let weight = pairs.iter().map(|p| p.1).sum::<f64>() / pairs.len() as f64;
        Ok((ratio, variance(self.least.sqrt(), ratio.value * weight, weight)?))
    }
}

/// A ratio of traces, and whether it is the matched law's for want of another.
pub(crate) struct ProbedRatio {
    pub(crate) ratio: TraceRatio,
    pub(crate) replaced: bool,
}

impl<R: Real> Sites<'_, R> {
    /// (zᵀB·A V Aᵀz, zᵀBz) for the weights of `matched` and of `active`, of the probes in `range`.
    ///
    /// A J that is not symmetric leaves B = A J JᵀAᵀ and B′ = A(½(J + Jᵀ) − μJ Jᵀ)Aᵀ, which are, and of V only its
    /// symmetric part counts: with u = A JᵀAᵀz, p = JᵀAᵀz and q = JᵀAᵀu they are zᵀBz = ‖p‖², zᵀBu = ⟨p, q⟩,
    /// zᵀB′z = ⟨z, u⟩ − μ‖p‖² and zᵀB′u = ½(‖u‖² + ⟨z, A q⟩) − μ⟨p, q⟩.
    fn pairs(&mut self, range: Range<usize>, stream: Stream, jacobian: Jacobian) -> Result<Vec<Pair>> {
        let (seen, dim, count) = (self.observation, self.observation.dim(), self.observation.count());
        let (mut once, mut twice) = (vec![R::zero(); self.x_hat.len()], vec![R::zero(); self.x_hat.len()]);
        let z: Vec<Vec<R>> = range.map(|probe| stream.normal(probe as u64, count)).collect();
        for (k, (z, out)) in z.iter().zip(twice.chunks_exact_mut(dim)).enumerate() {
            seen.pull_back(self.x_hat(k), z, out);
        }
        self.local.vjp(&twice, &mut once)?;
        if jacobian == Jacobian::General {
            return self.pairs_of_any(&z, &once, &mut twice);
        }
        self.local.vjp(&once, &mut twice)?;
        let (mut first, mut second) = (vec![R::zero(); count], vec![R::zero(); count]);
        let mu = R::narrow(self.level.mu);
        let scale = self.level.sigma * self.level.sigma / self.level.mu;
        let pair = |(k, z): (usize, &Vec<R>)| {
            seen.push_forward(self.x_hat(k), &once[k * dim..(k + 1) * dim], &mut first);
            seen.push_forward(self.x_hat(k), &twice[k * dim..(k + 1) * dim], &mut second);
            let active: Vec<R> = first.iter().zip(&second).map(|(j, jj)| *j - mu * *jj).collect();
            [&second, &active].map(|weighted| (scale * sum::dot(weighted, &first), sum::dot(z, weighted)))
        };
        Ok(z.iter().enumerate().map(pair).collect())
    }

    /// The same of a J that need not be symmetric, from z and p = JᵀAᵀz of every state, with room for q.
    fn pairs_of_any(&mut self, z: &[Vec<R>], p: &[R], room: &mut [R]) -> Result<Vec<Pair>> {
        let (seen, dim, count) = (self.observation, self.observation.dim(), self.observation.count());
        let mut u = vec![vec![R::zero(); count]; z.len()];
        for (k, u) in u.iter_mut().enumerate() {
            seen.push_forward(self.x_hat(k), &p[k * dim..(k + 1) * dim], u);
            seen.pull_back(self.x_hat(k), u, &mut room[k * dim..(k + 1) * dim]);
        }
        let mut q = vec![R::zero(); room.len()];
        self.local.vjp(room, &mut q)?;
        let (mu, scale) = (self.level.mu, self.level.sigma * self.level.sigma / self.level.mu);
        let mut seen_q = vec![R::zero(); count];
        let pair = |(k, (z, u)): (usize, (&Vec<R>, &Vec<R>))| {
            let [p, q] = [p, &q].map(|of| &of[k * dim..(k + 1) * dim]);
            seen.push_forward(self.x_hat(k), q, &mut seen_q);
            let (square, across) = (sum::squared_norm(p), sum::dot(p, q));
            let half = 0.5 * (sum::squared_norm(u) + sum::dot(z, &seen_q));
            [(scale * across, square), (scale * (half - mu * across), sum::dot(z, u) - mu * square)]
        };
        Ok(z.iter().zip(&u).enumerate().map(pair).collect())
    }
}
