//! The axis audit: agreement, contradiction, override, and what it cannot decide.

use crate::written::{Written, ntchw, tnchw};
use equipoise_data::samples::Sample;
use equipoise_data::{AxisOrder, DataError, Dataset, Inferred, Kind, LoadOptions, audit, load};

const SHAPE: [usize; 5] = [4, 12, 2, 3, 4];

fn generic(axes: Option<AxisOrder>) -> LoadOptions {
    LoadOptions { axes, kind: Some(Kind::GENERIC) }
}

#[test]
fn a_contradicted_declaration_is_refused_and_the_flag_settles_it() {
    let file = Written::new();
    file.series(SHAPE, &ntchw(SHAPE)).text("shape_description", "(T, N, C, H, W)");
    let error = load(&file.path(), &generic(None)).unwrap_err();
    assert!(matches!(
        error,
        DataError::AxesContradicted { declared: AxisOrder::TNCHW, inferred: AxisOrder::NTCHW, .. }
    ));
    let message = error.to_string();
    for part in ["flow.h5", "`shape_description` of `x`", "--axes NTCHW", "--axes TNCHW", "confidence"] {
        assert!(message.contains(part), "{part} in {message}");
    }
    for order in [AxisOrder::NTCHW, AxisOrder::TNCHW] {
        let data = load(&file.path(), &generic(Some(order))).unwrap();
        let audit = data.audit().unwrap();
        assert!(audit.overridden);
        assert_eq!(audit.used, Some(order));
        assert_eq!(data.frames(), SHAPE[order.time_axis()]);
        assert!(data.notes()[0].contains("declares TNCHW"), "{:?}", data.notes());
    }
}

#[test]
fn an_undeclared_order_is_refused_with_the_measurement() {
    let file = Written::new();
    file.series([12, 4, 2, 3, 4], &tnchw(SHAPE));
    let message = load(&file.path(), &generic(None)).unwrap_err().to_string();
    assert!(message.contains("--axes TNCHW") && message.contains("inferred TNCHW"), "{message}");
    assert_eq!(load(&file.path(), &generic(Some(AxisOrder::TNCHW))).unwrap().values(), ntchw(SHAPE));
}

#[test]
fn an_axis_of_length_one_is_undecidable_and_the_declaration_is_taken() {
    let file = Written::new();
    file.series([1, 12, 2, 3, 4], &ntchw([1, 12, 2, 3, 4])).text("axes", "NTCHW");
    let data = load(&file.path(), &generic(None)).unwrap();
    let audit = data.audit().unwrap();
    assert_eq!((audit.inferred, audit.confidence), (Inferred::Undecidable, None));
    assert!(data.notes()[0].contains("not confirmed"), "{:?}", data.notes());
}

/// Trajectories that differ as little as frames: both axes smooth, differences equal.
#[test]
fn two_axes_that_look_alike_are_undecidable() {
    let shape = [6, 6, 2, 3, 4];
    let values: Vec<f32> = (0..6 * 6 * 24)
        .map(|i| (0.3 * (i / 144 + i / 24 % 6) as f32 + 0.7 * (i % 24) as f32).sin())
        .collect();
    let file = Written::new();
    file.series(shape, &values).text("axes", "TNCHW");
    let data = load(&file.path(), &generic(None)).unwrap();
    let audit = data.audit().unwrap();
    assert_eq!((audit.inferred, audit.used), (Inferred::Undecidable, Some(AxisOrder::TNCHW)));
    // The array is symmetric in its leading axes; only the order of summation differs.
    assert!((audit.confidence.unwrap() - 1.0).abs() < 1e-9);
}

/// Seven pairs are too few to call a series broken, eight are enough.
#[test]
fn a_few_snapshots_are_no_evidence() {
    for (snapshots, loads) in [(8, true), (9, false)] {
        let file = Written::new();
        let shape = [snapshots, 1, 2, 3, 4];
        file.series(shape, &ntchw(shape)).text("axes", "TNCHW");
        assert_eq!(load(&file.path(), &generic(None)).is_ok(), loads, "{snapshots}");
    }
}

#[test]
fn declarations_that_disagree_or_mean_nothing_name_the_flag() {
    let file = Written::new();
    file.series(SHAPE, &ntchw(SHAPE)).text("axes", "NTCHW").text("shape_description", "(T, N, C, H, W)");
    let error = load(&file.path(), &generic(None)).unwrap_err();
    assert!(matches!(error, DataError::AxesAmbiguous { .. }), "{error}");

    let file = Written::new();
    file.series(SHAPE, &ntchw(SHAPE)).text("axes", "NNTHW");
    let message = load(&file.path(), &generic(None)).unwrap_err().to_string();
    assert!(message.contains("\"NNTHW\"") && message.contains("--axes"), "{message}");
    assert!(load(&file.path(), &generic(Some(AxisOrder::NTCHW))).is_ok());
}

/// Writes the first `n` trajectories of a dataset with its frames in another order.
fn reordered(data: &Dataset, n: usize, order: impl Fn(usize) -> usize) -> Written {
    let frame = data.shape(1);
    let values: Vec<f32> = (0..n * data.frames())
        .flat_map(|i| data.values().chunks_exact(frame.len()).nth(order(i)).unwrap())
        .copied()
        .collect();
    let file = Written::new();
    let shape = [n, data.frames(), frame.channels, frame.height, frame.width];
    file.series(shape, &values).text("axes", "NTCHW");
    file
}

/// i ↦ 59 i mod 160 scatters the frames of ten windows; neighbours come from different windows.
#[test]
fn shuffled_turbulence_is_no_series() {
    let data = load(&Sample::KolmogorovTrain.path().unwrap(), &LoadOptions::default()).unwrap();
    let file = reordered(&data, 10, |i| 59 * i % 160);
    let error = load(&file.path(), &generic(None)).unwrap_err();
    assert!(matches!(error, DataError::NotASeries { declared: AxisOrder::NTCHW, .. }), "{error}");
    assert!(load(&file.path(), &generic(Some(AxisOrder::NTCHW))).is_ok());
    assert!(load(&reordered(&data, 10, |i| i).path(), &generic(None)).is_ok());
}

/// Steps of 5 frames are about a quarter of a shedding period, where the correlation vanishes.
#[test]
fn a_shuffled_wake_of_one_trajectory_is_no_series() {
    let data = load(&Sample::IbpmTest.path().unwrap(), &LoadOptions::default()).unwrap();
    let error = load(&reordered(&data, 1, |t| 5 * t % 16).path(), &generic(None)).unwrap_err();
    assert!(matches!(error, DataError::NotASeries { .. }), "{error}");
}

/// Single snapshots in declared order are no error: nothing claims that they follow each other.
#[test]
fn independent_snapshots_declared_as_such_load() {
    let snapshots = [40, 1, 2, 3, 4];
    let file = Written::new();
    file.series(snapshots, &ntchw(snapshots)).text("axes", "NTCHW");
    assert_eq!(load(&file.path(), &generic(None)).unwrap().frames(), 1);

    let file = Written::new();
    file.series(snapshots, &ntchw(snapshots)).text("axes", "TNCHW");
    let error = load(&file.path(), &generic(None)).unwrap_err();
    assert!(matches!(error, DataError::NotASeries { .. }), "{error}");
}

#[test]
fn an_audit_reports_where_a_load_refuses() {
    let file = Written::new();
    let mut values = ntchw(SHAPE);
    file.series(SHAPE, &values);
    let report = audit(&file.path(), &LoadOptions::default()).unwrap();
    assert_eq!((report.kind, report.declared, report.used), (None, None, None));
    assert_eq!(report.inferred, Inferred::Order(AxisOrder::NTCHW));
    assert!(report.refusal.unwrap().contains("--axes"));

    values[7] = f32::NAN;
    let file = Written::new();
    file.series(SHAPE, &values).text("axes", "NTCHW").text("kind", "generic");
    let report = audit(&file.path(), &LoadOptions::default()).unwrap();
    assert_eq!((report.non_finite, report.inferred), (1, Inferred::Undecidable));
    assert!(report.channels[0].mean.is_nan() && report.channels[1].mean.is_finite());
    assert!(report.refusal.unwrap().contains("[0, 0, 0, 1, 3]"));
}
