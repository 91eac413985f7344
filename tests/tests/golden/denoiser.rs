//! The Wiener denoiser against SDA's and azula's Gaussian denoisers.

use crate::ledger::Check;
use crate::problem::{Problem, SHAPE, SUBS, TIMES, TOLERANCE, schedule};
use equipoise_denoiser::Denoiser;
use equipoise_schedule::{Cosine, Level, Schedule};
use equipoise_tests::{Golden, Visits};

pub(crate) const CHECK: Check = Check {
    name: "denoiser",
    compares: &[
        "gaussian_score/sub=*/t=*/x_hat",
        "gaussian_score/sub=*/t=*/eps",
        "gaussian_score/sub=*/azula/t=*/x_hat",
    ],
    takes: &["mean", "cov", "gaussian_score/sub=*/t=*/x_t", "gaussian_score/sub=*/azula/t=*/x_t"],
    run,
};

#[test]
fn estimates_agree() {
    run();
}

fn run() -> Visits {
    let mut golden = Golden::open();
    let problem = Problem::read(&mut golden);
    let denoise = |x_t: &[f64], level: Level| {
        let mut x_hat = vec![f64::NAN; SHAPE.len()];
        problem.wiener.denoise(x_t, level, &mut x_hat).unwrap();
        x_hat
    };
    let (sda, azula) = (schedule(), Cosine::new(0.01, 0.01).unwrap());
    for (sub, t) in SUBS.iter().flat_map(|sub| TIMES.map(|t| (sub, t))) {
        let group = format!("gaussian_score/sub={sub}/t={t}");
        let (x_t, level) = (golden.given(&format!("{group}/x_t")), sda.level(t));
        let x_hat = denoise(&x_t, level);
        let eps: Vec<f64> = x_t.iter().zip(&x_hat).map(|(x, h)| (x - level.mu * h) / level.sigma).collect();
        golden.compare(&format!("{group}/x_hat"), &x_hat, TOLERANCE);
        golden.compare(&format!("{group}/eps"), &eps, TOLERANCE);

        let group = format!("gaussian_score/sub={sub}/azula/t={t}");
        let x_t = golden.given(&format!("{group}/x_t"));
        golden.compare(&format!("{group}/x_hat"), &denoise(&x_t, azula.level(t)), TOLERANCE);
    }
    golden.into_visits()
}
