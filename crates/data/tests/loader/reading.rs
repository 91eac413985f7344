//! What is read back from small files in every encoding.

use crate::written::{Encoding, Place, Written, ntchw, tnchw};
use equipoise_data::{AxisOrder, DataError, Inferred, Kind, LoadOptions, load};
use equipoise_field::{Axis, Boundary};

const SHAPE: [usize; 5] = [3, 12, 2, 3, 4];
const TNCHW_SHAPE: [usize; 5] = [12, 3, 2, 3, 4];

#[test]
fn both_orders_both_places_and_both_encodings_give_the_same_values() {
    for encoding in [Encoding::Unicode, Encoding::FixedAscii] {
        for place in [Place::Dataset, Place::Root] {
            let first = Written::with(encoding, place);
            first.series(SHAPE, &ntchw(SHAPE)).text("axes", "N,T,C,H,W").text("kind", "generic");
            let second = Written::with(encoding, place);
            second
                .series(TNCHW_SHAPE, &tnchw(SHAPE))
                .text("shape_description", "(T, N, C, H, W)")
                .text("kind", "generic");
            for (file, order) in [(&first, AxisOrder::NTCHW), (&second, AxisOrder::TNCHW)] {
                let data = load(&file.path(), &LoadOptions::default()).unwrap();
                assert_eq!(data.values(), ntchw(SHAPE));
                assert_eq!((data.trajectories(), data.frames()), (3, 12));
                let audit = data.audit().unwrap();
                assert_eq!((audit.declared, audit.used), (Some(order), Some(order)));
                assert_eq!(audit.inferred, Inferred::Order(order));
                assert!(!audit.overridden);
            }
        }
    }
}

#[test]
fn doubles_under_the_name_velocity_are_narrowed() {
    let file = Written::new();
    let wide: Vec<f64> = ntchw(SHAPE).iter().map(|x| f64::from(*x)).collect();
    file.array("velocity", &SHAPE, &wide).text("axes", "NTCHW").text("kind", "generic");
    let data = load(&file.path(), &LoadOptions::default()).unwrap();
    assert_eq!(data.values(), ntchw(SHAPE));
    let audit = data.audit().unwrap();
    assert_eq!((audit.variable.as_str(), audit.element.as_str()), ("velocity", "f64"));
}

#[test]
fn a_window_is_the_frames_it_names() {
    let file = Written::new();
    file.series(TNCHW_SHAPE, &tnchw(SHAPE)).text("axes", "TNCHW").text("kind", "generic");
    let data = load(&file.path(), &LoadOptions::default()).unwrap();
    let frame = data.shape(1).len();
    let expected: Vec<f32> =
        (5..9).flat_map(|t| (0..frame).map(move |i| crate::written::wave(2, t, i))).collect();
    assert_eq!(data.window(2, 5, 4).unwrap(), expected);
    assert_eq!(data.shape(4).to_string(), "(4, 2, 3, 4)");

    let windows: Vec<_> = data.windows(4).unwrap().collect();
    assert_eq!(windows.len(), 3 * 9);
    assert_eq!((windows[0].trajectory, windows[0].start), (0, 0));
    assert_eq!((windows[26].trajectory, windows[26].start), (2, 8));
    for window in windows {
        assert_eq!(window.values, data.window(window.trajectory, window.start, 4).unwrap());
    }
}

#[test]
fn a_window_past_the_series_names_both_lengths() {
    let file = Written::new();
    file.series(SHAPE, &ntchw(SHAPE)).text("axes", "NTCHW").text("kind", "generic");
    let data = load(&file.path(), &LoadOptions::default()).unwrap();
    for (start, frames) in [(0, 13), (10, 3), (0, 0), (usize::MAX, 2)] {
        let error = data.window(0, start, frames).unwrap_err();
        assert!(matches!(error, DataError::Window { found: 12, .. }), "{error}");
    }
    let message = data.windows(13).map(|_| ()).unwrap_err().to_string();
    assert!(message.contains("13 frames") && message.contains("series of 12 frames"), "{message}");
    assert!(matches!(data.window(3, 0, 1), Err(DataError::Trajectory { trajectory: 3, found: 3, .. })));
}

#[test]
fn a_generic_grid_comes_from_attributes_and_defaults_are_said() {
    let bare = Written::new();
    bare.series(SHAPE, &ntchw(SHAPE)).text("axes", "NTCHW");
    let generic = LoadOptions { kind: Some(Kind::GENERIC), axes: None };
    let data = load(&bare.path(), &generic).unwrap();
    assert_eq!(data.grid().x_axis, Axis::W);
    let said = |word: &str| data.notes().iter().any(|n| n.contains(word));
    assert!(said("`H_axis`") && said("`dx`") && said("`boundary`"), "{:?}", data.notes());

    let full = Written::new();
    full.series(SHAPE, &ntchw(SHAPE))
        .text("axes", "NTCHW")
        .text("H_axis", "x, increasing")
        .text("boundary", "periodic")
        .numbers("dx", &[0.5])
        .numbers("dy", &[0.25f32]);
    let data = load(&full.path(), &generic).unwrap();
    let grid = data.grid();
    assert_eq!((grid.x_axis, grid.boundary), (Axis::H, Boundary::Periodic));
    assert_eq!((grid.dx.to_bits(), grid.dy.to_bits()), (0.5f64.to_bits(), 0.25f64.to_bits()));
    assert!(data.notes().is_empty(), "{:?}", data.notes());
}
