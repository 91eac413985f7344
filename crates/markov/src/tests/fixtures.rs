//! Priors that tests share.

use crate::matrix::{adjoint, eigen};
use crate::{Chain, Markov};
use equipoise_field::Shape;
use equipoise_stream::Stream;
use ndarray::Array2;
use num_complex::Complex64;

pub(crate) fn normal(label: &str, rows: usize, columns: usize) -> Array2<f64> {
    Array2::from_shape_vec((rows, columns), Stream::new(label).normal(0, rows * columns)).unwrap()
}

/// r modes of a frame that decay at different rates and turn into each other.
pub(crate) fn modes(shape: Shape, r: usize, white: f64) -> Markov {
    let c = normal("c0", r, r);
    with_covariance(shape, c.dot(&c.t()), white)
}

/// The same with a covariance of a frame's r numbers that may be singular.
pub(crate) fn with_covariance(shape: Shape, c0: Array2<f64>, white: f64) -> Markov {
    let r = c0.nrows();
    let n = normal("modes", shape.frame(), r);
    let (values, vectors) = eigen(&n.t().dot(&n), "gram").unwrap();
    let basis = n.dot(&crate::matrix::conjugated(&vectors, &values.mapv(|l| 1.0 / l.sqrt())));
    let mut k = 0.3 * normal("k", r, r) / (r as f64).sqrt();
    k.diag_mut().mapv_inplace(|v| v + 0.8);
    let chain = Chain::clipped(c0, k, 0.97).unwrap().0;
    let flat: Vec<f64> = basis.t().iter().copied().collect();
    Markov::modes(shape, Stream::new("m").normal(0, shape.frame()), &flat, chain, white).unwrap()
}

/// A chain of C complex numbers for every wavenumber.
pub(crate) fn waves(shape: Shape) -> Markov {
    waves_about(shape, Stream::new("m").normal(0, shape.frame()))
}

pub(crate) fn waves_about(shape: Shape, mean: Vec<f64>) -> Markov {
    let spectrum = equipoise_covariance::Spectrum::<f64>::new(shape.height, shape.width);
    let (c, own) = (shape.channels, spectrum.self_conjugate());
    let chains = (0..spectrum.wavenumbers()).map(|k| {
        let at = |label: &str| {
            let (re, im) = (normal(&format!("{label}{k}"), c, c), normal(&format!("{label}i{k}"), c, c));
            Array2::from_shape_fn((c, c), |at| Complex64::new(re[at], if k < own { 0.0 } else { im[at] }))
        };
        let (root, mut turn) = (at("root"), at("turn").mapv(|z| 0.2 * z));
        turn.diag_mut().mapv_inplace(|z| z + if k < own { 0.8.into() } else { Complex64::cis(0.4) * 0.8 });
        Chain::clipped(root.dot(&adjoint(&root)), turn, 0.95).unwrap().0
    });
    Markov::wavenumbers(shape, mean, chains.collect()).unwrap()
}
