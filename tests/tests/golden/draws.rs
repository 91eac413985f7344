//! The random inputs of the golden file have the law that our model gives them.

use crate::ledger::Check;
use crate::problem::{NOISE, SHAPE, SUBS, TIMES, operator, schedule};
use equipoise_field::sum;
use equipoise_schedule::{Cosine, Level, Schedule};
use equipoise_tests::{Golden, Visits};

pub(crate) const CHECK: Check = Check {
    name: "draws",
    compares: &[],
    takes: &[
        "x_true",
        "gaussian_score/sub=*/y",
        "gaussian_score/sub=*/t=*/x_t",
        "gaussian_score/sub=*/azula/t=*/x_t",
    ],
    run,
};

#[test]
fn states_and_observations_are_noisy_versions_of_the_truth() {
    run();
}

fn run() -> Visits {
    let mut golden = Golden::open();
    let x = golden.given("x_true");
    let (sda, azula) = (schedule(), Cosine::new(0.01, 0.01).unwrap());
    for sub in SUBS {
        let path = format!("gaussian_score/sub={sub}/y");
        let y = golden.given(&path);
        let mut seen = vec![f64::NAN; y.len()];
        operator(sub).apply(&x, &mut seen);
        check(&path, &y, &seen, Level { mu: 1.0, sigma: NOISE });
        for t in TIMES {
            let codes: [(&str, Level); 2] = [("", sda.level(t)), ("azula/", azula.level(t))];
            for (code, level) in codes {
                let path = format!("gaussian_score/sub={sub}/{code}t={t}/x_t");
                let x_t = golden.given(&path);
                assert_eq!(x_t.len(), SHAPE.len(), "{path}");
                check(&path, &x_t, &x, level);
            }
        }
    }
    golden.into_visits()
}

/// ‖(noisy − μ·clean)/σ‖²/n is one within four of its standard deviations √(2/n).
fn check(path: &str, noisy: &[f64], clean: &[f64], level: Level) {
    let noise: Vec<f64> = noisy.iter().zip(clean).map(|(a, b)| (a - level.mu * b) / level.sigma).collect();
    let n = noise.len() as f64;
    let power = sum::squared_norm(&noise) / n;
    assert!((power - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "{path}: noise power {power}");
}
