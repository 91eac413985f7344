//! The classes of a field's directions: what the modes are within each.

use crate::ReducedError;
use equipoise_field::Real;
use ndarray::{Array1, Array2, ArrayView2, Axis, Slice};
use ndarray_linalg::{Eigh, UPLO};
use rayon::prelude::*;

/// Entries of all modes that are widened and multiplied together.
const BLOCK: usize = 1 << 12;

/// Smallest eigenvalue of UᵀP_κU, which lies within [0, 1], whose direction is kept. The eigenvalues
/// err by some ε; of a direction dropped here a field of unit norm holds no more than 1e-6.
const LEAST: f64 = 1e-12;

/// The range of one P_κ.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    /// M = UᵀE, r × b.
    pub(crate) seen: Array2<f64>,
    /// T with E = P_κU T, r × b.
    pub(crate) raw: Array2<f64>,
    /// The dimension of the range.
    pub(crate) dim: usize,
}

/// What a class holds of a field v.
#[derive(Clone, Debug)]
pub(crate) struct Shadow {
    /// UᵀP_κv.
    pub(crate) modes: Vec<f64>,
    /// ‖P_κv‖².
    pub(crate) square: f64,
    /// ⟨P_κv, Aᵀỹ/c⟩.
    pub(crate) data: f64,
}

impl Class {
    /// From UᵀP_κU.
    fn new(gram: &Array2<f64>, dim: usize) -> Result<Self, ReducedError> {
        let failed = |source| ReducedError::Factor { what: "the Gram matrix of the seen modes", source };
        let (values, vectors) = gram.eigh(UPLO::Lower).map_err(failed)?;
        let kept = values.iter().rev().take(dim).take_while(|&&l| l > LEAST).count();
        let first = values.len() - kept;
        let vectors = vectors.slice_axis(Axis(1), Slice::from(first..)).to_owned();
        let roots: Array1<f64> = values.slice_axis(Axis(0), Slice::from(first..)).mapv(f64::sqrt);
        let roots = roots.insert_axis(Axis(0));
        Ok(Self { seen: &vectors * &roots, raw: vectors / roots, dim })
    }

    /// b, the dimension of P_κU.
    pub(crate) fn width(&self) -> usize {
        self.seen.ncols()
    }

    /// Directions beyond P_κU, and beyond ỹ where it is one of its own.
    pub(crate) fn free(&self, data: bool) -> f64 {
        (self.dim - self.width()) as f64 - f64::from(u8::from(data))
    }

    /// Eᵀv from UᵀP_κv.
    pub(crate) fn coordinates(&self, modes: &[f64]) -> Vec<f64> {
        self.raw.t().dot(&ndarray::aview1(modes)).to_vec()
    }
}

/// P_0, whose Gram matrix is what the others leave of UᵀU, and the others.
pub(crate) fn classes(
    whole: Array2<f64>,
    seen: Vec<Array2<f64>>,
    dim: usize,
    sizes: &[usize],
) -> Result<Vec<Class>, ReducedError> {
    let left = seen.iter().fold(whole, |left, gram| left - gram);
    let unseen = Class::new(&left, dim - sizes.iter().sum::<usize>());
    std::iter::once(unseen).chain(seen.iter().zip(sizes).map(|(g, &n)| Class::new(g, n))).collect()
}

/// Σ_{i in class} B_ji B_ki for the `kinds` classes of the columns of a row-major r × n matrix B, over
/// fixed blocks, added in index order.
pub(crate) fn grams<R: Real>(
    basis: &[R],
    rank: usize,
    kinds: usize,
    class: &(dyn Fn(usize) -> usize + Sync),
) -> Vec<Array2<f64>> {
    let count = basis.len() / rank.max(1);
    let starts: Vec<usize> = (0..count).step_by(BLOCK).collect();
    let partial = |&start: &usize| -> Vec<Array2<f64>> {
        let len = BLOCK.min(count - start);
        let mut plain = Vec::with_capacity(rank * len);
        (0..rank).for_each(|j| plain.extend(basis[j * count + start..][..len].iter().map(|u| u.wide())));
        let square = |values: &[f64]| {
            let block = ArrayView2::from_shape((rank, len), values).expect("rank × block values were pushed");
            block.dot(&block.t())
        };
        let of = |kind: usize| {
            if kinds == 1 {
                return square(&plain);
            }
            let one = |(k, u): (usize, &f64)| if class(start + k % len) == kind { *u } else { 0.0 };
            square(&plain.iter().enumerate().map(one).collect::<Vec<_>>())
        };
        (0..kinds).map(of).collect()
    };
    let partial: Vec<Vec<Array2<f64>>> = starts.par_iter().map(partial).collect();
    let zero = vec![Array2::zeros((rank, rank)); kinds];
    partial.iter().fold(zero, |sum, p| sum.into_iter().zip(p).map(|(s, p)| s + p).collect())
}
