//! The guidance trait: from the states of a batch to ε_y.

use crate::{GuidanceError, Result};
use equipoise_denoiser::{Denoiser, Linearised, Tape, Unlinearised};
use equipoise_field::{Length, Real, each, sketched, sum};
use equipoise_observation::{Breakdown, Descent};
use equipoise_schedule::Level;
use std::fmt;
use std::ops::Range;

/// What one evaluation cost and how strong it was.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// ‖g‖.
    pub guidance_norm: f64,
    /// Iterations of an inner solver; zero for a direct one.
    pub iterations: usize,
    /// The inner solver's relative residual, where it iterates.
    pub residual: Option<f64>,
    /// What ended the inner solver early, whose last iterate g is made of: a direction of non-positive
    /// curvature, or an iterate longer than a covariance leads to.
    pub breakdown: Option<Breakdown>,
    /// Variances that came out negative and were taken as zero.
    pub floors: usize,
}

/// Writes the evidence of every member: the norm of its g, and how its solve went.
pub(crate) fn witness<R: Real>(
    evidence: &mut [Evidence],
    g: &[R],
    descents: impl IntoIterator<Item = Descent>,
) {
    let len = (g.len() / evidence.len().max(1)).max(1);
    for (evidence, (g, descent)) in evidence.iter_mut().zip(g.chunks_exact(len).zip(descents)) {
        *evidence = Evidence::of(g, descent);
    }
}

/// Writes the norm of every member's g.
pub(crate) fn norms<R: Real>(evidence: &mut [Evidence], g: &[R]) {
    let len = (g.len() / evidence.len().max(1)).max(1);
    for (evidence, g) in evidence.iter_mut().zip(g.chunks_exact(len)) {
        evidence.guidance_norm = sum::norm(g);
    }
}

impl Evidence {
    /// Of a gradient that a descent led to.
    pub(crate) fn of<R: Real>(g: &[R], descent: Descent) -> Self {
        let Descent { solved, breakdown } = descent;
        let (iterations, residual) = (solved.iterations, solved.residual);
        Self { guidance_norm: sum::norm(g), iterations, residual, breakdown, floors: 0 }
    }
}

/// Buffers of one run, sized on first use. A method may keep anything in the named ones while it makes a
/// gradient; `x_hat` and the gradient's own are the caller's.
#[derive(Debug, Default)]
pub struct Scratch<R> {
    pub(crate) x_hat: Vec<R>,
    pub(crate) gradient: Vec<R>,
    pub(crate) tape: Tape,
    /// Room for fields.
    pub field: Vec<R>,
    /// Room for observations, the residuals for most.
    pub residual: Vec<R>,
    /// Room for observations.
    pub weighted: Vec<R>,
    /// Room for observations.
    pub prediction: Vec<R>,
}

impl<R: Real> Scratch<R> {
    /// Empty buffers.
    pub fn new() -> Self {
        Self {
            x_hat: Vec::new(),
            gradient: Vec::new(),
            tape: Tape::new(),
            field: Vec::new(),
            residual: Vec::new(),
            weighted: Vec::new(),
            prediction: Vec::new(),
        }
    }
}

impl<R> Scratch<R> {
    /// x̂ at the states of the last [`Guidance::gradient`], or of the last noise estimate that was made by definition.
    pub fn x_hat(&self) -> &[R] {
        &self.x_hat
    }
}

/// Grows or shrinks a buffer to `len` without caring for its contents.
pub(crate) fn sized<R: Real>(buffer: &mut Vec<R>, len: usize) -> &mut [R] {
    buffer.resize(len, R::zero());
    buffer
}

/// n members at one level, with what the prior makes of them.
pub struct States<'a, 'l, R: Real> {
    /// x_t, n·D numbers, member by member.
    pub x_t: &'a [R],
    /// The level of all.
    pub level: Level,
    /// x̂(x_t), n·D numbers.
    pub x_hat: &'a [R],
    /// J at every x_t; [`Unlinearised`] for a guidance that does not
    /// [need it](Guidance::needs_jacobian).
    pub local: &'a mut (dyn Linearised<R> + 'l),
}

impl<R: Real> States<'_, '_, R> {
    /// Whether there are as many members, of `dim` numbers each, as there is room for evidence, and `g` is as
    /// long.
    ///
    /// # Errors
    /// [`GuidanceError::Length`].
    pub fn check(&self, dim: usize, g: &[R], evidence: &[Evidence]) -> Result<()> {
        let (x_t, x_hat) = (("x_t", self.x_t.len()), ("x_hat", self.x_hat.len()));
        fit(evidence.len(), dim, &[x_t, x_hat, ("g", g.len())])
    }

    /// x_t and x̂ of one member of `dim` numbers.
    pub fn member(&self, k: usize, dim: usize) -> (&[R], &[R]) {
        (&self.x_t[k * dim..(k + 1) * dim], &self.x_hat[k * dim..(k + 1) * dim])
    }
}

impl<R: Real> fmt::Debug for States<'_, '_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("States").field("numbers", &self.x_t.len()).field("level", &self.level).finish()
    }
}

/// Whether x_t and ε_y hold a field of `dim` numbers for every member.
pub(crate) fn fit_estimates<R>(evidence: &[Evidence], dim: usize, x_t: &[R], eps: &[R]) -> Result<()> {
    fit(evidence.len(), dim, &[("x_t", x_t.len()), ("eps", eps.len())])
}

/// Whether buffers hold a field of `dim` numbers for every member.
pub(crate) fn fit(members: usize, dim: usize, buffers: &[(&'static str, usize)]) -> Result<()> {
    if dim == 0 {
        return Err(Length { what: "a field", found: 0, expected: 1 }.into());
    }
    Ok(buffers.iter().try_for_each(|(what, found)| Length::check(what, *found, members * dim))?)
}

/// A guidance g ≈ ∇_{x_t} log p(y | x_t) on top of a denoiser, member by member of a batch.
///
/// What it does for a member depends on nothing of another: norms, factors and inner solves are a member's
/// own, and its bits those that it has alone. What is shared is the model's forward pass and its products.
pub trait Guidance<R: Real>: Send + Sync {
    /// The prior.
    fn denoiser(&self) -> &dyn Denoiser<R>;

    /// Whether [`gradients`](Self::gradients) takes products with J. Where it does not, x̂ is made alone, and a
    /// network keeps nothing for products that nobody asks for.
    fn needs_jacobian(&self) -> bool {
        true
    }

    /// g of every member, n·D numbers, with its evidence, n of them. Overwrites `g` and `evidence`.
    ///
    /// # Errors
    /// [`GuidanceError`]; [`GuidanceError::Length`] for buffers that do not fit.
    fn gradients(
        &self,
        at: &mut States<'_, '_, R>,
        g: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<()>;

    /// ε_y = (x_t − μx̂)/σ − σg of every member, at n states x_t of n·D numbers, with its evidence, n of them.
    /// Overwrites `eps` and `evidence`. A shorter way than that of
    /// [`plain_noise_estimates`](Self::plain_noise_estimates) takes its place here.
    ///
    /// # Errors
    /// [`GuidanceError`]; [`GuidanceError::Length`] for buffers that do not fit.
    fn noise_estimates(
        &self,
        x_t: &[R],
        level: Level,
        eps: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<()> {
        self.plain_noise_estimates(x_t, level, eps, evidence, scratch)
    }

    /// ε_y from x̂ and g: the definition, which a shorter way must agree with. The model runs forward once.
    ///
    /// # Errors
    /// [`GuidanceError`]; [`GuidanceError::Length`] for buffers that do not fit.
    fn plain_noise_estimates(
        &self,
        x_t: &[R],
        level: Level,
        eps: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<()> {
        fit_estimates(evidence, self.denoiser().dim(), x_t, eps)?;
        let mut g = std::mem::take(&mut scratch.gradient);
        sized(&mut g, x_t.len());
        let made = at_states(self, x_t, level, &mut g, evidence, scratch);
        if made.is_ok() {
            let (mu, over_sigma) = (R::narrow(level.mu), R::narrow(1.0 / level.sigma));
            let sigma = R::narrow(level.sigma);
            each::map2(eps, x_t, &scratch.x_hat, |x, h| (x - mu * h) * over_sigma);
            each::update1(eps, &g, |e, g| e - sigma * g);
        }
        scratch.gradient = g;
        made
    }

    /// g at one state. Overwrites `g`.
    ///
    /// # Errors
    /// [`GuidanceError`]; [`GuidanceError::Length`] for buffers that do not fit.
    fn gradient(&self, x_t: &[R], level: Level, g: &mut [R], scratch: &mut Scratch<R>) -> Result<Evidence> {
        let mut evidence = [Evidence::default()];
        at_states(self, x_t, level, g, &mut evidence, scratch)?;
        Ok(evidence[0])
    }

    /// ε_y at one state. Overwrites `eps`.
    ///
    /// # Errors
    /// [`GuidanceError`]; [`GuidanceError::Length`] for buffers that do not fit.
    fn noise_estimate(
        &self,
        x_t: &[R],
        level: Level,
        eps: &mut [R],
        scratch: &mut Scratch<R>,
    ) -> Result<Evidence> {
        let mut evidence = [Evidence::default()];
        self.noise_estimates(x_t, level, eps, &mut evidence, scratch)?;
        Ok(evidence[0])
    }
}

sketched!([R: Real] dyn Guidance<R> + '_, "Guidance", |own| dim = own.denoiser().dim());

/// g with x̂ at x_t, and J where it is needed; leaves x̂ in the scratch.
fn at_states<R: Real, G: Guidance<R> + ?Sized>(
    guidance: &G,
    x_t: &[R],
    level: Level,
    g: &mut [R],
    evidence: &mut [Evidence],
    scratch: &mut Scratch<R>,
) -> Result<()> {
    fit(evidence.len(), guidance.denoiser().dim(), &[("x_t", x_t.len()), ("g", g.len())])?;
    let (mut x_hat, mut tape) = (std::mem::take(&mut scratch.x_hat), std::mem::take(&mut scratch.tape));
    sized(&mut x_hat, x_t.len());
    let denoiser = guidance.denoiser();
    let made = if guidance.needs_jacobian() {
        let linearise = denoiser.linearise(x_t, level, &mut x_hat, &mut tape);
        linearise.map_err(GuidanceError::from).and_then(|mut local| {
            let mut at = States { x_t, level, x_hat: &x_hat, local: &mut *local };
            guidance.gradients(&mut at, g, evidence, scratch)
        })
    } else {
        let estimate = denoiser.estimates(x_t, level, &mut x_hat, &mut tape);
        estimate.map_err(GuidanceError::from).and_then(|()| {
            let mut at = States { x_t, level, x_hat: &x_hat, local: &mut Unlinearised };
            guidance.gradients(&mut at, g, evidence, scratch)
        })
    };
    (scratch.x_hat, scratch.tape) = (x_hat, tape);
    made
}

/// Calls `f` with the places of every member in buffers of `dim` and of `count` numbers a member.
pub(crate) fn each_member(
    members: usize,
    [dim, count]: [usize; 2],
    mut f: impl FnMut(Range<usize>, Range<usize>),
) {
    (0..members).for_each(|k| f(k * dim..(k + 1) * dim, k * count..(k + 1) * count));
}

/// ‖ε̂‖ = ‖x_t − μx̂‖/σ.
pub(crate) fn prior_norm<R: Real>(x_t: &[R], x_hat: &[R], level: Level) -> f64 {
    let square = sum::of(x_t.len(), |i| (x_t[i].wide() - level.mu * x_hat[i].wide()).powi(2));
    square.sqrt() / level.sigma
}
