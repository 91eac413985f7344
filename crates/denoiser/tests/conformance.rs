//! The suite passes denoisers whose product is right, and fails products that are slightly wrong: 2 % in
//! scale, a channel, a frame, a border row or column, or 1/64 of the entries.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_denoiser::{Closure, Conformance, Denoiser, DenoiserError, check_denoiser};
use equipoise_field::{Real, Shape, sum};
use equipoise_schedule::Level;
use equipoise_stream::Stream;

const LEVEL: Level = Level { mu: 0.6, sigma: 0.8 };

/// D = 16, 256, 4096, 2¹⁶ and 2²⁰.
const SHAPES: [Shape; 5] = [
    Shape::new(2, 2, 2, 2),
    Shape::new(2, 2, 8, 8),
    Shape::new(4, 2, 16, 32),
    Shape::new(4, 2, 64, 128),
    Shape::new(8, 2, 256, 256),
];

/// A right denoiser by its two functions.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Means over eighths of the field, and 1e-3 of the rest: a linear prior without high frequencies.
    Smooth,
    /// E[x | x_t] for entries ±1 with equal odds: tanh(μx/σ²).
    Signs,
    /// The optimal denoiser on ±m: m tanh(μ⟨m, x⟩/σ²).
    Two,
    /// A neighbour's entry, μ x_{i+1}: J is not symmetric.
    Shifted,
    /// Every other entry, and a fiftieth of the rest: slopes are uneven.
    Uneven,
}

const KINDS: [Kind; 5] = [Kind::Smooth, Kind::Signs, Kind::Two, Kind::Shifted, Kind::Uneven];

/// Means over eighths of the field, so many entries each.
fn coarse<R: Real>(x: &[R]) -> Vec<f64> {
    let cell = x.len() / 8;
    x.chunks(cell).map(|chunk| sum::of(cell, |i| chunk[i].wide()) / cell as f64).collect()
}

/// m: of norm 1, so that the odds of ±m are undecided at any D.
fn of_two(i: usize, dim: usize) -> f64 {
    (0.3 + (1.7 * i as f64).sin()) / (0.59 * dim as f64).sqrt()
}

impl Kind {
    fn denoise<R: Real>(self, x: &[R], out: &mut [R]) {
        let slope = LEVEL.mu / LEVEL.sigma.powi(2);
        match self {
            Self::Signs => {
                out.iter_mut().zip(x).for_each(|(o, x)| *o = R::narrow((slope * x.wide()).tanh()));
            }
            Self::Two => {
                let along = sum::of(x.len(), |i| of_two(i, x.len()) * x[i].wide());
                let share = (slope * along).tanh();
                out.iter_mut().enumerate().for_each(|(i, o)| *o = R::narrow(share * of_two(i, x.len())));
            }
            Self::Smooth | Self::Shifted | Self::Uneven => self.linear(x, out, 1),
        }
    }

    fn linear<R: Real>(self, x: &[R], out: &mut [R], by: usize) {
        let dim = x.len();
        if self == Self::Shifted {
            return out
                .iter_mut()
                .enumerate()
                .for_each(|(i, o)| *o = R::narrow(LEVEL.mu) * x[(i + by) % dim]);
        }
        if self == Self::Uneven {
            let slope = |i: usize| R::narrow(if i.is_multiple_of(2) { 1.0 } else { 0.02 });
            return out.iter_mut().enumerate().for_each(|(i, o)| *o = slope(i) * x[i]);
        }
        let means = coarse(x);
        for (i, o) in out.iter_mut().enumerate() {
            *o = R::narrow(1e-3) * x[i] + R::narrow(means[i / (dim / 8)]);
        }
    }

    fn vjp<R: Real>(self, x: &[R], v: &[R], out: &mut [R]) {
        let slope = LEVEL.mu / LEVEL.sigma.powi(2);
        let dim = x.len();
        match self {
            Self::Signs => {
                for (i, o) in out.iter_mut().enumerate() {
                    *o = R::narrow(slope * (slope * x[i].wide()).cosh().powi(-2)) * v[i];
                }
            }
            Self::Two => {
                let along = |f: &[R]| sum::of(dim, |i| of_two(i, dim) * f[i].wide());
                let gain = slope * (slope * along(x)).cosh().powi(-2) * along(v);
                out.iter_mut().enumerate().for_each(|(i, o)| *o = R::narrow(gain * of_two(i, dim)));
            }
            Self::Smooth | Self::Shifted | Self::Uneven => self.linear(v, out, dim - 1),
        }
    }
}

/// A denoiser whose product passes through `spoil`.
fn spoiled<R: Real>(kind: Kind, shape: Shape, spoil: impl Fn(&mut [R]) + Send + Sync) -> impl Denoiser<R> {
    Closure::new(
        shape.len(),
        move |x: &[R], _, out: &mut [R]| {
            kind.denoise(x, out);
            Ok(())
        },
        move |x: &[R], _, v: &[R], out: &mut [R]| {
            kind.vjp(x, v, out);
            spoil(out);
            Ok(())
        },
    )
}

fn check<R: Real>(denoiser: &dyn Denoiser<R>, shape: Shape) -> Result<Conformance, DenoiserError> {
    let x_t: Vec<R> = Stream::new("x_t").normal(0, shape.len());
    check_denoiser(denoiser, &x_t, LEVEL, shape)
}

fn check_right<R: Real>(kinds: &[Kind], shapes: &[Shape]) {
    for &shape in shapes {
        for &kind in kinds {
            let found = check(&spoiled::<R>(kind, shape, |_| {}), shape);
            let found = found.unwrap_or_else(|e| panic!("{kind:?} {} at {}: {e}", R::NAME, shape.len()));
            assert_eq!(found.untested, [""; 0], "{kind:?} {} at {}", R::NAME, shape.len());
            let straight = 2 * (shape.frames + shape.channels + 163);
            assert!(found.evaluations <= 2 * straight, "{found:?}");
            if shape.len() > 64 && !matches!(kind, Kind::Signs | Kind::Two) {
                assert_eq!((found.evaluations, found.products), (straight, 4));
            }
        }
    }
}

#[test]
fn right_products_pass_in_single_precision() {
    check_right::<f32>(&KINDS, &SHAPES[..4]);
    check_right::<f32>(&[Kind::Smooth], &SHAPES[4..]);
}

#[test]
fn right_products_pass_in_double_precision() {
    check_right::<f64>(&KINDS, &SHAPES[..4]);
}

/// Where a product is scaled.
type Where = (&'static str, fn(Shape, usize) -> bool);

const WHERE: [Where; 10] = [
    ("everywhere", |_, _| true),
    ("in the last channel", |s, i| i / s.plane() % s.channels == s.channels - 1),
    ("in the first frame", |s, i| i / s.frame() == 0),
    ("in the last row", |s, i| i / s.width % s.height == s.height - 1),
    ("in the first column", |s, i| i % s.width == 0),
    ("in the 38th 64th", |s, i| i * 64.min(s.len()) / s.len() == 37 % s.len()),
    ("in a 64th across two", |s, i| (i + s.len() / 128) * 64.min(s.len()) / s.len() == 11),
    ("in every 64th", |s, i| i % 64.min(s.len()) == 5),
    ("in a random 64th", |s, i| {
        s.len() > 64
            && Stream::new("which").number(i as u64).chi_squared(0, 2.0) < 2.0 * (1.0f64 / 63.0).ln_1p()
            || s.len() <= 64 && i == 3
    }),
    ("in every other entry of the 6th 32nd", |s, i| i * 32.min(s.len()) / s.len() == 5 && i % 2 == 1),
];

/// Which spoiled products pass.
fn survivors<R: Real>(kinds: &[Kind], shapes: &[Shape], factor: f64) -> Vec<String> {
    let mut survived = Vec::new();
    for (&kind, &shape) in kinds.iter().flat_map(|kind| shapes.iter().map(move |shape| (kind, shape))) {
        for (name, holds) in WHERE {
            let hit: Vec<bool> = (0..shape.len()).map(|i| holds(shape, i)).collect();
            assert!(hit.contains(&true), "{name}");
            let factor = R::narrow(factor);
            let spoiled = spoiled::<R>(kind, shape, move |out| {
                out.iter_mut().zip(&hit).filter(|(_, hit)| **hit).for_each(|(o, _)| *o *= factor);
            });
            match check(&spoiled, shape) {
                Err(DenoiserError::Slope { .. }) => {}
                other => survived.push(format!("{kind:?} D {}, {factor} {name}: {other:?}", shape.len())),
            }
        }
    }
    survived
}

#[test]
fn two_per_cent_fail_in_single_precision() {
    for factor in [1.02, 0.98] {
        assert_eq!(survivors::<f32>(&KINDS, &SHAPES[..4], factor), [""; 0]);
    }
}

/// D = 2²⁰, with the prior that has no high frequencies.
#[test]
fn two_per_cent_fail_on_long_fields() {
    assert_eq!(survivors::<f32>(&[Kind::Smooth], &SHAPES[4..], 1.02), [""; 0]);
}

#[test]
fn two_per_cent_fail_in_double_precision() {
    assert_eq!(survivors::<f64>(&KINDS, &SHAPES[..3], 1.02), [""; 0]);
}

/// Errors that are larger: a product of zeros, a part of zeros, the product with J in place of Jᵀ.
#[test]
fn gross_faults_fail() {
    for &shape in &SHAPES[..4] {
        for kind in KINDS {
            let of_nothing = check(&spoiled::<f32>(kind, shape, |out| out.fill(0.0)), shape);
            assert!(matches!(of_nothing, Err(DenoiserError::Slope { .. })), "{kind:?}: {of_nothing:?}");
            let part = shape.len() / 16;
            let of_part = check(&spoiled::<f32>(kind, shape, |out| out[..part].fill(0.0)), shape);
            assert!(matches!(of_part, Err(DenoiserError::Slope { .. })), "{kind:?}: {of_part:?}");
        }
        let forward = Closure::new(
            shape.len(),
            |x: &[f32], _, out: &mut [f32]| {
                Kind::Shifted.denoise(x, out);
                Ok(())
            },
            |_: &[f32], _, v: &[f32], out: &mut [f32]| {
                Kind::Shifted.linear(v, out, 1);
                Ok(())
            },
        );
        let found = check(&forward, shape);
        assert!(matches!(found, Err(DenoiserError::Slope { .. })), "{found:?}");
    }
}

/// x̂ that hardly moves: there is nothing to test, which is said.
#[test]
fn a_constant_is_untested() {
    for gain in [0.0, 1e-9] {
        let constant = Closure::new(
            256,
            move |x: &[f32], _, out: &mut [f32]| {
                out.iter_mut().zip(x).enumerate().for_each(|(i, (o, x))| *o = (i as f32).sin() + gain * x);
                Ok(())
            },
            move |_: &[f32], _, v: &[f32], out: &mut [f32]| {
                out.iter_mut().zip(v).for_each(|(o, v)| *o = gain * v);
                Ok(())
            },
        );
        let found = check(&constant, Shape::new(1, 1, 16, 16));
        assert!(matches!(found, Err(DenoiserError::Untested)), "{found:?}");
    }
}

/// A mask: rows of x̂ that are given have no slope, and are named.
#[test]
fn parts_without_a_slope_are_named() {
    let masked = |x: &[f32], out: &mut [f32]| {
        out.iter_mut().zip(x).for_each(|(o, x)| *o = 0.5 * x);
        out[..16].fill(0.0);
    };
    let denoiser = Closure::new(
        256,
        move |x: &[f32], _, out: &mut [f32]| {
            masked(x, out);
            Ok(())
        },
        move |_: &[f32], _, v: &[f32], out: &mut [f32]| {
            masked(v, out);
            Ok(())
        },
    );
    let found = check(&denoiser, Shape::new(1, 1, 16, 16)).unwrap();
    let named = ["row 0", "64th number 0", "64th number 1", "64th number 2", "64th number 3"];
    assert_eq!(found.untested.len(), named.len());
    assert!(found.untested.iter().zip(named).all(|(found, name)| found.starts_with(name)));
}

#[test]
fn outputs_that_are_left_unwritten_are_named() {
    let nothing = Closure::new(4, |_: &[f64], _, _: &mut [f64]| Ok(()), |_, _, _, _: &mut [f64]| Ok(()));
    let found = check(&nothing, Shape::new(1, 1, 1, 4)).unwrap_err();
    assert!(matches!(found, DenoiserError::NotFinite { what: "x_hat" | "product", index: 0, .. }));
    let found = check(&nothing, Shape::new(1, 1, 1, 5)).unwrap_err();
    assert_eq!(found.to_string(), "x_t: found length 5, expected 4");
}

/// D/64 odd entries, drawn.
fn drawn(dim: usize, draw: u64) -> Vec<usize> {
    let keys: Vec<f64> = Stream::new("drawn").normal(draw, dim);
    let mut odd: Vec<usize> = (1..dim).step_by(2).collect();
    odd.sort_by(|i, j| keys[*i].total_cmp(&keys[*j]));
    odd.truncate(dim / 64);
    odd
}

/// How many of `sets` sets of D/64 entries with weak slopes, 2 % off, pass.
fn lost<R: Real>(shape: Shape, sets: u64) -> usize {
    let missed = |draw: &u64| {
        let hit = drawn(shape.len(), *draw);
        let spoiled = spoiled::<R>(Kind::Uneven, shape, move |out| {
            hit.iter().for_each(|i| out[*i] *= R::narrow(1.02));
        });
        !matches!(check(&spoiled, shape), Err(DenoiserError::Slope { .. }))
    };
    (0..sets).filter(missed).count()
}

/// A 64th of the entries, all of them with a fiftieth of the slope.
#[test]
fn two_per_cent_of_weak_slopes_fail() {
    for (shape, sets) in [(SHAPES[1], 400), (SHAPES[2], 60), (SHAPES[3], 6)] {
        assert_eq!((lost::<f32>(shape, sets), lost::<f64>(shape, sets)), (0, 0), "D {}", shape.len());
    }
}
