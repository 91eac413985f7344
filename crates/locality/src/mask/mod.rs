//! M, which says how much the difference at n counts for the weights of pixel m.
//!
//! > W = U diag(μ²λ/(σ² + μ²λ)) Uᵀ, M_nm = W_nm/W_nn
//!
//! W is the Wiener operator from x_t/μ to x̂ (α = μ² and 1 − α = σ² in the paper). The soft mask is M
//! with its signs; a hard one is 1 where |M_nm| ≥ θ·max|M| and 0 elsewhere, as in the authors' code
//! (θ = 0.02 there). Where W_nn = 0 nothing is known of the pixel but its mean, and M_nm = 1[n = m].

mod rows;
mod spectral;
mod stencil;

use crate::Result;
use crate::pixelwise::Neighbourhood;
use equipoise_covariance::{Covariance, Structure};
use equipoise_field::Real;
use equipoise_schedule::Level;
use std::sync::Arc;

/// The largest D of a mask that is made and kept row by row.
pub const ROWS_LIMIT: usize = 8192;

/// μ²λ/(σ² + μ²λ), an eigenvalue of W.
fn gain(level: Level, lambda: f64) -> f64 {
    let signal = level.mu * level.mu * lambda;
    signal / (level.sigma * level.sigma + signal)
}

/// The mask of a covariance at a level: by wavenumber when it is stationary, through its modes when
/// they are explicit and the mask soft, else row by row.
pub(crate) fn mask<R: Real>(
    covariance: &Arc<dyn Covariance<R>>,
    level: Level,
    threshold: f64,
) -> Result<Arc<dyn Neighbourhood>> {
    Ok(match covariance.structure() {
        Structure::Stationary(blocks) => Arc::new(stencil::Stencil::new(blocks, level, threshold)),
        Structure::Modes(modes) if threshold == 0.0 => {
            let own = spectral::own_gains(modes, level);
            Arc::new(spectral::Spectral::new(Arc::clone(covariance), level, own))
        }
        _ => Arc::new(rows::Rows::new(covariance.as_ref(), level, threshold)?),
    })
}
