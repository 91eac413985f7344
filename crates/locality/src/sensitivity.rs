//! Sensitivity fields: what an output pixel takes from every input pixel.

use crate::{Border, Result};
use equipoise_denoiser::{Denoiser, DenoiserError, Tape};
use equipoise_field::{Length, Real, Shape, sum};
use equipoise_schedule::Level;

/// Rows m of J = ∂x̂/∂x_t at x_t, each as Jᵀe_m, for the output pixels m given: one linearisation, and a
/// vjp for each.
///
/// # Errors
/// As those; [`DenoiserError::Length`] for a pixel outside the field.
pub fn sensitivity<R: Real>(
    denoiser: &dyn Denoiser<R>,
    x_t: &[R],
    level: Level,
    pixels: &[usize],
) -> Result<Vec<Vec<R>>, DenoiserError> {
    let expected = denoiser.dim();
    Length::check("x_t", x_t.len(), expected)?;
    if let Some(&found) = pixels.iter().find(|m| **m >= expected) {
        return Err(Length { what: "output pixel", found, expected }.into());
    }
    let (mut unit, mut tape) = (vec![R::zero(); expected], Tape::new());
    let mut local = denoiser.linearise(x_t, level, &mut vec![R::zero(); expected], &mut tape)?;
    let mut row = |&pixel: &usize| {
        let mut row = vec![R::zero(); expected];
        unit[pixel] = R::one();
        local.vjp(&unit, &mut row)?;
        unit[pixel] = R::zero();
        Ok(row)
    };
    pixels.iter().map(&mut row).collect()
}

/// J_mn by central differences of step h for the output pixel m and the given input pixels n.
///
/// > J_mn ≈ (x̂_m(x_t + he_n) − x̂_m(x_t − he_n))/2h
///
/// Two denoisings for every n. In `f32` the rounding of x̂_m leaves an error of some 2⁻²⁴|x̂_m|/h.
///
/// # Errors
/// As a denoise; [`DenoiserError::Length`] for a pixel outside the field.
pub fn sensitivity_by_differences<R: Real>(
    denoiser: &dyn Denoiser<R>,
    x_t: &[R],
    level: Level,
    pixel: usize,
    inputs: &[usize],
    step: f64,
) -> Result<Vec<f64>, DenoiserError> {
    let dim = denoiser.dim();
    Length::check("x_t", x_t.len(), dim)?;
    if let Some(&found) = inputs.iter().chain([&pixel]).find(|n| **n >= dim) {
        return Err(Length { what: "pixel", found, expected: dim }.into());
    }
    let mut x_hat = vec![R::zero(); dim];
    let mut moved = x_t.to_vec();
    let mut at = |n: usize, to: f64| -> Result<(f64, f64), DenoiserError> {
        moved[n] = R::narrow(to);
        let reached = moved[n].wide();
        denoiser.denoise(&moved, level, &mut x_hat)?;
        moved[n] = x_t[n];
        Ok((reached, x_hat[pixel].wide()))
    };
    inputs
        .iter()
        .map(|&n| {
            let ahead = at(n, x_t[n].wide() + step)?;
            let behind = at(n, x_t[n].wide() - step)?;
            Ok((ahead.1 - behind.1) / (ahead.0 - behind.0))
        })
        .collect()
}

/// The smallest distance from pixel m, in grid points, within which `share` of Σ_n J_mn² lies.
///
/// Distances are Euclidean on the grid, the short way round on periodic axes; channels and frames at
/// one grid point count together. The radius of a row that is zero is 0.
///
/// # Errors
/// [`LocalityError::Length`](crate::LocalityError::Length) when the row is not of this shape.
pub fn locality_radius<R: Real>(
    shape: Shape,
    border: [Border; 2],
    pixel: usize,
    row: &[R],
    share: f64,
) -> Result<f64> {
    Length::check("sensitivity field", row.len(), shape.len())?;
    let (_, _, h, w) = shape.position(pixel);
    let along = |a: usize, b: usize, axis: usize, border: Border| match border {
        Border::Periodic => a.abs_diff(b).min(axis - a.abs_diff(b)),
        Border::Clipped => a.abs_diff(b),
    };
    let mut rings: Vec<(usize, f64)> = Vec::with_capacity(row.len());
    for (n, j) in row.iter().enumerate() {
        let (_, _, y, x) = shape.position(n);
        let (down, right) = (along(h, y, shape.height, border[0]), along(w, x, shape.width, border[1]));
        rings.push((down * down + right * right, j.wide() * j.wide()));
    }
    rings.sort_by_key(|ring| ring.0);
    let wanted = share * sum::squared_norm(row);
    let mut within = 0.0;
    for same in rings.chunk_by(|a, b| a.0 == b.0) {
        if within >= wanted {
            break;
        }
        within += same.iter().map(|ring| ring.1).sum::<f64>();
        if within >= wanted {
            return Ok((same[0].0 as f64).sqrt());
        }
    }
    let farthest = rings.last().map_or(0.0, |ring| (ring.0 as f64).sqrt());
    Ok(if wanted == 0.0 { 0.0 } else { farthest })
}
