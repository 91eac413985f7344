//! The local denoiser (LS): one softmax per pixel over co-located patches.

use crate::pixelwise::{Neighbourhood, Pixelwise};
use crate::window::Window;
use crate::{Patch, Training};
use equipoise_field::Real;
use std::sync::Arc;

impl<R: Real> Pixelwise<R> {
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
    /// use equipoise_locality::{Memory, Patch, Pixelwise, Training};
    /// use equipoise_schedule::Level;
    /// use std::sync::Arc;
    ///
    /// let shape = Shape::new(1, 1, 4, 4);
    /// let samples = Memory::new((0..48).map(|i| f64::from(i % 7)).collect(), shape.len())?;
    /// let training = Training::new(shape, Arc::new(samples))?;
    /// let local = Pixelwise::local(training, Patch::square(1, Boundary::Periodic));
    /// let mut x_hat = [f64::NAN; 16];
    /// local.denoise(&[3.0; 16], Level { mu: 1.0, sigma: 0.5 }, &mut x_hat)?;
    /// assert!(x_hat.iter().all(|x| (0.0..=6.0).contains(x)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn local(training: Training<R>, patch: Patch) -> Self {
        let window = Arc::new(Window::new(training.shape(), patch));
        Self::new(training, window.plane(), move |_| Ok(Arc::clone(&window) as _))
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
