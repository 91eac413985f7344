//! Posterior methods against azula's: the guided estimate x̂_y = x̂ + (σ²/μ) g.

use crate::ledger::Check;
use crate::problem::{Problem, SUBS, TIMES, TOLERANCE, observation};
use equipoise_guidance::{ConditionalCovariance, DiffPir, Guidance, Mmps, Scratch, Tmpd};
use equipoise_observation::ConjugateGradients;
use equipoise_schedule::{Cosine, Level, Schedule};
use equipoise_tests::{Golden, Visits};

pub(crate) const CHECK: Check = Check {
    name: "methods",
    compares: &[
        "gaussian_score/sub=*/azula/t=*/mmps_cg200/x_hat",
        "gaussian_score/sub=*/azula/t=*/mmps_cg1/x_hat",
        "gaussian_score/sub=*/azula/t=*/tmpd/x_hat",
        "gaussian_score/sub=*/azula/t=*/diffpir_cg200_lambda10/x_hat",
    ],
    takes: &["mean", "cov", "gaussian_score/sub=*/y", "gaussian_score/sub=*/azula/t=*/x_t"],
    run,
};

/// Our residual of 1e-10 reaches x̂_y through V Aᵀ S⁻¹, whose norm is at most √λ_max/(2s) = 36.5.
const SOLVED: f64 = 36.5e-10;

#[test]
fn guided_estimates_agree() {
    run();
}

fn run() -> Visits {
    let mut golden = Golden::open();
    let problem = Problem::read(&mut golden);
    let schedule = Cosine::new(0.01, 0.01).unwrap();
    let exact = || ConditionalCovariance::Exact(problem.wiener.clone());
    let jacobian = || ConditionalCovariance::Jacobian(problem.wiener.clone());
    let capped = |iterations| ConjugateGradients { iterations, ..ConjugateGradients::default() };
    for sub in SUBS {
        let observation = observation(&mut golden, sub);
        let methods: [(&str, f64, Box<dyn Guidance<f64>>); 6] = [
            ("mmps_cg200", SOLVED, Box::new(Mmps::new(exact(), observation.clone(), capped(200)))),
            ("mmps_cg200", SOLVED, Box::new(Mmps::new(jacobian(), observation.clone(), capped(200)))),
            ("mmps_cg1", TOLERANCE, Box::new(Mmps::new(exact(), observation.clone(), capped(1)))),
            ("tmpd", TOLERANCE, Box::new(Tmpd::new(exact(), observation.clone()))),
            ("tmpd", TOLERANCE, Box::new(Tmpd::new(jacobian(), observation.clone()))),
            (
                "diffpir_cg200_lambda10",
                TOLERANCE,
                Box::new(DiffPir::new(problem.wiener.clone(), observation.clone())),
            ),
        ];
        for t in TIMES {
            let group = format!("gaussian_score/sub={sub}/azula/t={t}");
            let x_t = golden.given(&format!("{group}/x_t"));
            for (name, tolerance, method) in &methods {
                let x_hat = guided(&**method, &x_t, schedule.level(t));
                golden.compare(&format!("{group}/{name}/x_hat"), &x_hat, *tolerance);
            }
        }
    }
    golden.into_visits()
}

/// x̂_y.
fn guided(method: &dyn Guidance<f64>, x_t: &[f64], level: Level) -> Vec<f64> {
    let (mut x_hat, mut g) = (vec![f64::NAN; x_t.len()], vec![f64::NAN; x_t.len()]);
    method.denoiser().denoise(x_t, level, &mut x_hat).unwrap();
    let evidence = method.gradient(x_t, level, &mut g, &mut Scratch::new()).unwrap();
    assert_eq!((evidence.breakdown, evidence.floors), (None, 0));
    let scale = level.sigma * level.sigma / level.mu;
    x_hat.iter().zip(&g).map(|(x, g)| x + scale * g).collect()
}
