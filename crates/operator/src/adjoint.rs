//! Aᵀr that is made where it is asked for.

use crate::{LinearOperator, Selection, Subsample};
use equipoise_field::Real;

/// Aᵀr, block by block: made in place on a lattice, otherwise taken from a field.
#[derive(Clone, Copy, Debug)]
pub struct Adjoint<'a, R>(Source<'a, R>);

#[derive(Clone, Copy, Debug)]
enum Source<'a, R> {
    Lattice(Subsample, &'a [R]),
    Field(&'a [R]),
}

impl<'a, R: Real> Adjoint<'a, R> {
    /// `field` is left alone on a lattice; otherwise it becomes Aᵀr.
    ///
    /// # Panics
    /// If r is not of length N.
    pub fn new(operator: &dyn LinearOperator<R>, r: &'a [R], field: &'a mut Vec<R>) -> Self {
        if let Selection::Lattice { shape, stride } = operator.selection()
            && let Ok(lattice) = Subsample::new(shape, stride)
        {
            return Self(Source::Lattice(lattice, r));
        }
        field.resize(operator.len_in(), R::zero());
        operator.adjoint(r, field);
        Self(Source::Field(field))
    }

    /// block ← block + scale · (Aᵀr)_start…, as many entries as `block` holds.
    ///
    /// # Panics
    /// If the block reaches beyond the field.
    pub fn add(&self, scale: R, start: usize, block: &mut [R]) {
        match self.0 {
            Source::Lattice(lattice, r) => lattice.add_adjoint(r, scale, start, block),
            Source::Field(field) => {
                let part = &field[start..start + block.len()];
                block.iter_mut().zip(part).for_each(|(x, &v)| *x += scale * v);
            }
        }
    }
}
