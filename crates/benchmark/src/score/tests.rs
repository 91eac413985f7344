//! Ensembles whose law is known score what the law says.

use super::*;
use crate::bench::Part;
use crate::tests::{CASE, ensemble, plan, scene};
use crate::{Plan, Scene};

const MEMBERS: usize = 400;

struct Setting {
    scene: Scene,
    plan: Plan,
}

impl Setting {
    fn new() -> Self {
        Self { scene: scene(), plan: plan(&["exact"], MEMBERS) }
    }

    /// The verdict on an ensemble so shifted and stretched; and whether it is a point estimate.
    fn verdict(&self, shift: f64, stretch: f64, point: bool) -> (Score, Closed) {
        let bench = Bench::new(&self.scene, CASE, &self.plan).unwrap();
        let draw = bench.draw(Part::Test, 0).unwrap();
        let exact = draw.known.moments().unwrap();
        let reference = bench.reference(&draw).unwrap().unwrap();
        let runs = ensemble(&bench, &draw, MEMBERS, (shift, stretch));
        let wide = |v: &[f32]| v.iter().map(|v| f64::from(*v)).collect::<Vec<f64>>();
        let closed = Closed {
            off: wide(draw.flow.truth()).iter().zip(wide(&exact.mean)).map(|(t, m)| m - t).collect(),
            variance: wide(&reference.variance),
        };
        let drawn = Drawn { ensemble: runs, point_estimate: point, seconds: 0.0 };
        let job = self.plan.jobs().unwrap().remove(0);
        let asked = Score::asked(&job, None, 0).unwrap();
        (judge(&bench, &draw, &drawn, asked).unwrap(), closed)
    }
}

/// What the algebra needs: posterior mean − truth, and the posterior variance with σ(0)².
struct Closed {
    off: Vec<f64>,
    variance: Vec<f64>,
}

impl Closed {
    fn mean(values: impl Iterator<Item = f64>) -> f64 {
        let values: Vec<f64> = values.collect();
        values.iter().sum::<f64>() / values.len() as f64
    }

    /// E RMSE² of m + shift·d + stretch·e, and its standard error over the members: entries are
    /// independent, so that a member's mean square has variance Σ(2v² + 4o²v)/D² with v the member's
    /// variance and o its offset of an entry.
    fn square(&self, shift: f64, stretch: f64) -> (f64, f64) {
        let entries = || {
            self.off
                .iter()
                .zip(&self.variance)
                .map(|(off, v)| (off + shift * v.sqrt(), stretch * stretch * v))
        };
        let mean = Self::mean(entries().map(|(o, v)| o * o + v));
        let spread = entries().map(|(o, v)| 2.0 * v * v + 4.0 * o * o * v).sum::<f64>().sqrt();
        (mean, spread / self.off.len() as f64 / (MEMBERS as f64).sqrt())
    }
}

/// √(5√2/M): five standard errors of an unbiased bias², 2 tr C²/(M tr C)² with tr C² ≤ (tr C)².
fn no_bias() -> f64 {
    (5.0 * 2f64.sqrt() / MEMBERS as f64).sqrt()
}

/// Relative: five standard errors of the root of a mean variance whose entries may all be one.
fn spread_bound() -> f64 {
    2.5 * (2.0 / (MEMBERS as f64 - 1.0)).sqrt()
}

/// Five standard errors of a share of 4 × 64 independent entries, and of the ends of the intervals.
fn coverage_bound() -> f64 {
    5.0 * (0.25 / 256.0 + 0.25 / MEMBERS as f64).sqrt()
}

#[test]
fn exact_samples_reach_the_floor_without_bias_and_with_the_exact_spread() {
    let (verdict, closed) = Setting::new().verdict(0.0, 1.0, false);
    let (square, error) = closed.square(0.0, 1.0);
    let floor = verdict.floor.unwrap();
    assert!((floor.powi(2) / square - 1.0).abs() < 1e-5, "f32 fields: {floor} {square}");
    assert!((verdict.rmse.powi(2) - square).abs() < 5.0 * error, "{} {square}", verdict.rmse);
    assert!(verdict.bias.unwrap() < no_bias(), "{:?}", verdict.bias);
    assert!((verdict.spread_ratio.unwrap() - 1.0).abs() < spread_bound(), "{:?}", verdict.spread_ratio);
    for error in [verdict.coverage_error_50, verdict.coverage_error_90] {
        assert!(error.unwrap().abs() < coverage_bound(), "{error:?}");
    }
    let (distance, floor) = verdict.sliced_w2.zip(verdict.sliced_w2_floor).unwrap();
    // Both are distances of 400 exact samples to 400 others, over 32 directions of 64 entries.
    assert!(distance < 1.5 * floor && floor < 1.5 * distance, "{distance} {floor}");
    // √(2/M) of a score's own size is its error were every entry the same.
    let (crps, exact) = (verdict.crps.unwrap(), verdict.crps_exact.unwrap());
    assert!((crps / exact - 1.0).abs() < 5.0 * (2.0 / MEMBERS as f64).sqrt(), "{crps} {exact}");
}

/// A shift by half a posterior deviation in every entry is a bias of ½ and leaves the spread.
#[test]
fn a_shift_is_the_bias_it_is() {
    let (verdict, closed) = Setting::new().verdict(0.5, 1.0, false);
    // bias² = ¼ + noise, whose cross term 2·½·(mean error) has standard error 1/√M at most.
    let bound = no_bias().powi(2) + 5.0 / (MEMBERS as f64).sqrt();
    assert!((verdict.bias.unwrap().powi(2) - 0.25).abs() < bound, "{:?}", verdict.bias);
    assert!((verdict.spread_ratio.unwrap() - 1.0).abs() < spread_bound());
    let (square, error) = closed.square(0.5, 1.0);
    assert!((verdict.rmse.powi(2) - square).abs() < 5.0 * error);
}

/// Half the spread: no bias, spread ratio ½, and an RMSE below the floor, which is why RMSE alone is a
/// poor judge. P(|z| < ½·0.674) = 0.264 and P(|z| < ½·1.645) = 0.589 are covered.
#[test]
fn a_narrow_ensemble_is_found_out_by_spread_and_coverage() {
    let (verdict, closed) = Setting::new().verdict(0.0, 0.5, false);
    let (square, error) = closed.square(0.0, 0.5);
    assert!((verdict.rmse.powi(2) - square).abs() < 5.0 * error);
    assert!(verdict.rmse < verdict.floor.unwrap());
    assert!((verdict.spread_ratio.unwrap() / 0.5 - 1.0).abs() < spread_bound());
    for (found, expected) in
        [verdict.coverage_error_50, verdict.coverage_error_90].into_iter().zip([0.264 - 0.5, 0.589 - 0.9])
    {
        assert!((found.unwrap() - expected).abs() < coverage_bound(), "{found:?} {expected}");
    }
    let (distance, floor) = verdict.sliced_w2.zip(verdict.sliced_w2_floor).unwrap();
    assert!(distance > 2.0 * floor, "{distance} {floor}");
}

/// The posterior mean is the best of points: RMSE/floor 1, no bias, nothing that rests on spread, and the
/// score of being sure of it.
#[test]
fn a_point_estimate_is_held_to_the_posterior_mean_and_not_judged_on_spread() {
    let (verdict, closed) = Setting::new().verdict(0.0, 0.0, true);
    let mae = Closed::mean(closed.off.iter().map(|off| off.abs()));
    assert!((verdict.mae.unwrap() / mae - 1.0).abs() < 1e-5, "f32 fields: {:?} {mae}", verdict.mae);
    assert!(verdict.crps_exact.is_some());
    assert!((verdict.rmse / verdict.floor.unwrap() - 1.0).abs() < 1e-6, "f32 fields");
    assert!(verdict.bias.unwrap() < 1e-3, "f32 fields: {:?}", verdict.bias);
    assert_eq!((verdict.spread_ratio, verdict.crps, verdict.sliced_w2), (None, None, None));
    assert_eq!([verdict.coverage_error_50, verdict.coverage_error_90], [None; 2]);
}
