//! A stationary prior on a lattice whose stride divides the grid: block-diagonal over the coarse
//! grid's wavenumbers.
//!
//! Sampling every s-th point folds the fine wavenumbers k ≡ q onto the coarse wavenumber q. With
//! unitary transforms Y_q = (1/s) Σ_{k ≡ q} X_k, so
//!
//! > S_q = diag(s²) + (1/s²) Σ_{k ≡ q} Q_k f(Λ_k) Q_kᴴ,
//!
//! one (T·C) × (T·C) block for each q.

use crate::outer::weighted_outer_sum;
use crate::small::inverse;
use crate::{InnovationError, NoiseVariance};
use equipoise_covariance::{Blocks, Pool, Spectrum, Stationary};
use equipoise_field::{Real, Shape};
use ndarray::{Array2, ArrayView2};
use num_complex::Complex;

type Matrix = Array2<Complex<f64>>;

pub(crate) struct Lattice<R: Real> {
    planes: usize,
    spectrum: Spectrum<R>,
    /// Noise variance of each plane.
    noise: Vec<f64>,
    /// Per coarse wavenumber: all aliases' eigenvectors over s, one after the other.
    vectors: Vec<Vec<Complex<f64>>>,
    /// Their eigenvalues.
    eigenvalues: Vec<Vec<f64>>,
    buffers: Pool<[Vec<R>; 2]>,
}

/// The factor for one f: the inverse of every block.
pub(crate) struct LatticeFactor<R: Real> {
    inverse: Blocks<R>,
}

impl<R: Real> Lattice<R> {
    /// Whether the stride divides the grid and the noise is constant on planes.
    pub(crate) fn fits(shape: Shape, stride: usize, noise: &NoiseVariance) -> bool {
        let divides = shape.height.is_multiple_of(stride) && shape.width.is_multiple_of(stride);
        divides && (noise.uniform().is_some() || matches!(noise, NoiseVariance::PerChannel { .. }))
    }

    pub(crate) fn new(prior: &Stationary<R>, stride: usize, noise: &NoiseVariance) -> Self {
        let shape = prior.shape();
        let planes = shape.planes();
        let spectrum = Spectrum::new(shape.height / stride, shape.width / stride);
        let directory = prior.spectrum().directory();
        let (mut vectors, mut eigenvalues) = (Vec::new(), Vec::new());
        for q in 0..spectrum.wavenumbers() {
            let (qx, qy) = spectrum.wavenumber(q);
            let (mut columns, mut values) = (Vec::new(), Vec::new());
            for alias in 0..stride * stride {
                let kx = qx + alias / stride * (shape.height / stride);
                let ky = qy + alias % stride * (shape.width / stride);
                let (k, partner) = directory[kx * shape.width + ky];
                let block = prior.block_vectors(k);
                for mode in 0..planes {
                    let column = (0..planes).map(|plane| block[plane * planes + mode] / stride as f64);
                    columns.extend(column.map(|z| if partner { z.conj() } else { z }));
                }
                values.extend_from_slice(prior.block_eigenvalues(k));
            }
            vectors.push(columns);
            eigenvalues.push(values);
        }
        let plane = spectrum.plane();
        let noise = (0..planes).map(|p| noise.at(p * plane)).collect();
        Self { planes, spectrum, noise, vectors, eigenvalues, buffers: Pool::default() }
    }

    /// A g(Σ) Aᵀ at coarse wavenumber q.
    fn block(&self, q: usize, g: &dyn Fn(f64) -> f64) -> Matrix {
        let weights: Vec<f64> = self.eigenvalues[q].iter().map(|&l| g(l)).collect();
        weighted_outer_sum(self.planes, &self.vectors[q], &weights)
    }

    pub(crate) fn factor(&self, f: &dyn Fn(f64) -> f64) -> Result<LatticeFactor<R>, InnovationError> {
        let exact = (0..self.spectrum.wavenumbers())
            .map(|q| {
                let mut block = self.block(q, f);
                block.diag_mut().iter_mut().zip(&self.noise).for_each(|(d, n)| *d += n);
                inverse(&block, "a block of the lattice")
            })
            .collect::<Result<Vec<_>, _>>()?;
        let inverse = Blocks::new(self.planes, &self.spectrum, |q, row, column| exact[q][[row, column]]);
        Ok(LatticeFactor { inverse })
    }

    pub(crate) fn solve(&self, factor: &LatticeFactor<R>, r: &[R], z: &mut [R]) {
        let make = || [vec![R::zero(); r.len()], vec![R::zero(); r.len()]];
        self.buffers.with(make, |[packed, solved]| {
            self.spectrum.forward(r, packed);
            factor.inverse.multiply(packed, solved);
            self.spectrum.backward(solved, z);
        });
    }

    /// How many of the coarse grid's wavenumbers q stands for: itself and its partner.
    fn multiplicity(&self, q: usize) -> f64 {
        if q < self.spectrum.self_conjugate() { 1.0 } else { 2.0 }
    }

    fn total(&self, term: impl Fn(usize) -> f64) -> f64 {
        (0..self.spectrum.wavenumbers()).map(|q| self.multiplicity(q) * term(q)).sum()
    }

    pub(crate) fn trace_of_solve(&self, factor: &LatticeFactor<R>, g: &dyn Fn(f64) -> f64) -> f64 {
        self.total(|q| {
            let inverse =
                Matrix::from_shape_fn((self.planes, self.planes), |(r, c)| factor.inverse.entry(q, r, c));
            hermitian_product(inverse.view(), self.block(q, g).view())
        })
    }

    pub(crate) fn trace(&self, g: &dyn Fn(f64) -> f64) -> f64 {
        self.total(|q| {
            let columns = self.vectors[q].chunks(self.planes);
            let power = columns.map(|column| column.iter().map(Complex::norm_sqr).sum::<f64>());
            self.eigenvalues[q].iter().zip(power).map(|(&l, p)| g(l) * p).sum()
        })
    }

    pub(crate) fn trace_product(&self, g: &dyn Fn(f64) -> f64, h: &dyn Fn(f64) -> f64) -> f64 {
        self.total(|q| hermitian_product(self.block(q, g).view(), self.block(q, h).view()))
    }
}

/// tr(A B) of Hermitian matrices: Σ A_ij conj(B_ij).
fn hermitian_product(a: ArrayView2<'_, Complex<f64>>, b: ArrayView2<'_, Complex<f64>>) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.re * b.re + a.im * b.im).sum()
}
