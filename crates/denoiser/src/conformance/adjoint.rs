//! J v against Jᵀw.

use super::parts::white;
use crate::{Denoiser, DenoiserError, Result};
use equipoise_field::{Length, Real, Shape, sum};
use equipoise_schedule::Level;

/// Pairs of white fields v and w that the products are tested on.
const DRAWS: u64 = 4;

/// Checks that ⟨w, J v⟩ = ⟨Jᵀw, v⟩ at one x_t, on white fields and for w = J v. Returns whether the
/// denoiser has J v at all.
///
/// The two sides may differ by 64 units of rounding of ‖w‖‖J v‖ + ‖Jᵀw‖‖v‖.
///
/// # Errors
/// [`DenoiserError::Adjoint`]; [`DenoiserError::Length`] when x_t is not of the denoiser's length; what the
/// denoiser returns.
pub fn check_jvp<R: Real>(denoiser: &dyn Denoiser<R>, x_t: &[R], level: Level) -> Result<bool> {
    let dim = denoiser.dim();
    Length::check("x_t", x_t.len(), dim)?;
    for draw in 0..DRAWS {
        let field = |draw| white::<R>(Shape::new(1, 1, 1, dim), draw);
        let (v, mut of_v, mut of_w) = (field(2 * draw), vec![R::nan(); dim], vec![R::nan(); dim]);
        match denoiser.jvp(x_t, level, &v, &mut of_v) {
            Err(DenoiserError::Unknown { .. }) => return Ok(false),
            outcome => outcome?,
        }
        for w in [field(2 * draw + 1), of_v.clone()] {
            denoiser.vjp(x_t, level, &w, &mut of_w)?;
            let (found, expected) = (sum::dot(&w, &of_v), sum::dot(&of_w, &v));
            let size = sum::norm(&w) * sum::norm(&of_v) + sum::norm(&of_w) * sum::norm(&v);
            let bound = 64.0 * R::epsilon().wide() * size;
            let agree = (found - expected).abs() <= bound;
            if !agree {
                return Err(DenoiserError::Adjoint { found, expected, bound });
            }
        }
    }
    Ok(true)
}
