//! The numbers of scoringrules, properscoring, xskillscore and tarp, as `tests/golden/peers.py` recorded them.

use equipoise_metrics::{
    Ensemble, InTurn, Inclusion, SquaredDistances, coverage, crps, empirical_crps, energy_score,
    expected_coverage_probability, rank_histogram, tarp_fraction,
};
use equipoise_stream::Stream;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Peers {
    truth: Vec<f64>,
    members: Vec<Vec<f64>>,
    scores: BTreeMap<String, f64>,
    ranks: Vec<u64>,
    coverage: BTreeMap<String, f64>,
    samples: Vec<Vec<Vec<f64>>>,
    theta: Vec<Vec<f64>>,
    references: Vec<Vec<f64>>,
    ecp: Vec<f64>,
    alpha: Vec<f64>,
}

fn peers() -> Peers {
    serde_json::from_str(include_str!("../golden/peers.json")).unwrap()
}

fn slices(fields: &[Vec<f64>]) -> Vec<&[f64]> {
    fields.iter().map(Vec::as_slice).collect()
}

/// Sums of a few hundred terms of order one.
const ROUNDING: f64 = 1e-12;

#[test]
fn scores_ranks_and_coverage_are_those_of_others() {
    let peers = peers();
    let members = slices(&peers.members);
    let (ensemble, truth, all) = (Ensemble::new(&members).unwrap(), &peers.truth, Inclusion::All);
    let is = |name: &str, found: f64| {
        let expected = peers.scores[name];
        assert!((found - expected).abs() < ROUNDING * expected.abs().max(1.0), "{name}: {found} {expected}");
    };
    is("crps_fair", crps(&ensemble, truth, all).unwrap().unwrap());
    is("crps_empirical", empirical_crps(&ensemble, truth, all).unwrap());
    is("crps_xskillscore", empirical_crps(&ensemble, truth, all).unwrap());
    is("energy_fair", energy_score(&ensemble, truth, all).unwrap().unwrap());
    assert_eq!(rank_histogram(&ensemble, truth, all).unwrap(), peers.ranks);
    for (level, expected) in &peers.coverage {
        let found = coverage(&ensemble, truth, level.parse().unwrap(), all).unwrap().unwrap();
        assert!((found - expected).abs() < ROUNDING, "{level}: {found} {expected}");
    }
}

/// What the referee ranks is, for the truth, the same numbers.
#[test]
fn the_truth_in_turn_has_the_numbers_of_others() {
    let peers = peers();
    let fields: Vec<&[f64]> = std::iter::once(&peers.truth[..]).chain(slices(&peers.members)).collect();
    let mut turn = InTurn::new(fields.len(), Stream::new("golden")).unwrap();
    turn.add_block(0, &fields);
    let mut distances = SquaredDistances::new(fields.len());
    distances.add(&fields).unwrap();
    assert_eq!(turn.histogram(0), &peers.ranks[..]);
    assert!((turn.crps(0) - peers.scores["crps_fair"]).abs() < ROUNDING);
    assert!((distances.energy_scores()[0] - peers.scores["energy_fair"]).abs() < 10.0 * ROUNDING);
}

/// tarp's histogram runs from the least to the largest fraction, its bins closed below.
#[test]
fn expected_coverage_is_that_of_tarp() {
    let peers = peers();
    let fraction = |case: usize| {
        let members: Vec<&[f64]> = peers.samples.iter().map(|sample| &sample[case][..]).collect();
        let ensemble = Ensemble::new(&members).unwrap();
        tarp_fraction(&ensemble, &peers.theta[case], &peers.references[case], Inclusion::All).unwrap()
    };
    let fractions: Vec<f64> = (0..peers.theta.len()).map(fraction).collect();
    let last = peers.alpha.len() - 1;
    for (i, (alpha, ecp)) in peers.alpha.iter().zip(&peers.ecp).enumerate() {
        let edge = if i == last { *alpha } else { alpha - 1e-9 };
        let found = expected_coverage_probability(&fractions, edge);
        assert!((found - ecp).abs() < ROUNDING, "{alpha}: {found} {ecp}");
    }
}
