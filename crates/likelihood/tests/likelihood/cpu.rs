//! The CPU backend: its definition, its independence of threads, and a naive oracle.

use equipoise_field::{Shape, sum};
use equipoise_likelihood::{
    Backend, Cpu, Gradient, Observation, Statistics, Variance, conformance::check_backend,
};
use equipoise_operator::Subsample;
use proptest::prelude::*;

#[test]
fn cpu_is_the_definition_in_both_precisions() {
    check_backend::<f32>(&Cpu);
    check_backend::<f64>(&Cpu);
}

#[test]
fn bits_do_not_depend_on_threads() {
    let lattice = Subsample::new(Shape::new(4, 2, 399, 199), 1).unwrap();
    let count = lattice.count();
    assert!(count > sum::PARALLEL_FROM);
    let x: Vec<f32> = (0..count).map(|i| (i as f32 * 0.7).sin()).collect();
    let y: Vec<f32> = (0..count).map(|i| (i as f32 * 0.3).cos()).collect();
    let v: Vec<f32> = (0..count).map(|i| 0.5 + (i % 17) as f32).collect();
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (mut r, mut g) = (vec![0.0; count], vec![0.0; count]);
            let observation = Observation { values: &y, variance: Variance::PerObservation(&v) };
            let found = Cpu.strided(&x, lattice, observation, Some(&mut r), Gradient::Field(&mut g)).unwrap();
            (bits(found), g.iter().map(|g| g.to_bits()).collect::<Vec<_>>())
        })
    };
    let alone = on(1);
    assert!(alone == on(2));
    assert!(alone == on(5));
}

fn bits(s: Statistics) -> ([u64; 4], usize) {
    ([s.quadratic, s.squared_norm, s.log_variance, s.max_abs].map(f64::to_bits), s.non_finite)
}

/// One loop, plain sums, r/v by division: (Σ r²/v, Σ log v, Σ|log v|, ‖r‖², max|r|, non-finite).
fn naive(x: &[f64], y: &[f64], v: &[f64]) -> (f64, f64, f64, f64, f64, usize) {
    let mut s = (0.0, 0.0, 0.0, 0.0, 0.0, 0);
    for i in 0..y.len() {
        let r = y[i] - x[i];
        s.0 += r * (r / v[i]);
        s.1 += v[i].ln();
        s.2 += v[i].ln().abs();
        s.3 += r * r;
        s.4 = f64::max(s.4, r.abs());
        s.5 += usize::from(!r.is_finite());
    }
    s
}

/// Sums of the same non-negative terms in two orders: (N + 4) roundings apart at most (four within
/// a term). NaN and infinity must agree exactly.
fn close(a: f64, b: f64, count: usize) -> bool {
    let bound = (count as f64 + 4.0) * f64::EPSILON * b.abs();
    (a.is_nan() && b.is_nan()) || a.to_bits() == b.to_bits() || (a - b).abs() <= bound
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        20 => -10.0..10.0f64,
        1 => Just(1e150),
        1 => Just(-1e160),
        1 => Just(1e-150),
        1 => Just(0.0),
    ]
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![50 => value(), 1 => Just(f64::NAN), 1 => Just(f64::INFINITY), 1 => Just(f64::NEG_INFINITY)]
}

fn problem() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<f64>)> {
    let sizes = prop_oneof![4 => 0usize..40, 1 => 4090usize..4100, 1 => 8185usize..8200];
    sizes.prop_flat_map(|n| {
        let variance = prop::collection::vec((-30.0..30.0f64).prop_map(f64::exp), n);
        let finite = (prop::collection::vec(value(), n), prop::collection::vec(value(), n));
        let hostile = (prop::collection::vec(any_value(), n), prop::collection::vec(any_value(), n));
        (prop_oneof![finite, hostile], variance).prop_map(|((x, y), v)| (x, y, v))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn compact_agrees_with_the_naive_loop((x, y, v) in problem()) {
        let n = y.len();
        let (mut r, mut w) = (vec![0.0; n], vec![0.0; n]);
        let observation = Observation { values: &y, variance: Variance::PerObservation(&v) };
        let found = Cpu.compact(&x, observation, Some(&mut r), &mut w).unwrap();
        let (quadratic, log_variance, log_size, squared_norm, max_abs, bad) = naive(&x, &y, &v);
        prop_assert!(close(found.quadratic, quadratic, n), "{} {quadratic}", found.quadratic);
        prop_assert!(close(found.squared_norm, squared_norm, n));
        // One ε a term for the sum of logarithms, one for the product of mantissas.
        let bound = n as f64 * f64::EPSILON * (log_size + 1.0);
        prop_assert!((found.log_variance - log_variance).abs() <= bound);
        prop_assert_eq!(found.max_abs.to_bits(), max_abs.to_bits());
        prop_assert_eq!(found.non_finite, bad);
    }

    #[test]
    fn strided_is_compact_on_the_gathered_field(
        t in 1usize..4, c in 1usize..4, h in 1usize..40, w in 1usize..90, s in 1usize..9,
    ) {
        prop_assume!(s <= h.min(w));
        let shape = Shape::new(t, c, h, w);
        let lattice = Subsample::new(shape, s).unwrap();
        let n = lattice.count();
        let x: Vec<f32> = (0..shape.len()).map(|i| (i as f32 * 1.3).sin()).collect();
        let y: Vec<f32> = (0..n).map(|i| (i as f32 * 0.9).cos()).collect();
        let v: Vec<f64> = (0..c).map(|c| 0.25 + c as f64).collect();
        let points: Vec<usize> = (0..shape.len())
            .filter(|i| {
                let (_, _, a, b) = shape.position(*i);
                a % s == 0 && b % s == 0
            })
            .collect();
        let gathered: Vec<f32> = points.iter().map(|i| x[*i]).collect();
        let variance = Variance::PerChannel { values: &v, plane: h.div_ceil(s) * w.div_ceil(s) };
        let observation = Observation { values: &y, variance };
        let (mut r, mut g) = (vec![f32::NAN; n], vec![f32::NAN; n]);
        let expected = Cpu.compact(&gathered, observation, Some(&mut r), &mut g).unwrap();
        let mut scattered = vec![0.0f32; shape.len()];
        points.iter().zip(&g).for_each(|(i, g)| scattered[*i] = *g);
        let (mut residual, mut field) = (vec![f32::NAN; n], vec![f32::NAN; shape.len()]);
        let found = Cpu
            .strided(&x, lattice, observation, Some(&mut residual), Gradient::Field(&mut field))
            .unwrap();
        prop_assert_eq!(bits(found), bits(expected));
        prop_assert_eq!(residual, r);
        prop_assert_eq!(field, scattered);
    }
}
