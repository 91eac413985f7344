//! How fast a field is beside solids.

use equipoise_field::{Boundary, Real, Shape};

/// Of a plane of flags, true where there is flow: the cells with flow that have a neighbour without, along H or W.
pub(crate) fn beside(flags: &[bool], shape: Shape, boundary: Boundary) -> Vec<usize> {
    let Shape { height, width, .. } = shape;
    let wraps = boundary == Boundary::Periodic;
    let next = |at: usize, by: isize, length: usize| match at as isize + by {
        to if (0..length as isize).contains(&to) => Some(to as usize),
        to => wraps.then_some(to.rem_euclid(length as isize) as usize),
    };
    let touches = |i: &usize| {
        let (h, w) = (i / width, i % width);
        let solid = |cell: Option<usize>| cell.is_some_and(|cell| !flags[cell]);
        [-1, 1].into_iter().any(|by| {
            solid(next(h, by, height).map(|h| h * width + w))
                || solid(next(w, by, width).map(|w| h * width + w))
        })
    };
    (0..flags.len()).filter(|i| flags[*i]).filter(touches).collect()
}

/// Σ u² + v² of one frame over these cells, and over all with flow.
pub(crate) fn speeds(field: &[f32], plane: usize, cells: [&[usize]; 2]) -> [f64; 2] {
    let square = |i: &usize| (0..2).map(|c| field[c * plane + i].wide().powi(2)).sum::<f64>();
    cells.map(|cells| cells.iter().map(square).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One solid cell at a corner has two neighbours, and four where borders wrap; speeds by hand.
    #[test]
    fn cells_beside_a_solid_are_its_neighbours() {
        let shape = Shape::new(1, 2, 3, 4);
        let mut flags = [true; 12];
        flags[0] = false;
        assert_eq!(beside(&flags, shape, Boundary::Open), [1, 4]);
        assert_eq!(beside(&flags, shape, Boundary::Periodic), [1, 3, 4, 8]);
        let mut field = [0.0f32; 24];
        (field[1], field[12 + 4], field[7]) = (3.0, 4.0, 2.0);
        let open: Vec<usize> = (1..12).collect();
        assert_eq!(speeds(&field, 12, [&[1, 4], &open]).to_vec(), vec![25.0, 29.0]);
    }
}
