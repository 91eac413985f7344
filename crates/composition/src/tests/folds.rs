//! Folds against their rules, written out; fold ∘ unfold; adjoints.

use crate::plan::{Inward, Outward, Plan};
use crate::{CompositionError, Fold};
use equipoise_field::{Real, sum};
use equipoise_stream::Stream;

/// (fold, w, L): one window and many, strides that divide w and that do not, w − stride odd, overlaps of two and
/// of many.
pub(super) fn cases() -> Vec<(Fold, usize, usize)> {
    let mut cases = Vec::new();
    for (window, frames) in [(1, 1), (1, 4), (3, 3), (3, 8), (5, 5), (5, 8), (5, 16)] {
        cases.push((Fold::Centre, window, frames));
    }
    let strided = [
        (1, 1, 3),
        (3, 3, 3),
        (4, 1, 9),
        (4, 2, 10),
        (4, 3, 13),
        (4, 4, 12),
        (5, 2, 9),
        (5, 3, 14),
        (7, 1, 20),
    ];
    for (window, stride, frames) in strided {
        for fold in [Fold::Symmetrical { stride }, Fold::Causal { stride }, Fold::Average { stride }] {
            cases.push((fold, window, frames));
        }
    }
    cases
}

fn plan(frame: usize, (fold, window, frames): (Fold, usize, usize)) -> Plan {
    Plan::new(frame, frames, window, fold).unwrap()
}

/// The windows of all members.
fn fill<R: Real>(plan: &Plan, into: Inward, x: &[R]) -> Vec<R> {
    let numbers = plan.numbers();
    let mut windows = vec![R::nan(); x.len() / plan.dim() * plan.windows() * numbers];
    for (k, window) in windows.chunks_mut(numbers).enumerate() {
        plan.fill(into, k, &x[plan.begin(k) * plan.frame..][..numbers], window);
    }
    windows
}

/// The trajectories of all members.
fn gather<R: Real>(plan: &Plan, from: Outward, windows: &[R]) -> Vec<R> {
    let mut x = vec![R::nan(); windows.len() / plan.numbers() / plan.windows() * plan.dim()];
    x.chunks_mut(plan.frame).enumerate().for_each(|(at, out)| plan.gather(from, at, (0, windows), out));
    x
}

/// Which windows a frame is the mean of, by folding the numbers of the windows.
fn numbers(fold: Fold, window: usize, frames: usize) -> Vec<f64> {
    let plan = plan(1, (fold, window, frames));
    let windows: Vec<f64> = (0..plan.windows()).flat_map(|k| vec![k as f64; window]).collect();
    gather(&plan, Outward::Mean, &windows)
}

/// The rules of SDA's and of Appa's fold by hand: of SDA x[0, :k], x[:, k], x[−1, −k:]; of Appa with
/// i = ⌊(w − S)/2⌋ and j = i + S x[0, :j], x[1:−1, i:j], x[−1, i:], then x[0], x[1:, w − S:], and the mean.
#[test]
fn frames_come_from_the_windows_that_the_sources_take() {
    assert_eq!(numbers(Fold::Centre, 5, 9), [0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 4.0, 4.0]);
    assert_eq!(numbers(Fold::Centre, 5, 5), [0.0; 5]);
    let stride = 2;
    assert_eq!(numbers(Fold::Symmetrical { stride }, 5, 9), [0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]);
    assert_eq!(numbers(Fold::Symmetrical { stride }, 4, 8), [0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
    assert_eq!(numbers(Fold::Causal { stride }, 5, 9), [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0]);
    let mean = [0.0, 0.0, 0.5, 0.5, 1.0, 1.5, 1.5, 2.0, 2.0];
    assert_eq!(numbers(Fold::Average { stride }, 5, 9), mean);
    // w − S odd: one more is left out behind.
    assert_eq!(numbers(Fold::Symmetrical { stride: 1 }, 4, 6), [0.0, 0.0, 1.0, 2.0, 2.0, 2.0]);
}

#[test]
fn centre_is_symmetrical_at_stride_one() {
    for (window, frames) in [(1, 3), (3, 7), (5, 9), (9, 20)] {
        let symmetrical = numbers(Fold::Symmetrical { stride: 1 }, window, frames);
        assert_eq!(numbers(Fold::Centre, window, frames), symmetrical);
    }
}

/// To the bit, in both types, for three members.
fn identity<R: Real>() {
    for case in cases() {
        let plan = plan(6, case);
        let x: Vec<R> = Stream::new("x").normal(0, 3 * plan.dim());
        let again = gather(&plan, Outward::Mean, &fill(&plan, Inward::Unfolded, &x));
        assert!(x.iter().zip(&again).all(|(a, b)| a.wide().to_bits() == b.wide().to_bits()), "{case:?}");
    }
}

#[test]
fn folding_what_was_unfolded_gives_it_back() {
    identity::<f32>();
    identity::<f64>();
}

/// ⟨F w, v⟩ = ⟨w, Fᵀv⟩, ⟨U x, w⟩ = ⟨x, Uᵀw⟩, and the same of U diag(n)^{−½}; both sides sum the same few hundred
/// products of order one.
#[test]
fn adjoints_are_adjoints() {
    for case in cases() {
        let plan = plan(6, case);
        let x: Vec<f64> = Stream::new("x").normal(0, 2 * plan.dim());
        let w: Vec<f64> = Stream::new("w").normal(0, 2 * plan.windows() * plan.numbers());
        let bound = 64.0 * f64::EPSILON * sum::norm(&x) * sum::norm(&w);
        for (into, from) in [
            (Inward::Unfolded, Outward::Sum),
            (Inward::Shared, Outward::Mean),
            (Inward::Rooted, Outward::Rooted(1.0)),
        ] {
            let (windows, frames) = (fill(&plan, into, &x), gather(&plan, from, &w));
            let apart = sum::dot(&windows, &w) - sum::dot(&x, &frames);
            assert!(apart.abs() < bound, "{case:?}, {into:?}: {apart}");
        }
    }
}

/// Σ_i U_iᵀ D_i D_i U_i = I: roots of the shares of a frame, squared, are one.
#[test]
fn roots_are_a_partition_of_every_frame() {
    for case in cases() {
        let plan = plan(2, case);
        let x: Vec<f64> = Stream::new("x").normal(0, plan.dim());
        let again = gather(&plan, Outward::Rooted(1.0), &fill(&plan, Inward::Rooted, &x));
        assert!(sum::squared_distance(&x, &again).sqrt() < 1e-14 * sum::norm(&x), "{case:?}");
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let fault = |fold, window, frames| Plan::new(2, frames, window, fold).map(drop).unwrap_err().to_string();
    let stride = 3;
    let messages = [
        fault(Fold::Centre, 5, 4),
        fault(Fold::Centre, 4, 9),
        fault(Fold::Causal { stride }, 5, 9),
        fault(Fold::Average { stride: 6 }, 5, 11),
        fault(Fold::Symmetrical { stride: 0 }, 5, 11),
        fault(Fold::Centre, 3, usize::MAX / 2 + 2),
    ];
    let expected = "trajectory: found 4 frames, expected at least the window's 5\n\
        fold centre: found a window of 4 frames, expected an odd number, 2k + 1\n\
        trajectory: found 9 frames, expected 5 + a multiple of the stride 3, so that the last window ends with it\n\
        stride: found 6, expected 1 to the window's 5\n\
        stride: found 0, expected 1 to the window's 5\n\
        trajectory: found 9223372036854775809 frames of 2 numbers, expected a length that fits a word";
    assert_eq!(messages.join("\n"), expected);
}

#[test]
fn names_lead_back_and_others_are_refused() {
    let stride = 4;
    for fold in
        [Fold::Centre, Fold::Symmetrical { stride }, Fold::Causal { stride }, Fold::Average { stride }]
    {
        assert_eq!(fold.to_string().parse(), Ok(fold));
    }
    for text in ["", "center", "centre:1", "causal", "causal:0", "average:x", "mean:2"] {
        let refused = text.parse::<Fold>().unwrap_err();
        assert_eq!(refused, CompositionError::Name { found: text.to_owned() });
    }
}
