//! The guidance trait: from (x_t, t) to ε_y.

use crate::GuidanceError;
use equipoise_denoiser::Denoiser;
use equipoise_field::{Real, each, sum};
use equipoise_observation::{Breakdown, Descent};
use equipoise_schedule::Level;

/// What one evaluation cost and how strong it was.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// ‖g‖.
    pub guidance_norm: f64,
    /// Iterations of an inner solver; zero for a direct one.
    pub iterations: usize,
    /// The inner solver's relative residual, where it iterates.
    pub residual: Option<f64>,
    /// The direction of non-positive curvature that ended the inner solver, whose last iterate g is
    /// made of.
    pub breakdown: Option<Breakdown>,
    /// Variances that came out negative and were taken as zero.
    pub floors: usize,
}

impl Evidence {
    /// Of a gradient that a descent led to.
    pub(crate) fn of<R: Real>(g: &[R], descent: Descent) -> Self {
        let Descent { solved, breakdown } = descent;
        let (iterations, residual) = (solved.iterations, solved.residual);
        Self { guidance_norm: sum::norm(g), iterations, residual, breakdown, floors: 0 }
    }
}

/// Buffers of one run, sized on first use.
#[derive(Clone, Debug, Default)]
pub struct Scratch<R> {
    pub(crate) x_hat: Vec<R>,
    pub(crate) gradient: Vec<R>,
    pub(crate) field: Vec<R>,
    pub(crate) residual: Vec<R>,
    pub(crate) weighted: Vec<R>,
    pub(crate) prediction: Vec<R>,
}

impl<R: Real> Scratch<R> {
    /// Empty buffers.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Grows or shrinks a buffer to `len` without caring for its contents.
pub(crate) fn sized<R: Real>(buffer: &mut Vec<R>, len: usize) -> &mut [R] {
    buffer.resize(len, R::zero());
    buffer
}

/// A guidance g ≈ ∇_{x_t} log p(y | x_t) on top of a denoiser, per sample.
pub trait Guidance<R: Real>: Send + Sync {
    /// The prior.
    fn denoiser(&self) -> &dyn Denoiser<R>;

    /// g at x_t, given x̂(x_t). Overwrites `g`.
    ///
    /// # Errors
    /// [`GuidanceError`].
    fn gradient(
        &self,
        x_t: &[R],
        level: Level,
        x_hat: &[R],
        g: &mut [R],
        scratch: &mut Scratch<R>,
    ) -> Result<Evidence, GuidanceError>;

    /// ε_y = (x_t − μx̂)/σ − σg. Overwrites `eps`.
    ///
    /// # Errors
    /// [`GuidanceError`].
    fn noise_estimate(
        &self,
        x_t: &[R],
        level: Level,
        eps: &mut [R],
        scratch: &mut Scratch<R>,
    ) -> Result<Evidence, GuidanceError> {
        self.plain_noise_estimate(x_t, level, eps, scratch)
    }

    /// ε_y from x̂ and g: the definition, which a shorter way must agree with.
    ///
    /// # Errors
    /// [`GuidanceError`].
    fn plain_noise_estimate(
        &self,
        x_t: &[R],
        level: Level,
        eps: &mut [R],
        scratch: &mut Scratch<R>,
    ) -> Result<Evidence, GuidanceError> {
        let mut x_hat = std::mem::take(&mut scratch.x_hat);
        let mut g = std::mem::take(&mut scratch.gradient);
        let denoised = self.denoiser().denoise(x_t, level, sized(&mut x_hat, x_t.len()));
        let guided = denoised
            .map_err(GuidanceError::from)
            .and_then(|()| self.gradient(x_t, level, &x_hat, sized(&mut g, x_t.len()), scratch));
        if guided.is_ok() {
            let (mu, over_sigma) = (R::narrow(level.mu), R::narrow(1.0 / level.sigma));
            let sigma = R::narrow(level.sigma);
            each::map2(eps, x_t, &x_hat, |x, h| (x - mu * h) * over_sigma);
            each::update1(eps, &g, |e, g| e - sigma * g);
        }
        (scratch.x_hat, scratch.gradient) = (x_hat, g);
        guided
    }
}

/// ‖ε̂‖ = ‖x_t − μx̂‖/σ.
pub(crate) fn prior_norm<R: Real>(x_t: &[R], x_hat: &[R], level: Level) -> f64 {
    let square = sum::of(x_t.len(), |i| (x_t[i].wide() - level.mu * x_hat[i].wide()).powi(2));
    square.sqrt() / level.sigma
}
