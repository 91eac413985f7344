//! Laws of chains: stationarity, lags, clips, and their real form.

use super::*;
use equipoise_stream::Stream;

fn normal(label: &str, rows: usize, columns: usize) -> Array2<f64> {
    Array2::from_shape_vec((rows, columns), Stream::new(label).normal(0, rows * columns)).unwrap()
}

fn complex(label: &str, rows: usize, columns: usize) -> Array2<Complex64> {
    let (re, im) = (normal(label, rows, columns), normal(&format!("{label} im"), rows, columns));
    Array2::from_shape_fn((rows, columns), |at| Complex64::new(re[at], im[at]))
}

/// M/1.1‖M‖: a K of singular values up to 0.91.
fn contraction<S: Number>(m: Array2<S>) -> Array2<S> {
    let (squares, _) = eigen(&hermitian(&m.dot(&adjoint(&m))), "M").unwrap();
    let norm = squares.iter().fold(0.0f64, |a, &b| a.max(b)).sqrt();
    m.mapv(|z| z * S::from_real(1.0 / (1.1 * norm)))
}

fn covariance<S: Number>(m: &Array2<S>) -> Array2<S> {
    m.dot(&adjoint(m))
}

fn off<S: Number>(a: &Array2<S>, b: &Array2<S>) -> f64 {
    let scale = b.iter().fold(1e-300f64, |s, z| s.max(z.abs()));
    a.iter().zip(b).fold(0.0f64, |s, (a, b)| s.max((*a - *b).abs())) / scale
}

/// A C₀ Aᴴ + Q = C₀, Cov(x_{τ+n}, x_τ) = Aⁿ C₀, and no eigenvalue of what frames have together is below zero.
fn is_stationary<S: Number>(chain: &Chain<S>) {
    let (a, c0) = (chain.transition(), chain.c0());
    // A holds C₀^−½, which costs as many digits as the root of the condition of C₀ has.
    assert!(off(&(a.dot(c0).dot(&adjoint(a)) + chain.innovation()), c0) < 1e-11);
    assert!(off(&covariance(chain.root()), c0) < 1e-12);
    let mut expected = c0.clone();
    for lag in 0..6 {
        assert!(off(&chain.lagged(lag).unwrap(), &expected) < 1e-11, "lag {lag}");
        expected = a.dot(&expected);
    }
    let (values, _) = eigen(&chain.joint(5).unwrap(), "joint").unwrap();
    let (least, largest) = (values[0], values[values.len() - 1]);
    assert!(least > -1e-13 * largest, "{least} {largest}");
}

#[test]
fn chains_are_stationary() {
    for d in [1, 2, 5] {
        let chain = Chain::new(covariance(&normal("c", d, d)), contraction(normal("k", d, d))).unwrap();
        is_stationary(&chain);
        let chain = Chain::new(covariance(&complex("c", d, d)), contraction(complex("k", d, d))).unwrap();
        is_stationary(&chain);
        is_stationary(&chain.real());
    }
}

/// C₀ of rank 2 in four numbers, and one of nothing but zeros.
#[test]
fn singular_covariances_make_chains() {
    let c0 = covariance(&complex("c", 4, 2));
    let chain = Chain::new(c0, contraction(complex("k", 4, 4))).unwrap();
    is_stationary(&chain);
    // Nothing outside the range of C₀ enters or leaves.
    let (values, vectors) = eigen(chain.c0(), "C₀").unwrap();
    let null: Vec<_> = (0..4).filter(|&i| values[i] < 1e-10).map(|i| vectors.column(i).to_owned()).collect();
    assert_eq!(null.len(), 2);
    for v in null {
        assert!(chain.transition().dot(&v).iter().all(|z| z.norm() < 1e-12));
        assert!(chain.k().dot(&v).iter().all(|z| z.norm() < 1e-12));
    }
    let still = Chain::new(Array2::<f64>::zeros((3, 3)), contraction(normal("k", 3, 3))).unwrap();
    assert!(still.transition().iter().chain(still.innovation()).all(|x| *x == 0.0));
    assert_eq!(Chain::new(Array2::<f64>::zeros((0, 0)), Array2::zeros((0, 0))).unwrap().dim(), 0);
}

#[test]
fn a_clip_is_told_and_leaves_the_rest() {
    let c0 = Array2::from_diag(&ndarray::arr1(&[5.0, 3.0, 2.0]));
    let k = Array2::from_diag(&ndarray::arr1(&[-1.04, 0.5, 0.97]));
    let found = Chain::new(c0.clone(), k.clone()).unwrap_err().to_string();
    assert!(
        found.starts_with("whitened lag-1 correlation K: found a singular value of 1.04, expected"),
        "{found}"
    );
    let (chain, clip) = Chain::clipped(c0.clone(), k, 0.95).unwrap();
    is_stationary(&chain);
    assert!(off(chain.k(), &Array2::from_diag(&ndarray::arr1(&[-0.95, 0.5, 0.95]))) < 1e-14);
    assert_eq!((clip.count, clip.of), (2, 3));
    assert!((clip.largest - 1.04).abs() < 1e-14 && (clip.share() - 0.7).abs() < 1e-14);
    // What needs no clip keeps its bits.
    let k = contraction(normal("k", 3, 3));
    let (kept, clip) = Chain::clipped(c0.clone(), k.clone(), 0.95).unwrap();
    assert_eq!((clip.count, kept), (0, Chain::new(c0, k).unwrap()));
}

/// C₁ of a chain gives the chain back.
#[test]
fn lags_make_the_chain_they_are_of() {
    let chain = Chain::new(covariance(&complex("c", 3, 3)), contraction(complex("k", 3, 3))).unwrap();
    let lag = chain.lagged(1).unwrap();
    let (again, clip) = Chain::of_lag(chain.c0().clone(), &lag, 0.99).unwrap();
    assert_eq!(clip.count, 0);
    assert!(off(again.transition(), chain.transition()) < 1e-11);
    assert!(off(again.k(), chain.k()) < 1e-11);
}

/// (√2 Re x, √2 Im x) of circular numbers: Cov(Re, Re) = Re C/2, Cov(Re, Im) = −Im C/2, times two.
#[test]
fn the_real_form_has_the_lags_of_the_complex_one() {
    let chain = Chain::new(covariance(&complex("c", 2, 2)), contraction(complex("k", 2, 2))).unwrap();
    for lag in [0, 1, 4] {
        let (c, r) = (chain.lagged(lag).unwrap(), chain.real().lagged(lag).unwrap());
        for ((i, j), z) in c.indexed_iter() {
            let expected = [z.re, -z.im, z.im, z.re];
            let found = [r[[i, j]], r[[i, j + 2]], r[[i + 2, j]], r[[i + 2, j + 2]]];
            assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-13), "lag {lag}");
        }
    }
}

#[test]
fn what_is_no_chain_is_refused_by_name() {
    let eye = Array2::<f64>::eye(2);
    let message = |c0: Array2<f64>, k: Array2<f64>| Chain::new(c0, k).unwrap_err().to_string();
    let k = 0.5 * &eye;
    assert_eq!(
        message(eye.clone(), Array2::zeros((2, 3))),
        "whitened lag-1 correlation K: found 3, expected 2"
    );
    let mut bad = eye.clone();
    bad[[0, 1]] = 1e-3;
    assert!(message(bad.clone(), k.clone()).contains("(0, 1) is off the conjugate"));
    bad[[0, 1]] = f64::NAN;
    assert_eq!(message(bad, k.clone()), "C₀: entry 1 is not finite");
    let negative = Array2::from_diag(&ndarray::arr1(&[1.0, -1e-3]));
    assert!(message(negative, k.clone()).contains("expected a covariance"));
    let found = Chain::clipped(eye, k, 1.0).unwrap_err().to_string();
    assert_eq!(found, "limit of the singular values of K: found 1, expected at least 0 and below 1");
    let found = Chain::scalar(1.0, 1.0).unwrap_err().to_string();
    assert!(found.contains("found a singular value of 1, expected all below 1"), "{found}");
    assert!(Chain::scalar(0.5, -1.0).is_err());
}
