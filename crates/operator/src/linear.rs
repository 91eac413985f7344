//! The linear operator trait and what an operator may say of its structure.

use crate::Rows;
use equipoise_field::{Real, Shape, sketched};

/// A linear observation operator A, from fields of `len_in` numbers to `len_out` observations.
pub trait LinearOperator<R: Real>: Send + Sync {
    /// D, the length of the field.
    fn len_in(&self) -> usize;

    /// N, the true number of observations.
    fn len_out(&self) -> usize;

    /// y = A x. Overwrites `y`.
    ///
    /// # Panics
    /// If a length differs from `len_in` or `len_out`.
    fn apply(&self, x: &[R], y: &mut [R]);

    /// x = Aᵀ r. Overwrites `x`.
    ///
    /// # Panics
    /// If a length differs from `len_in` or `len_out`.
    fn adjoint(&self, r: &[R], x: &mut [R]);

    /// (Aᵀ r)_start…, as many entries as `part` holds, with the bits of [`adjoint`](Self::adjoint), which makes it of
    /// the whole field unless it is overridden. Overwrites `part`.
    ///
    /// # Panics
    /// If `r` is not of length `len_out`, or the part ends beyond `len_in`.
    fn adjoint_part(&self, r: &[R], start: usize, part: &mut [R]) {
        let mut whole = vec![R::zero(); self.len_in()];
        self.adjoint(r, &mut whole);
        part.copy_from_slice(&whole[start..start + part.len()]);
    }

    /// Which field entries are observed, when A only selects entries.
    fn selection(&self) -> Selection<'_> {
        Selection::General
    }

    /// A Aᵀ, when it has a simple form.
    fn gram(&self) -> Gram<'_> {
        Gram::General
    }

    /// A by its rows, when each has few entries and they are at hand.
    fn rows(&self) -> Option<&Rows> {
        None
    }
}

sketched!(
    [R: Real] dyn LinearOperator<R> + '_, "LinearOperator",
    |own| len_in = own.len_in(), len_out = own.len_out()
);

/// The field entries that a selecting operator observes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Selection<'a> {
    /// Every `stride`-th row and column of every plane, starting at (0, 0):
    /// `x[..., ::stride, ::stride]`.
    Lattice {
        /// The shape of the field.
        shape: Shape,
        /// The stride along H and W.
        stride: usize,
    },
    /// The entries with these flat indices, in order of observation.
    Points(&'a [usize]),
    /// A does more than select.
    General,
}

/// The Gram matrix A Aᵀ over observations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gram<'a> {
    /// A Aᵀ = c I.
    Scaled(f64),
    /// A Aᵀ is diagonal with these entries.
    Diagonal(&'a [f64]),
    /// No simple form is known.
    General,
}
