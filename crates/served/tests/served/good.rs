//! Children that answer rightly: closed forms, the suites of denoisers, batches and several states at once.

use crate::child::{DIM, LEVEL, command, fields, gaussian, numpy, python, start};
use equipoise_covariance::Modes;
use equipoise_denoiser::{Denoiser, DenoiserError, Jacobian, Tape, check_batch, check_denoiser, check_jvp};
use equipoise_schedule::Level;
use equipoise_served::{Dtype, Served};
use equipoise_wiener::Wiener;
use std::sync::Arc;

/// The prior of `gaussian.py` by its modes.
fn wiener() -> Wiener<f64> {
    let u: Vec<f64> = (0..DIM).map(|i| 1.0 + i as f64 / 3.0).collect();
    let square: f64 = u.iter().map(|u| u * u).sum();
    let mode = |k: usize, i: usize| f64::from(u8::from(k == i)) - 2.0 * u[k] * u[i] / square;
    let basis = (0..DIM * DIM).map(|at| mode(at / DIM, at % DIM)).collect();
    let eigenvalues = (0..DIM).map(|i| 0.5f64.powi(i as i32)).collect();
    let mean = (0..DIM).map(|i| (i as f64).sin()).collect();
    Wiener::new(mean, Arc::new(Modes::new(DIM, basis, eigenvalues, None).unwrap())).unwrap()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

#[track_caller]
fn close(found: &[f32], expected: &[f64], bound: f64) {
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((f64::from(*found) - expected).abs() <= bound, "entry {i}: {found}, expected {expected}");
    }
}

/// x̂, Jᵀv and J v of a child of NumPy are the Wiener filter's, whatever the type on the wire, and it passes
/// what every denoiser passes.
#[test]
fn a_child_of_numpy_is_the_wiener_filter() {
    if !(python() && numpy()) {
        return;
    }
    let ours = wiener();
    for (dtype, batch) in [("float32", 4), ("float64", 1)] {
        let served = start(&gaussian(dtype, batch)).unwrap();
        let (x_t, v) = (fields(1, 0), fields(1, 1));
        // One rounding of an answer of size 2.
        let bound = 2.0 * f64::from(f32::EPSILON);
        for level in [LEVEL, Level { mu: 1.0, sigma: 0.01 }, Level { mu: 1e-3, sigma: 1.0 }] {
            let (mut found, mut expected) = ([f32::NAN; DIM], [f64::NAN; DIM]);
            served.denoise(&x_t, level, &mut found).unwrap();
            ours.denoise(&wide(&x_t), level, &mut expected).unwrap();
            close(&found, &expected, bound);
            served.vjp(&x_t, level, &v, &mut found).unwrap();
            ours.vjp(&wide(&x_t), level, &wide(&v), &mut expected).unwrap();
            close(&found, &expected, bound);
            served.jvp(&x_t, level, &v, &mut found).unwrap();
            close(&found, &expected, bound);
        }
        let conformance = check_denoiser(&served, &x_t, LEVEL, served.window()).unwrap();
        assert!(conformance.untested.is_empty(), "{conformance:?}");
        assert!(check_jvp(&served, &x_t, LEVEL).unwrap());
        check_batch(&served, &fields(7, 2), LEVEL, &fields(7, 3)).unwrap();
        let hello = served.hello();
        assert_eq!((served.batch(), served.jacobian()), (batch, Jacobian::Symmetric));
        assert_eq!((hello.mean.as_deref(), hello.std.as_deref()), (Some(&[0.25][..]), Some(&[2.0][..])));
    }
}

/// x̂_i = μ tanh x_{i+1}.
fn estimate(x_t: &[f32], mu: f64) -> Vec<f64> {
    let next = |k: usize| x_t[k / DIM * DIM + (k + 1) % DIM];
    (0..x_t.len()).map(|k| mu * f64::from(next(k % DIM + k / DIM * DIM)).tanh()).collect()
}

/// (Jᵀv)_{i+1} = μ sech²(x_{i+1}) v_i.
fn transposed(x_t: &[f32], v: &[f32], mu: f64) -> Vec<f64> {
    let before = |k: usize| k / DIM * DIM + (k % DIM + DIM - 1) % DIM;
    let slope = |k: usize| mu * (1.0 - f64::from(x_t[k]).tanh().powi(2));
    (0..x_t.len()).map(|k| slope(k) * f64::from(v[before(k)])).collect()
}

fn tanh(keys: &str) -> Served {
    start(&command(&format!("none {keys}"))).unwrap()
}

/// A Jacobian that is not symmetric comes transposed, in batches larger than the child takes at once.
#[test]
fn a_jacobian_that_is_not_symmetric_comes_transposed() {
    if !python() {
        return;
    }
    for keys in ["batch=3 jvp=true", "dtype='\"float64\"'"] {
        let served = tanh(keys);
        let (x_t, v) = (fields(7, 0), fields(7, 1));
        let (mut x_hat, mut out) = (vec![f32::NAN; 7 * DIM], vec![f32::NAN; 7 * DIM]);
        let mut tape = Tape::new();
        let mut local = served.linearise(&x_t, LEVEL, &mut x_hat, &mut tape).unwrap();
        local.vjp(&v, &mut out).unwrap();
        let bound = 2.0 * f64::from(f32::EPSILON);
        close(&x_hat, &estimate(&x_t, LEVEL.mu), bound);
        close(&out, &transposed(&x_t, &v, LEVEL.mu), bound);
        drop(local);
        let conformance = check_denoiser(&served, &x_t[..DIM], LEVEL, served.window()).unwrap();
        assert!(conformance.untested.is_empty(), "{conformance:?}");
        check_batch(&served, &x_t, LEVEL, &v).unwrap();
        if served.hello().jvp {
            assert!(check_jvp(&served, &x_t[..DIM], LEVEL).unwrap());
        } else {
            let refused = served.jvp(&x_t[..DIM], LEVEL, &v[..DIM], &mut out[..DIM]).unwrap_err();
            assert!(matches!(refused, DenoiserError::Unknown { what: "J v" }), "{refused}");
        }
    }
}

/// Several linearisations live side by side, and the child forgets those that are dropped.
#[test]
fn states_live_side_by_side_and_are_let_go() {
    if !python() {
        return;
    }
    let served = tanh("batch=2");
    let states: Vec<Vec<f32>> = (0..4).map(|seed| fields(3, seed)).collect();
    let v = fields(3, 9);
    let mut tapes: [Tape; 4] = Default::default();
    let mut x_hat = vec![0.0; 3 * DIM];
    let mut local: Vec<_> = states
        .iter()
        .zip(&mut tapes)
        .map(|(x_t, tape)| served.linearise(x_t, LEVEL, &mut x_hat, tape).unwrap())
        .collect();
    let mut out = vec![0.0; 3 * DIM];
    for _ in 0..2 {
        for (x_t, local) in states.iter().zip(&mut local).rev() {
            local.vjp(&v, &mut out).unwrap();
            close(&out, &transposed(x_t, &v, LEVEL.mu), 1e-6);
        }
    }
    drop(local);
    let counting = start(&command("states")).unwrap();
    let (mut first, mut second) = (Tape::new(), Tape::new());
    for _ in 0..2 {
        let held = counting.linearise(&v, LEVEL, &mut x_hat, &mut first).unwrap();
        assert_eq!(x_hat[2 * DIM..], [3.0; DIM]);
        drop(held);
    }
    let one = counting.linearise(&v[..DIM], LEVEL, &mut x_hat[..DIM], &mut first).unwrap();
    let two = counting.linearise(&v[..DIM], LEVEL, &mut out[..DIM], &mut second).unwrap();
    assert_eq!((x_hat[0], out[0]), (1.0, 2.0));
    drop((one, two));
}

/// Threads share one child without mixing their answers.
#[test]
fn threads_wait_for_each_other() {
    if !python() {
        return;
    }
    let served = tanh("");
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let served = &served;
            scope.spawn(move || {
                let (x_t, v) = (fields(1, seed), fields(1, seed + 5));
                let mut out = [0.0; DIM];
                for _ in 0..20 {
                    served.vjp(&x_t, LEVEL, &v, &mut out).unwrap();
                    close(&out, &transposed(&x_t, &v, LEVEL.mu), 1e-6);
                }
            });
        }
    });
}

/// A hello's keys arrive, and its levels hold.
#[test]
fn a_hello_says_what_is_served() {
    if !python() {
        return;
    }
    let keys =
        "kind='\"kolmogorov\"' x_axis='\"H\"' levels='[0.5, null]' identity='\"3f2a\"' dtype='\"float64\"'";
    let served = tanh(keys);
    let hello = served.hello();
    assert_eq!((hello.kind.as_deref(), hello.identity.as_deref()), (Some("kolmogorov"), Some("3f2a")));
    assert_eq!((hello.x_axis, hello.dtype), (Some(equipoise_field::Axis::H), Dtype::Float64));
    assert_eq!((hello.levels, hello.jacobian), ([0.5, f64::INFINITY], Jacobian::General));
    let mut out = [0.0; DIM];
    let mut at = |sigma| served.denoise(&fields(1, 0), Level { mu: 0.5, sigma }, &mut out);
    at(0.25).unwrap();
    at(1e3).unwrap();
    let refused = at(0.2).unwrap_err().to_string();
    assert!(refused.contains("σ/μ: found 0.4, expected 0.5 to inf"), "{refused}");
    at(0.25).unwrap();
}
