//! The grid points nearest to readings, for pictures.

use crate::Problem;

/// The grid point nearest to a reading, as a flat index h·W + w.
pub(crate) fn nearest(problem: &Problem, i: usize) -> usize {
    let (shape, sensor) = (problem.prior.shape(), problem.placed.entries[i].sensor);
    let on = |position: f64, length: usize| position.round() as usize % length;
    on(sensor.row, shape.height) * shape.width + on(sensor.column, shape.width)
}

/// The grid points nearest to all readings, or to what was read in a frame, increasing.
pub(crate) fn observed(problem: &Problem, frame: Option<usize>) -> Vec<usize> {
    let entries = &problem.placed.entries;
    let reads = |i: &usize| frame.is_none_or(|t| (entries[*i].sensor.frame - t as f64).abs() < 1.0);
    let mut places: Vec<usize> = (0..entries.len()).filter(reads).map(|i| nearest(problem, i)).collect();
    places.sort_unstable();
    places.dedup();
    places
}
