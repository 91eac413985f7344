//! Every file fault has its own error, which names file, field, found and expected.

use crate::recording::surveyed;
use crate::written::{Written, bytes, ntchw};
use equipoise_data::{DataError, Kind, LoadOptions, load};
use std::path::Path;

const SHAPE: [usize; 5] = [3, 12, 2, 3, 4];

pub(crate) fn refused(path: &Path, parts: &[&str]) -> DataError {
    let error = load(path, &LoadOptions::default()).map(|_| ()).unwrap_err();
    let message = error.to_string();
    let in_portions = surveyed(path, &LoadOptions::default(), 1).map(|_| ()).unwrap_err();
    assert_eq!(in_portions.to_string(), message, "read in portions");
    for part in parts.iter().chain([&path.file_name().unwrap().to_str().unwrap()]) {
        assert!(message.contains(part), "expected {part:?} in {message:?}");
    }
    error
}

pub(crate) fn generic(file: &Written) -> &Written {
    file.text("axes", "NTCHW").text("kind", "generic")
}

#[test]
fn a_path_that_is_no_hdf5_file() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("flow.h5");
    assert!(matches!(refused(&missing, &["no such file"]), DataError::Missing { .. }));
    assert!(matches!(refused(folder.path(), &["a folder"]), DataError::NotHdf5 { .. }));
    let path = bytes(folder.path(), b"");
    assert!(matches!(refused(&path, &["an empty file"]), DataError::NotHdf5 { .. }));
    let path = bytes(folder.path(), b"time,u,v\n0,1,2\n");
    assert!(matches!(refused(&path, &["time,u,v", "expected an HDF5 file"]), DataError::NotHdf5 { .. }));
}

#[test]
fn a_file_cut_anywhere_is_truncated() {
    let file = Written::new();
    generic(file.series(SHAPE, &ntchw(SHAPE)));
    let whole = std::fs::read(file.path()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for length in [8, 20, 47, 48, 100, 1000, whole.len() / 2, whole.len() - 1] {
        let path = bytes(folder.path(), &whole[..length]);
        let error = refused(&path, &["truncated", &format!("{length} bytes")]);
        assert!(matches!(error, DataError::Truncated { .. }), "{length}: {error}");
    }
}

#[test]
fn a_superblock_of_the_future_is_named() {
    let file = Written::new();
    generic(file.series(SHAPE, &ntchw(SHAPE)));
    let mut content = std::fs::read(file.path()).unwrap();
    content[8] = 9;
    let folder = tempfile::tempdir().unwrap();
    let error = refused(&bytes(folder.path(), &content), &["superblock version 9", "libver"]);
    assert!(matches!(error, DataError::NewerFormat { superblock: 9, .. }));
}

/// The fixture was written by HDF5 2.0.0 with `libver="latest"`: zeros of shape (2, 3, 2, 2, 2) with
/// gzip and no attributes. Its superblock is one that old libraries know, its dataset is not.
#[test]
fn a_dataset_in_a_newer_format_is_named_where_the_library_is_older() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/libver_latest.h5");
    if hdf5::library_version() < (2, 0, 0) {
        let error = refused(&path, &["superblock version 3", "newer", "libver"]);
        assert!(matches!(error, DataError::NewerFormat { superblock: 3, .. }));
    } else {
        assert!(matches!(refused(&path, &["--axes"]), DataError::AxesUndeclared { .. }));
    }
}

#[test]
fn a_dataset_of_the_wrong_name_rank_type_or_extent() {
    let file = Written::new();
    file.array("vorticity", &[2], &[0.0f32; 2]).array("time", &[1], &[0.0f32]);
    let error = refused(&file.path(), &["time, vorticity", "`x` or `velocity`"]);
    assert!(matches!(error, DataError::NoVariable { .. }));

    let file = Written::new();
    generic(file.array("x", &[4, 2, 3, 4], &[0.0f32; 96]));
    let error = refused(&file.path(), &["4 axes [4, 2, 3, 4]", "expected 5"]);
    assert!(matches!(error, DataError::Rank { .. }));

    let file = Written::new();
    generic(file.array("x", &SHAPE, &vec![0i16; 3 * 12 * 24]));
    let error = refused(&file.path(), &["int16", "floating point"]);
    assert!(matches!(error, DataError::ElementType { .. }));

    let file = Written::new();
    generic(file.array::<f32>("x", &[3, 0, 2, 3, 4], &[]));
    let error = refused(&file.path(), &["axis 1 has length 0"]);
    assert!(matches!(error, DataError::EmptyAxis { axis: 1, .. }));
}

#[test]
fn values_that_are_not_finite_are_located_in_the_file() {
    let mut values = ntchw(SHAPE);
    values[24 * 12 + 24 * 2 + 12 + 5] = f32::INFINITY;
    values[24 * 30] = f32::NAN;
    let file = Written::new();
    generic(file.series(SHAPE, &values));
    let error = refused(&file.path(), &["2 values", "[1, 2, 1, 1, 1]", "inf"]);
    assert!(matches!(error, DataError::NotFinite { index: [1, 2, 1, 1, 1], count: 2, .. }));

    let mut wide: Vec<f64> = ntchw(SHAPE).iter().map(|x| f64::from(*x)).collect();
    wide[0] = 1e300;
    let file = Written::new();
    generic(file.array("x", &SHAPE, &wide));
    assert!(matches!(refused(&file.path(), &["not finite in f32"]), DataError::NotFinite { .. }));
}

#[test]
fn a_kind_must_be_declared_once() {
    let file = Written::new();
    file.series(SHAPE, &ntchw(SHAPE)).text("axes", "NTCHW");
    assert!(matches!(refused(&file.path(), &["--kind"]), DataError::KindUndeclared { .. }));

    file.text("forcing", "Kolmogorov, magnitude 1");
    let data = load(&file.path(), &LoadOptions::default()).unwrap();
    assert_eq!(data.kind(), Kind::KOLMOGOROV);

    file.numbers("cylinder_center_px", &[1i64, 1]).numbers("cylinder_radius_px", &[1.0]);
    assert!(matches!(refused(&file.path(), &["--kind"]), DataError::KindAmbiguous { .. }));
    let given = LoadOptions { kind: Some(Kind::IBPM), axes: None };
    assert_eq!(load(&file.path(), &given).unwrap().kind(), Kind::IBPM);

    file.text("kind", "euler");
    refused(&file.path(), &["\"euler\"", "ibpm, kolmogorov or generic"]);
}

#[test]
fn a_flow_has_two_channels() {
    let shape = [3, 12, 3, 2, 4];
    let file = Written::new();
    file.series(shape, &ntchw(shape)).text("axes", "NTCHW").text("kind", "kolmogorov");
    let error = refused(&file.path(), &["3 channels", "expected 2", "`kolmogorov`"]);
    assert!(matches!(error, DataError::Channels { found: 3, expected: 2, .. }));
}

#[test]
fn attributes_that_contradict_the_grid_are_named() {
    let cases: [(&str, &str, &str, &str); 3] = [
        ("generic", "H_axis", "streamwise", "direction x or y"),
        ("generic", "W_axis", "x, decreasing", "increases"),
        ("generic", "boundary", "wall", "periodic or open"),
    ];
    for (kind, attribute, text, expected) in cases {
        let file = Written::new();
        file.series(SHAPE, &ntchw(SHAPE)).text("axes", "NTCHW").text("kind", kind).text(attribute, text);
        let error = refused(&file.path(), &[attribute, expected]);
        assert!(matches!(error, DataError::AttributeValue { .. }), "{error}");
    }
    let file = Written::new();
    file.series(SHAPE, &ntchw(SHAPE))
        .text("axes", "NTCHW")
        .text("kind", "kolmogorov")
        .text("H_axis", "y, rows");
    let error =
        refused(&file.path(), &["end with \"y\", \"x\" by", "expected \"x\", \"y\" as", "--kind generic"]);
    assert!(matches!(error, DataError::Turned { .. }), "{error}");
    let file = Written::new();
    generic(file.series(SHAPE, &ntchw(SHAPE))).numbers("dx", &[-0.5]);
    refused(&file.path(), &["`dx`", "-0.5", "a positive number"]);
}

#[test]
fn a_cylinder_outside_the_grid_is_named() {
    let file = Written::new();
    file.series(SHAPE, &ntchw(SHAPE))
        .text("axes", "NTCHW")
        .numbers("cylinder_center_px", &[1.0, 9.0])
        .numbers("cylinder_radius_px", &[1.0]);
    let error = refused(&file.path(), &["cylinder_center_px", "(1, 9)", "3 x 4 points"]);
    assert!(matches!(error, DataError::AttributeValue { .. }));
}
