//! Normalizers and noise levels: known values, round trips, refusals.

use equipoise_data::samples::Sample;
use equipoise_data::{
    DataError, Dataset, Kind, LoadOptions, NoiseLevel, Normalizer, NormalizerKind, Offset, load,
};
use equipoise_field::{Axis, Boundary, Grid, Shape, sum};
use proptest::prelude::*;
use std::f64::consts::TAU;

fn grid(boundary: Boundary) -> Grid {
    Grid { x_axis: Axis::H, dx: 1.0, dy: 1.0, boundary }
}

fn noisy(kind: Kind, boundary: Boundary, shape: Shape) -> Dataset {
    let values = (0..3 * shape.len()).map(|i| ((i * i % 1009) as f32).sin() + (i % 7) as f32).collect();
    Dataset::in_memory(kind, grid(boundary), shape, values).unwrap()
}

/// u loses the forced profile. v has none: ∂⟨v⟩_x/∂y = 0 in a periodic divergence-free flow, and the
/// mean of v is zero, so its fluctuation is the standard deviation of the README's table, 0.9229.
#[test]
fn the_turbulence_has_its_known_fluctuation_and_a_forced_profile() {
    let data = load(&Sample::KolmogorovTrain.path().unwrap(), &LoadOptions::default()).unwrap();
    let normalizer = Normalizer::fit(NormalizerKind::Profile, &data).unwrap();
    for (found, expected) in normalizer.scale().iter().zip([0.9335, 0.9229]) {
        assert!((found - expected).abs() <= 5e-5, "{found} {expected}");
    }
    let Offset::Profile { along: Axis::W, mean } = normalizer.offset() else { panic!("no profile along W") };
    let sine: Vec<f64> = (0..64).map(|w| (4.0 * TAU * (w as f64 + 0.5) / 64.0).sin()).collect();
    let correlation = sum::dot(&mean[0], &sine) / (sum::norm(&mean[0]) * sum::norm(&sine));
    assert!(correlation > 0.9, "the mean of u follows the forcing sin(4y): {correlation}");
}

#[test]
fn normalised_training_data_have_mean_zero_and_unit_spread() {
    let shape = Shape::new(4, 2, 6, 5);
    for kind in [NormalizerKind::Channel, NormalizerKind::Profile] {
        let data = noisy(Kind::GENERIC, Boundary::Periodic, shape);
        let normalizer = Normalizer::fit(kind, &data).unwrap();
        let whole = Shape { frames: 3 * shape.frames, ..shape };
        let mut values = data.values().to_vec();
        normalizer.normalise(whole, &mut values).unwrap();
        for channel in 0..2 {
            let z: Vec<f32> = values.chunks_exact(30).skip(channel).step_by(2).flatten().copied().collect();
            // f32 rounding of z, at most 8 here.
            let bound = 8.0 * f64::from(f32::EPSILON);
            assert!(sum::mean(&z).abs() < bound && (sum::std(&z) - 1.0).abs() < bound, "{kind}");
        }
    }
}

#[test]
fn a_profile_removes_a_profile() {
    let shape = Shape::new(3, 1, 4, 5);
    let at = |i: usize| {
        let (t, _, h, w) = shape.position(i);
        10.0 * w as f32 + if (t + h) % 2 == 0 { 1.0 } else { -1.0 }
    };
    let values = (0..shape.len()).map(at).collect();
    let data = Dataset::in_memory(Kind::KOLMOGOROV, grid(Boundary::Periodic), shape, values).unwrap();
    let normalizer = Normalizer::fit(NormalizerKind::Profile, &data).unwrap();
    assert_eq!(
        normalizer.offset(),
        &Offset::Profile { along: Axis::W, mean: vec![vec![0.0, 10.0, 20.0, 30.0, 40.0]] }
    );
    assert_eq!(normalizer.scale(), [1.0]);
}

#[test]
fn the_published_constants_are_those_of_the_study() {
    let data = noisy(Kind::IBPM, Boundary::Open, Shape::new(2, 2, 3, 3));
    let normalizer = Normalizer::fit(NormalizerKind::Published, &data).unwrap();
    assert_eq!(normalizer.scale(), [0.415285, 0.207527]);
    assert_eq!(normalizer.offset(), &Offset::Channel(vec![0.998540, 0.0]));
}

#[test]
fn a_normalizer_that_does_not_fit_is_refused() {
    let shape = Shape::new(2, 2, 3, 3);
    let wake = noisy(Kind::IBPM, Boundary::Open, shape);
    let turbulence = noisy(Kind::KOLMOGOROV, Boundary::Periodic, shape);
    for (kind, data) in [(NormalizerKind::Profile, &wake), (NormalizerKind::Published, &turbulence)] {
        let error = Normalizer::fit(kind, data).unwrap_err();
        assert!(matches!(error, DataError::NormalizerRefused { .. }), "{error}");
    }
    let flat = Dataset::in_memory(Kind::GENERIC, grid(Boundary::Open), shape, vec![1.5; 36]).unwrap();
    let error = Normalizer::fit(NormalizerKind::Channel, &flat).unwrap_err();
    assert!(matches!(error, DataError::ConstantChannel { channel: 0, .. }), "{error}");

    let profile = Normalizer::fit(NormalizerKind::Profile, &turbulence).unwrap();
    let mut values = vec![0f32; 2 * 2 * 3 * 4];
    let error = profile.normalise(Shape::new(2, 2, 3, 4), &mut values).unwrap_err();
    assert!(matches!(error, DataError::Length { found: 4, expected: 3, .. }), "{error}");
    let error = profile.normalise(Shape::new(1, 2, 3, 3), &mut values).unwrap_err();
    assert!(matches!(error, DataError::Length { found: 48, expected: 18, .. }), "{error}");
}

#[test]
fn json_gives_back_the_same_normalizer() {
    let data = noisy(Kind::KOLMOGOROV, Boundary::Periodic, Shape::new(2, 2, 3, 7));
    let normalizer = Normalizer::fit(NormalizerKind::Profile, &data).unwrap();
    let json = serde_json::to_string(&normalizer).unwrap();
    assert_eq!(serde_json::from_str::<Normalizer>(&json).unwrap(), normalizer);
}

#[test]
fn noise_is_normalised_per_channel_and_checked() {
    let data = noisy(Kind::IBPM, Boundary::Open, Shape::new(2, 2, 3, 3));
    let normalizer = Normalizer::fit(NormalizerKind::Published, &data).unwrap();
    let normalised = |level: NoiseLevel| level.normalised(&normalizer);
    assert_eq!(normalised(NoiseLevel::Normalised(0.1)).unwrap(), [0.1, 0.1]);
    let expected = [0.1 / 0.415285, 0.2 / 0.207527];
    assert_eq!(normalised(NoiseLevel::Physical(vec![0.1, 0.2])).unwrap(), expected);
    let expected = [0.1 / 0.415285, 0.1 / 0.207527];
    assert_eq!(normalised(NoiseLevel::Physical(vec![0.1])).unwrap(), expected);

    for level in [NoiseLevel::Normalised(-0.1), NoiseLevel::Physical(vec![f64::INFINITY])] {
        assert!(matches!(normalised(level), Err(DataError::NoiseValue { channel: 0, .. })));
    }
    let error = normalised(NoiseLevel::Physical(vec![0.1, f64::NAN])).unwrap_err();
    assert!(matches!(error, DataError::NoiseValue { channel: 1, .. }), "{error}");
    for count in [0, 3] {
        let error = normalised(NoiseLevel::Physical(vec![0.1; count])).unwrap_err();
        assert!(matches!(error, DataError::Length { expected: 2, .. }), "{error}");
    }
}

proptest! {
    /// z is rounded once and x once, each to half an ε of f32: |error| ≤ ε/2 (|x − m| + |x|), and a
    /// little more for second order.
    #[test]
    fn restore_inverts_normalise(
        values in prop::collection::vec(-1e4f32..1e4, 60),
        kind in prop::sample::select(vec![NormalizerKind::Channel, NormalizerKind::Profile]),
    ) {
        let shape = Shape::new(2, 2, 3, 5);
        let data = Dataset::in_memory(Kind::GENERIC, grid(Boundary::Periodic), shape, values.clone()).unwrap();
        let normalizer = Normalizer::fit(kind, &data).unwrap();
        let mut field = values.clone();
        normalizer.normalise(shape, &mut field).unwrap();
        normalizer.restore(shape, &mut field).unwrap();
        let largest = 1e4;
        for (x, back) in values.iter().zip(&field) {
            let bound = 0.501 * f64::from(f32::EPSILON) * (2.0 * largest + f64::from(x.abs()));
            prop_assert!((f64::from(*x) - f64::from(*back)).abs() <= bound, "{x} {back}");
        }
    }
}
