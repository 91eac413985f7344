//! The composite of a stationary Gaussian window, every frame transformed once.

use crate::filter::Filter;
use crate::flow::{Sink, Source};
use crate::frames::{Gains, Pass, Room};
use crate::plan::{Plan, same};
use crate::rows::Rows;
use crate::{CompositionError, Fold, Result};
use equipoise_covariance::{Covariance, Memo, Pool, Stationary, Structure};
use equipoise_denoiser::{Denoiser, DenoiserError, Give, Jacobian, Linearised, Take, Tape};
use equipoise_field::{Length, Real};
use equipoise_schedule::Level;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Numbers of the filters that are kept, at least those of two levels.
const KEPT: usize = 1 << 24;

/// The composite of windows x ~ N(m, Σ), Σ stationary: that of [`Composition`](crate::Composition) over their Wiener
/// filter x̂ = m + J(x_t − μm), J = μΣ(μ²Σ + σ²I)⁻¹, to rounding.
///
/// J and the discrete Fourier transform of a frame commute with everything that unfolding and folding do, so that a
/// frame is transformed forward and back once, where window by window it is as often as windows hold it. Between, a
/// composite is a filter along time for every wavenumber: C rows of J for each frame, those at its places in the
/// windows whose mean it is. In the middle of a trajectory they repeat with the stride; near its ends they are the
/// first and the last window's.
///
/// Frames flow by: what is held of the transform are 2²⁰ numbers and what reaches into them, whatever L. The rows
/// of a level are made when it is met, from the blocks of Σ in `f64`, and kept for as many levels as hold 2²⁴
/// numbers, at least two.
pub struct GaussianComposition<R: Real> {
    mean: Vec<R>,
    covariance: Arc<dyn Covariance<R>>,
    plan: Plan,
    /// Those of J, and of Σ_i U_iᵀ J U_i over the number of windows that hold a frame.
    rows: [Rows; 2],
    filters: Memo<(bool, [u64; 2]), Arc<Gains<R>>>,
    rooms: Pool<Room<R>>,
}

impl<R: Real> GaussianComposition<R> {
    /// Over `frames` frames, from mean and covariance of a window, whose shape tells w.
    ///
    /// # Errors
    /// [`CompositionError::Unstationary`] unless Σ is stationary, [`CompositionError::Length`] for a mean of another
    /// length, and those of [`Composition::new`](crate::Composition::new).
    pub fn new(mean: Vec<R>, covariance: Arc<dyn Covariance<R>>, frames: usize, fold: Fold) -> Result<Self> {
        let Structure::Stationary(window) = covariance.structure() else {
            return Err(CompositionError::Unstationary);
        };
        let shape = window.shape();
        Length::check("mean of a window", mean.len(), shape.len())?;
        let plan = Plan::of_window(shape.len(), shape.frame(), frames, fold)?;
        let rows = [Rows::new(&plan, |at| plan.sources(at)), Rows::new(&plan, |at| plan.holders(at))];
        let numbers = rows.iter().map(|rows| Filter::numbers(window, rows)).max().unwrap_or(0).max(1);
        let filters = Memo::keeping((KEPT / numbers).max(2));
        Ok(Self { mean, covariance, plan, rows, filters, rooms: Pool::default() })
    }

    /// How many windows a trajectory has.
    pub fn windows(&self) -> usize {
        self.plan.windows()
    }

    /// Numbers of a frame.
    pub fn frame(&self) -> usize {
        self.plan.frame
    }

    /// L.
    pub fn frames(&self) -> usize {
        self.plan.frames
    }

    /// How windows become a trajectory.
    pub fn fold(&self) -> Fold {
        self.plan.fold
    }

    fn window(&self) -> Result<&Stationary<R>, DenoiserError> {
        match self.covariance.structure() {
            Structure::Stationary(window) => Ok(window),
            _ => Err(DenoiserError::Unknown { what: "one block of Σ per wavenumber" }),
        }
    }

    fn rows(&self, positive: bool) -> &Rows {
        &self.rows[usize::from(positive)]
    }

    /// The rows of a level, kept for the next call.
    fn gains(&self, level: Level, positive: bool) -> Result<Arc<Gains<R>>, DenoiserError> {
        self.filters.get((positive, [level.mu.to_bits(), level.sigma.to_bits()]), || {
            let (noise, square) = (level.sigma.powi(2), level.mu.powi(2));
            let rows = self.rows(positive);
            let filter = Filter::new(self.window()?, rows, |l| level.mu * l / (square * l + noise));
            let offsets =
                if positive { Vec::new() } else { self.offsets(rows, &|l| noise / (square * l + noise)) };
            Ok(Arc::new(Gains { filter, offsets }))
        })
    }

    fn offsets(&self, rows: &Rows, rest: &dyn Fn(f64) -> f64) -> Vec<R> {
        if self.mean.iter().all(|m| m.is_zero()) {
            return Vec::new();
        }
        let mut own = vec![R::zero(); self.mean.len()];
        self.covariance.apply(&self.covariance.weights(rest), &self.mean, &mut own);
        let frame = self.plan.frame;
        let row = |places: &[usize], i: usize| {
            let sum: f64 = places.iter().map(|place| own[place * frame + i].wide()).sum();
            R::narrow(sum / places.len() as f64)
        };
        rows.all.iter().flat_map(|r| (0..frame).map(|i| row(&r.places, i)).collect::<Vec<_>>()).collect()
    }
}

/// A pass of one level.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Estimate,
    Vjp,
    Jvp,
}

impl<R: Real> GaussianComposition<R> {
    fn pass(
        &self,
        what: What,
        (level, members): (Level, usize),
        source: Source<'_, R>,
        sink: Sink<'_, R>,
    ) -> Result<(), DenoiserError> {
        let gains = self.gains(level, false)?;
        let (adjoint, estimate) = (what == What::Vjp, what == What::Estimate);
        let (plan, window, rows) = (&self.plan, self.window()?, self.rows(false));
        let pass = Pass { plan, window, rows, gains: &gains, adjoint, estimate };
        self.rooms.with(Room::default, |room| pass.run(room, members, source, sink));
        Ok(())
    }

    /// diag(n)^{½} Ā diag(n)^{−½}(σ²/μ)v, with Ā the mean of J over all n windows that hold a frame: V⁺v.
    fn positive(&self, level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        let gains = self.gains(level, true)?;
        let (plan, window, rows) = (&self.plan, self.window()?, self.rows(true));
        let pass = Pass { plan, window, rows, gains: &gains, adjoint: false, estimate: false };
        let scaled = |at: Range<usize>, out: &mut [R], by: &dyn Fn(usize) -> f64| {
            for (at, out) in (at.start / plan.frame..).zip(out.chunks_exact_mut(plan.frame)) {
                let by = R::narrow(by(at % plan.frames));
                out.iter_mut().for_each(|o| *o = by * *o);
            }
        };
        let mut give = |at: Range<usize>, out: &mut [R]| {
            out.copy_from_slice(&v[at.clone()]);
            scaled(at, out, &|at| plan.root(at));
        };
        let scale = level.sigma * level.sigma / level.mu;
        let mut take = |at: Range<usize>, product: &[R]| {
            out[at.clone()].copy_from_slice(product);
            scaled(at.clone(), &mut out[at], &|at| scale / plan.root(at));
        };
        let (source, sink) = (Source::Given(&mut give), Sink::Taken(&mut take));
        self.rooms.with(Room::default, |room| pass.run(room, v.len() / plan.dim(), source, sink));
        Ok(())
    }

    fn alone(&self, level: Level) -> Constant<'_, R> {
        Constant { composition: self, level, len: self.plan.dim() }
    }
}

impl<R: Real> fmt::Debug for GaussianComposition<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.plan.debug("GaussianComposition", f)
    }
}

impl<R: Real> Denoiser<R> for GaussianComposition<R> {
    fn dim(&self) -> usize {
        self.plan.dim()
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError> {
        self.plan.denoise(self, x_t, level, x_hat)
    }

    /// J does not depend on x_t.
    fn vjp(&self, _x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.alone(level).vjp(v, out)
    }

    fn jvp(&self, _x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.alone(level).jvp(v, out)
    }

    /// V⁺, as that of [`Composition`](crate::Composition): in general not Cov[x | x_t].
    fn covariance(&self, _x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.alone(level).covariance(v, out)
    }

    /// Symmetric for a single window.
    fn jacobian(&self) -> Jacobian {
        if self.windows() == 1 { Jacobian::Symmetric } else { Jacobian::General }
    }

    fn linearise<'a>(
        &'a self,
        x_t: &'a [R],
        level: Level,
        x_hat: &mut [R],
        tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<R> + 'a>, DenoiserError> {
        self.estimates(x_t, level, x_hat, tape)?;
        Ok(Box::new(Constant { composition: self, level, len: x_t.len() }))
    }

    fn estimates(&self, x_t: &[R], level: Level, x_hat: &mut [R], _: &mut Tape) -> Result<(), DenoiserError> {
        let members = self.plan.members(x_t, x_hat)?;
        self.pass(What::Estimate, (level, members), Source::Whole(x_t), Sink::Whole(x_hat))
    }
}

/// J of a level, the same at all states of a batch of `len` numbers.
struct Constant<'a, R: Real> {
    composition: &'a GaussianComposition<R>,
    level: Level,
    len: usize,
}

impl<R: Real> Constant<'_, R> {
    fn on(&self) -> (Level, usize) {
        (self.level, self.len / self.composition.plan.dim())
    }
}

impl<R: Real> Linearised<R> for Constant<'_, R> {
    fn vjp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        same(v, out, self.len)?;
        self.composition.pass(What::Vjp, self.on(), Source::Whole(v), Sink::Whole(out))
    }

    fn vjp_pieces(&mut self, len: usize, give: Give<'_, R>, take: Take<'_, R>) -> Result<(), DenoiserError> {
        Length::check("v", len, self.len)?;
        self.composition.pass(What::Vjp, self.on(), Source::Given(give), Sink::Taken(take))
    }

    fn jvp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        same(v, out, self.len)?;
        self.composition.pass(What::Jvp, self.on(), Source::Whole(v), Sink::Whole(out))
    }

    fn covariance(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        same(v, out, self.len)?;
        self.composition.positive(self.level, v, out)
    }
}
