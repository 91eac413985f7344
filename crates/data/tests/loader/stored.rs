//! What HDF5 says of how numbers are stored: filters, locks, and what was never written.

use crate::refusals::{generic, refused};
use crate::written::{Written, ntchw};
use equipoise_data::{DataError, LoadOptions, load};
use ndarray::Array;
use std::path::Path;

const SHAPE: [usize; 5] = [3, 12, 2, 3, 4];

/// The fixture was written by h5py with hdf5plugin; its one chunk shrank.
#[test]
fn a_filter_that_is_not_at_hand_is_named() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/zstandard.h5");
    let error = refused(&path, &["Zstandard (number 32015)", "HDF5_PLUGIN_PATH", "nothing was read"]);
    assert!(matches!(error, DataError::Filter { .. }), "{error}");
}

#[test]
fn lzf_is_read() {
    let file = Written::new();
    let stored = hdf5::File::create(file.path()).unwrap();
    let builder = stored.new_dataset::<f32>().shape(SHAPE).chunk([1, 12, 2, 3, 4]).shuffle().lzf();
    builder.create("x").unwrap().write_raw(&ntchw(SHAPE)).unwrap();
    drop(stored);
    generic(&file);
    assert_eq!(load(&file.path(), &LoadOptions::default()).unwrap().values(), ntchw(SHAPE));
}

#[test]
fn a_file_that_is_open_for_writing_is_named_as_such() {
    let file = Written::new();
    generic(file.series(SHAPE, &ntchw(SHAPE)));
    let writer = std::fs::File::open(file.path()).unwrap();
    writer.lock().unwrap();
    let error = refused(&file.path(), &["another process", "HDF5_USE_FILE_LOCKING"]);
    assert!(matches!(error, DataError::Locked { .. }), "{error}");
}

#[test]
fn chunks_that_were_never_written_are_counted_and_located() {
    for (chunk, [n, t], expected) in [
        ([1, 4, 2, 3, 4], [2, 12], "3 of its 9 chunks were never written, the first from [2, 0, 0, 0, 0]"),
        ([1, 5, 2, 3, 4], [3, 10], "3 of its 9 chunks were never written, the first from [0, 10, 0, 0, 0]"),
    ] {
        let file = Written::new();
        let stored = hdf5::File::create(file.path()).unwrap();
        let x = stored.new_dataset::<f32>().shape(SHAPE).chunk(chunk).create("x").unwrap();
        let part = Array::from_shape_vec([n, t, 2, 3, 4], ntchw([n, t, 2, 3, 4])).unwrap();
        x.write_slice(&part, (..n, ..t, .., .., ..)).unwrap();
        drop((x, stored));
        let error = refused(&generic(&file).path(), &[expected]);
        assert!(matches!(error, DataError::Unwritten { .. }), "{error}");
    }
    let file = Written::new();
    let stored = hdf5::File::create(file.path()).unwrap();
    stored.new_dataset::<f32>().shape(SHAPE).create("x").unwrap();
    drop(stored);
    refused(&generic(&file).path(), &["none of its numbers was ever written"]);
}

/// Two sources of half the trajectories each, beside the virtual dataset; then without the second, which
/// HDF5 reads as zeros.
#[test]
fn a_virtual_dataset_needs_all_its_sources() {
    let file = Written::new();
    let folder = file.path().parent().unwrap().to_path_buf();
    let values = ntchw([4, 12, 2, 3, 4]);
    let half = [2, 12, 2, 3, 4];
    for (name, part) in [("a.h5", &values[..576]), ("b.h5", &values[576..])] {
        let source = hdf5::File::create(folder.join(name)).unwrap();
        source.new_dataset::<f32>().shape(half).create("part").unwrap().write_raw(part).unwrap();
    }
    let stored = hdf5::File::create(file.path()).unwrap();
    let all = [4, 12, 2, 3, 4];
    let builder = stored.new_dataset::<f32>().shape(all);
    let builder = builder.virtual_map("a.h5", "part", half, .., all, (..2, .., .., .., ..));
    builder.virtual_map("b.h5", "part", half, .., all, (2.., .., .., .., ..)).create("x").unwrap();
    drop(stored);
    generic(&file);
    let data = load(&file.path(), &LoadOptions::default()).unwrap();
    assert_eq!(data.values(), values);
    assert!(data.warnings().iter().any(|w| w.to_string().contains("virtual")), "{:?}", data.warnings());
    std::fs::remove_file(folder.join("b.h5")).unwrap();
    refused(&file.path(), &["24 of 48 frames are 0 everywhere, the first at [2, 0]"]);
    // Of a source that is taken whole the file is looked for.
    let file = Written::new();
    let stored = hdf5::File::create(file.path()).unwrap();
    let builder = stored.new_dataset::<f32>().shape(half);
    builder.virtual_map("b.h5", "part", half, .., half, ..).create("x").unwrap();
    drop(stored);
    generic(&file);
    refused(&file.path(), &["its source `b.h5`, dataset `part`, is missing"]);
}

#[test]
fn a_coordinate_of_the_name_x_is_not_the_field() {
    let file = Written::new();
    file.array("x", &[4], &[0.0f32, 1.0, 2.0, 3.0]).text("CLASS", "DIMENSION_SCALE");
    refused(&file.path(), &["[x]", "`x` or `velocity`"]);
    file.array("velocity", &SHAPE, &ntchw(SHAPE));
    let root = hdf5::File::open_rw(file.path()).unwrap();
    for (name, text) in [("axes", "NTCHW"), ("kind", "generic")] {
        let text: hdf5::types::VarLenUnicode = text.parse().unwrap();
        let attribute = root.new_attr::<hdf5::types::VarLenUnicode>().create(name).unwrap();
        attribute.write_scalar(&text).unwrap();
    }
    drop(root);
    let data = load(&file.path(), &LoadOptions::default()).unwrap();
    assert_eq!(data.audit().unwrap().variable, "velocity");
}

#[test]
fn a_column_of_a_sensor_table_with_unwritten_chunks_is_refused() {
    let file = Written::new();
    let stored = hdf5::File::create(file.path()).unwrap();
    for name in ["time", "x", "y", "u", "noise"] {
        let column = stored.new_dataset::<f64>().shape(8).chunk(4).create(name).unwrap();
        let rows = if name == "u" { 4 } else { 8 };
        column.write_slice(&Array::from_elem(rows, 0.5), ..rows).unwrap();
    }
    drop(stored);
    let error =
        equipoise_data::sensors::read_sensors(&file.path(), None, &crate::sensors::velocities()).unwrap_err();
    assert!(matches!(error, DataError::Unwritten { .. }), "{error}");
    assert!(error.to_string().contains("`u`") && error.to_string().contains("1 of its 2 chunks"), "{error}");
}
