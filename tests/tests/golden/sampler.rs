//! Whole runs against SDA's predictor–corrector.

use crate::guidance::strength;
use crate::ledger::Check;
use crate::problem::{Problem, SUBS, TOLERANCE, observation, schedule};
use equipoise_field::sum;
use equipoise_guidance::Sda;
use equipoise_sampler::{Outcome, PredictorCorrector, Recorded};
use equipoise_schedule::uniform_grid;
use equipoise_tests::{Golden, Visits};

pub(crate) const CHECK: Check = Check {
    name: "sampler",
    compares: &["gaussian_score/sub=*/sample/corrections=*/x0"],
    takes: &[
        "mean",
        "cov",
        "gaussian_score/sub=*/y",
        "gaussian_score/sub=*/sample/x1",
        "gaussian_score/sub=*/sample/corrections=1/z",
    ],
    run,
};

#[test]
fn runs_agree() {
    run();
}

fn run() -> Visits {
    let mut golden = Golden::open();
    let problem = Problem::read(&mut golden);
    for sub in SUBS {
        let group = format!("gaussian_score/sub={sub}/sample");
        let number = |name: &str| golden.attribute::<f64>(&group, name);
        let (std, gamma, tau) = (number("std"), number("gamma"), number("tau"));
        let steps = golden.attribute::<i64>(&group, "steps") as usize;
        let observation = observation(&mut golden, sub);
        let sda = Sda::new(problem.wiener.clone(), observation, strength(std, gamma));
        let x1 = golden.given(&format!("{group}/x1"));
        let noise = Recorded(golden.given(&format!("{group}/corrections=1/z")));
        for corrections in [0, 1] {
            let grid = uniform_grid(steps).unwrap();
            let sampler = PredictorCorrector::new(grid, corrections, tau).unwrap();
            let outcome = sampler.run(&sda, &schedule(), x1.clone(), &noise, sum::norm(&x1)).unwrap();
            assert!(matches!(outcome, Outcome::Finished { .. }), "{group}: {:?}", outcome.trace());
            golden.compare(&format!("{group}/corrections={corrections}/x0"), outcome.x(), TOLERANCE);
        }
    }
    golden.into_visits()
}
