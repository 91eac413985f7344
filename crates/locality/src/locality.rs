//! The locality denoiser: one softmax per pixel over distances that a mask of the data weighs.

use crate::mask::mask;
use crate::pixelwise::{Neighbourhood, Pixelwise};
use crate::{LocalityError, Result, Training};
use equipoise_covariance::Covariance;
use equipoise_field::{Length, Real};
use equipoise_schedule::Level;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Levels whose masks are kept; past it the masks of further levels are made on every call.
const KEPT_LEVELS: usize = 256;

/// The masks of the levels that were asked for.
struct Masks<R: Real> {
    covariance: Arc<dyn Covariance<R>>,
    threshold: f64,
    made: RwLock<HashMap<[u64; 2], Arc<dyn Neighbourhood>>>,
}

impl<R: Real> Masks<R> {
    fn at(&self, level: Level) -> Result<Arc<dyn Neighbourhood>> {
        let key = [level.mu.to_bits(), level.sigma.to_bits()];
        if let Some(kept) = self.made.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(kept));
        }
        let made = mask(&self.covariance, level, self.threshold)?;
        let mut masks = self.made.write().unwrap_or_else(PoisonError::into_inner);
        if masks.len() < KEPT_LEVELS {
            masks.insert(key, Arc::clone(&made));
        }
        Ok(made)
    }
}

impl<R: Real> Pixelwise<R> {
    /// The denoiser whose every pixel m sees what the Wiener filter sees of it.
    ///
    /// > x̂_m = Σ_i w_im x_im, w_·m = softmax_i(−d_im/2σ²), d_im = Σ_n M_nm (x_t − μx_i)²_n,
    /// > J_mn = (μ/σ²) M_nm Cov_{w_·m}(x_m, x_n)
    ///
    /// M_nm = W_nm/W_nn of the Wiener operator W at this level. With θ = 0 M enters with its signs; with
    /// θ > 0 it is 1 where |M_nm| ≥ θ·max|M| and 0 elsewhere. J is not symmetric.
    ///
    /// The rule is the paper's and made for fields whose variance differs little from pixel to pixel. Where
    /// it differs much, pixels of small W_nn have rows far above 1: in the soft mask they outweigh the
    /// others, and a hard one may drop a pixel from its own mask.
    ///
    /// Cost, for each sample: some 6D operations, D exponentials and one product with M. That product is
    /// two Fourier transforms of every plane and a (T·C)² block per wavenumber for a stationary
    /// covariance, soft or hard; two passes over the modes for explicit modes (soft only); one operation
    /// per entry that is not zero for what is made row by row (D up to [`crate::ROWS_LIMIT`]). A linearisation
    /// keeps D distances of every sample and shift in its tape, for as many members as 256 MiB hold: these are a
    /// batch. A product costs as much as a `denoise` there, twice that where not even one member's are kept, and
    /// a `vjp` by itself three times. A pass reads and shifts every sample once for all members of a batch.
    /// Source: Lukoianov et al. 2025 (arXiv 2509.09672), section 5 and appendix C.
    ///
    /// Takes a training set, the covariance that the mask is made from and its threshold θ, 0 to 1.
    ///
    /// # Errors
    /// [`LocalityError::Length`] when the covariance is of another length than the samples,
    /// [`LocalityError::Threshold`].
    pub fn locality(
        training: Training<R>,
        covariance: Arc<dyn Covariance<R>>,
        threshold: f64,
    ) -> Result<Self> {
        Length::check("covariance of the mask", covariance.dim(), training.shape().len())?;
        if !(0.0..=1.0).contains(&threshold) {
            return Err(LocalityError::Threshold { found: threshold });
        }
        let (places, masks) =
            (training.shape().len(), Masks { covariance, threshold, made: RwLock::default() });
        Ok(Self::new(training, places, move |level| masks.at(level)))
    }
}
