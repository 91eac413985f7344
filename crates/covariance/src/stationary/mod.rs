//! Stationary covariances on a periodic grid: one (T·C) × (T·C) Hermitian block per wavenumber.

mod blocks;
#[cfg(feature = "fit")]
mod fit;
#[cfg(feature = "fit")]
mod series;
mod spectrum;
mod tiles;
mod transposes;

pub use blocks::Blocks;
#[cfg(feature = "fit")]
pub use fit::fit_stationary;
#[cfg(feature = "fit")]
pub use series::StationarySeries;
pub use spectrum::Spectrum;
pub use tiles::{TileRoom, Tiles};

use crate::{Covariance, Pool, Result, Structure, Weights};
use equipoise_field::{Length, Real, Shape, each};
use num_complex::Complex;

/// Σ = Fᴴ diag_k(Q_k Λ_k Q_kᴴ) F with F the unitary discrete Fourier transform over (H, W) and one
/// Hermitian block over the planes (t, c) per wavenumber.
///
/// Coefficients are ordered like a field of shape (T, C, H, W): plane i holds mode i of every
/// wavenumber, packed as in [`Spectrum`].
#[derive(Debug)]
pub struct Stationary<R: Real> {
    shape: Shape,
    spectrum: Spectrum<R>,
    vectors: Blocks<R>,
    /// Q_k in full precision, wavenumber by wavenumber, row-major (plane, mode).
    exact_vectors: Vec<Complex<f64>>,
    /// λ of mode i at wavenumber k: `block_eigenvalues[k · T·C + i]`.
    block_eigenvalues: Vec<f64>,
    eigenvalues: Vec<f64>,
    buffers: Pool<[Vec<R>; 2]>,
}

impl<R: Real> Stationary<R> {
    /// From the eigenvectors and eigenvalues of every independent wavenumber's block.
    ///
    /// `vectors` holds the unitary Q_k row-major (plane, mode), k by k in the order of [`Spectrum`];
    /// at self-conjugate wavenumbers they must be real. `values` holds λ, k by k.
    ///
    /// # Errors
    /// [`CovarianceError::Length`](crate::CovarianceError::Length) when an array does not fit the shape.
    pub fn new(shape: Shape, vectors: Vec<Complex<f64>>, values: Vec<f64>) -> Result<Self> {
        let spectrum = Spectrum::new(shape.height, shape.width);
        let (planes, count) = (shape.planes(), spectrum.wavenumbers());
        for (what, found, expected) in [
            ("block eigenvectors", vectors.len(), count * planes * planes),
            ("block eigenvalues", values.len(), count * planes),
        ] {
            Length::check(what, found, expected)?;
        }
        let blocks = Blocks::new(planes, &spectrum, |k, p, i| vectors[(k * planes + p) * planes + i]);
        let mut eigenvalues = vec![0.0; shape.len()];
        for (i, plane) in eigenvalues.chunks_mut(shape.plane().max(1)).enumerate() {
            for (slot, value) in plane.iter_mut().enumerate() {
                *value = values[spectrum.wavenumber_of_slot(slot) * planes + i];
            }
        }
        Ok(Self {
            shape,
            spectrum,
            vectors: blocks,
            exact_vectors: vectors,
            block_eigenvalues: values,
            eigenvalues,
            buffers: Pool::default(),
        })
    }

    /// The shape (T, C, H, W).
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The transform and its order of wavenumbers.
    pub fn spectrum(&self) -> &Spectrum<R> {
        &self.spectrum
    }

    /// Q_k of independent wavenumber k, row-major (plane, mode).
    pub fn block_vectors(&self, k: usize) -> &[Complex<f64>] {
        let size = self.shape.planes().pow(2);
        &self.exact_vectors[k * size..(k + 1) * size]
    }

    /// λ of the T·C modes of independent wavenumber k.
    pub fn block_eigenvalues(&self, k: usize) -> &[f64] {
        let planes = self.shape.planes();
        &self.block_eigenvalues[k * planes..(k + 1) * planes]
    }

    fn with_buffers<O>(&self, work: impl FnOnce(&mut [Vec<R>; 2]) -> O) -> O {
        self.buffers.with(|| [vec![R::zero(); self.shape.len()], vec![R::zero(); self.shape.len()]], work)
    }
}

impl<R: Real> Covariance<R> for Stationary<R> {
    fn dim(&self) -> usize {
        self.shape.len()
    }

    fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    fn complement(&self) -> Option<f64> {
        None
    }

    fn analyse(&self, v: &[R], coefficients: &mut [R]) {
        self.with_buffers(|[packed, _]| {
            self.spectrum.forward(v, packed);
            self.vectors.multiply_adjoint(packed, coefficients);
        });
    }

    fn synthesise(&self, coefficients: &[R], v: &mut [R]) {
        self.with_buffers(|[packed, _]| {
            self.vectors.multiply(coefficients, packed);
            self.spectrum.backward(packed, v);
        });
    }

    fn structure(&self) -> Structure<'_, R> {
        Structure::Stationary(self)
    }

    fn apply(&self, weights: &Weights<R>, v: &[R], out: &mut [R]) {
        self.with_buffers(|[packed, modes]| {
            self.spectrum.forward(v, packed);
            self.vectors.multiply_adjoint(packed, modes);
            each::update1(modes, &weights.resolved, |c, w| c * w);
            self.vectors.multiply(modes, packed);
            self.spectrum.backward(packed, out);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check_covariance;

    /// A field of the given length that excites every mode.
    fn probe(len: usize, phase: f64) -> Vec<f64> {
        (0..len).map(|i| (1.7 * i as f64 + phase).sin() + 0.3 * (0.01 * (i * i) as f64).cos()).collect()
    }

    fn sample(shape: Shape) -> Vec<Vec<f64>> {
        (0..7).map(|s| probe(shape.len(), 0.4 + s as f64)).collect()
    }

    #[test]
    fn conforms_on_even_odd_and_flat_grids() {
        for (h, w) in [(4, 6), (5, 4), (6, 5), (3, 3), (1, 4), (4, 1), (2, 2)] {
            let shape = Shape::new(2, 2, h, w);
            let data = sample(shape);
            let snapshots: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
            let (_, covariance) = fit_stationary(shape, &snapshots, 1e-3).unwrap();
            let (a, b) = (probe(shape.len(), 0.0), probe(shape.len(), 2.0));
            check_covariance(&covariance, [&a, &b], 1e-12);
        }
    }

    /// The fitted Σ is the average of the snapshots' covariance over all shifts of the grid.
    #[test]
    fn fit_is_the_shift_averaged_sample_covariance() {
        let shape = Shape::new(2, 1, 4, 3);
        let data = sample(shape);
        let snapshots: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
        let ridge = 0.01;
        let (mean, covariance) = fit_stationary(shape, &snapshots, ridge).unwrap();
        let identity = covariance.weights(&|l| l);
        let mut unit = vec![0.0; shape.len()];
        let mut column = vec![0.0; shape.len()];
        for i in 0..shape.len() {
            unit[i] = 1.0;
            covariance.apply(&identity, &unit, &mut column);
            unit[i] = 0.0;
            let (ti, ci, hi, wi) = shape.position(i);
            for j in 0..shape.len() {
                let (tj, cj, hj, wj) = shape.position(j);
                let mut expected = if i == j { ridge } else { 0.0 };
                for s in &data {
                    for (dh, dw) in (0..4).flat_map(|dh| (0..3).map(move |dw| (dh, dw))) {
                        let a = shape.index(ti, ci, (hi + dh) % 4, (wi + dw) % 3);
                        let b = shape.index(tj, cj, (hj + dh) % 4, (wj + dw) % 3);
                        expected += (s[a] - mean[a]) * (s[b] - mean[b]) / (12.0 * data.len() as f64);
                    }
                }
                assert!((column[j] - expected).abs() < 1e-13, "Σ[{i}, {j}]: {} {expected}", column[j]);
            }
        }
    }

    #[test]
    fn single_precision_agrees_with_double() {
        let shape = Shape::new(4, 2, 16, 16);
        let data = sample(shape);
        let narrow: Vec<Vec<f32>> = data.iter().map(|s| s.iter().map(|&v| v as f32).collect()).collect();
        let snapshots: Vec<&[f32]> = narrow.iter().map(Vec::as_slice).collect();
        let (_, covariance) = fit_stationary(shape, &snapshots, 1e-3).unwrap();
        let (a, b) = (&narrow[0], &narrow[1]);
        // 16 modes and 2·log2(16) butterfly levels, each one rounding of relative size 2^-24.
        check_covariance(&covariance, [a, b], 100.0 * f64::from(f32::EPSILON));
    }
}
