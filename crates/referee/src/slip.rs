//! How fast a field is beside solids and at walls.

use crate::Walls;
use equipoise_field::{Boundary, Grid, Real, Shape};
use rayon::prelude::*;

/// Of a plane of flags, true where there is flow: the cells with flow that have a neighbour without, along H or W.
fn beside(flags: &[bool], shape: Shape, boundary: Boundary) -> Vec<usize> {
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

/// Where a flow is held by solids, and Σ over frames of what each field has there.
#[derive(Debug)]
pub(crate) struct Slip {
    /// Cells beside solids or at a wall.
    held: Vec<usize>,
    /// Cells at a wall, and the channel of the velocity through it.
    walled: Vec<[usize; 2]>,
    /// Of each field Σ u² + v² where it is held, the same over all cells with flow, and Σ of squares through walls.
    sums: Vec<[f64; 3]>,
}

impl Slip {
    /// Of `count` fields; none where nothing holds a flow.
    pub(crate) fn new(flags: &[bool], shape: Shape, grid: &Grid, walls: Walls, count: usize) -> Option<Self> {
        let mut held = beside(flags, shape, grid.boundary);
        let mut walled = walls.cells(shape, grid.x_axis);
        walled.retain(|[cell, _]| flags[*cell]);
        held.extend(walled.iter().map(|[cell, _]| *cell));
        held.sort_unstable();
        held.dedup();
        (!held.is_empty()).then(|| Self { held, walled, sums: vec![[0.0; 3]; count] })
    }

    /// A frame of every field; `open` are the cells with flow.
    pub(crate) fn add(&mut self, fields: &[&[f32]], plane: usize, open: &[usize]) {
        let Self { held, walled, sums } = self;
        sums.par_iter_mut().zip(fields).for_each(|(sums, field)| {
            let square = |at: usize| field[at].wide().powi(2);
            let speed = |cell: &usize| square(*cell) + square(plane + cell);
            sums[0] += held.iter().map(speed).sum::<f64>();
            sums[1] += open.iter().map(speed).sum::<f64>();
            sums[2] += walled.iter().map(|[cell, channel]| square(channel * plane + cell)).sum::<f64>();
        });
    }

    /// Rms speed where a flow is held over that of all `open` cells; and rms velocity through walls over the same.
    pub(crate) fn ratios(&self, open: usize) -> Vec<(&'static str, Vec<f64>)> {
        let ratio = |sum: usize, cells: usize| {
            let share = cells as f64 / open as f64;
            self.sums.iter().map(|sums| (sums[sum] / share / sums[1]).sqrt()).collect()
        };
        let mut all = vec![("no_slip", ratio(0, self.held.len()))];
        if !self.walled.is_empty() {
            all.push(("no_penetration", ratio(2, self.walled.len())));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use equipoise_field::Axis;

    /// One solid cell at a corner has two neighbours, and four where borders wrap.
    #[test]
    fn cells_beside_a_solid_are_its_neighbours() {
        let shape = Shape::new(1, 2, 3, 4);
        let mut flags = [true; 12];
        flags[0] = false;
        assert_eq!(beside(&flags, shape, Boundary::Open), [1, 4]);
        assert_eq!(beside(&flags, shape, Boundary::Periodic), [1, 3, 4, 8]);
    }

    /// By hand: 3² + 4² in two of eleven cells, 29 in all.
    #[test]
    fn speeds_are_those_beside_solids() {
        let shape = Shape::new(1, 2, 3, 4);
        let grid = Grid { x_axis: Axis::W, dx: 1.0, dy: 1.0, boundary: Boundary::Open };
        let mut flags = [true; 12];
        flags[0] = false;
        let mut field = [0.0f32; 24];
        (field[1], field[12 + 4], field[7]) = (3.0, 4.0, 2.0);
        let open: Vec<usize> = (1..12).collect();
        let mut slip = Slip::new(&flags, shape, &grid, Walls::default(), 1).unwrap();
        slip.add(&[&field], 12, &open);
        let expected = (25.0f64 / (2.0 / 11.0) / 29.0).sqrt();
        let found = slip.ratios(11);
        assert_eq!(found.len(), 1);
        assert!(found[0].0 == "no_slip" && (found[0].1[0] - expected).abs() < 1e-15, "{found:?}");
        assert!(Slip::new(&[true; 12], shape, &grid, Walls::default(), 1).is_none());
    }

    /// A channel along x, walls at both ends of y: a Poiseuille profile has no speed there, one moved by a cell has, and a
    /// flow along y goes through them. With H = x it is the same flow transposed.
    #[test]
    fn a_channel_has_walls_at_the_ends_of_y() {
        let walls = Walls::parse("y").unwrap();
        for x_axis in [Axis::W, Axis::H] {
            let [height, width] = if x_axis == Axis::W { [5, 4] } else { [4, 5] };
            let shape = Shape::new(1, 2, height, width);
            let grid = Grid { x_axis, dx: 1.0, dy: 1.0, boundary: Boundary::Open };
            let profile = |y: f32| y * (4.0 - y);
            let field = |u: &dyn Fn(f32) -> f32, v: f32| -> Vec<f32> {
                let along = |i: usize| if x_axis == Axis::W { i / width } else { i % width };
                let of_u = (0..20).map(|i| u(along(i) as f32));
                of_u.chain(std::iter::repeat_n(v, 20)).collect()
            };
            let flags = vec![true; 20];
            let open: Vec<usize> = (0..20).collect();
            let fields = [field(&profile, 0.0), field(&|y| profile(y - 1.0), 0.0), field(&|_| 0.0, 1.0)];
            let mut slip = Slip::new(&flags, shape, &grid, walls, 3).unwrap();
            slip.add(&fields.each_ref().map(Vec::as_slice), 20, &open);
            let [(_, held), (_, through)] = &slip.ratios(20)[..] else { panic!("two ratios") };
            // u = −5 at y = 0 and 3 at y = 4, of −5, 0, 3, 4, 3 over all: 17 in two cells of five, 59/5 on average.
            let moved = (17.0f64 / (59.0 / 5.0)).sqrt();
            let expected = [[0.0, moved, 1.0], [0.0, 0.0, 1.0]];
            for (found, expected) in [held, through].into_iter().zip(expected) {
                assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-7), "{found:?}");
            }
        }
    }
}
