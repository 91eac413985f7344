//! A Gaussian prior through the facade: every method runs, and the exact ones agree.

use equipoise::field::sum;
use equipoise::prelude::*;
use std::sync::Arc;

const DIM: usize = 6;

/// Independent numbers of variance 4, 2, 4/3, …
fn wiener() -> Wiener<f64> {
    let basis = (0..DIM * DIM).map(|i| f64::from(u8::from(i % (DIM + 1) == 0))).collect();
    let values = (0..DIM).map(|i| 4.0 / (1.0 + i as f64)).collect();
    Wiener::new(vec![0.5; DIM], Arc::new(Modes::new(DIM, basis, values, None).unwrap())).unwrap()
}

fn posterior() -> Posterior<f64> {
    let operator = Mask::new(DIM, vec![0, 3]).unwrap();
    let seen = Observed::new(vec![1.0, -0.5], operator, Noise::std(0.1)).unwrap();
    Posterior::gaussian(wiener(), seen).unwrap().sampler(Exponential::steps(16))
}

#[test]
fn every_method_of_the_table_runs() {
    for method in Method::all() {
        let drawn = posterior().method(method).draw(2).unwrap();
        assert_eq!(drawn.is_point_estimate(), method.is_point_estimate(), "{method}");
        assert_eq!(drawn.outcomes().len(), 2, "{method}");
    }
    for law in Law::ALL {
        assert_eq!(
            posterior().method(Sda::law(law).reference(2)).draw(1).unwrap().outcomes().len(),
            1,
            "{law}"
        );
    }
}

/// Entry by entry κ(y − m) with κ = λ/(λ + s²), whose variance is κs², by 16 steps and 256 members within five
/// standard errors; and `mmps` with as many iterations as there are readings makes the same draws.
#[test]
fn exact_draws_the_posterior_in_closed_form() {
    let drawn = posterior().method(Exact).draw(256).unwrap();
    let exact = |lambda: f64, y: f64| {
        let kappa = lambda / (lambda + 0.01);
        (0.5 + kappa * (y - 0.5), (0.01 * kappa).sqrt())
    };
    let free = |i: usize| (0.5, (4.0 / (1.0 + i as f64)).sqrt());
    let expected = [exact(4.0, 1.0), free(1), free(2), exact(1.0, -0.5), free(4), free(5)];
    for ((mean, std), (m, s)) in drawn.mean().into_iter().zip(drawn.std()).zip(expected) {
        assert!((mean - m).abs() < 5.0 * s / 16.0, "{mean} {m}");
        assert!((std / s - 1.0).abs() < 5.0 / 512f64.sqrt(), "{std} {s}");
    }
    let solved = posterior().method(Mmps::iterations(2)).draw(256).unwrap();
    for (a, b) in solved.fields().zip(drawn.fields()) {
        assert!(sum::squared_distance(a, b).sqrt() < 1e-8 * sum::norm(b), "{a:?} {b:?}");
    }
}
