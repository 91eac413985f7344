//! Whole runs without observation against azula's DDIM, Euler and Heun.

use crate::ledger::Check;
use crate::problem::{Problem, SUBS, TOLERANCE};
use equipoise_field::sum;
use equipoise_guidance::Unguided;
use equipoise_sampler::{Ddim, Euler, Heun, Outcome, Sampler};
use equipoise_schedule::{Cosine, uniform_grid};
use equipoise_stream::Stream;
use equipoise_tests::{Golden, Visits};

pub(crate) const CHECK: Check = Check {
    name: "unconditional",
    compares: &[
        "gaussian_score/sub=*/azula/unconditional/ddim_eta0",
        "gaussian_score/sub=*/azula/unconditional/euler",
        "gaussian_score/sub=*/azula/unconditional/heun",
    ],
    takes: &["mean", "cov", "gaussian_score/sub=*/azula/unconditional/x1"],
    run,
};

#[test]
fn runs_agree() {
    run();
}

fn run() -> Visits {
    let mut golden = Golden::open();
    let unguided = Unguided(Problem::read(&mut golden).wiener);
    let schedule = Cosine::new(0.01, 0.01).unwrap();
    for sub in SUBS {
        let group = format!("gaussian_score/sub={sub}/azula/unconditional");
        let grid = uniform_grid(golden.attribute::<i64>(&group, "steps") as usize).unwrap();
        let samplers: [(&str, Box<dyn Sampler<f64>>); 3] = [
            ("ddim_eta0", Box::new(Ddim::new(grid.clone(), 0.0).unwrap())),
            ("euler", Box::new(Euler::new(grid.clone()).unwrap())),
            ("heun", Box::new(Heun::new(grid).unwrap())),
        ];
        let x1 = golden.given(&format!("{group}/x1"));
        for (name, sampler) in samplers {
            let noise = Stream::new("unused");
            let outcome = sampler.run(&unguided, &schedule, x1.clone(), &noise, sum::norm(&x1)).unwrap();
            assert!(matches!(outcome, Outcome::Finished { .. }), "{group}/{name}: {:?}", outcome.trace());
            golden.compare(&format!("{group}/{name}"), outcome.x(), TOLERANCE);
        }
    }
    golden.into_visits()
}
