//! Two signs read once, y = x + sη: their posterior in closed form, by whatever way it is drawn.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use equipoise::field::Shape;
use equipoise::prelude::*;
use equipoise::schedule::log_snr_grid;
use importer::{OwnEuler, Resampled, Signs, SignsGuidance, Straight};
use std::sync::Arc;

const PRIOR: Signs = Signs { half_log_odds: 0.0 };
const MEMBERS: usize = 400;
/// y, with s = 1: ln odds 2y = 0.8.
const Y: f64 = 0.4;

fn seen<R: Real>() -> Observed<R> {
    Observed::new(vec![R::narrow(Y)], Mask::new(1, vec![0]).unwrap(), Noise::std(1.0)).unwrap()
}

fn posterior<R: Real>() -> Posterior<R> {
    Posterior::empirical(PRIOR, seen::<R>())
        .method(Exact)
        .schedule(Straight(0.01))
        .sampler(Euler::log_snr(64))
        .seed(3)
}

/// All members at a sign, to the noise σ(0) = 0.01 that is left, and the share of + within four binomial deviations.
fn is_the_posterior<R: Real>(drawn: &Ensemble<R>) {
    assert_eq!(drawn.len(), MEMBERS);
    assert!(drawn.fields().all(|x| (x[0].wide().abs() - 1.0).abs() < 0.06));
    let share = drawn.fields().filter(|x| x[0].wide() > 0.0).count() as f64 / MEMBERS as f64;
    let expected = 1.0 / (1.0 + (-2.0 * Y).exp());
    let deviation = (expected * (1.0 - expected) / MEMBERS as f64).sqrt();
    assert!((share - expected).abs() < 4.0 * deviation, "{share} {expected}");
}

#[test]
fn the_prior_conforms() {
    let (level, shape) = (Level { mu: 0.6, sigma: 0.8 }, Shape::new(1, 1, 1, 1));
    assert!(check_denoiser(&PRIOR, &[0.3f64], level, shape).unwrap().untested.is_empty());
    assert!(check_denoiser(&PRIOR, &[0.3f32], level, shape).unwrap().untested.is_empty());
}

#[test]
fn exact_draws_are_of_the_posterior_in_both_element_types() {
    is_the_posterior(&posterior::<f64>().draw(MEMBERS).unwrap());
    is_the_posterior(&posterior::<f32>().draw(MEMBERS).unwrap());
}

/// An own guidance under an own sampler, against the recipes that do the same.
#[test]
fn ones_own_guidance_and_steps_draw_the_same() {
    let expected = posterior::<f64>().draw(MEMBERS).unwrap();
    let grid = log_snr_grid(&Straight(0.01), 64).unwrap();
    let stepped = posterior::<f64>().sampler(Arc::new(OwnEuler(grid.clone()))).draw(MEMBERS).unwrap();
    assert_eq!(stepped.outcomes(), expected.outcomes());
    let own = Posterior::of(PRIOR, seen::<f64>()).schedule(Straight(0.01)).seed(3);
    let own = own.method(Arc::new(SignsGuidance { prior: PRIOR, pull: Y })).sampler(Arc::new(OwnEuler(grid)));
    let own = own.draw(MEMBERS).unwrap();
    is_the_posterior(&own);
    for (a, b) in own.fields().zip(expected.fields()) {
        // Where x_t decides between the signs, rounding grows with the slope μ/σ² along the run.
        assert!((a[0] - b[0]).abs() < 1e-6, "{a:?} {b:?}");
    }
}

/// Particles of the prior, weighed and drawn again: the posterior's share, and ln p(y) within four standard errors
/// of the mean weight, each of relative deviation 0.38.
#[test]
fn members_that_interact_draw_the_posterior_and_its_evidence() {
    let particles = posterior::<f64>().method(Resampled);
    let drawn = particles.draw(MEMBERS).unwrap();
    is_the_posterior(&drawn);
    let density = |x: f64| (-0.5 * (Y - x).powi(2)).exp() / std::f64::consts::TAU.sqrt();
    let expected = (0.5 * (density(1.0) + density(-1.0))).ln();
    let evidence = drawn.evidence().unwrap();
    assert!((evidence - expected).abs() < 4.0 * 0.38 / (MEMBERS as f64).sqrt(), "{evidence} {expected}");
    let fewer = particles.draw(MEMBERS / 2).unwrap();
    assert!(
        !fewer.fields().eq(drawn.fields().take(MEMBERS / 2)),
        "members were drawn by each other's weights"
    );
}
