//! Whether a velocity is free of divergence only on another grid than the one declared.

use crate::{Suspicion, Turn};
use equipoise_field::{Axis, Boundary, Grid, Shape};

/// A residual below this leaves no doubt of the grid.
const DOUBTFUL: f64 = 0.2;

/// Another grid is named when its residual is smaller by this factor.
const BETTER: f64 = 3.0;

/// Compares rms(∇·u)/rms(∇u) on the declared grid with that on its mirror image, with x and y exchanged, and
/// both.
///
/// `frames` is flat (frames, 2, H, W); central differences, on open borders without the points beside them
/// and without cells that are `near` a solid. With a = ∂u/∂x, b = ∂u/∂y, c = ∂v/∂x, d = ∂v/∂y the divergences are a + d, a − d,
/// b + c and b − c, so that one pass serves all.
pub(crate) fn look(frames: &[f32], shape: Shape, grid: &Grid, near: &[bool]) -> Option<Suspicion> {
    if shape.channels != 2 || shape.height < 3 || shape.width < 3 {
        return None;
    }
    let inset = usize::from(grid.boundary == Boundary::Open);
    let points: Vec<(usize, usize)> = (inset..shape.height - inset)
        .flat_map(|h| (inset..shape.width - inset).map(move |w| (h, w)))
        .filter(|(h, w)| !near[h * shape.width + w])
        .collect();
    let (mut squares, mut size) = ([0.0f64; 4], 0.0);
    for frame in frames.chunks_exact(2 * shape.plane()) {
        let (u, v) = frame.split_at(shape.plane());
        for &(h, w) in &points {
            let ([a, b], [c, d]) = (gradient(u, shape, grid, h, w), gradient(v, shape, grid, h, w));
            let terms = [a + d, a - d, b + c, b - c];
            squares.iter_mut().zip(terms).for_each(|(sum, x)| *sum += x * x);
            size += a * a + b * b + c * c + d * d;
        }
    }
    let [stated, others @ ..] = squares.map(|square| (square / size).sqrt());
    let turns = others.into_iter().zip([Turn::Mirrored, Turn::Exchanged, Turn::Rotated]);
    let (better, turn) = turns.min_by(|a, b| a.0.total_cmp(&b.0))?;
    // The NaN of a steady field says nothing.
    let doubtful = stated > DOUBTFUL && better * BETTER < stated;
    doubtful.then_some(Suspicion::Divergence { stated, better, turn })
}

/// (∂/∂x, ∂/∂y) at a point.
fn gradient(field: &[f32], shape: Shape, grid: &Grid, h: usize, w: usize) -> [f64; 2] {
    let (height, width) = (shape.height, shape.width);
    let at = |h: usize, w: usize| f64::from(field[h % height * width + w % width]);
    let along_h = at(h + 1, w) - at(h + height - 1, w);
    let along_w = at(h, w + 1) - at(h, w + width - 1);
    let (x, y) = if grid.x_axis == Axis::W { (along_w, along_h) } else { (along_h, along_w) };
    [x / (2.0 * grid.dx), y / (2.0 * grid.dy)]
}
