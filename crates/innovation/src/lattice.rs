//! A stationary prior on a lattice whose stride divides the grid: block-diagonal over the coarse
//! grid's wavenumbers.
//!
//! Sampling every s-th point folds the fine wavenumbers k ≡ q onto the coarse wavenumber q. With
//! unitary transforms Y_q = (1/s) Σ_{k ≡ q} X_k, so
//!
//! > S_q = diag(s²) + (1/s²) Σ_{k ≡ q} Q_k f(Λ_k) Q_kᴴ,
//!
//! one (T·C) × (T·C) block for each q.

use crate::Result;
use crate::outer::weighted_outer_sum;
use crate::small::inverse;
use equipoise_covariance::{Blocks, Pool, Spectrum, Stationary};
use equipoise_field::{Real, Shape, each};
use equipoise_observation::NoiseVariance;
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

    /// S_q.
    fn noisy_block(&self, q: usize, f: &dyn Fn(f64) -> f64) -> Matrix {
        let mut block = self.block(q, f);
        block.diag_mut().iter_mut().zip(&self.noise).for_each(|(d, n)| *d += n);
        block
    }

    pub(crate) fn factor(&self, f: &dyn Fn(f64) -> f64) -> Result<LatticeFactor<R>> {
        let exact = (0..self.spectrum.wavenumbers())
            .map(|q| inverse(&self.noisy_block(q, f), "a block of the lattice"))
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

    /// tr(f(Σ)AᵀS⁻¹A f(Σ)) with every block in `f64`.
    pub(crate) fn explained_trace(&self, f: &dyn Fn(f64) -> f64) -> Result<f64> {
        (0..self.spectrum.wavenumbers()).try_fold(0.0, |sum, q| {
            let inverse = inverse(&self.noisy_block(q, f), "a block of the lattice")?;
            let square = self.block(q, &|l| f(l).powi(2));
            Ok(sum + self.multiplicity(q) * hermitian_product(inverse.view(), square.view()))
        })
    }

    /// What observation leaves of f(Σ)'s diagonal, as a field of `shape`.
    pub(crate) fn remaining(&self, shape: Shape, f: &dyn Fn(f64) -> f64) -> Result<Vec<R>> {
        let weights: Vec<Vec<f64>> =
            self.eigenvalues.iter().map(|l| l.iter().map(|&l| f(l)).collect()).collect();
        let inverses = (0..self.spectrum.wavenumbers())
            .map(|q| inverse(&self.noisy_block(q, f), "a block of the lattice"))
            .collect::<Result<Vec<_>, _>>()?;
        let per_wavenumber: Vec<Vec<f64>> =
            each::made(inverses.len(), |q| self.remaining_at(q, &weights[q], &inverses[q]));
        let cell = shape.plane() / self.spectrum.plane();
        let stride = cell.isqrt();
        let scale = 1.0 / self.spectrum.plane() as f64;
        let total = |at: usize| {
            let terms = per_wavenumber.iter().enumerate();
            scale * terms.map(|(q, left)| self.multiplicity(q) * left[at]).sum::<f64>()
        };
        let periodic: Vec<R> = (0..self.planes * cell).map(|at| R::narrow(total(at))).collect();
        let at = |i: usize| {
            let (plane, point) = (i / shape.plane(), i % shape.plane());
            let (h, w) = (point / shape.width, point % shape.width);
            periodic[plane * cell + h % stride * stride + w % stride]
        };
        Ok((0..shape.len()).map(at).collect())
    }

    /// [Σ_a F_a − Z_ρ S_q⁻¹ Z_ρᴴ]_pp, plane by plane, ρ row-major within a plane.
    fn remaining_at(&self, q: usize, weights: &[f64], inverse: &Matrix) -> Vec<f64> {
        let planes = self.planes;
        let folded: Vec<Matrix> = weights
            .chunks(planes)
            .zip(self.vectors[q].chunks(planes * planes))
            .map(|(weights, vectors)| weighted_outer_sum(planes, vectors, weights))
            .collect();
        let prior: Vec<f64> = (0..planes).map(|p| folded.iter().map(|f| f[[p, p]].re).sum()).collect();
        let cell = folded.len();
        let mut left = vec![0.0; planes * cell];
        for (place, z) in over_places(folded).iter().enumerate() {
            for (p, row) in z.rows().into_iter().enumerate() {
                let explained: f64 = inverse
                    .rows()
                    .into_iter()
                    .zip(row)
                    .map(|(s, a)| {
                        let along: Complex<f64> = s.iter().zip(row).map(|(s, b)| s * b.conj()).sum();
                        (a * along).re
                    })
                    .sum();
                left[p * cell + place] = prior[p] - explained;
            }
        }
        left
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

/// Z_ρ = Σ_a e^{2πi a·ρ/s} F_a for the s² aliases a and places ρ, both row-major, axis by axis.
fn over_places(folded: Vec<Matrix>) -> Vec<Matrix> {
    let stride = folded.len().isqrt();
    let turn = |product: usize| {
        Complex::from_polar(1.0, std::f64::consts::TAU * (product % stride) as f64 / stride as f64)
    };
    let along = |from: &[Matrix], step: usize| -> Vec<Matrix> {
        (0..from.len())
            .map(|at| {
                let (place, first) = (at / step % stride, at - at / step % stride * step);
                (0..stride).fold(Matrix::zeros(from[0].dim()), |mut sum, alias| {
                    let phase = turn(place * alias);
                    sum.zip_mut_with(&from[first + alias * step], |s, f| *s += f * phase);
                    sum
                })
            })
            .collect()
    };
    along(&along(&folded, 1), stride)
}

/// tr(A B) of Hermitian matrices: Σ A_ij conj(B_ij).
fn hermitian_product(a: ArrayView2<'_, Complex<f64>>, b: ArrayView2<'_, Complex<f64>>) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.re * b.re + a.im * b.im).sum()
}
