//! What a drawing came to: weights, members that are missing, and the misfit.

use super::{NOISE, bits, inference, mask, member, observed};
use equipoise_observation::NoiseVariance;
use equipoise_sampler::{Outcome, Trace};
use equipoise_solver::{Ensemble, Independent, Member, Recipe, SolverError, Watch};
use std::sync::atomic::{AtomicUsize, Ordering};

fn finished(value: f64) -> Outcome<f64> {
    Outcome::Finished { x: vec![value; super::DIM], trace: Trace::default() }
}

fn diverged() -> Outcome<f64> {
    Outcome::Diverged {
        x: vec![f64::NAN; super::DIM],
        t: 0.5,
        non_finite: super::DIM,
        trace: Trace::default(),
    }
}

#[test]
fn weights_are_one_a_member_and_some_weigh() {
    let (low, nan) = (f64::NEG_INFINITY, f64::NAN);
    let weighted = |weights: Vec<f64>| Ensemble::new(vec![finished(0.0), finished(1.0)]).weighted(weights);
    let refused = [vec![0.0], vec![0.0; 3], vec![0.0, nan], vec![0.0, f64::INFINITY], vec![low, low]];
    let messages = refused.map(|weights| weighted(weights).unwrap_err().to_string());
    insta::assert_snapshot!(messages.join("\n"), @r"
    weights of an ensemble: found 1 weights for 2 members, expected one finite or −∞ a member, not all −∞
    weights of an ensemble: found 3 weights for 2 members, expected one finite or −∞ a member, not all −∞
    weights of an ensemble: found a log-weight of NaN for member 1, expected one finite or −∞ a member, not all −∞
    weights of an ensemble: found a log-weight of inf for member 1, expected one finite or −∞ a member, not all −∞
    weights of an ensemble: found no member with a weight, expected one finite or −∞ a member, not all −∞
    ");
    assert_eq!(weighted(vec![low, -1e300]).unwrap().log_weights(), Some(vec![low, -1e300]));
    assert_eq!(Ensemble::<f64>::new(vec![]).weighted(vec![]).unwrap().log_weights(), Some(vec![]));
}

/// Weights and fields are of the members that finished, in the same order.
#[test]
fn members_that_diverged_are_counted_and_left_out() {
    let outcomes = vec![finished(1.0), diverged(), finished(2.0)];
    let ensemble = Ensemble::new(outcomes).weighted(vec![-1.0, -2.0, -3.0]).unwrap().with_evidence(-7.5);
    assert_eq!((ensemble.len(), ensemble.diverged(), ensemble.skipped()), (2, 1, 0));
    assert_eq!(ensemble.members(), [0, 1, 2]);
    assert_eq!(ensemble.fields().map(|x| x[0]).collect::<Vec<_>>(), [1.0, 2.0]);
    assert_eq!((ensemble.log_weights(), ensemble.evidence()), (Some(vec![-1.0, -3.0]), Some(-7.5)));
    assert_eq!(ensemble.outcomes().len(), 3);
    assert!(Ensemble::new(vec![diverged()]).is_empty());
}

/// A verdict is of those that finished, by their weights; of all alike where nothing that finished weighs.
#[test]
fn an_explosion_is_a_result_with_weights_too() {
    let low = f64::NEG_INFINITY;
    let weighted = |outcomes, weights: [f64; 2]| Ensemble::new(outcomes).weighted(weights.to_vec()).unwrap();
    let mixed = weighted(vec![diverged(), finished(1.0)], [0.0, -1.0]);
    assert_eq!(mixed.counted().1, [-1.0]);
    for gone in [
        weighted(vec![diverged(), diverged()], [0.0, -1.0]),
        weighted(vec![diverged(), finished(1.0)], [0.0, low]),
    ] {
        let (fields, weights) = gone.counted();
        assert!(fields.len() == 2 && fields[0][0].is_nan() && weights == [0.0; 2]);
    }
}

/// χ² = Σ w_m Σ_i r²/s² / (N Σ w_m): of x = c everywhere, r_i = y_i − c.
#[test]
fn the_misfit_has_its_closed_form() {
    let y = [0.8, -0.4, 1.3];
    let seen = observed(mask(), NoiseVariance::PerObservation(vec![NOISE, 0.25, 1.0]));
    let square = |c: f64| {
        y.iter().zip([NOISE, 0.25, 1.0]).map(|(y, s2): (&f64, f64)| (y - c).powi(2) / s2).sum::<f64>() / 3.0
    };
    let members = || vec![finished(0.3), diverged(), finished(-1.0)];
    let plain = Ensemble::new(members()).misfit(&seen);
    let weights = vec![2f64.ln() - 900.0, 0.0, -900.0];
    let weighted = Ensemble::new(members()).weighted(weights).unwrap().misfit(&seen);
    let bound = 32.0 * f64::EPSILON;
    assert!((plain / (0.5 * (square(0.3) + square(-1.0))).sqrt() - 1.0).abs() < bound, "{plain}");
    let expected = ((2.0 * square(0.3) + square(-1.0)) / 3.0).sqrt();
    assert!((weighted / expected - 1.0).abs() < 1e3 * bound, "{weighted} {expected}");
    assert!(Ensemble::<f64>::new(vec![diverged()]).misfit(&seen).is_nan());
    let exact = observed(mask(), NoiseVariance::Uniform(0.0));
    let missed = Ensemble::new(vec![finished(0.0)]).misfit(&exact);
    assert!(missed.is_infinite() && missed > 0.0, "{missed}");
    // A particle that an exact observation rules out weighs nothing, however far it is.
    let met = Outcome::Finished { x: vec![0.8, 0.0, 0.0, -0.4, 0.0, 1.3, 0.0, 0.0], trace: Trace::default() };
    let ruled_out = Ensemble::new(vec![met, finished(0.0)]).weighted(vec![0.0, f64::NEG_INFINITY]).unwrap();
    assert!(ruled_out.misfit(&exact) == 0.0);
}

/// A method that loses a member, or makes one.
struct Miscounting(usize);

impl Independent<f64> for Miscounting {
    fn batch(&self) -> usize {
        2
    }

    fn run(&self, _: &[Member]) -> Result<Vec<Outcome<f64>>, SolverError> {
        Ok((0..self.0).map(|_| finished(0.0)).collect())
    }
}

#[test]
fn a_run_has_one_outcome_a_member() {
    let members: Vec<_> = (0..4).map(member).collect();
    assert_eq!(Miscounting(2).draw_each(&members, Watch::NONE).unwrap().members(), [0, 1, 2, 3]);
    for found in [0, 1, 3] {
        let refused = Miscounting(found).draw_each(&members, Watch::NONE).unwrap_err().to_string();
        assert_eq!(refused, format!("outcomes: found length {found}, expected 2"));
    }
}

/// Whoever watches hears of every member, and those that are not begun are counted.
#[test]
fn a_drawing_that_is_ended_says_what_it_skipped() {
    let sampler = inference().bind(&"dps".parse::<Recipe>().unwrap(), None).unwrap();
    let members: Vec<_> = (0..6).map(member).collect();
    let all = sampler.draw(&members, Watch::NONE).unwrap();
    assert_eq!((all.len(), all.skipped(), all.members()), (6, 0, &[0, 1, 2, 3, 4, 5][..]));
    let told = AtomicUsize::new(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let go_on = |done: usize| {
        told.fetch_max(done, Ordering::Relaxed);
        done < 2
    };
    let some = pool.install(|| sampler.draw(&members, Watch { go_on: &go_on })).unwrap();
    assert_eq!((some.len(), some.skipped(), told.into_inner()), (2, 4, 2));
    for (place, x) in some.members().iter().zip(some.fields()) {
        assert_eq!(bits(x), bits(all.outcomes()[*place].x()), "member {place}");
    }
    let none = sampler.draw(&[], Watch::NONE).unwrap();
    assert_eq!((none.len(), none.skipped(), none.is_empty()), (0, 0, true));
}
