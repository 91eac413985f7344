//! The scalar AR(1) sequence of 40 frames, whose figures were computed independently to three places.

use super::{centre, near, windows};
use crate::{Least, Readings, Series, Windows, WindowsError, choose, costs, definite, needed};
use equipoise_composition::Fold;
use equipoise_markov::Chain;

const FRAMES: usize = 40;

fn scalar(rho: f64) -> [Series; 1] {
    [Series::scalar(rho, FRAMES).unwrap()]
}

#[test]
fn excess_asymmetry_and_lowest_eigenvalue_are_the_published_ones() {
    let cases = [
        (0.9, 1.0, [0.329, 0.110, 0.014, 0.000], [0.124, 0.114, 0.064]),
        (0.99, 1.0, [2.140, 1.168, 0.450, 0.088], [0.175, 0.225, 0.265]),
        (0.99, 5.0, [0.869, 0.750, 0.559, 0.304], [0.180, 0.239, 0.319]),
    ];
    for (rho, ratio, excess, asymmetry) in cases {
        for (i, k) in [1, 2, 4, 8].into_iter().enumerate() {
            let cost = &costs(&scalar(rho), centre(k), &[ratio]).unwrap()[0];
            assert!((cost.excess - excess[i]).abs() < 6e-4, "ρ = {rho}, k = {k}: {}", cost.excess);
            let skew = asymmetry.get(i);
            assert!(skew.is_none_or(|skew| (cost.asymmetry - skew).abs() < 6e-4), "{}", cost.asymmetry);
        }
    }
    // Those of the infinite interior, of which 40 frames fall short.
    for (rho, k, lowest) in [(0.99, 1, -0.240), (0.99, 2, -0.192), (0.99, 4, -0.162), (0.9, 1, -0.1525)] {
        let found = costs(&scalar(rho), centre(k), &[1.0]).unwrap()[0].lowest;
        assert!(found > lowest && found - lowest < 0.015, "ρ = {rho}, k = {k}: {found}");
    }
}

#[test]
fn a_window_that_holds_all_frames_costs_nothing() {
    for fold in ["causal:40", "symmetrical:40", "average:1"] {
        for cost in costs(&scalar(0.97), windows(FRAMES, fold), &[0.01, 1.0, 100.0]).unwrap() {
            assert!(cost.excess.abs() < 1e-9 && cost.jacobian < 1e-12 && cost.positive < 1e-12, "{cost:?}");
            assert!(cost.lowest > 0.0 && cost.asymmetry < 1e-12, "{cost:?}");
        }
    }
}

/// Frames without memory are their own windows; and a causal fold is exact where its window begins the trajectory.
#[test]
fn frames_are_exact_where_their_window_holds_all_they_depend_on() {
    for fold in ["centre", "causal:2", "average:2"] {
        let cost =
            &costs(&scalar(0.0), windows(if fold == "centre" { 3 } else { 4 }, fold), &[0.7]).unwrap()[0];
        assert!(cost.by_frame.iter().all(|excess| excess.abs() < 1e-12), "{fold}: {:?}", cost.by_frame);
    }
    let by_frame = &costs(&scalar(0.95), centre(2), &[1.0]).unwrap()[0].by_frame;
    assert!(by_frame.iter().all(|excess| *excess > -1e-12));
    for (left, right) in by_frame.iter().zip(by_frame.iter().rev()) {
        assert!((left - right).abs() < 1e-9, "time runs both ways: {by_frame:?}");
    }
}

/// The short way to the excess, by the windows' own posterior variance, is the long way by the matrix; and what is
/// needed is the first k that the table says is enough.
#[test]
fn what_is_needed_is_the_first_that_is_enough() {
    let ratios = [0.1, 1.0, 5.0];
    for (rho, fold) in [(0.9, Fold::Centre), (0.99, Fold::Centre), (0.9, Fold::Average { stride: 1 })] {
        let found = needed(&scalar(rho), fold, &ratios, 0.05).unwrap();
        let excess = |k: usize, i: usize| {
            costs(&scalar(rho), Windows { window: 2 * k + 1, fold }, &ratios).unwrap()[i].excess
        };
        for (i, (_, least)) in found.by_ratio.iter().enumerate() {
            let k = match least {
                Least::Enough(k) => *k,
                Least::Beyond(k) => panic!("ρ = {rho}: beyond {k}"),
            };
            assert!(excess(k, i) <= 0.05, "ρ = {rho}, {fold}, k = {k}");
            assert!(k == 0 || excess(k - 1, i) > 0.05, "ρ = {rho}, {fold}, k = {k}");
        }
        let most = found.by_ratio.iter().filter_map(|(_, least)| least.k()).max();
        assert_eq!(found.throughout.k(), most, "{fold}");
    }
    assert_eq!(needed(&scalar(0.999), Fold::Causal { stride: 2 }, &[5.0], 1e-9).unwrap_err().to_string(), {
        "window that fits the fold: found none, expected at least one"
    });
}

/// V⁺ is positive whatever the window, the plain V at no level below its side lobes.
#[test]
fn moment_matching_is_ill_posed_on_short_windows_and_well_posed_with_the_positive_form() {
    let ratios: Vec<f64> = (0..33).map(|i| 10f64.powf(2.0 - f64::from(i) / 8.0)).collect();
    for (rho, k, ill) in [(0.99, 1, true), (0.99, 4, true), (0.9, 1, true), (0.5, 8, false)] {
        let found = definite(&scalar(rho), &Readings::whole_frames(1, 1, 0.1), centre(k), &ratios).unwrap();
        assert_eq!(found.indefinite > 0, ill, "ρ = {rho}, k = {k}: {found:?}");
        assert!(found.indefinite_positive == 0 && found.lowest_positive >= 1.0 - 1e-9, "{found:?}");
        assert_eq!(found.unbounded > 0, ill, "{found:?}");
    }
    let whole = definite(&scalar(0.99), &Readings::whole_frames(1, 1, 0.1), Windows::whole(FRAMES), &ratios);
    let whole = whole.unwrap();
    assert!(whole.indefinite == 0 && whole.unbounded == 0 && whole.lowest >= 1.0 - 1e-9, "{whole:?}");
}

/// Copies and weights are the same, and a chain is its lags.
#[test]
fn a_weight_counts_as_so_many_copies() {
    let one = Series::of_chain(&Chain::scalar(0.8, 2.0).unwrap(), 0.3, 12, 1.0).unwrap();
    let other = Series::scalar(0.95, 12).unwrap();
    let copies = costs(&[one.clone(), one.clone(), other.clone()], centre(1), &[0.5]).unwrap();
    let weighted = costs(&[other, one.weighted(2.0)], centre(1), &[0.5]).unwrap();
    for (a, b) in [(copies[0].excess, weighted[0].excess), (copies[0].asymmetry, weighted[0].asymmetry)] {
        near(a, b, 1e-12, "weighted");
    }
}

#[test]
fn bad_input_is_one_error() {
    let said = |fault: WindowsError| fault.to_string();
    let bad = |result: crate::Result<Vec<crate::Cost>>| said(result.unwrap_err());
    assert!(said(Series::scalar(1.0, 4).unwrap_err()).contains("between −1 and 1"));
    assert!(said(Series::scalar(0.5, 2001).unwrap_err()).contains("at most 2000"));
    assert!(bad(costs(&[], centre(1), &[1.0])).contains("series: found none"));
    assert!(bad(costs(&scalar(0.5), centre(20), &[1.0])).contains("expected at least the window's 41"));
    assert!(bad(costs(&scalar(0.5), centre(1), &[0.0])).contains("σ/μ: found 0"));
    let readings = Readings::whole_frames(2, 1, 0.1);
    assert!(
        said(definite(&scalar(0.5), &readings, centre(1), &[1.0]).unwrap_err()).contains("H of the series")
    );
}

/// Strata add up to all copies, and hold most of the variance of a steep spectrum.
#[test]
fn a_few_stand_for_all() {
    let many: Vec<(f64, f64)> = (1..=500).map(|i| (f64::from(i).powi(-3), f64::from(1 + i % 2))).collect();
    let copies: f64 = many.iter().map(|of| of.1).sum();
    let variance = |of: &mut dyn Iterator<Item = (f64, f64)>| of.map(|(v, n)| v * n).sum::<f64>();
    for count in [1, 2, 8, 64, 499, 500, 1000] {
        let chosen = choose(&many, count);
        assert!(chosen.len() <= count.min(500) && chosen[0].index == 0, "the largest is always one");
        assert!(count == 1 || (chosen[0].weight - many[0].1).abs() <= 0.0, "and stands for itself");
        near(chosen.iter().map(|of| of.weight).sum(), copies, 1e-9, "copies");
        if count >= 64 {
            let held = variance(&mut chosen.iter().map(|of| (many[of.index].0, of.weight)));
            near(held, variance(&mut many.iter().copied()), 0.05, "variance");
        }
    }
    assert!(choose(&many, 1000).iter().enumerate().all(|(i, of)| of.index == i));
}
