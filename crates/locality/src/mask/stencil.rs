//! The mask of a stationary covariance: one stencil per pair of planes, applied by wavenumber.

use super::gain;
use crate::pixelwise::Neighbourhood;
use equipoise_covariance::{Blocks, Pool, Spectrum, Stationary};
use equipoise_field::Real;
use equipoise_schedule::Level;
use num_complex::Complex;
use std::f64::consts::SQRT_2;

/// d_c = Σ_c' S_cc' ∗ s_c' with S_cc'(m − n) = M_nm, n on plane c' and m on plane c.
///
/// By the Fourier transform, in `f64`: d errs by some 1e-16 of the largest entries of |M| s summed,
/// whatever the size of the stencil.
#[derive(Debug)]
pub(super) struct Stencil {
    len: usize,
    spectrum: Spectrum<f64>,
    blocks: Blocks<f64>,
    buffers: Pool<[Vec<f64>; 2]>,
}

impl Stencil {
    pub(super) fn new<R: Real>(stationary: &Stationary<R>, level: Level, threshold: f64) -> Self {
        let shape = stationary.shape();
        let planes = shape.planes();
        let spectrum = Spectrum::<f64>::new(shape.height, shape.width);
        let own = own_gains(stationary, &spectrum, level);
        let operator = |k: usize, c: usize, from: usize| entry(stationary, level, k, c, from);
        let blocks = if threshold == 0.0 {
            let unit = |c, from| if c == from { Complex::new(1.0, 0.0) } else { Complex::ZERO };
            Blocks::new(planes, &spectrum, |k, c, from| match own[from] {
                0.0 => unit(c, from),
                own => operator(k, c, from) / own,
            })
        } else {
            let hard = hard_stencils(&spectrum, &own, threshold, &operator);
            Blocks::new(planes, &spectrum, |k, c, from| transformed(&spectrum, &hard[c * planes + from], k))
        };
        Self { len: shape.len(), spectrum, blocks, buffers: Pool::default() }
    }

    fn with_buffers(&self, work: impl FnOnce(&mut [Vec<f64>; 2])) {
        self.buffers.with(|| [vec![0.0; self.len], vec![0.0; self.len]], work);
    }
}

/// The entry of W's block at wavenumber k: Σ_i Q_ci g_i conj(Q_c'i).
fn entry<R: Real>(stationary: &Stationary<R>, level: Level, k: usize, c: usize, from: usize) -> Complex<f64> {
    let (vectors, values) = (stationary.block_vectors(k), stationary.block_eigenvalues(k));
    let planes = values.len();
    let mode =
        |i: usize| vectors[c * planes + i] * gain(level, values[i]) * vectors[from * planes + i].conj();
    (0..planes).map(mode).sum()
}

/// W_nn for n on each plane: the mean over all wavenumbers of the block's diagonal.
fn own_gains<R: Real>(stationary: &Stationary<R>, spectrum: &Spectrum<f64>, level: Level) -> Vec<f64> {
    let single = spectrum.self_conjugate();
    let weight = |k: usize| if k < single { 1.0 } else { 2.0 };
    let planes = stationary.shape().planes();
    (0..planes)
        .map(|c| {
            let all = (0..spectrum.wavenumbers()).map(|k| weight(k) * entry(stationary, level, k, c, c).re);
            all.sum::<f64>() / spectrum.plane() as f64
        })
        .collect()
}

/// The stencils of 0 and 1, (plane of m, plane of n), as packed transforms.
fn hard_stencils(
    spectrum: &Spectrum<f64>,
    own: &[f64],
    threshold: f64,
    operator: &dyn Fn(usize, usize, usize) -> Complex<f64>,
) -> Vec<Vec<f64>> {
    let (plane, planes) = (spectrum.plane(), own.len());
    let mut stencils: Vec<Vec<f64>> = (0..planes * planes)
        .map(|pair| {
            let (c, from) = (pair / planes, pair % planes);
            let mut stencil = vec![0.0; plane];
            if own[from] == 0.0 {
                stencil[0] = if c == from { 1.0 } else { 0.0 };
                return stencil;
            }
            let packed = packed(spectrum, |k| operator(k, c, from) / own[from]);
            spectrum.backward(&packed, &mut stencil);
            stencil
        })
        .collect();
    let largest = stencils.iter().flatten().fold(0.0f64, |largest, m| largest.max(m.abs()));
    for stencil in &mut stencils {
        let mut packed = vec![0.0; plane];
        stencil.iter_mut().for_each(|m| *m = if m.abs() >= threshold * largest { 1.0 } else { 0.0 });
        spectrum.forward(stencil, &mut packed);
        *stencil = packed;
    }
    stencils
}

/// The packed transform of the plane whose plain transform is `at(k)`.
fn packed(spectrum: &Spectrum<f64>, at: impl Fn(usize) -> Complex<f64>) -> Vec<f64> {
    let (count, single) = (spectrum.wavenumbers(), spectrum.self_conjugate());
    let unitary = 1.0 / (spectrum.plane() as f64).sqrt();
    let mut packed = vec![0.0; spectrum.plane()];
    for k in 0..count {
        let value = at(k) * unitary;
        if k < single {
            packed[k] = value.re;
        } else {
            packed[k] = SQRT_2 * value.re;
            packed[count + k - single] = SQRT_2 * value.im;
        }
    }
    packed
}

/// The plain transform at wavenumber k of the plane with this packed transform.
fn transformed(spectrum: &Spectrum<f64>, packed: &[f64], k: usize) -> Complex<f64> {
    let (count, single) = (spectrum.wavenumbers(), spectrum.self_conjugate());
    let plain = (spectrum.plane() as f64).sqrt();
    if k < single {
        return Complex::new(plain * packed[k], 0.0);
    }
    Complex::new(packed[k], packed[count + k - single]) * (plain / SQRT_2)
}

impl Neighbourhood for Stencil {
    fn gather(&self, squares: &[f64], distances: &mut [f64]) {
        self.with_buffers(|[from, to]| {
            self.spectrum.forward(squares, from);
            self.blocks.multiply(from, to);
            self.spectrum.backward(to, distances);
        });
    }

    fn scatter(&self, a: &[f64], out: &mut [f64]) {
        self.with_buffers(|[from, to]| {
            self.spectrum.forward(a, from);
            self.blocks.multiply_adjoint(from, to);
            self.spectrum.backward(to, out);
        });
    }
}
