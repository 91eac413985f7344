//! Conjugate gradients on small systems whose descents are known.

use super::*;
use std::convert::Infallible;

/// M = diag(values).
fn diagonal(values: &[f64]) -> impl Fn(&[f64], &mut [f64]) -> Result<(), Infallible> {
    move |v, out| {
        out.iter_mut().zip(v).zip(values).for_each(|((o, v), m)| *o = m * v);
        Ok(())
    }
}

fn solve(values: &[f64], iterations: usize) -> (Vec<f64>, Descent) {
    let mut z = vec![f64::INFINITY; values.len()];
    let solver = ConjugateGradients { iterations, ..ConjugateGradients::default() };
    let Ok(descent) = solver.solve(diagonal(values), &vec![1.0; values.len()], &mut z);
    (z, descent)
}

/// As many iterations as distinct eigenvalues.
#[test]
fn distinct_eigenvalues_are_counted() {
    let values = [1.0, 4.0, 4.0, 9.0, 1.0];
    let (z, descent) = solve(&values, 100);
    assert_eq!((descent.solved.iterations, descent.breakdown), (3, None));
    assert!(descent.solved.residual.unwrap() <= 1e-10);
    // The residual is at most 1e-10·√5 and the smallest eigenvalue one.
    assert!(z.iter().zip(values).all(|(z, m)| (z - 1.0 / m).abs() < 3e-10), "{z:?}");
}

/// One step from zero is r·(rᵀr/rᵀMr), here 3/6, and leaves r − Mr/2 = (1/2, 0, −1/2).
#[test]
fn the_cap_ends_a_descent_with_its_residual() {
    let (z, descent) = solve(&[1.0, 2.0, 3.0], 1);
    assert_eq!((z, descent.solved.iterations), (vec![0.5; 3], 1));
    let expected = (0.5f64 / 3.0).sqrt();
    assert!((descent.solved.residual.unwrap() - expected).abs() < 4.0 * f64::EPSILON);
}

#[test]
fn a_non_positive_curvature_leaves_the_iterate_before_it() {
    let first = Some(Breakdown { iteration: 0, curvature: -2.0, growth: None });
    assert_eq!(
        solve(&[1.0, -3.0], 9),
        (vec![0.0; 2], Descent { breakdown: first, ..Descent::ended(0, 1.0) })
    );
    let (z, descent) = solve(&[3.0, -1.0], 9);
    // 2/2 along r; then rest = (−2, 2), d = rest + 4r = (2, 6), dᵀMd = 12 − 36.
    assert_eq!(z, [1.0, 1.0]);
    assert_eq!(descent.breakdown, Some(Breakdown { iteration: 1, curvature: -24.0, growth: None }));
    assert_eq!(descent.solved, Solved { iterations: 1, residual: Some(2.0) });
}

/// M = diag(1, ½, ¼) has a solution twice and four times as long along its second and third axes as one with
/// M ≥ I. The first step from r = (1, 1, 1) is 3/(1 + ½ + ¼) r, within a gain of 2; the whole way is not.
#[test]
fn an_iterate_past_its_bound_leaves_the_one_before() {
    let (values, r) = ([1.0, 0.5, 0.25], [1.0; 3]);
    let within = |gain: f64| {
        let mut z = [f64::NAN; 3];
        let solver = ConjugateGradients::default();
        let Ok(descent) = solver.solve_each_within((1, gain), diagonal(&values), &r, &mut z);
        (z, descent[0])
    };
    let (z, descent) = within(2.0);
    let found = descent.breakdown.unwrap();
    assert_eq!((z, found.iteration, descent.solved.iterations), ([3.0 / 1.75; 3], 1, 1));
    assert!(found.curvature > 0.0 && found.growth.unwrap() > SLACK, "{found:?}");
    let left = r.iter().zip(values).map(|(r, m)| (r - m * z[0]).powi(2)).sum::<f64>();
    assert!((descent.solved.residual.unwrap() - (left / 3.0).sqrt()).abs() < 1e-15);
    // The solution, (1, 2, 4), has √7 times the length of r.
    let (z, descent) = within(7f64.sqrt());
    assert!(descent.breakdown.is_none() && (z[2] - 4.0).abs() < 1e-9, "{descent:?}");
    assert_eq!(within(f64::INFINITY).0.to_vec(), solve(&values, 1000).0);
    let (z, descent) = within(0.5);
    assert_eq!((z, descent.breakdown.unwrap().iteration), ([0.0; 3], 0));
}

/// A covariance never comes near: M = s²I + V with V ≥ 0 of rank one, down to V = 0, whose solution is
/// at the bound.
#[test]
fn a_true_covariance_keeps_to_its_bound() {
    for size in [0.0, 1e-9, 1e-3, 1.0, 1e6f32] {
        for s2 in [1e-6, 1e-2, 1.0f32] {
            let u: Vec<f32> = (0..40).map(|i| size.sqrt() * (0.7 * i as f32).sin()).collect();
            let product = |v: &[f32], out: &mut [f32]| {
                let along = sum::dot(&u, v) as f32;
                out.iter_mut().zip(v).zip(&u).for_each(|((o, v), u)| *o = s2 * v + along * u);
                Ok::<_, Infallible>(())
            };
            let r: Vec<f32> = (0..40).map(|i| (1.3 * i as f32 + 0.2).cos()).collect();
            let (mut z, gain) = (vec![0.0; 40], 1.0 / f64::from(s2));
            let solver = ConjugateGradients { iterations: 10, ..ConjugateGradients::default() };
            let Ok(descent) = solver.solve_each_within((1, gain), product, &r, &mut z);
            assert_eq!(descent[0].breakdown, None, "{size} {s2}");
        }
    }
}

#[test]
fn numbers_that_are_not_finite_spread() {
    for values in [[f64::NAN, 1.0], [f64::INFINITY, 1.0]] {
        let (z, descent) = solve(&values, 9);
        assert!(z.iter().all(|z| z.is_nan()) && descent.solved.residual.unwrap().is_nan());
    }
}

#[test]
fn nothing_is_solved_by_nothing() {
    let mut z = [f64::NAN; 2];
    let Ok(descent) = ConjugateGradients::default().solve(diagonal(&[1.0, 2.0]), &[0.0; 2], &mut z);
    assert_eq!((z, descent), ([0.0; 2], Descent::ended(0, 0.0)));
}

/// Systems that end at different iterations: by tolerance, by curvature, by the cap, at once.
#[test]
fn systems_side_by_side_have_the_bits_they_have_alone() {
    let systems = [[1.0, 4.0, 9.0], [3.0, -1.0, 2.0], [5.0, 5.0, 5.0], [1.0, 1e4, 1e8]];
    let right = [[1.0, 2.0, 3.0], [1.0, 1.0, 0.0], [0.3, -0.2, 0.1], [1.0, 1.0, 1.0]];
    let solver = ConjugateGradients { iterations: 2, ..ConjugateGradients::default() };
    let (mut z, all) = (vec![0.0; 12], diagonal(systems.as_flattened()));
    let Ok(together) = solver.solve_each_within((4, f64::INFINITY), all, right.as_flattened(), &mut z);
    for (k, (values, r)) in systems.iter().zip(&right).enumerate() {
        let mut alone = [0.0; 3];
        let Ok(descent) = solver.solve(diagonal(values), r, &mut alone);
        assert_eq!((descent, &alone[..]), (together[k], &z[3 * k..][..3]), "{k}");
    }
}
