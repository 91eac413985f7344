//! Laws of weighted ensembles: copies, equal weights, members that weigh nothing, importance weights.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_field::Length;
use equipoise_metrics::{
    Ensemble, Inclusion, MetricsError, Projections, bias_over_posterior_std, coverage, crps, empirical_crps,
    gaussian_crps, rank_histogram, rmse, spread_ratio,
};
use equipoise_stream::Stream;

const ALL: Inclusion<'static> = Inclusion::All;

fn normal(name: &str, members: u64, len: usize) -> Vec<Vec<f64>> {
    (0..members).map(|k| Stream::new(name).normal(k, len)).collect()
}

fn slices(fields: &[Vec<f64>]) -> Vec<&[f64]> {
    fields.iter().map(Vec::as_slice).collect()
}

fn projections(ensemble: &Ensemble<'_, f64>) -> Projections {
    Projections::new(ensemble, 9, Stream::new("direction"), ALL).unwrap()
}

/// Every diagnostic that is defined for unequal weights, against fields of their own.
fn all_of(ensemble: &Ensemble<'_, f64>) -> Vec<f64> {
    let len = ensemble.field_len();
    let truth: Vec<f64> = Stream::new("truth").normal(0, len);
    let (far, variance) = (vec![2.0; len], vec![0.5; len]);
    let others = normal("others", 3, len);
    let others = slices(&others);
    let other = projections(&Ensemble::new(&others).unwrap());
    let mut found = ensemble.mean();
    found.extend([
        crps(ensemble, &truth, ALL).unwrap().unwrap(),
        empirical_crps(ensemble, &truth, ALL).unwrap(),
        bias_over_posterior_std(ensemble, &far, &variance, ALL).unwrap().unwrap(),
        spread_ratio(ensemble, &variance, ALL).unwrap().unwrap(),
        projections(ensemble).sliced_wasserstein(&other).unwrap(),
        other.sliced_wasserstein(&projections(ensemble)).unwrap(),
        ensemble.average(|x| rmse(x, &truth, ALL)).unwrap(),
        ensemble.effective_size(),
    ]);
    found
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// What depends on the ensemble's law alone is that of the copies. What takes out the sampling error is
/// not, since copies are no draws: there the plug-in parts agree, (1 − Σw²) s² and the mean distance of
/// pairs, read off as (empirical − fair)(1 − Σw²)/Σw².
#[test]
fn weights_that_are_counts_are_the_copies() {
    let (counts, len) = ([3u32, 1, 4, 2], 7);
    let fields = normal("member", 4, len);
    let copies: Vec<&[f64]> =
        fields.iter().zip(counts).flat_map(|(x, n)| std::iter::repeat_n(x.as_slice(), n as usize)).collect();
    let members = slices(&fields);
    let logs = counts.map(|n| f64::from(n).ln());
    let weighted = Ensemble::weighted(&members, &logs).unwrap();
    let copied = Ensemble::new(&copies).unwrap();
    assert!(weighted.is_weighted() && !copied.is_weighted());
    // Ten terms below 16 in size, each with some roundings, and a logarithm below 2 exponentiated.
    let bound = 10.0 * 16.0 * 8.0 * f64::EPSILON;
    let truth: Vec<f64> = Stream::new("truth").normal(0, len);
    let others = normal("others", 3, len);
    let others = slices(&others);
    let other = projections(&Ensemble::new(&others).unwrap());
    let part = |e: &Ensemble<'_, f64>| {
        let (whole, fair) = (empirical_crps(e, &truth, ALL).unwrap(), crps(e, &truth, ALL).unwrap().unwrap());
        let own = 1.0 / e.effective_size();
        let s2 = spread_ratio(e, &vec![1.0; len], ALL).unwrap().unwrap().powi(2);
        let mut law = e.mean();
        law.push(whole);
        law.push(e.average(|x| rmse(x, &truth, ALL)).unwrap());
        law.push(projections(e).sliced_wasserstein(&other).unwrap().powi(2));
        law.extend([(whole - fair) * (1.0 - own) / own, s2 * (1.0 - own)]);
        law
    };
    for (found, expected) in part(&weighted).into_iter().zip(part(&copied)) {
        assert!((found - expected).abs() < bound, "{found} {expected}");
    }
    let apart = projections(&weighted).sliced_wasserstein(&projections(&copied)).unwrap();
    assert!(apart.powi(2) < bound, "{apart}");
    // 1/Σ(n/10)² = 100/30.
    assert!((weighted.effective_size() - 100.0 / 30.0).abs() < bound);
}

#[test]
fn equal_weights_are_none_to_the_bit() {
    let fields = normal("member", 5, 6);
    let members = slices(&fields);
    let expected = all_of(&Ensemble::new(&members).unwrap());
    for log in [0.0, 700.0, -1e4] {
        let ensemble = Ensemble::weighted(&members, &[log; 5]).unwrap();
        assert!(!ensemble.is_weighted());
        assert_eq!(bits(&all_of(&ensemble)), bits(&expected), "{log}");
    }
}

/// The formulas with weights, at weights that differ in their last bits alone.
#[test]
fn nearly_equal_weights_are_nearly_none() {
    let fields = normal("member", 5, 6);
    let members = slices(&fields);
    let step = 2f64.powi(-50);
    let logs: Vec<f64> = (0..5).map(|m| -step * f64::from(m)).collect();
    let ensemble = Ensemble::weighted(&members, &logs).unwrap();
    assert!(ensemble.is_weighted());
    let expected = all_of(&Ensemble::new(&members).unwrap());
    for (found, expected) in all_of(&ensemble).into_iter().zip(expected) {
        // Four steps of weight, times a range below 8 or its square over a distance of order one.
        assert!((found - expected).abs() < 4.0 * step * 64.0, "{found} {expected}");
    }
}

/// Left out, or of a weight that vanishes beside the others': whatever stands there, to the bit.
#[test]
fn a_member_of_weight_zero_changes_nothing() {
    let fields = normal("member", 3, 6);
    let broken = [vec![f64::NAN; 6], vec![f64::INFINITY; 6], vec![1e300; 6]];
    let with = [&broken[0], &fields[0], &broken[1], &fields[1], &fields[2], &broken[2]].map(Vec::as_slice);
    let without = slices(&fields);
    let none = f64::NEG_INFINITY;
    for [a, b, c] in [[0.0, -1.0, -2.5], [3.0, 3.0, 3.0]] {
        let found = Ensemble::weighted(&with, &[none, a, -800.0, b, c, -720.0]).unwrap();
        let expected = Ensemble::weighted(&without, &[a, b, c]).unwrap();
        assert_eq!(found.size(), 3);
        assert_eq!(bits(&all_of(&found)), bits(&all_of(&expected)));
    }
    let alone = Ensemble::weighted(&with, &[none, 5.0, none, none, none, none]).unwrap();
    assert_eq!(alone.mean(), fields[0]);
    assert_eq!(format!("{alone:?}"), "Ensemble { size: 1, field_len: 6, weighted: false }");
    assert_eq!(crps(&alone, &[0.0; 6], ALL), Ok(None));
}

/// Weights that do not depend on the members leave the fair score and s² without bias; the law's own
/// score is worse by Σw² E|X − X′|/2 = Σw²/√π.
#[test]
fn fixed_weights_keep_the_fair_score_fair() {
    let n = 100_000;
    let fields = normal("member", 4, n);
    let members = slices(&fields);
    let ensemble = Ensemble::weighted(&members, &[4.0f64, 3.0, 2.0, 1.0].map(f64::ln)).unwrap();
    let truth: Vec<f64> = Stream::new("truth").normal(0, n);
    let expected = gaussian_crps(&vec![0.0; n], &vec![1.0; n], &truth, ALL).unwrap();
    let found = crps(&ensemble, &truth, ALL).unwrap().unwrap();
    // One score lies within Σw|x − y| + half the mean distance of pairs, whose second moment on average over
    // y is below (2 + √2)²; five standard errors.
    let bound = 5.0 * (2.0 + 2f64.sqrt()) / (n as f64).sqrt();
    assert!((found - expected).abs() < bound, "{found} {expected}");
    let own = 0.3 / std::f64::consts::PI.sqrt();
    let whole = empirical_crps(&ensemble, &truth, ALL).unwrap();
    assert!((whole - expected - own).abs() < bound && own > 3.0 * bound, "{whole} {expected}");
    // s² is a mean of squares with variance below 2/(1 − Σw²); the root halves the relative error.
    let spread = spread_ratio(&ensemble, &vec![1.0; n], ALL).unwrap().unwrap();
    assert!((spread - 1.0).abs() < 2.5 * (2.0 / 0.7 / n as f64).sqrt(), "{spread}");
}

/// Draws x of N(0, 1) with weights exp(m x): those of N(m, 1).
#[test]
fn importance_weights_recover_another_normal_law() {
    let (m, count) = (0.5, 10_000u32);
    let draws: Vec<f64> = Stream::new("importance").normal(0, count as usize);
    let members: Vec<&[f64]> = draws.iter().map(std::slice::from_ref).collect();
    let logs: Vec<f64> = draws.iter().map(|x| m * x).collect();
    let ensemble = Ensemble::weighted(&members, &logs).unwrap();
    // A mean of h under self-normalised weights has the variance E w²(h − Eh)²/M, and E w² g(x) is
    // exp(m²) times the mean of g over N(2m, 1): here by the midpoint rule.
    let error = |h: &dyn Fn(f64) -> f64| {
        let step = 1e-2;
        let density = |x: f64| (-0.5 * (x - 2.0 * m).powi(2)).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let at = |k: i32| (f64::from(k) + 0.5) * step;
        let mean: f64 = (-900..1100).map(|k| step * density(at(k)) * h(at(k)).powi(2)).sum();
        ((m * m).exp() * mean / f64::from(count)).sqrt()
    };
    let mean = ensemble.mean()[0];
    assert!((mean - m).abs() < 5.0 * error(&|x| x - m), "{mean}");
    let variance = spread_ratio(&ensemble, &[1.0], ALL).unwrap().unwrap().powi(2);
    assert!((variance - 1.0).abs() < 5.0 * error(&|x| (x - m).powi(2) - 1.0), "{variance}");
    let y = 1.2;
    let score = crps(&ensemble, &[y], ALL).unwrap().unwrap();
    let exact = |y: f64| gaussian_crps(&[m], &[1.0], &[y], ALL).unwrap();
    // The score's influence is |x − y| − E|x − X′| less its mean; E|x − X′| is the closed score at x plus 1/√π.
    let half = std::f64::consts::PI.sqrt().recip();
    let centre = exact(y) + half - 2.0 * half;
    let influence = |x: f64| (x - y).abs() - exact(x) - half - centre;
    assert!((score - exact(y)).abs() < 5.0 * error(&influence), "{score} {}", exact(y));
    // Without the weights all three are far off.
    let plain = Ensemble::new(&members).unwrap();
    assert!((plain.mean()[0] - m).abs() > 20.0 * error(&|x| x - m));
    let plain = crps(&plain, &[y], ALL).unwrap().unwrap();
    assert!((plain - exact(y)).abs() > 20.0 * error(&influence), "{plain}");
    // 1/Σw² is M exp(−m²) in the limit; w² has relative variance exp(4m²) − 1, w has exp(m²) − 1.
    let relative = ((4.0 * m * m).exp_m1().sqrt() + 2.0 * (m * m).exp_m1().sqrt()) / f64::from(count).sqrt();
    let share = ensemble.effective_size() / f64::from(count) * (m * m).exp();
    assert!((share - 1.0).abs() < 5.0 * relative, "{share}");
}

/// The stated variance of the mean is what the mean scatters by, over 400 ensembles of 200 draws of N(0, 1)
/// weighted to N(m, 1): (x̄ − m)² less it, cut off at 0, is what `bias_over_posterior_std` reports.
#[test]
fn a_weighted_mean_without_bias_is_told_as_such() {
    let (m, count, trials) = (0.5, 200, 400);
    let fields = normal("bias", count, trials);
    let mut squares = 0.0;
    for trial in 0..trials {
        let draws: Vec<f64> = fields.iter().map(|x| x[trial]).collect();
        let members: Vec<&[f64]> = draws.iter().map(std::slice::from_ref).collect();
        let logs: Vec<f64> = draws.iter().map(|x| m * x).collect();
        let ensemble = Ensemble::weighted(&members, &logs).unwrap();
        // Held to a mean that is off by 1, so that nothing is cut off.
        let off = bias_over_posterior_std(&ensemble, &[m - 1.0], &[1.0], ALL).unwrap().unwrap();
        let mean = ensemble.mean()[0];
        squares += (off.powi(2) - (mean - m + 1.0).powi(2) + (mean - m).powi(2)) / trials as f64;
    }
    // (x̄ − m)² has variance twice its mean's square, exp(m²)(1 + m²)/M: five standard errors and the
    // second order of a self-normalised mean, its squared bias (m exp(m²)/M)² and as much again.
    let first = (m * m).exp() * (1.0 + m * m) / count as f64;
    let second = 2.0 * (m * (m * m).exp() / count as f64).powi(2);
    let bound = 5.0 * first * (2.0 / trials as f64).sqrt() + second;
    assert!(squares.abs() < bound && first > 2.0 * bound, "{squares} {first} {bound}");
}

#[test]
fn what_rests_on_equal_weights_says_so() {
    let fields = normal("member", 3, 4);
    let members = slices(&fields);
    let ensemble = Ensemble::weighted(&members, &[0.0, 1.0, 0.5]).unwrap();
    let refused = |what| Some(MetricsError::Weighted { what });
    assert_eq!(rank_histogram(&ensemble, &[0.0; 4], ALL).err(), refused("rank histogram"));
    assert_eq!(coverage(&ensemble, &[0.0; 4], 0.5, ALL).err(), refused("coverage"));
    let projected = projections(&ensemble);
    assert_eq!(projected.part(0..2).err(), refused("part of an ensemble"));
    let floor = projected.sampling_floor(1, 3, Stream::new("split"));
    assert_eq!(floor.err(), refused("sampling floor"));
}

#[test]
fn weights_that_are_none_are_refused() {
    let members: [&[f64]; 2] = [&[1.0], &[2.0]];
    let refused = |logs: &[f64]| Ensemble::weighted(&members, logs).err().unwrap();
    assert!(matches!(refused(&[0.0, f64::NAN]), MetricsError::LogWeight { member: 1, .. }));
    assert!(matches!(refused(&[f64::INFINITY, 0.0]), MetricsError::LogWeight { member: 0, .. }));
    assert!(matches!(refused(&[f64::NEG_INFINITY; 2]), MetricsError::Empty { .. }));
    assert!(matches!(refused(&[0.0]), MetricsError::Length(Length { found: 1, expected: 2, .. })));
}
