//! How far a sensitivity field reaches along x, against along y.

use equipoise_field::{Axis, Boundary, Grid, Real, Shape, sum};

/// √(Σ J²(x − x_m)²/Σ J²(y − y_m)²) of row m: the extent along x over the extent along y.
///
/// Lengths are those of the grid, the short way round where borders wrap; channels and frames count
/// together. `None` where the row reaches nowhere along y.
///
/// # Panics
/// If the row is not of this shape.
pub fn anisotropy(shape: Shape, grid: &Grid, pixel: usize, row: &[f32]) -> Option<f64> {
    assert_eq!(row.len(), shape.len(), "anisotropy: length of the row");
    let (_, _, h, w) = shape.position(pixel);
    let away = |a: usize, b: usize, length: usize| match grid.boundary {
        Boundary::Periodic => a.abs_diff(b).min(length - a.abs_diff(b)),
        Boundary::Open => a.abs_diff(b),
    } as f64;
    let moment = |axis: Axis| {
        sum::of(row.len(), |n| {
            let (_, _, y, x) = shape.position(n);
            let steps = if axis == Axis::H { away(h, y, shape.height) } else { away(w, x, shape.width) };
            (steps * row[n].wide()).powi(2)
        })
    };
    let [along_x, along_y] = [grid.x_axis, grid.y_axis()].map(moment);
    (along_y > 0.0).then(|| grid.dx / grid.dy * (along_x / along_y).sqrt())
}

/// [`anisotropy`] of a row that is the same everywhere: what the domain alone makes of it.
pub fn uniform_anisotropy(shape: Shape, grid: &Grid, pixel: usize) -> Option<f64> {
    anisotropy(shape, grid, pixel, &vec![1.0; shape.len()])
}
