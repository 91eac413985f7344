//! An operator of one's own.

use equipoise::operator::Gram;
use equipoise::prelude::*;

/// Every `stride`-th row and column of `planes` square planes: A Aᵀ = I.
#[derive(Clone, Copy, Debug)]
pub struct Lattice {
    /// Planes of the field.
    pub planes: usize,
    /// Rows, and columns, of each.
    pub side: usize,
    /// s.
    pub stride: usize,
}

impl Lattice {
    fn seen(&self) -> impl Iterator<Item = usize> {
        let Self { planes, side, stride } = *self;
        let row = move |first: usize| (0..side).step_by(stride).map(move |column| first + column);
        let rows = move |p: usize| (0..side).step_by(stride).map(move |r| (p * side + r) * side);
        (0..planes).flat_map(rows).flat_map(row)
    }
}

impl LinearOperator<f64> for Lattice {
    fn len_in(&self) -> usize {
        self.planes * self.side * self.side
    }

    fn len_out(&self) -> usize {
        self.planes * self.side.div_ceil(self.stride).pow(2)
    }

    fn apply(&self, x: &[f64], y: &mut [f64]) {
        y.iter_mut().zip(self.seen()).for_each(|(y, i)| *y = x[i]);
    }

    fn adjoint(&self, r: &[f64], x: &mut [f64]) {
        x.fill(0.0);
        r.iter().zip(self.seen()).for_each(|(r, i)| x[i] = *r);
    }

    fn gram(&self) -> Gram<'_> {
        Gram::Scaled(1.0)
    }
}
