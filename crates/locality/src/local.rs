//! The local denoiser (LS): one softmax per pixel over co-located patches.

use crate::pixelwise::{Neighbourhood, Pixelwise};
use crate::window::Window;
use crate::{LocalityError, Patch, Training};
use equipoise_denoiser::{Denoiser, DenoiserError, Jacobian, Linearised, Tape};
use equipoise_field::Real;
use equipoise_schedule::Level;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The denoiser whose every pixel sees only its patch P_m.
///
/// > x̂_m = Σ_i w_im x_im, w_·m = softmax_i(−‖P_m(x_t − μx_i)‖²/2σ²),
/// > J_mn = (μ/σ²) 1[n ∈ P_m] Cov_{w_·m}(x_m, x_n)
///
/// All channels and frames of a grid point share one patch and its weights. J is not symmetric, for
/// weights differ from point to point. At a border the patch wraps or is cut ([`crate::Border`]).
///
/// Cost: one pass over the samples; for each, some 5D operations, 2 log₂ of the patch's sides per
/// grid point, and one exponential per grid point. A linearisation keeps the distances of every sample, shift
/// and grid point in its tape, for as many members as 256 MiB hold: these are a batch. A product costs
/// as much again there, twice that where not even one member's are kept, and a `vjp` by itself three times.
/// A pass reads and shifts every sample once for all members of a batch.
/// Source: Kamb & Ganguli 2024 (arXiv 2412.20292), eq. 6, the LS machine.
///
/// ```
/// use equipoise_denoiser::Denoiser;
/// use equipoise_field::{Boundary, Shape};
/// use equipoise_locality::{Local, Memory, Patch, Training};
/// use equipoise_schedule::Level;
/// use std::sync::Arc;
///
/// let shape = Shape::new(1, 1, 4, 4);
/// let samples = Memory::new((0..48).map(|i| f64::from(i % 7)).collect(), shape.len())?;
/// let local = Local::new(Training::new(shape, Arc::new(samples))?, Patch::square(1, Boundary::Periodic));
/// let mut x_hat = [f64::NAN; 16];
/// local.denoise(&[3.0; 16], Level { mu: 1.0, sigma: 0.5 }, &mut x_hat)?;
/// assert!(x_hat.iter().all(|x| (0.0..=6.0).contains(x)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Local<R: Real> {
    pixelwise: Pixelwise<R>,
    window: Arc<Window>,
}

impl<R: Real> fmt::Debug for Local<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").field("training", &self.pixelwise.training).finish_non_exhaustive()
    }
}

impl<R: Real> Local<R> {
    /// Over a training set, with the patch of every pixel.
    pub fn new(training: Training<R>, patch: Patch) -> Self {
        let window = Arc::new(Window::new(training.shape(), patch));
        Self { pixelwise: Pixelwise::new(training, window.plane()), window }
    }

    /// The training set.
    pub fn training(&self) -> &Training<R> {
        &self.pixelwise.training
    }

    /// How long a `denoise` will take, by carrying out a part of it: see [`crate::EquivariantLocal::probe`].
    ///
    /// # Errors
    /// As a `denoise`.
    pub fn probe(&self, x_t: &[R], level: Level) -> Result<Duration, LocalityError> {
        self.pixelwise.probe(self.window.as_ref(), x_t, level)
    }
}

impl<R: Real> Denoiser<R> for Local<R> {
    fn dim(&self) -> usize {
        self.training().shape().len()
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError> {
        Ok(self.pixelwise.denoise(self.window.as_ref(), x_t, level, x_hat)?)
    }

    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        Ok(self.pixelwise.vjp(self.window.as_ref(), x_t, level, v, out)?)
    }

    /// Every pixel has weights of its own, so that row m of J is no column of it.
    fn jacobian(&self) -> Jacobian {
        Jacobian::General
    }

    fn batch(&self) -> usize {
        self.pixelwise.batch()
    }

    fn linearise<'a>(
        &'a self,
        x_t: &'a [R],
        level: Level,
        x_hat: &mut [R],
        tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<R> + 'a>, DenoiserError> {
        self.pixelwise.linearise(Arc::clone(&self.window) as _, x_t, level, x_hat, tape)
    }
}

impl Neighbourhood for Window {
    fn gather(&self, squares: &[f64], distances: &mut [f64]) {
        self.sum(squares, distances);
    }

    fn scatter(&self, a: &[f64], out: &mut [f64]) {
        self.sum(a, out);
    }
}
