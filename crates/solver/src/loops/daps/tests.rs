//! The laws of the inner draws, the flow and the whole of DAPS.

use super::super::tests::problem::{bound, member, sda};
use super::*;
use crate::Start;
use equipoise_covariance::Modes;
use equipoise_field::sum;
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::Mask;
use equipoise_schedule::{Schedule, log_snr_grid};
use equipoise_wiener::Wiener;
use std::sync::Arc;

/// Independent numbers N(0, PRIOR), of which the first half is seen as Y with noise S²: as many
/// draws of two scalar posteriors.
const N: usize = 4000;
const PRIOR: f64 = 1.5;
const Y: f64 = 0.7;
const S2: f64 = 0.25;

fn annealing(schedule: Arc<dyn Schedule>, grid: Vec<f64>) -> Annealing<f64> {
    let prior = Modes::new(2 * N, vec![], vec![], Some(PRIOR)).unwrap();
    let operator = Arc::new(Mask::new(2 * N, (0..N).collect()).unwrap());
    let observation = Observed::shared(vec![Y; N], operator, NoiseVariance::Uniform(S2)).unwrap();
    Annealing {
        denoiser: Arc::new(Wiener::new(vec![0.0; 2 * N], Arc::new(prior)).unwrap()),
        observation: Arc::new(observation),
        schedule,
        grid,
        start: Start::Normal,
        bound: 20.0,
    }
}

/// Mean and variance of N draws against a law's, in standard errors.
fn errors(draws: &[f64], mean: f64, variance: f64) -> (f64, f64) {
    let (n, found) = (draws.len() as f64, sum::mean(draws));
    let spread = sum::of(draws.len(), |i| (draws[i] - mean).powi(2)) / n;
    ((found - mean) / (variance / n).sqrt(), (spread / variance - 1.0) / (2.0 / n).sqrt())
}

/// Both halves at the end of one inner draw from x̂₀ = 0.4 with ρ = 0.3.
fn drawn(inner: impl Fn(&Daps, &mut Walk<'_, f64>)) -> [(f64, f64); 2] {
    let (x_0, rho) = (0.4, 0.3f64);
    let on = annealing(sda(), vec![1.0, 0.0]);
    let daps = Daps::of(&on, &"daps".parse().unwrap()).unwrap();
    let mut walk = Walk::new(&on, vec![x_0; 2 * N], member(0).langevin, ());
    walk.x_hat.fill(x_0);
    inner(&daps, &mut walk);
    let variance = 1.0 / (1.0 / (rho * rho) + 1.0 / S2);
    let mean = variance * (x_0 / (rho * rho) + Y / S2);
    [errors(&walk.x[..N], mean, variance), errors(&walk.x[N..], x_0, rho * rho)]
}

#[test]
fn exact_draws_have_the_conditional_law() {
    let draw = |daps: &Daps, walk: &mut Walk<'_, f64>| {
        daps.exact(walk, &**walk.observation.linear(EXACT).unwrap(), 0.3, 0);
    };
    for (mean, variance) in drawn(draw) {
        assert!(mean.abs() < 4.0 && variance.abs() < 4.0, "{mean} {variance}");
    }
}

/// Unadjusted steps δ lead to a variance of v/(1 − δ/(2v)), here at most 1 % and half a standard
/// error too much; 400 of them forget the start to e^−20.
#[test]
fn langevin_steps_lead_to_the_conditional_law() {
    for (mean, variance) in drawn(|daps, walk| daps.langevin(walk, 0.09, 400, 1e-3, 0)) {
        assert!(mean.abs() < 4.0 && variance.abs() < 4.0, "{mean} {variance}");
    }
}

/// The flow of a Gaussian prior keeps x̃/√(v + ρ²), so x̂₀ = x̃√(v/(v + ρ²)); one step is x̂.
#[test]
fn the_flow_converges_to_its_closed_form() {
    let level = sda().level(0.5);
    let end = |flow_steps: usize| {
        let on = annealing(sda(), vec![1.0, 0.0]);
        let daps = Daps::of(&on, &format!("daps:flow_steps={flow_steps}").parse().unwrap()).unwrap();
        let walk = Walk::new(&on, vec![level.mu; 2 * N], member(0).langevin, ());
        let mut batch = Batch::of(&on, vec![walk]);
        daps.flow(&mut batch, 0.5).unwrap();
        batch.only().x[0]
    };
    let square = level.ratio().powi(2);
    let estimate = PRIOR / (PRIOR + square);
    assert!((end(1) - estimate).abs() < 4.0 * f64::EPSILON);
    let error = |steps: usize| (end(steps) - estimate.sqrt()).abs();
    let ratio = error(200) / error(400);
    assert!((1.9..2.1).contains(&ratio), "of first order: {ratio}");
}

/// With exact draws and x̂ for the flow the noise at ρ is that of a Gibbs step, and a slow annealing
/// ends at the posterior, with σ(0)² beside its variance.
#[test]
fn slow_annealing_ends_at_the_posterior() {
    let schedule = sda();
    let last = schedule.level(0.0).sigma.powi(2);
    let run = |steps: usize| {
        let grid = log_snr_grid(&*schedule, steps).unwrap();
        let daps = bound(annealing(schedule.clone(), grid), "daps_exact:flow_steps=1").unwrap();
        let x = daps.sample(&member(0)).unwrap().x().to_vec();
        let variance = 1.0 / (1.0 / PRIOR + 1.0 / S2);
        let seen = errors(&x[..N], variance * Y / S2, variance + last);
        (seen, errors(&x[N..], 0.0, PRIOR + last))
    };
    let ((mean, variance), unseen) = run(1000);
    assert!(mean.abs() < 4.0 && variance.abs() < 4.0, "{mean} {variance}");
    assert!(unseen.0.abs() < 4.0 && unseen.1.abs() < 4.0, "{unseen:?}");
}
