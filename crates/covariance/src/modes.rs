//! Explicit orthonormal modes: the common form of dense and low-rank covariances.

use crate::{Covariance, CovarianceError, Structure, Weights};
use equipoise_field::{Real, sum};
use rayon::prelude::*;

/// Entries of a field handled together, so that a block of all modes' partial sums stays in cache.
const BLOCK: usize = sum::BLOCK;
/// Products added in `R` before they enter an `f64` accumulator.
const RUN: usize = 16;
/// Interleaved accumulators of one run.
const LANES: usize = 16;

/// Σ = U Λ Uᵀ + λ_⊥ (I − U Uᵀ) with r explicit orthonormal modes.
#[derive(Clone, Debug)]
pub struct Modes<R> {
    dim: usize,
    /// r × D, one mode after the other.
    basis: Vec<R>,
    eigenvalues: Vec<f64>,
    complement: Option<f64>,
}

impl<R: Real> Modes<R> {
    /// From orthonormal modes (r × D, mode by mode), their eigenvalues, and λ_⊥ (`None` when r = D).
    ///
    /// # Errors
    /// [`CovarianceError::Length`] when `basis` is not of length r·D.
    pub fn new(
        dim: usize,
        basis: Vec<R>,
        eigenvalues: Vec<f64>,
        complement: Option<f64>,
    ) -> Result<Self, CovarianceError> {
        let expected = dim * eigenvalues.len();
        if basis.len() != expected {
            return Err(CovarianceError::Length { what: "basis", found: basis.len(), expected });
        }
        Ok(Self { dim, basis, eigenvalues, complement })
    }

    /// r, the number of explicit modes.
    pub fn rank(&self) -> usize {
        self.eigenvalues.len()
    }

    /// Mode i, a field of unit norm.
    pub fn mode(&self, i: usize) -> &[R] {
        &self.basis[i * self.dim..(i + 1) * self.dim]
    }

    /// All modes, r × D.
    pub fn basis(&self) -> &[R] {
        &self.basis
    }

    fn check(&self, v: &[R], c: &[R]) {
        assert_eq!(v.len(), self.dim, "modes: field length");
        assert_eq!(c.len(), self.rank(), "modes: coefficient count");
    }

    /// Writes v = base · `from` + U c, block by block.
    fn expand(&self, c: &[R], base: Option<(R, &[R])>, v: &mut [R]) {
        let pass = |(block, out): (usize, &mut [R])| {
            let start = block * BLOCK;
            match base {
                Some((scale, from)) => {
                    let from = &from[start..start + out.len()];
                    out.iter_mut().zip(from).for_each(|(o, &f)| *o = scale * f);
                }
                None => out.fill(R::zero()),
            }
            for (i, &c) in c.iter().enumerate() {
                let mode = &self.basis[i * self.dim + start..][..out.len()];
                out.iter_mut().zip(mode).for_each(|(o, &u)| *o += c * u);
            }
        };
        if self.dim >= sum::PARALLEL_FROM {
            v.par_chunks_mut(BLOCK).enumerate().for_each(pass);
        } else {
            v.chunks_mut(BLOCK).enumerate().for_each(pass);
        }
    }

    /// out = U c + scale · v in one pass over the modes.
    ///
    /// # Panics
    /// If a length does not fit.
    pub fn synthesise_onto(&self, c: &[R], scale: R, v: &[R], out: &mut [R]) {
        self.check(v, c);
        self.check(out, c);
        self.expand(c, Some((scale, v)), out);
    }

    /// Uᵀ v in `f64`: inner products over fixed blocks, combined by the fixed tree.
    pub fn project(&self, v: &[R]) -> Vec<f64> {
        project(&self.basis, self.rank(), v)
    }
}

/// ⟨row_i, v⟩ for the `rows` rows of a row-major matrix, blocks of `v` read once.
///
/// Runs of 16 products per lane are added in `R`, everything above in `f64`, in a tree that
/// depends on the length alone.
///
/// # Panics
/// If `matrix` is not of length rows · v.len().
pub fn project<R: Real>(matrix: &[R], rows: usize, v: &[R]) -> Vec<f64> {
    let dim = v.len();
    assert_eq!(matrix.len(), rows * dim, "project: matrix length");
    let blocks = dim.div_ceil(BLOCK);
    let block = |b: usize| -> Vec<f64> {
        let (start, end) = (b * BLOCK, dim.min((b + 1) * BLOCK));
        (0..rows).map(|i| block_dot(&matrix[i * dim + start..i * dim + end], &v[start..end])).collect()
    };
    let partial: Vec<Vec<f64>> = if dim >= sum::PARALLEL_FROM {
        (0..blocks).into_par_iter().map(block).collect()
    } else {
        (0..blocks).map(block).collect()
    };
    let mut column = vec![0.0; blocks];
    (0..rows)
        .map(|i| {
            column.iter_mut().zip(&partial).for_each(|(c, p)| *c = p[i]);
            sum::pairwise(&mut column.clone())
        })
        .collect()
}

fn block_dot<R: Real>(a: &[R], b: &[R]) -> f64 {
    let mut total = 0.0;
    for (a, b) in a.chunks(RUN * LANES).zip(b.chunks(RUN * LANES)) {
        let mut lanes = [R::zero(); LANES];
        let (whole_a, rest_a) = a.as_chunks::<LANES>();
        let (whole_b, rest_b) = b.as_chunks::<LANES>();
        for (a, b) in whole_a.iter().zip(whole_b) {
            for l in 0..LANES {
                lanes[l] += a[l] * b[l];
            }
        }
        for (l, (&a, &b)) in rest_a.iter().zip(rest_b).enumerate() {
            lanes[l] += a * b;
        }
        total += lanes.iter().map(|l| l.wide()).sum::<f64>();
    }
    total
}

impl<R: Real> Covariance<R> for Modes<R> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    fn complement(&self) -> Option<f64> {
        self.complement
    }

    fn analyse(&self, v: &[R], coefficients: &mut [R]) {
        self.check(v, coefficients);
        coefficients.iter_mut().zip(self.project(v)).for_each(|(c, p)| *c = R::narrow(p));
    }

    fn synthesise(&self, coefficients: &[R], v: &mut [R]) {
        self.check(v, coefficients);
        self.expand(coefficients, None, v);
    }

    fn structure(&self) -> Structure<'_, R> {
        Structure::Modes(self)
    }

    /// Two passes over the modes.
    fn apply(&self, weights: &Weights<R>, v: &[R], out: &mut [R]) {
        self.check(v, &weights.resolved);
        let c: Vec<R> =
            self.project(v).iter().zip(&weights.resolved).map(|(p, &w)| R::narrow(*p) * w).collect();
        self.synthesise_onto(&c, weights.complement, v, out);
    }
}
