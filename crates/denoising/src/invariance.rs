//! Whether the sensitivity fields of two pixels are one field, shifted.

use crate::Result;
use equipoise_field::{Boundary, Shape};
use equipoise_locality::{pearson, r_squared};

/// How well the row of one pixel predicts the row of another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// Pearson's correlation.
    pub pearson: f64,
    /// R² = 1 − SS_res/SS_tot, which is not its square: scale counts.
    pub r_squared: f64,
}

/// The row of pixel `to` against the row of pixel `from` shifted by the vector between them.
///
/// On open grids only points that the shift leaves inside the grid are compared.
///
/// # Errors
/// [`DenoisingError::Locality`](crate::DenoisingError::Locality) for rows of different lengths.
pub fn shifted_agreement(
    shape: Shape,
    boundary: Boundary,
    [from, to]: [usize; 2],
    [row_from, row_to]: [&[f32]; 2],
) -> Result<Agreement> {
    let ((_, _, h_from, w_from), (_, _, h_to, w_to)) = (shape.position(from), shape.position(to));
    let back = |at: usize, to: usize, from: usize, length: usize| match boundary {
        Boundary::Periodic => Some((at + length + from - to) % length),
        Boundary::Open => (at + from).checked_sub(to).filter(|at| *at < length),
    };
    let (mut found, mut predicted) = (Vec::new(), Vec::new());
    for (n, value) in row_to.iter().enumerate() {
        let (t, c, h, w) = shape.position(n);
        let source = back(h, h_to, h_from, shape.height).zip(back(w, w_to, w_from, shape.width));
        if let Some((h, w)) = source {
            found.push(*value);
            predicted.push(row_from[shape.index(t, c, h, w)]);
        }
    }
    Ok(Agreement { pearson: pearson(&found, &predicted)?, r_squared: r_squared(&found, &predicted)? })
}
