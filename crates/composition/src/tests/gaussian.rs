//! Composites of stationary Gaussian windows: those of windows one by one, and laws of V⁺.

use crate::{Composition, CompositionError, Fold, GaussianComposition, compose};
use equipoise_covariance::{Covariance, Modes, Spectrum, Stationary};
use equipoise_denoiser::{Denoiser, DenoiserError, Jacobian, check_batch, check_denoiser, check_jvp};
use equipoise_field::{Length, Real, Shape, sum};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use num_complex::Complex;
use std::sync::Arc;

const LEVEL: Level = Level { mu: 0.8, sigma: 0.6 };

/// Orthonormal columns for every wavenumber, by Gram and Schmidt from white noise; ln λ normal, of deviation 2.
pub(super) fn stationary<R: Real>(shape: Shape) -> Stationary<R> {
    let spectrum = Spectrum::<R>::new(shape.height, shape.width);
    let (planes, stream) = (shape.planes(), Stream::new("blocks"));
    let (mut vectors, mut values) = (Vec::new(), Vec::new());
    for k in 0..spectrum.wavenumbers() {
        let z: Vec<f64> = stream.normal(k as u64, 2 * planes * planes);
        let imaginary = f64::from(u8::from(k >= spectrum.self_conjugate()));
        let mut columns: Vec<Vec<Complex<f64>>> = Vec::new();
        for i in 0..planes {
            let at = |p: usize| 2 * (i * planes + p);
            let mut own: Vec<_> =
                (0..planes).map(|p| Complex::new(z[at(p)], imaginary * z[at(p) + 1])).collect();
            for other in &columns {
                let along: Complex<f64> = other.iter().zip(&own).map(|(o, v)| o.conj() * v).sum();
                own.iter_mut().zip(other).for_each(|(v, o)| *v -= along * o);
            }
            let norm = own.iter().map(|v| v.norm_sqr()).sum::<f64>().sqrt();
            columns.push(own.into_iter().map(|v| v / norm).collect());
        }
        vectors.extend((0..planes).flat_map(|p| columns.iter().map(move |column| column[p])));
        let z: Vec<f64> = stream.text("λ").normal(k as u64, planes);
        values.extend(z.into_iter().map(|z| (2.0 * z).exp()));
    }
    Stationary::new(shape, vectors, values).unwrap()
}

/// Both ways, with a mean that differs from entry to entry.
fn both<R: Real>(shape: Shape, frames: usize, fold: Fold) -> (GaussianComposition<R>, Composition<R>) {
    let covariance: Arc<dyn Covariance<R>> = Arc::new(stationary::<R>(shape));
    let mean: Vec<R> = Stream::new("mean").normal(0, shape.len());
    let wiener = Wiener::new(mean.clone(), Arc::clone(&covariance)).unwrap();
    let short = GaussianComposition::new(mean, covariance, frames, fold).unwrap();
    (short, Composition::new(Arc::new(wiener), shape.frame(), frames, fold).unwrap())
}

/// (fold, w, L): one window and many, ends that overlap, strides that divide w and that do not.
fn cases() -> Vec<(Fold, usize, usize)> {
    let mut cases =
        vec![(Fold::Centre, 1, 3), (Fold::Centre, 5, 5), (Fold::Centre, 5, 7), (Fold::Centre, 3, 11)];
    for (window, stride, frames) in [(4, 1, 9), (4, 3, 13), (3, 3, 9), (5, 2, 11)] {
        cases.extend(
            [Fold::Symmetrical { stride }, Fold::Causal { stride }, Fold::Average { stride }]
                .map(|fold| (fold, window, frames)),
        );
    }
    cases
}

const GRIDS: [(usize, usize, usize); 5] = [(1, 4, 6), (2, 5, 3), (3, 2, 2), (1, 1, 9), (2, 12, 8)];

fn products<R: Real>(denoiser: &dyn Denoiser<R>, x_t: &[R], v: &[R]) -> [Vec<R>; 4] {
    let mut out = [const { Vec::new() }; 4].map(|_: Vec<R>| vec![R::nan(); v.len()]);
    denoiser.denoise(x_t, LEVEL, &mut out[0]).unwrap();
    denoiser.vjp(x_t, LEVEL, v, &mut out[1]).unwrap();
    denoiser.jvp(x_t, LEVEL, v, &mut out[2]).unwrap();
    denoiser.covariance(x_t, LEVEL, v, &mut out[3]).unwrap();
    out
}

/// To a few roundings of (fields of) order one.
fn agrees<R: Real>(bound: f64) {
    for ((channels, height, width), (fold, window, frames)) in
        GRIDS.iter().flat_map(|grid| cases().into_iter().map(move |case| (*grid, case)))
    {
        let (short, long) = both::<R>(Shape::new(window, channels, height, width), frames, fold);
        let dim = short.dim();
        let (x_t, v): (Vec<R>, Vec<R>) = (Stream::new("x").normal(0, dim), Stream::new("v").normal(0, dim));
        let pairs = products(&short, &x_t, &v).into_iter().zip(products(&long, &x_t, &v));
        for (what, (found, expected)) in ["x̂", "Jᵀv", "J v", "V⁺v"].into_iter().zip(pairs) {
            let apart = sum::squared_distance(&found, &expected).sqrt() / sum::norm(&expected);
            assert!(
                apart < bound,
                "{what} of {channels} × {height} × {width}, {fold}, {window} of {frames}: {apart}"
            );
        }
    }
}

#[test]
fn a_frame_transformed_once_is_windows_one_by_one_in_double_precision() {
    agrees::<f64>(1e-13);
}

#[test]
fn a_frame_transformed_once_is_windows_one_by_one_in_single_precision() {
    agrees::<f32>(1e-6);
}

#[test]
fn gaussian_composites_conform() {
    let shape = Shape::new(3, 2, 3, 4);
    for fold in [Fold::Centre, Fold::Causal { stride: 2 }, Fold::Average { stride: 1 }] {
        let (short, _) = both::<f64>(shape, 7, fold);
        let x_t: Vec<f64> = Stream::new("x").normal(0, 7 * short.dim());
        let whole = Shape { frames: 7, ..shape };
        assert!(check_denoiser(&short, &x_t[..short.dim()], LEVEL, whole).is_ok());
        assert!(check_jvp(&short, &x_t[..short.dim()], LEVEL).unwrap());
        check_batch(&short, &x_t, LEVEL, &Stream::new("v").normal(0, x_t.len())).unwrap();
    }
}

/// Frames enough for several runs in flight and for all threads: the bits of one thread, and no seams.
#[test]
fn long_trajectories_have_no_seams_and_the_bits_of_one_thread() {
    let (shape, frames) = (Shape::new(3, 1, 64, 64), 300);
    let (short, long) = both::<f32>(shape, frames, Fold::Symmetrical { stride: 1 });
    let (x_t, v) = (Stream::new("x").normal(0, short.dim()), Stream::new("v").normal(0, short.dim()));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| products(&short, &x_t, &v))
            .map(|out| out.iter().map(|v| v.to_bits()).collect::<Vec<_>>())
    };
    assert!(on(1) == on(3));
    let pairs = products(&short, &x_t, &v).into_iter().zip(products(&long, &x_t, &v));
    for (found, expected) in pairs.flat_map(|(a, b)| a.into_iter().zip(b).collect::<Vec<_>>()) {
        assert!((found - expected).abs() < 1e-4, "{found} {expected}");
    }
}

/// Three frames of a chain of ρ = 0.99, the same at every wavenumber: a symmetric Toeplitz matrix has the modes
/// (1, 0, −1) with λ = 1 − ρ² and (1, a, 1) with a² + ρa = 2, λ = 1 + ρ² + ρa.
fn chain(shape: Shape) -> Stationary<f64> {
    let (rho, root): (f64, f64) = (0.99, 0.5f64.sqrt());
    let (mut columns, mut values) = (vec![[root, 0.0, -root]], vec![1.0 - rho * rho]);
    for sign in [1.0, -1.0] {
        let a = 0.5 * (sign * (rho * rho + 8.0).sqrt() - rho);
        let norm = (2.0 + a * a).sqrt();
        columns.push([1.0 / norm, a / norm, 1.0 / norm]);
        values.push(1.0 + rho * rho + rho * a);
    }
    let block: Vec<_> =
        (0..3).flat_map(|p| columns.iter().map(move |column| Complex::new(column[p], 0.0))).collect();
    let count = Spectrum::<f64>::new(shape.height, shape.width).wavenumbers();
    Stationary::new(shape, block.repeat(count), values.repeat(count)).unwrap()
}

/// ½(M + Mᵀ) of a product with M, and the largest |M − Mᵀ|.
fn symmetric(dim: usize, product: impl Fn(&[f64], &mut [f64])) -> (Vec<Vec<f64>>, f64) {
    let column = |i: usize| {
        let unit: Vec<f64> = (0..dim).map(|k| f64::from(u8::from(k == i))).collect();
        let mut out = vec![f64::NAN; dim];
        product(&unit, &mut out);
        out
    };
    let m: Vec<Vec<f64>> = (0..dim).map(column).collect();
    let half = |i: usize| (0..dim).map(|j| 0.5 * (m[i][j] + m[j][i])).collect();
    let apart = (0..dim * dim).map(|k| (m[k / dim][k % dim] - m[k % dim][k / dim]).abs());
    ((0..dim).map(half).collect(), apart.fold(0.0, f64::max))
}

/// How many eigenvalues of a symmetric matrix are not above zero: as many as pivots of its LDLᵀ (Sylvester).
fn not_positive(mut m: Vec<Vec<f64>>) -> usize {
    let (n, mut count) = (m.len(), 0);
    for k in 0..n {
        count += usize::from(m[k][k].is_nan() || m[k][k] <= 0.0);
        for i in k + 1..n {
            let factor = m[i][k] / m[k][k];
            (k + 1..n).for_each(|j| m[i][j] -= factor * m[k][j]);
        }
    }
    count
}

/// V⁺ of a denoiser and (σ²/μ)J.
fn both_forms(denoiser: &dyn Denoiser<f64>) -> [(Vec<Vec<f64>>, f64); 2] {
    let (dim, x_t) = (denoiser.dim(), vec![0.0; denoiser.dim()]);
    let scale = LEVEL.sigma.powi(2) / LEVEL.mu;
    [
        symmetric(dim, |v, out| denoiser.covariance(&x_t, LEVEL, v, out).unwrap()),
        symmetric(dim, |v, out| {
            denoiser.jvp(&x_t, LEVEL, v, out).unwrap();
            out.iter_mut().for_each(|o| *o *= scale);
        }),
    ]
}

#[test]
fn the_positive_form_is_symmetric_and_positive() {
    for (fold, window, frames) in cases() {
        let (short, _) = both::<f64>(Shape::new(window, 1, 2, 3), frames, fold);
        let [(positive, apart), _] = both_forms(&short);
        assert_eq!(not_positive(positive), 0, "{fold}");
        assert!(apart < 1e-12, "{fold}: {apart}");
    }
}

/// Where the plain form has eigenvalues below zero, by both ways.
#[test]
fn the_positive_form_is_positive_where_the_plain_one_is_not() {
    let shape = Shape::new(3, 1, 2, 3);
    let wiener = Wiener::new(vec![0.0; shape.len()], Arc::new(chain(shape))).unwrap();
    let long = Composition::new(Arc::new(wiener), shape.frame(), 11, Fold::Centre).unwrap();
    let short = GaussianComposition::new(vec![0.0; shape.len()], Arc::new(chain(shape)), 11, Fold::Centre);
    for denoiser in [&long as &dyn Denoiser<f64>, &short.unwrap()] {
        let [(positive, apart), (plain, skew)] = both_forms(denoiser);
        assert_eq!(not_positive(positive), 0);
        assert!(apart < 1e-12 && skew > 1e-3, "{apart} {skew}");
        assert!(not_positive(plain) >= shape.frame());
    }
}

#[test]
fn compose_takes_the_short_way_where_there_is_one() {
    let shape = Shape::new(3, 2, 4, 4);
    let made = |covariance: Arc<dyn Covariance<f64>>, fold| {
        let wiener = Arc::new(Wiener::new(vec![0.0; shape.len()], Arc::clone(&covariance)).unwrap());
        compose(Arc::clone(&wiener) as _, Some((wiener.mean(), &covariance)), shape.frame(), 6, fold).unwrap()
    };
    let modes = Modes::new(shape.len(), vec![0.1; shape.len()], vec![1.0], Some(0.5)).unwrap();
    let (v, mut out) = (vec![1.0; 6 * shape.frame()], vec![0.0; 6 * shape.frame()]);
    for covariance in [Arc::new(stationary(shape)) as Arc<dyn Covariance<f64>>, Arc::new(modes)] {
        let composite = made(covariance, Fold::Centre);
        assert_eq!((composite.dim(), composite.jacobian()), (v.len(), Jacobian::General));
        composite.vjp(&v, LEVEL, &v, &mut out).unwrap();
    }
}

#[test]
fn what_is_no_stationary_window_is_named() {
    let shape = Shape::new(3, 1, 2, 2);
    let covariance: Arc<dyn Covariance<f64>> = Arc::new(stationary(shape));
    let refused =
        GaussianComposition::new(vec![0.0; 5], Arc::clone(&covariance), 6, Fold::Centre).unwrap_err();
    assert_eq!(
        refused,
        CompositionError::Length(Length { what: "mean of a window", found: 5, expected: 12 })
    );
    let refused =
        GaussianComposition::new(vec![0.0; 12], Arc::clone(&covariance), 2, Fold::Centre).unwrap_err();
    assert_eq!(refused, CompositionError::Short { frames: 2, window: 3 });
    let modes: Arc<dyn Covariance<f64>> =
        Arc::new(Modes::new(2, vec![1.0, 0.0], vec![1.0], Some(0.1)).unwrap());
    let refused = GaussianComposition::new(vec![0.0; 2], modes, 6, Fold::Centre).unwrap_err();
    assert_eq!(refused, CompositionError::Unstationary);
    let short = GaussianComposition::new(vec![0.0; 12], covariance, 6, Fold::Centre).unwrap();
    let told = |found: Result<(), DenoiserError>| found.unwrap_err().to_string();
    let mut out = [0.0; 24];
    assert_eq!(told(short.denoise(&[0.0; 25], LEVEL, &mut out)), "x_t: found length 25, expected 24");
    assert_eq!(told(short.vjp(&[0.0; 24], LEVEL, &[0.0; 23], &mut out)), "v: found length 23, expected 24");
}
