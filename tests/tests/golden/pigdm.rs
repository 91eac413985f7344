//! Whole runs of `pigdm` against azula's `PGDMSampler`.

use crate::ledger::Check;
use crate::problem::{Problem, SHAPE, SUBS, TOLERANCE, operator};
use equipoise_guidance::ConditionalCovariance;
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_sampler::{Euler, Outcome};
use equipoise_schedule::{Cosine, uniform_grid};
use equipoise_solver::{Inference, Member, Problem as Inverse, Start};
use equipoise_stream::Stream;
use equipoise_tests::{Golden, Visits};
use std::sync::Arc;

pub(crate) const CHECK: Check = Check {
    name: "pigdm",
    compares: &["pigdm/sub=*/std=*/eta=*/x0"],
    takes: &["mean", "cov", "gaussian_score/sub=*/y", "pigdm/x1", "pigdm/z"],
    run,
};

#[test]
fn runs_agree() {
    run();
}

fn run() -> Visits {
    let mut golden = Golden::open();
    let problem = Problem::read(&mut golden);
    let grid = uniform_grid(golden.attribute::<i64>("pigdm", "steps") as usize).unwrap();
    let member = Member { start: Stream::new("start"), langevin: Stream::new("langevin") };
    let draws = |stream: Stream, count: u64| (0..count).flat_map(|k| stream.normal(k, SHAPE.len())).collect();
    let (x1, z): (Vec<f64>, Vec<f64>) =
        (draws(member.start, 1), draws(member.langevin, grid.len() as u64 - 1));
    assert_eq!((golden.given("pigdm/x1"), golden.given("pigdm/z")), (x1, z));
    for sub in SUBS {
        let y = golden.given(&format!("gaussian_score/sub={sub}/y"));
        for std in [0.0, 0.1] {
            let noise = NoiseVariance::Uniform(std * std);
            let observation = Arc::new(Observed::shared(y.clone(), operator(sub), noise).unwrap());
            let prior = ConditionalCovariance::Jacobian(problem.wiener.clone());
            let inference = Inference {
                problem: Inverse::new(prior, observation).unwrap(),
                schedule: Arc::new(Cosine::new(0.01, 0.01).unwrap()),
                sampler: Arc::new(Euler::new(grid.clone()).unwrap()),
                start: Start::Normal,
                bound: f64::INFINITY,
            };
            for eta in [0.0, 1.0] {
                let sampler = inference.bind(&format!("pigdm:eta={eta}").parse().unwrap(), None).unwrap();
                let outcome = sampler.sample(&member).unwrap();
                assert!(matches!(outcome, Outcome::Finished { .. }), "{:?}", outcome.trace());
                golden.compare(&format!("pigdm/sub={sub}/std={std}/eta={eta}/x0"), outcome.x(), TOLERANCE);
            }
        }
    }
    golden.into_visits()
}
