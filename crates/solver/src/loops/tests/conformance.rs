//! What every loop keeps to, stamped on all of them.

use super::super::*;
use super::batch::{check_batches, check_work};
use super::problem::{DIM, NOISE, annealing, bound, mask, member, nonlinear, observed, sda};
use crate::{PosteriorSampler, Result, Watch};
use equipoise_denoiser::{Denoiser, DenoiserError};
use equipoise_operator::Saturation;
use equipoise_sampler::Outcome;
use equipoise_schedule::Level;
use std::sync::Arc;

type Bound = Result<Box<dyn PosteriorSampler<f64>>>;

/// A method with what sets it apart in the suite.
pub(super) struct Claim {
    pub(super) name: &'static str,
    pub(super) bind: fn(Annealing<f64>) -> Bound,
    pub(super) evaluations_a_step: usize,
    /// Products with J.
    pub(super) products_a_step: usize,
    takes_nonlinear: bool,
    /// Its members differ by their draws.
    pub(super) random: bool,
    point_estimate: bool,
}

pub(super) const STEPS: usize = 12;

pub(super) fn base() -> Annealing<f64> {
    annealing(observed(mask(), NOISE), sda(), STEPS)
}

/// Norms and draws are per sample: a larger ensemble, in another order, on other threads, has the same
/// members bit for bit.
fn check_members(claim: &Claim) {
    let sampler = (claim.bind)(base()).unwrap();
    let few = sampler.draw(&[member(0), member(1)], Watch::NONE).unwrap().into_outcomes();
    let reversed: Vec<_> = (0..4).rev().map(member).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let many = pool.install(|| sampler.draw(&reversed, Watch::NONE)).unwrap().into_outcomes();
    assert_eq!((&few[0], &few[1]), (&many[3], &many[2]));
    assert_eq!(few[0] != few[1], claim.random);
    for outcome in many {
        assert!(matches!(outcome, Outcome::Finished { .. }));
        assert_eq!(outcome.trace().evaluations, STEPS * claim.evaluations_a_step);
        assert!(outcome.x().iter().all(|x| x.is_finite()) && outcome.trace().peak > 0.0);
    }
    assert_eq!(sampler.is_point_estimate(), claim.point_estimate);
}

/// x̂ = x_t/μ above σ = ½, no number below.
struct Breaking;

impl Denoiser<f64> for Breaking {
    fn dim(&self) -> usize {
        DIM
    }
    fn denoise(&self, x: &[f64], level: Level, out: &mut [f64]) -> Result<(), DenoiserError> {
        let scale = if level.sigma < 0.5 { f64::NAN } else { 1.0 / level.mu };
        out.iter_mut().zip(x).for_each(|(o, x)| *o = scale * x);
        Ok(())
    }
    fn vjp(&self, _: &[f64], level: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        self.denoise(v, level, out)
    }
}

/// A state that is not finite ends the run at the time it was reached.
fn check_divergence(claim: &Claim) {
    let annealing = Annealing { denoiser: Arc::new(Breaking), ..base() };
    let schedule = Arc::clone(&annealing.schedule);
    let first = annealing.grid.iter().position(|t| schedule.sigma(*t) < 0.5).unwrap();
    let grid = annealing.grid.clone();
    let outcome = (claim.bind)(annealing).unwrap().sample(&member(0)).unwrap();
    let Outcome::Diverged { t, non_finite, trace, .. } = outcome else { panic!("{} finished", claim.name) };
    assert!(grid[1..=first + 1].iter().any(|found| found.to_bits() == t.to_bits()), "{t}");
    assert!(claim.evaluations_a_step > 1 || t.to_bits() == grid[first + 1].to_bits(), "{t}");
    assert_eq!(non_finite, DIM);
    assert!(trace.excursion.is_some());
}

fn check_faults(claim: &Claim) {
    let fault = |annealing| (claim.bind)(annealing).err().unwrap().to_string();
    let message = fault(Annealing { grid: vec![1.0, 0.5, 0.5], ..base() });
    assert_eq!(message, "time grid, entry 2: found 0.5, expected times that descend within [0, 1]");
    let saturated = annealing(nonlinear(Arc::new(Saturation(mask()))), sda(), STEPS);
    match (claim.bind)(saturated) {
        Ok(sampler) => {
            assert!(claim.takes_nonlinear);
            let outcome = sampler.sample(&member(0)).unwrap();
            assert!(matches!(outcome, Outcome::Finished { .. }));
        }
        Err(error) => {
            let refused = ": found a nonlinear observation operator, expected a linear one";
            assert!(!claim.takes_nonlinear);
            assert_eq!(error.to_string(), format!("{}{refused}", claim.name));
        }
    }
}

macro_rules! conform {
    ($($test:ident: $name:literal, $recipe:literal, $evaluations:literal, $products:literal, $nonlinear:literal, $random:literal,
        $point:literal;)*) => {$(
        #[test]
        fn $test() {
            let claim = Claim {
                name: $name,
                bind: |annealing| bound(annealing, $recipe),
                evaluations_a_step: $evaluations,
                products_a_step: $products,
                takes_nonlinear: $nonlinear,
                random: $random,
                point_estimate: $point,
            };
            check_members(&claim);
            check_divergence(&claim);
            check_faults(&claim);
            check_batches(&claim);
            check_work(&claim);
        }
    )*};
}

conform! {
    dps: "dps", "dps", 1, 1, true, true, false;
    sda_dps: "sda_dps", "sda_dps", 1, 1, true, true, false;
    dsg: "dsg", "dsg", 1, 1, true, true, false;
    mcg: "mcg", "mcg", 1, 1, false, true, false;
    pigdm: "pigdm", "pigdm", 1, 1, true, true, false;
    ddrm: "ddrm", "ddrm", 1, 0, false, true, false;
    ddnm: "ddnm", "ddnm", 1, 0, false, true, false;
    pnp_admm: "pnp_admm", "pnp_admm", 1, 0, false, false, true;
    red_diff: "red_diff", "red_diff", 1, 0, true, true, true;
    daps: "daps", "daps", 5, 0, true, true, false;
    daps_exact: "daps with exact draws", "daps_exact", 5, 0, false, true, false;
}

#[test]
fn exact_observations_are_refused_to_who_divides_by_their_noise() {
    for name in ["pnp_admm", "red_diff", "daps"] {
        let fault = bound(annealing(observed(mask(), 0.0), sda(), STEPS), name).err().unwrap();
        let expected = format!("method {name}: found an observation without noise, expected s² above 0");
        assert_eq!(fault.to_string(), expected);
    }
}
