//! Guided noise estimates against SDA's Gaussian score and against dense algebra.

use crate::ledger::Check;
use crate::problem::{Problem, SHAPE, SUBS, TIMES, TOLERANCE, noise, observation, operator, schedule};
use equipoise_guidance::{Exact, Excess, Guidance, Scratch, Sda, Strength};
use equipoise_innovation::{Method, ObservedPrior};
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_schedule::{Level, Schedule};
use equipoise_tests::{Golden, Visits};
use std::sync::Arc;

pub(crate) const CHECK: Check = Check {
    name: "guidance",
    compares: &[
        "gaussian_score/sub=*/t=*/sda/std=*,gamma=*,detach=*",
        "gaussian_score/sub=*/t=*/exact/std=0.1/eps",
        "gaussian_score/sub=*/t=*/exact/std=0.1/x_hat",
    ],
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
    let levels = TIMES.map(|t| schedule().level(t));
    for sub in SUBS {
        let observation = observation(&mut golden, sub);
        let observed = ObservedPrior::new(problem.covariance.clone(), operator(sub), noise()).unwrap();
        assert_eq!(observed.method(), Method::Modes);
        let innovations = Exact::innovations(&observed, &levels).unwrap();
        let exact = Exact::new(problem.wiener.clone(), observation.clone(), innovations);
        for (t, level) in TIMES.into_iter().zip(levels) {
            let group = format!("gaussian_score/sub={sub}/t={t}");
            let x_t = golden.given(&format!("{group}/x_t"));
            compare_sda(&mut golden, &group, &problem, &observation, &x_t, level);
            let eps = estimate(&exact, &x_t, level);
            golden.compare(&format!("{group}/exact/std=0.1/eps"), &eps, TOLERANCE);
            let x_hat: Vec<f64> =
                x_t.iter().zip(&eps).map(|(x, e)| (x - level.sigma * e) / level.mu).collect();
            golden.compare(&format!("{group}/exact/std=0.1/x_hat"), &x_hat, TOLERANCE);
        }
    }
    golden.into_visits()
}

fn compare_sda(
    golden: &mut Golden,
    group: &str,
    problem: &Problem,
    observation: &Arc<Observed<f64>>,
    x_t: &[f64],
    level: Level,
) {
    for (std, gamma) in [(0.1, 0.01), (0.2, 0.04)] {
        let sda = || Sda::new(problem.wiener.clone(), observation.clone(), strength(std, gamma));
        for (detach, sda) in [(0, sda()), (1, sda().detached())] {
            let path = format!("{group}/sda/std={std},gamma={gamma},detach={detach}");
            golden.compare(&path, &estimate(&sda, x_t, level), TOLERANCE);
        }
    }
}

/// v(t) = std² + γ(σ/μ)².
pub(crate) fn strength(std: f64, gamma: f64) -> Strength {
    Strength {
        variance: NoiseVariance::Uniform(std * std),
        excess: Excess::Gamma(gamma),
        factor: 1.0,
        adaptive: None,
    }
}

fn estimate(guidance: &dyn Guidance<f64>, x_t: &[f64], level: Level) -> Vec<f64> {
    let mut eps = vec![f64::NAN; SHAPE.len()];
    guidance.noise_estimate(x_t, level, &mut eps, &mut Scratch::new()).unwrap();
    eps
}
