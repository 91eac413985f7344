//! The embedded samples against the tables of their README.

use equipoise_data::samples::{self, Sample};
use equipoise_data::{AxisOrder, Dataset, Kind, LoadOptions, NormalizerKind, load};
use equipoise_field::{Axis, Boundary};
use std::f64::consts::TAU;

fn sample(sample: Sample) -> Dataset {
    load(&sample.path().unwrap(), &LoadOptions::default()).unwrap()
}

/// Columns of the README: mean, standard deviation, minimum, maximum, for channels 0 and 1.
/// A figure holds to one unit in its fourth digit, a mean of 0 to 1e-6.
fn assert_statistics(data: &Dataset, table: [[f64; 2]; 4]) {
    for (channel, found) in data.audit().unwrap().channels.iter().enumerate() {
        for (row, found) in [found.mean, found.std, found.min, found.max].into_iter().enumerate() {
            let expected = table[row][channel];
            let unit = 10f64.powi(expected.abs().log10().floor().max(-6.0) as i32 - 3);
            let tolerance = if expected == 0.0 { 1e-6 } else { unit };
            assert!((found - expected).abs() <= tolerance, "row {row} channel {channel}: {found} {expected}");
        }
    }
}

#[test]
fn the_bytes_are_the_published_ones() {
    assert_eq!(samples::verify().unwrap(), 19);
}

#[test]
fn the_wake_has_the_shape_statistics_and_grid_of_its_table() {
    let train = sample(Sample::IbpmTrain);
    let audit = train.audit().unwrap();
    assert_eq!((train.kind(), audit.shape), (Kind::IBPM, [32, 2, 2, 199, 399]));
    assert_eq!((audit.used, audit.overridden), (Some(AxisOrder::TNCHW), false));
    assert!(audit.confidence.unwrap() > 10.0);
    assert_eq!((train.trajectories(), train.shape(16).to_string()), (2, "(16, 2, 199, 399)".into()));
    assert_statistics(&train, [[0.8315, -0.004628], [0.3436, 0.256], [-0.2372, -0.673], [1.312, 0.6733]]);
    let grid = train.grid();
    assert_eq!((grid.x_axis, grid.boundary), (Axis::W, Boundary::Open));
    assert_eq!((grid.dx.to_bits(), grid.dy.to_bits()), (0.02f64.to_bits(), 0.02f64.to_bits()));
    let geometry = train.geometry().unwrap();
    assert_eq!(
        [geometry.center_row, geometry.center_column, geometry.radius, geometry.inflow].map(f64::to_bits),
        [99.0f64, 49.0, 25.0, 1.0].map(f64::to_bits)
    );
    assert!(train.notes().is_empty(), "{:?}", train.notes());

    let test = sample(Sample::IbpmTest);
    assert_eq!((test.trajectories(), test.frames()), (1, 16));
    assert_statistics(&test, [[0.8318, 0.002101], [0.3435, 0.2557], [-0.2373, -0.6731], [1.313, 0.6733]]);
}

#[test]
fn the_turbulence_has_the_shape_statistics_and_grid_of_its_table() {
    let train = sample(Sample::KolmogorovTrain);
    let audit = train.audit().unwrap();
    assert_eq!((train.kind(), audit.shape), (Kind::KOLMOGOROV, [42, 16, 2, 64, 64]));
    assert_eq!(audit.used, Some(AxisOrder::NTCHW));
    assert!(audit.confidence.unwrap() > 10.0);
    assert_statistics(&train, [[0.0, 0.0], [0.9903, 0.9229], [-4.342, -3.922], [4.933, 3.904]]);
    let grid = train.grid();
    assert_eq!((grid.x_axis, grid.boundary), (Axis::H, Boundary::Periodic));
    assert_eq!(grid.dx.to_bits(), (TAU / 64.0).to_bits());
    assert!(train.geometry().is_none());
    assert_eq!(train.kind().default_normalizer(), NormalizerKind::Profile);

    let test = sample(Sample::KolmogorovTest);
    assert_eq!((test.trajectories(), test.frames()), (2, 16));
    assert_statistics(&test, [[0.0, 0.0], [0.9948, 0.9516], [-3.965, -3.349], [3.408, 3.421]]);
}
