//! Guidance against physicsnemo's: g = Jᵀ Aᵀ r/v with v = s² + Γ(σ/μ)² for one number Γ.

use crate::guidance::strength;
use crate::ledger::Check;
use equipoise_covariance::dense;
use equipoise_denoiser::Denoiser;
use equipoise_guidance::{Guidance, Scratch, Sda};
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_operator::{Dense, LinearOperator, Mask};
use equipoise_schedule::Level;
use equipoise_tests::{Golden, Visits};
use equipoise_wiener::Wiener;
use ndarray::ArrayView2;
use std::sync::Arc;

pub(crate) const CHECK: Check = Check {
    name: "physicsnemo",
    compares: &["*/x0", "*/*/gamma*/guidance", "*/*/gamma*/score"],
    takes: &["prior/mean", "prior/cov", "operator/matrix", "mask/mask", "*/y", "*/alpha", "*/sigma", "*/x"],
    run,
};

/// Relative error in the 2-norm: ε times the condition number 9.28/0.0249 of Σ, and eight of these as for the
/// other codes.
const TOLERANCE: f64 = 8.0 * 9.28 / 0.0249 * f64::EPSILON;

#[test]
fn guidances_agree() {
    run();
}

fn run() -> Visits {
    let mut golden = Golden::open();
    let mean = golden.given("prior/mean");
    let sigma = golden.given("prior/cov");
    let sigma = ArrayView2::from_shape((mean.len(), mean.len()), &sigma).unwrap();
    let wiener = Arc::new(Wiener::new(mean, Arc::new(dense(sigma).unwrap())).unwrap());
    for scheduler in ["edm", "vp"] {
        let levels = levels(&mut golden, scheduler);
        let x_t = golden.given(&format!("{scheduler}/x"));
        let each = |part: &dyn Fn(&[f64], Level) -> Vec<f64>| -> Vec<f64> {
            let rows = x_t.chunks_exact(x_t.len() / levels.len()).zip(&levels);
            let members = rows.flat_map(|(x, level)| x.chunks_exact(wiener.dim()).map(move |x| (x, *level)));
            members.flat_map(|(x, level)| part(x, level)).collect()
        };
        let x_hat = each(&|x, level| of(x, |out| wiener.denoise(x, level, out).unwrap()));
        golden.compare(&format!("{scheduler}/x0"), &x_hat, TOLERANCE);
        for seen in ["operator", "mask"] {
            let (observation, std) = observation(&mut golden, seen, wiener.dim());
            for gamma in [0.0, 0.01, 1.0] {
                let sda = Sda::new(wiener.clone(), observation.clone(), strength(std, gamma));
                let group = format!("{scheduler}/{seen}/gamma{gamma}");
                let g = each(&|x, level| {
                    of(x, |g| {
                        sda.gradient(x, level, g, &mut Scratch::new()).unwrap();
                    })
                });
                golden.compare(&format!("{group}/guidance"), &g, TOLERANCE);
                if gamma.to_bits() == 0.01f64.to_bits() {
                    let score = each(&|x, level| score(&sda, x, level));
                    golden.compare(&format!("{group}/score"), &score, TOLERANCE);
                }
            }
        }
    }
    golden.into_visits()
}

fn levels(golden: &mut Golden, scheduler: &str) -> Vec<Level> {
    let [mu, sigma] = ["alpha", "sigma"].map(|name| golden.given(&format!("{scheduler}/{name}")));
    mu.into_iter().zip(sigma).map(|(mu, sigma)| Level { mu, sigma }).collect()
}

/// Seven sums of all entries, or the entries of a mask.
fn observation(golden: &mut Golden, seen: &str, dim: usize) -> (Arc<Observed<f64>>, f64) {
    let y = golden.given(&format!("{seen}/y"));
    let std: f64 = golden.attribute(seen, "std");
    let (y, operator): (Vec<f64>, Arc<dyn LinearOperator<f64>>) = if seen == "mask" {
        let mask = golden.given("mask/mask");
        let at: Vec<usize> = (0..dim).filter(|i| mask[*i] > 0.5).collect();
        (at.iter().map(|i| y[*i]).collect(), Arc::new(Mask::new(dim, at).unwrap()))
    } else {
        let rows = golden.given("operator/matrix");
        (y, Arc::new(Dense::new(rows.len() / dim, dim, rows).unwrap()))
    };
    (Arc::new(Observed::shared(y, operator, NoiseVariance::Uniform(std * std)).unwrap()), std)
}

/// −ε_y/σ.
fn score(sda: &Sda<f64>, x_t: &[f64], level: Level) -> Vec<f64> {
    let eps = of(x_t, |eps| {
        sda.noise_estimate(x_t, level, eps, &mut Scratch::new()).unwrap();
    });
    eps.into_iter().map(|e| -e / level.sigma).collect()
}

fn of(x: &[f64], write: impl FnOnce(&mut [f64])) -> Vec<f64> {
    let mut out = vec![f64::NAN; x.len()];
    write(&mut out);
    out
}
