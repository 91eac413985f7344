//! Golden values of azula 0.11.1, reproduced with one import and parts of one's own.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use equipoise::field::sum;
use equipoise::guidance::{self, ConditionalCovariance, Guidance, Scratch};
use equipoise::observation::ConjugateGradients;
use equipoise::prelude::*;
use equipoise::sampler::Outcome;
use equipoise::solver::{Member, Watch};
use equipoise::stream::Stream;
use importer::{Cosine, Gaussian, Golden, Lattice};
use std::sync::Arc;

const DIM: usize = 288;
/// Relative, in the 2-norm: that of the workspace's own comparison, ε times the condition number of Σ, and eight of
/// these for two codes and products and solves in a row.
const TOLERANCE: f64 = 8.0 * 53.2 / 1e-3 * f64::EPSILON;

/// Datasets of `peers.h5`.
const MEAN: usize = 6144;
const COV: usize = 8448;
const Y_SUB_4: usize = 737_456;
const X_T: usize = 1_618_064;
const X_HAT: usize = 1_622_416;
const MMPS_CG1: usize = 1_629_072;
/// Of `pigdm.h5`: the end of a run with sub = 4, std = 0.1, η = 1.
const PIGDM: usize = 91_896;

fn prior(golden: &Golden) -> Gaussian {
    Gaussian::new(golden.doubles(MEAN, DIM).unwrap(), golden.doubles(COV, DIM * DIM).unwrap())
}

fn seen(golden: &Golden) -> Observed<f64> {
    let operator = Lattice { planes: 2, side: 12, stride: 4 };
    Observed::new(golden.doubles(Y_SUB_4, 18).unwrap(), operator, Noise::std(0.1)).unwrap()
}

fn agree(found: &[f64], expected: &[f64]) {
    let error = sum::squared_distance(found, expected).sqrt() / sum::norm(expected);
    assert!(error <= TOLERANCE, "relative error {error:e}");
}

/// x̂ and, with one iteration of conjugate gradients, x̂_y = x̂ + (σ²/μ) g at t = 0.3.
#[test]
fn moment_matching_is_azulas() {
    let golden = Golden::open("peers.h5").unwrap();
    let (prior, level) = (Arc::new(prior(&golden)), Cosine(0.01).level(0.3));
    let x_t = golden.doubles(X_T, DIM).unwrap();
    let mut x_hat = vec![0.0; DIM];
    prior.denoise(&x_t, level, &mut x_hat).unwrap();
    agree(&x_hat, &golden.doubles(X_HAT, DIM).unwrap());
    let (states, vectors) = ([&x_t[..], &x_hat].concat(), [&x_hat[..], &x_t].concat());
    check_batch(&*prior, &states, level, &vectors).unwrap();

    let solver = ConjugateGradients { iterations: 1, ..ConjugateGradients::default() };
    let mmps = guidance::Mmps::new(ConditionalCovariance::Jacobian(prior), Arc::new(seen(&golden)), solver);
    let mut g = vec![0.0; DIM];
    mmps.gradient(&x_t, level, &mut g, &mut Scratch::new()).unwrap();
    let scale = level.sigma.powi(2) / level.mu;
    let guided: Vec<f64> = x_hat.iter().zip(&g).map(|(x, g)| x + scale * g).collect();
    agree(&guided, &golden.doubles(MMPS_CG1, DIM).unwrap());
}

/// A whole run of `PGDMSampler` in 16 uniform steps, with the streams that the golden file was made from.
#[test]
fn a_run_of_pseudoinverse_guidance_is_azulas() {
    let golden = Golden::open("peers.h5").unwrap();
    let posterior = Posterior::of(prior(&golden), seen(&golden))
        .method(Pigdm::eta(1.0))
        .schedule(Cosine(0.01))
        .sampler(Euler::uniform(16));
    let member = Member { start: Stream::new("start"), langevin: Stream::new("langevin") };
    let drawn = posterior.bind().unwrap().draw(&[member], Watch::NONE).unwrap();
    let Outcome::Finished { x, .. } = &drawn.outcomes()[0] else { panic!("{drawn:?}") };
    agree(x, &Golden::open("pigdm.h5").unwrap().doubles(PIGDM, DIM).unwrap());
}
