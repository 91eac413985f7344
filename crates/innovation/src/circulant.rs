//! The circulant nearest to S on a lattice whose stride does not divide the grid: a preconditioner.
//!
//! The covariance between two observed points depends on their distance except across the gap where
//! the lattice wraps. Taking it at distances d·s, |d| ≤ h/2, on a periodic coarse grid of h points
//! gives a block-circulant matrix with blocks
//!
//! > C_q = Σ_k w(q_H, k_H) w(q_W, k_W) f(Σ_k), w(q, k) = (1/H) Σ_d e^{2πi d (ks/H − q/h)},
//!
//! real Dirichlet kernels, since the distances are symmetric. Negative eigenvalues are clipped, so
//! that those of the preconditioner are at least s² (Chan & Jin 2007, ch. 2).

use crate::{InnovationError, Result};
use equipoise_covariance::{Blocks, Pool, Spectrum, Stationary};
use equipoise_field::Real;
use equipoise_observation::NoiseVariance;
use ndarray::{Array2, ShapeBuilder};
use ndarray_linalg::{Eigh, UPLO};
use num_complex::Complex;

type Matrix = Array2<Complex<f64>>;

pub(crate) struct Circulant<R: Real> {
    planes: usize,
    coarse: Spectrum<R>,
    noise: f64,
    fine: (usize, usize),
    /// w(q, k), rows q, along H and W.
    kernels: [Array2<f64>; 2],
    /// Q_k and λ_k of every independent fine wavenumber.
    modes: Vec<(Matrix, Vec<f64>)>,
    directory: Vec<(usize, bool)>,
}

/// The inverse of every block, for one f.
pub(crate) struct Preconditioner<R: Real> {
    spectrum: Spectrum<R>,
    blocks: Blocks<R>,
    buffers: Pool<[Vec<R>; 2]>,
}

impl<R: Real> Circulant<R> {
    pub(crate) fn new(prior: &Stationary<R>, stride: usize, noise: &NoiseVariance) -> Self {
        let shape = prior.shape();
        let planes = shape.planes();
        let (h, w) = (shape.height.div_ceil(stride), shape.width.div_ceil(stride));
        let modes = (0..prior.spectrum().wavenumbers())
            .map(|k| {
                let block = prior.block_vectors(k);
                let q = Matrix::from_shape_fn((planes, planes), |(p, i)| block[p * planes + i]);
                (q, prior.block_eigenvalues(k).to_vec())
            })
            .collect();
        Self {
            planes,
            coarse: Spectrum::new(h, w),
            noise: noise.mean(planes * h * w),
            fine: (shape.height, shape.width),
            kernels: [kernel(h, shape.height, stride), kernel(w, shape.width, stride)],
            modes,
            directory: prior.spectrum().directory(),
        }
    }

    /// C_q⁻¹ for every coarse wavenumber.
    pub(crate) fn preconditioner(&self, f: &dyn Fn(f64) -> f64) -> Result<Preconditioner<R>> {
        let resolved = self.blocks(f).iter().map(|c| self.resolve(c)).collect::<Result<Vec<_>, _>>()?;
        let made: Vec<Matrix> =
            resolved.iter().map(|(q, l)| rebuild(q, l.iter().copied().map(f64::recip))).collect();
        let entry = |q: usize, row: usize, column: usize| made[q][[row, column]];
        Ok(Preconditioner {
            blocks: Blocks::new(self.planes, &self.coarse, entry),
            spectrum: Spectrum::new(self.kernels[0].nrows(), self.kernels[1].nrows()),
            buffers: Pool::default(),
        })
    }

    /// C_q for every coarse wavenumber, without noise.
    fn blocks(&self, f: &dyn Fn(f64) -> f64) -> Vec<Matrix> {
        let blocks: Vec<Matrix> =
            self.modes.iter().map(|(q, l)| rebuild(q, l.iter().map(|&l| f(l)))).collect();
        let (height, width) = self.fine;
        let fine = |kx: usize, ky: usize| {
            let (k, partner) = self.directory[kx * width + ky];
            (&blocks[k], partner)
        };
        let mut coarse = vec![Matrix::zeros((self.planes, self.planes)); self.coarse.wavenumbers()];
        let zero = Matrix::zeros((self.planes, self.planes));
        for row in 0..self.kernels[0].nrows() {
            // Σ over k_H first, at every k_W.
            let along: Vec<Matrix> = (0..width)
                .map(|ky| {
                    (0..height).fold(zero.clone(), |mut sum, kx| {
                        let (weight, (block, partner)) = (self.kernels[0][[row, kx]], fine(kx, ky));
                        let part = |z: &Complex<f64>| if partner { z.conj() } else { *z };
                        sum.zip_mut_with(block, |s, z| *s += part(z) * weight);
                        sum
                    })
                })
                .collect();
            for (q, sum) in coarse.iter_mut().enumerate() {
                let (qx, qy) = self.coarse.wavenumber(q);
                if qx == row {
                    for (ky, block) in along.iter().enumerate() {
                        let weight = self.kernels[1][[qy, ky]];
                        sum.zip_mut_with(block, |s, z| *s += z * weight);
                    }
                }
            }
        }
        coarse
    }

    /// Eigenvectors, and eigenvalues clipped at zero with the noise added.
    fn resolve(&self, block: &Matrix) -> Result<(Matrix, Vec<f64>)> {
        // Column-major: `eigh` hands a row-major Hermitian matrix to LAPACK transposed.
        let column_major = Array2::from_shape_fn(block.dim().f(), |at| block[at]);
        let (values, vectors) = column_major
            .eigh(UPLO::Lower)
            .map_err(|source| InnovationError::Singular { what: "a block of the preconditioner", source })?;
        Ok((vectors, values.iter().map(|l: &f64| l.max(0.0) + self.noise).collect()))
    }
}

impl<R: Real> Preconditioner<R> {
    pub(crate) fn apply(&self, r: &[R], z: &mut [R]) {
        let make = || [vec![R::zero(); r.len()], vec![R::zero(); r.len()]];
        self.buffers.with(make, |[packed, solved]| {
            self.spectrum.forward(r, packed);
            self.blocks.multiply(packed, solved);
            self.spectrum.backward(solved, z);
        });
    }
}

/// Q diag(values) Qᴴ.
fn rebuild(q: &Matrix, values: impl Iterator<Item = f64>) -> Matrix {
    let mut scaled = q.t().mapv(|z| z.conj());
    for (mut row, value) in scaled.rows_mut().into_iter().zip(values) {
        row.mapv_inplace(|z| z * value);
    }
    q.dot(&scaled)
}

/// w(q, k) with the distance h/2 of an even grid counted half on either side.
fn kernel(coarse: usize, fine: usize, stride: usize) -> Array2<f64> {
    let half = coarse as i64 / 2;
    Array2::from_shape_fn((coarse, fine), |(q, k)| {
        let turn = k as f64 * stride as f64 / fine as f64 - q as f64 / coarse as f64;
        let sum: f64 = (-half..=half)
            .map(|d| {
                let share = if coarse.is_multiple_of(2) && d.abs() == half { 0.5 } else { 1.0 };
                share * (std::f64::consts::TAU * turn * d as f64).cos()
            })
            .sum();
        sum / fine as f64
    })
}
