//! SDA's DPS score.

use crate::ledger::Check;
use crate::problem::{Problem, SUBS, TIMES, TOLERANCE, observation, schedule};
use equipoise_schedule::uniform_grid;
use equipoise_solver::{Annealing, SdaDps, Start};
use equipoise_tests::{Golden, Visits};
use std::sync::Arc;

pub(crate) const CHECK: Check = Check {
    name: "dps",
    compares: &["gaussian_score/sub=*/t=*/sda_dps/zeta=1"],
    takes: &["mean", "cov", "gaussian_score/sub=*/y", "gaussian_score/sub=*/t=*/x_t"],
    run,
};

#[test]
fn guided_estimates_agree() {
    run();
}

fn run() -> Visits {
    let mut golden = Golden::open();
    let problem = Problem::read(&mut golden);
    for sub in SUBS {
        let annealing = Annealing {
            denoiser: problem.wiener.clone(),
            observation: observation(&mut golden, sub),
            schedule: Arc::new(schedule()),
            grid: uniform_grid(1).unwrap(),
            start: Start::Normal,
            bound: 1.0,
        };
        for t in TIMES {
            let group = format!("gaussian_score/sub={sub}/t={t}");
            let x_t = golden.given(&format!("{group}/x_t"));
            let eps = SdaDps { zeta: 1.0 }.noise_estimate(&annealing, &x_t, t).unwrap();
            golden.compare(&format!("{group}/sda_dps/zeta=1"), &eps, TOLERANCE);
        }
    }
    golden.into_visits()
}
