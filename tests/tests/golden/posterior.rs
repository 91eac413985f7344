//! The exact posterior against dense algebra.

use crate::ledger::Check;
use crate::problem::{Problem, SUBS, TOLERANCE, noise, observation, operator};
use equipoise_innovation::ObservedPrior;
use equipoise_posterior::ExactPosterior;
use equipoise_tests::{Golden, Visits};

pub(crate) const CHECK: Check = Check {
    name: "posterior",
    compares: &["gaussian_score/sub=*/posterior/std=0.1/mean", "gaussian_score/sub=*/posterior/std=0.1/var"],
    takes: &["mean", "cov", "gaussian_score/sub=*/y"],
    run,
};

/// The variance is the difference of two numbers near one that leaves 0.006 and more of them.
const VARIANCE_TOLERANCE: f64 = 1e-9;

#[test]
fn moments_agree() {
    run();
}

fn run() -> Visits {
    let mut golden = Golden::open();
    let problem = Problem::read(&mut golden);
    for sub in SUBS {
        let observation = observation(&mut golden, sub);
        let observed = ObservedPrior::new(problem.covariance.clone(), operator(sub), noise()).unwrap();
        let posterior = ExactPosterior::new(observed, problem.mean.clone()).unwrap();
        let group = format!("gaussian_score/sub={sub}/posterior/std=0.1");
        let mean = posterior.mean(observation.values()).unwrap();
        golden.compare(&format!("{group}/mean"), &mean, TOLERANCE);
        golden.compare(&format!("{group}/var"), &posterior.variance().unwrap(), VARIANCE_TOLERANCE);
    }
    golden.into_visits()
}
