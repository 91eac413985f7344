//! Whole runs: limits, draws, and the γ of one window.

use super::{centre, near};
use crate::{
    Bounded, Course, End, Guide, Readings, Sampling, Series, Start, Windows, calibrate, draws, exact_gamma,
    runs,
};
use equipoise_scaling::{Base, Law, LawParameters};
use equipoise_schedule::{Alpha, Sda, Variance};

fn course(steps: usize, start: Start) -> Course {
    Course::uniform(&Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap(), steps, start).unwrap()
}

fn series(rho: f64) -> [Series; 1] {
    [Series::scalar(rho, 15).unwrap()]
}

/// With ever more steps an exact run ends at the exact posterior, up to the noise η left in it.
#[test]
fn an_exact_run_tends_to_the_posterior() {
    let readings = Readings::whole_frames(1, 2, 0.1);
    let at = |steps: usize| {
        let course = course(steps, Start::Prior);
        runs(&series(0.9), &readings, Windows::whole(15), &course, &[Guide::Moments]).unwrap().remove(0)
    };
    let (few, many) = (at(64), at(512));
    assert!(many.wasserstein < 0.25 * few.wasserstein, "{few:?} {many:?}");
    assert!(many.wasserstein < 0.01 && many.crps / many.crps_exact < 1.002, "{many:?}");
    let short =
        runs(&series(0.9), &readings, centre(1), &course(512, Start::Prior), &[Guide::Positive]).unwrap();
    assert!(short[0].wasserstein > 4.0 * many.wasserstein, "{short:?}");
}

/// Draws without corrections agree with the closed form within five standard errors, `adaptive` has draws alone, and
/// corrections bring an exact run nearer.
#[test]
fn draws_are_of_the_law_in_closed_form() {
    let readings = Readings::whole_frames(1, 2, 0.1);
    let sampling = Sampling { replicates: 200, corrections: 0, tau: 0.5, seed: 1 };
    let course = course(16, Start::Normal);
    for guide in [Guide::Matched, Guide::Positive] {
        let closed = runs(&series(0.9), &readings, centre(2), &course, &[guide]).unwrap().remove(0);
        let drawn = draws(&series(0.9), &readings, centre(2), &course, &guide, &sampling).unwrap();
        let away = (drawn.crps.mean - closed.crps) / drawn.crps.error;
        assert!(away.abs() < 5.0 && drawn.diverged == 0, "{guide:?}: {away} of {drawn:?}");
    }
    let adaptive = Guide::law(Law::Adaptive, Base { std: 0.1, gamma: 0.01 }, 8, 8);
    let refused = runs(&series(0.9), &readings, centre(2), &course, &[adaptive]).unwrap();
    assert!(refused[0].refused.as_deref().is_some_and(|why| why.contains("not affine")), "{refused:?}");
    let drawn = draws(&series(0.9), &readings, centre(2), &course, &adaptive, &sampling).unwrap();
    assert!(drawn.crps.mean.is_finite() && drawn.crps.mean > 0.05, "{drawn:?}");

    let whole = Windows::whole(15);
    let corrected = Sampling { corrections: 2, ..sampling };
    let [plain, corrected] = [sampling, corrected]
        .map(|s| draws(&series(0.9), &readings, whole, &course, &Guide::Moments, &s).unwrap());
    let off = |drawn: &crate::Drawn| (drawn.square.mean - 1.0).abs();
    assert!(off(&corrected) < off(&plain) && off(&corrected) < 0.25, "{plain:?} {corrected:?}");
}

/// On frames without memory the composite is the window, and so is its γ; with memory it is another, and costs.
#[test]
fn a_gamma_of_one_window_is_off_where_windows_see_too_little() {
    let course = course(16, Start::Normal);
    let off = |rho: f64, every: usize| {
        let readings = Readings::whole_frames(1, every, 0.1);
        let exact = exact_gamma(&series(rho), &readings, &course).unwrap();
        calibrate(&series(rho), &readings, centre(1), &course, exact).unwrap()
    };
    let is = |of: Bounded| match of {
        Bounded::Is(number) => number,
        other => panic!("{other:?}"),
    };
    let none = off(0.0, 1);
    for ratio in [none.ratio, none.length, none.composing] {
        near(is(ratio), 1.0, 0.06, "ratio without memory");
    }
    assert!(is(none.lost.unwrap()).abs() < 1e-3, "{none:?}");
    let far = off(0.99, 3);
    assert!((is(far.ratio) - 1.0).abs() > 0.1 && is(far.lost.unwrap()) >= -1e-9, "{far:?}");
    near(is(far.length) * is(far.composing), is(far.ratio), 1e-12, "parts of the ratio");
    let best = |gamma: f64, end: Option<End>| crate::Best { gamma, wasserstein: 1.0, end };
    let (low, inner, high) = (best(1.0, Some(End::Low)), best(2.0, None), best(4.0, Some(End::High)));
    for (a, b, expected) in [
        (inner, inner, Bounded::Is(1.0)),
        (inner, low, Bounded::AtLeast(2.0)),
        (high, inner, Bounded::AtLeast(2.0)),
        (high, low, Bounded::AtLeast(4.0)),
        (low, inner, Bounded::AtMost(0.5)),
        (inner, high, Bounded::AtMost(0.5)),
        (low, high, Bounded::AtMost(0.25)),
        (low, low, Bounded::Unknown),
    ] {
        assert_eq!(Bounded::ratio(&a, &b), expected);
    }
}

/// No other γ nearby does better than the one found.
#[test]
fn the_gamma_found_is_the_best_nearby() {
    let (readings, course) = (Readings::whole_frames(1, 1, 0.1), course(16, Start::Normal));
    let found = exact_gamma(&series(0.9), &readings, &course)
        .and_then(|exact| calibrate(&series(0.9), &readings, centre(1), &course, exact))
        .unwrap();
    let guide = |factor: f64| Guide::Scalar {
        parameters: LawParameters { std: 0.1, gamma: found.composite.gamma * factor },
        factor: 1.0,
    };
    let guides = [0.3, 0.8, 1.25, 3.0].map(guide);
    for outcome in runs(&series(0.9), &readings, centre(1), &course, &guides).unwrap() {
        assert!(outcome.wasserstein >= found.composite.wasserstein, "{outcome:?} {found:?}");
    }
    assert!(found.transferred >= found.composite.wasserstein * (1.0 - 1e-12));
}

/// A ring of two points is its sum and its difference: the CRPS of a point is the same from either, and not the mean of
/// those of the coefficients.
#[test]
fn the_crps_of_a_point_is_that_of_the_sum_of_its_coefficients() {
    let (rho, space) = (0.9f64, 0.8);
    let ring = [Series::ring(rho, 2, space, 15).unwrap()];
    let coefficient = |variance: f64| {
        let lag = |lag: i32| ndarray::Array2::from_elem((1, 1), variance * rho.powi(lag));
        Series::new((0..15).map(lag).collect(), 1.0).unwrap()
    };
    let alone = [1.0 + space, 1.0 - space].map(coefficient);
    let spread = alone.clone().map(|one| one.spread(1).unwrap());
    let guides = [Guide::Matched, Guide::Moments];
    let of = |series: &[Series]| {
        let readings = Readings::whole_frames(series.len(), 3, 0.1);
        runs(series, &readings, centre(2), &course(16, Start::Normal), &guides).unwrap()
    };
    for ((point, sum), alone) in of(&ring).iter().zip(of(&spread)).zip(of(&alone)) {
        near(sum.crps, point.crps, 1e-10, "CRPS");
        near(sum.crps_exact, point.crps_exact, 1e-10, "exact CRPS");
        near(sum.wasserstein, point.wasserstein, 1e-8, "W2");
        assert!(alone.crps < 0.95 * point.crps, "{alone:?} {point:?}");
    }
    let two = ring.clone().map(|one| one.spread(2).unwrap());
    near(of(&two)[0].crps, of(&ring)[0].crps, 1e-12, "a channel each");
    assert!(Series::scalar(0.5, 4).unwrap().spread(2).unwrap_err().to_string().contains("divisor of d"));
    assert!(crate::costs(&[spread[0].clone(), alone[0].clone()], centre(1), &[1.0]).is_err());
}

/// A run far past every bound is an outcome, and the others keep their numbers.
#[test]
fn a_run_that_overflows_is_an_outcome() {
    let series = [Series::scalar(0.99, 40).unwrap()];
    let readings = Readings::whole_frames(1, 1, 0.01);
    let guide = |gamma: f64| Guide::Scalar { parameters: LawParameters { std: 0.01, gamma }, factor: 1.0 };
    let found =
        runs(&series, &readings, centre(4), &course(128, Start::Normal), &[guide(1e-5), guide(1.0)]).unwrap();
    assert!(found[0].wasserstein.is_infinite() && found[0].sigma_w.is_infinite(), "{:?}", found[0]);
    assert!(found[0].refused.is_none() && found[0].crps_exact.is_finite());
    assert!(found[1].wasserstein < 1.0, "{:?}", found[1]);
}
