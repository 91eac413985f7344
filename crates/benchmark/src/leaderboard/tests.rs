//! Ensembles whose law is known stand where the law puts them.

use super::*;
use crate::bench::{Bench, Drawn, Part};
use crate::score::{judge, proper};
use crate::tests::{CASE, NAME, ensemble, plan, scene_named, scene_of, truth};
use crate::{Job, Task, overall};
use equipoise_metrics::State;
use std::ops::Range;

const MEMBERS: usize = 16;

/// The scores of ensembles of the exact posterior of one truth, shifted by deviations and stretched, that enter
/// as a method under these seeds.
fn entrants_of(number: u64, method: &str, (shift, stretch): (f64, f64), seeds: Range<u64>) -> Vec<Score> {
    let truths = [truth(&format!("truth {number}"), 0), truth("validation", 1)];
    let scene = scene_named(&format!("small {number}"), truths).unwrap();
    let plan = plan(&["exact"], MEMBERS);
    let bench = Bench::new(&scene, CASE, &plan).unwrap();
    let approach = method.parse::<Approach>().unwrap();
    let score = |seed| {
        let draw = bench.draw(Part::Test, seed).unwrap();
        let task = Task::Score { choice: Choice::Published, seed };
        let job = Job { dataset: NAME.into(), case: CASE, approach: approach.clone(), task };
        let runs = ensemble(&bench, &draw, MEMBERS, (shift, stretch));
        let drawn = Drawn { ensemble: runs, point_estimate: method == "red_diff", seconds: 0.0 };
        judge(&bench, &draw, &drawn, Score::asked(&job, None, seed).unwrap()).unwrap()
    };
    seeds.map(score).collect()
}

/// Under every seed about another truth of the prior.
fn entrant(method: &str, how: (f64, f64), seed: u64) -> Score {
    entrants_of(seed, method, how, seed..seed + 1).remove(0)
}

fn scores(entrants: &[(&str, (f64, f64))], seeds: u64) -> Vec<Score> {
    let of =
        |(method, how): &(&str, (f64, f64))| (0..seeds).map(|seed| entrant(method, *how, seed)).collect();
    entrants.iter().flat_map(|e| -> Vec<Score> { of(e) }).collect()
}

fn names(board: &[Standing]) -> Vec<(&str, usize)> {
    board.iter().map(|s| (s.approach.recipe().method().name(), s.rank)).collect()
}

/// The mean of 1600 ratios lies within five of the standard errors that go with it, and the single scores
/// scatter about their expectation as told: squares agree to three standard errors √(2/1600) of the scatter and
/// √(2/(40·31)) of 40 variances from 2M samples, and the 2/(M − 1)·¼ = 3 % that the first order leaves out.
/// Without E|x − X| in it the error would be 1.2 times as large.
#[test]
fn exact_samples_score_one_within_the_error_that_is_printed() {
    let scores: Vec<Score> =
        (0..40).flat_map(|k| entrants_of(k, "exact", (0.0, 1.0), 40 * k..40 * k + 40)).collect();
    let standing = &ranked(&scores, &[])[0];
    let (ratio, error) = (standing.score(), standing.exact_error.unwrap());
    assert!((ratio.mean - 1.0).abs() < 5.0 * error && error < 0.005, "{ratio:?} {error}");
    let sum = |of: fn(&Score) -> f64| scores.iter().map(of).sum::<f64>();
    let found = sum(|row| (row.crps.unwrap() - row.crps_exact.unwrap()).powi(2));
    let told = sum(|row| row.crps_exact_error.unwrap().powi(2));
    let bound = 3.0 * (2.0f64 / 1600.0 + 2.0 / 1240.0).sqrt();
    assert!((found / told - 1.03).abs() < bound, "{} {bound}", found / told);
}

/// Exact samples come before narrow, wide and shifted ones; by RMSE over the floor the narrow ones would be
/// first, as √((1 + 0.67²)/2) = 0.85.
#[test]
fn exact_samples_stand_above_narrow_wide_and_biased_ones() {
    let entrants = [("dsg", (0.0, 0.67)), ("dps", (0.0, 1.5)), ("mmps", (0.5, 1.0)), ("exact", (0.0, 1.0))];
    let board = ranked(&scores(&entrants, 60), &[]);
    assert_eq!((board[0].approach.recipe().method().name(), board[0].rank), ("exact", 1));
    let of = |method: &str| board.iter().find(|s| s.approach.method() == method).unwrap();
    let excess = |method| of(method).measured.get("excess").unwrap().mean;
    assert!(excess("dsg") < 0.95 * excess("exact"), "{} {}", excess("dsg"), excess("exact"));
    for method in ["dsg", "dps", "mmps"] {
        assert!(of(method).score().mean > 1.01, "{method}: {:?}", of(method).score());
        assert!(
            of(method).measured.get("log_excess").unwrap().mean
                > of("exact").measured.get("log_excess").unwrap().mean,
            "{method}"
        );
    }
    assert_eq!(overall(&board)[0].approach.method(), "exact");
}

/// Tuning's score of two members, over 200 truths: exact spread before two thirds of it, which RMSE prefers.
#[test]
fn two_members_score_best_with_the_exact_spread() {
    let tried = |stretch: f64| {
        let (mut score, mut square) = (0.0, 0.0);
        for seed in 0..200 {
            let scene = scene_of([truth(&format!("truth {seed}"), 0), truth("validation", 1)]).unwrap();
            let plan = plan(&["exact"], 2);
            let bench = Bench::new(&scene, CASE, &plan).unwrap();
            let draw = bench.draw(Part::Test, seed).unwrap();
            let runs = ensemble(&bench, &draw, 2, (0.0, stretch));
            score += proper(&draw, &runs, false).unwrap().unwrap();
            square += bench.evidence(&draw, &runs).unwrap().rmse.powi(2);
        }
        (score, square)
    };
    let (exact, narrow) = (tried(1.0), tried(0.67));
    assert!(exact.0 < 0.99 * narrow.0, "{exact:?} {narrow:?}");
    assert!(narrow.1 < 0.95 * exact.1, "{exact:?} {narrow:?}");
}

/// An explosion is last whatever it measured when it stopped, more of them later, and its mean is infinite;
/// NaN too. Equals share a rank, and points have ranks of their own.
#[test]
fn explosions_come_last_equals_share_and_points_stand_apart() {
    let mut rows = scores(&[("exact", (0.0, 1.0)), ("mmps", (0.0, 1.0)), ("dps", (0.0, 2.0))], 2);
    let exploded = |method: &str, state: State, seeds: u64| {
        let mut found = scores(&[(method, (0.0, 1.0))], 2);
        found.iter_mut().filter(|row| row.seed < seeds).for_each(|row| {
            row.state = state.to_string();
            if state == State::Nan {
                (row.crps, row.excess, row.sliced_w2, row.sliced_w2_floor) =
                    (Some(f64::NAN), Some(f64::NAN), None, None);
            }
        });
        found
    };
    rows.extend(exploded("tmpd", State::Nan, 2));
    rows.extend(exploded("pigdm", State::Exploded, 1));
    rows.extend(scores(&[("red_diff", (0.0, 0.0)), ("pnp_admm", (0.0, 1.0))], 2));
    rows.iter_mut().filter(|row| row.method.method().name() == "pnp_admm").for_each(|row| {
        (row.point_estimate, row.mae, row.crps) = (true, row.crps.map(|crps| 3.0 * crps), None);
    });
    let board = ranked(&rows, &[]);
    let samplers = [("exact", 1), ("mmps", 1), ("dps", 3), ("pigdm", 4), ("tmpd", 5)];
    assert_eq!(names(&board), [&samplers[..], &[("red_diff", 1), ("pnp_admm", 2)]].concat());
    for broken in &board[3..5] {
        for metric in ["crps_ratio", "sliced_w2_ratio", "excess", "log_excess"] {
            assert_eq!(
                broken.measured.get(metric),
                Some(Interval { mean: f64::INFINITY, half_width: None }),
                "{broken:?}"
            );
        }
    }
    let totals = overall(&board);
    assert_eq!(
        totals.iter().filter(|o| o.score.is_infinite()).map(|o| o.exploded).collect::<Vec<_>>(),
        [1, 1]
    );
    assert!(totals.iter().all(|o| o.score.is_infinite() == o.finite_score.is_infinite()), "one case each");
}

/// Over cases: what exploded in fewer stands first, by the cases that are left, and no explosion is lost in a
/// mean. A case without bias hides no other: 1 + b² = √(1·(1 + 3)) = 2.
#[test]
fn means_over_cases_are_geometric_and_keep_explosions() {
    let case = |sub: usize, method: &str, ratio: f64, bias: f64, state: State| {
        let mut row = entrant(method, (0.0, 1.0), 0);
        row.sub = sub;
        (row.crps, row.crps_exact, row.bias) = (Some(ratio), Some(1.0), Some(bias));
        row.state = state.to_string();
        row
    };
    let of = |method: &'static str, first: (f64, State), second: f64| {
        [case(2, method, first.0, 0.0, first.1), case(4, method, second, 3f64.sqrt(), State::Balanced)]
    };
    let mut rows = [
        of("dsg", (1.0, State::Exploded), 1.0),
        of("dps", (0.5, State::Exploded), 0.9),
        of("mmps", (2.0, State::Balanced), 8.0),
    ]
    .concat();
    rows.sort_by_key(|row| row.sub);
    let totals = overall(&ranked(&rows, &[]));
    let order: Vec<&str> = totals.iter().map(|o| o.approach.recipe().method().name()).collect();
    assert_eq!(order, ["mmps", "dps", "dsg"]);
    assert!((totals[0].score - 4.0).abs() < 1e-12 && (totals[0].worst - 8.0).abs() < 1e-12);
    assert!((totals[0].measured.get("bias").unwrap() - 1.0).abs() < 1e-12, "{:?}", totals[0].measured);
    assert!(totals[1].score.is_infinite() && (totals[1].finite_score - 0.9).abs() < 1e-12);
    assert_eq!(totals[1].measured.get("bias"), Some(f64::INFINITY));
}
