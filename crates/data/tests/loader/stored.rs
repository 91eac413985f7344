//! What HDF5 says of how numbers are stored: filters, locks, and what was never written.

use crate::refusals::{generic, refused};
use crate::written::{Written, ntchw};
use equipoise_data::{DataError, LoadOptions, load};
use hdf5::types::FixedAscii;
use ndarray::Array;
use std::path::Path;

const SHAPE: [usize; 5] = [3, 12, 2, 3, 4];

/// The fixture was written by h5py with hdf5plugin; its one chunk shrank.
#[test]
fn a_filter_that_is_not_at_hand_is_named() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/zstandard.h5");
    let error = refused(
        &path,
        &[
            "Zstandard (number 32015, plugin h5zstd of the package hdf5plugin)",
            "HDF5_PLUGIN_PATH",
            "nothing was read",
        ],
    );
    assert!(matches!(error, DataError::Filter { .. }), "{error}");
}

/// Nothing of these was ever written: the claim alone is refused, before there is room for it.
#[test]
fn claims_that_no_file_or_memory_holds_are_refused() {
    for (shape, chunk, expected) in [
        (
            [1, 1, 1, 1 << 14, (1 << 13) + 1],
            [1, 1, 1, 1 << 14, (1 << 13) + 1],
            "expected chunks of at most 1073741824 bytes",
        ),
        ([1 << 20, 1 << 20, 2, 1 << 10, 1 << 9], [1, 1, 1, 16, 16], "more than memory has addresses for"),
    ] {
        let file = Written::new();
        let stored = hdf5::File::create(file.path()).unwrap();
        stored.new_dataset::<f64>().shape(shape).chunk(chunk).create("x").unwrap();
        drop(stored);
        let error = refused(&generic(&file).path(), &["dataset `x`", expected, "nothing was read"]);
        assert!(matches!(error, DataError::Size { .. }), "{error}");
    }
}

/// Old files have texts of other codes under the name of ASCII.
#[test]
fn a_text_that_is_not_utf8_is_none_and_refused_where_it_means_something() {
    for (name, refuses) in [("comment", false), ("units", true)] {
        let file = Written::new();
        generic(file.series(SHAPE, &ntchw(SHAPE)));
        let stored = hdf5::File::open_rw(file.path()).unwrap();
        let text = FixedAscii::<16>::from_ascii("millimetres QQ").unwrap();
        stored.new_attr::<FixedAscii<16>>().create(name).unwrap().write_scalar(&text).unwrap();
        drop(stored);
        let mut bytes = std::fs::read(file.path()).unwrap();
        let at = bytes.windows(14).position(|window| window == b"millimetres QQ").unwrap();
        bytes[at + 12..at + 14].copy_from_slice(b"\xb0C");
        std::fs::write(file.path(), bytes).unwrap();
        if refuses {
            refused(
                &file.path(),
                &["attribute `units`: found a value of type text that is not UTF-8, expected a text"],
            );
        } else {
            load(&file.path(), &LoadOptions::default()).unwrap();
        }
    }
}

/// What DEFLATE makes at most of a byte is within the bound.
#[test]
fn zeros_that_gzip_shrank_are_read() {
    let (file, shape) = (Written::new(), [1, 2, 1, 512, 512]);
    let stored = hdf5::File::create(file.path()).unwrap();
    let mut x = vec![0.0f32; 2 * 512 * 512];
    (x[0], x[512 * 512]) = (1.0, 2.0);
    let builder = stored.new_dataset::<f32>().shape(shape).chunk([1, 2, 1, 512, 512]).deflate(9);
    builder.create("x").unwrap().write_raw(&x).unwrap();
    drop(stored);
    generic(&file);
    let options = LoadOptions { axes: Some(equipoise_data::AxisOrder::NTCHW), ..LoadOptions::default() };
    assert_eq!(load(&file.path(), &options).unwrap().values(), x);
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
