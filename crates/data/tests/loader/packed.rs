//! Packed numbers, stand-ins for missing ones, and the types of numbers and attributes.

use crate::recording::surveyed;
use crate::refusals::{generic, refused};
use crate::written::{Written, ntchw};
use equipoise_data::{AxisOrder, DataError, LoadOptions, load};
use std::path::Path;

const SHAPE: [usize; 5] = [3, 12, 2, 3, 4];

/// u = scale·p + offset in f64, then rounded: the bits of the numbers written out.
#[test]
fn packed_integers_and_floats_are_scaled_and_it_is_said() {
    let packed: Vec<i16> = ntchw(SHAPE).iter().map(|x| (1000.0 * x) as i16).collect();
    let expected: Vec<f32> = packed.iter().map(|p| (0.001 * f64::from(*p) - 2.5) as f32).collect();
    let floats: Vec<f32> = packed.iter().map(|p| f32::from(*p)).collect();
    let (small, wide) = (Written::new(), Written::new());
    small.array("x", &SHAPE, &packed);
    wide.array("x", &SHAPE, &floats);
    for (file, element) in [(&small, "int16"), (&wide, "f32")] {
        generic(file).numbers("scale_factor", &[0.001]).numbers("add_offset", &[-2.5]);
        let data = load(&file.path(), &LoadOptions::default()).unwrap();
        assert_eq!(data.values(), expected);
        assert_eq!(data.audit().unwrap().element, element);
        assert!(data.notes().iter().any(|n| n.contains("`scale_factor` 0.001")), "{:?}", data.notes());
        let (recording, survey) = surveyed(&file.path(), &LoadOptions::default(), 1).unwrap();
        assert_eq!(survey.notes, data.notes());
        assert_eq!(recording.run(AxisOrder::NTCHW, 1, 0..12).unwrap(), data.window(1, 0, 12).unwrap());
    }
}

#[test]
fn packing_that_means_nothing_is_refused() {
    let cases: [(&str, &[f64], &str); 4] = [
        ("scale_factor", &[0.0], "other than 0"),
        ("scale_factor", &[f64::NAN], "finite"),
        ("add_offset", &[1.0, 2.0], "1 finite number"),
        ("valid_range", &[2.0, 1.0], "smaller number first"),
    ];
    for (name, numbers, expected) in cases {
        let file = Written::new();
        generic(file.series(SHAPE, &ntchw(SHAPE))).numbers(name, numbers);
        let error = refused(&file.path(), &[name, expected]);
        assert!(matches!(error, DataError::AttributeValue { .. }), "{error}");
    }
    let file = Written::new();
    generic(file.series(SHAPE, &ntchw(SHAPE)));
    let root = hdf5::File::open_rw(file.path()).unwrap();
    root.new_attr::<f64>().create("scale_factor").unwrap().write_scalar(&0.1).unwrap();
    drop(root);
    refused(&file.path(), &["scale_factor", "on the dataset `x`"]);
}

/// A value that stands for nothing is refused whatever type or place its attribute has.
#[test]
fn missing_values_are_located_and_their_attribute_is_named() {
    let mut values = ntchw(SHAPE);
    values[24 * 12 + 24 * 2 + 12 + 5] = -999.9;
    values[24 * 30] = -999.9;
    let stand_in = |name: &str, set: &dyn Fn(&Written)| {
        let file = Written::new();
        generic(file.series(SHAPE, &values));
        set(&file);
        let error = refused(&file.path(), &["2 values", "[1, 2, 1, 1, 1]", name]);
        assert!(matches!(error, DataError::MissingValues { count: 2, .. }), "{error}");
    };
    stand_in("_FillValue", &|file| _ = file.numbers("_FillValue", &[-999.9f32]));
    // Typed as f64, which no f32 number equals; and as a text.
    stand_in("missing_value", &|file| _ = file.numbers("missing_value", &[-999.9f64]));
    stand_in("missing_value", &|file| _ = file.text("missing_value", "-999.9"));
    stand_in("valid_range", &|file| _ = file.numbers("valid_min", &[-50i32]));
    stand_in("valid_range", &|file| _ = file.numbers("valid_range", &[-50i32, 50]));

    // In the units of packed numbers, as CF has it.
    let mut packed: Vec<i16> = ntchw(SHAPE).iter().map(|x| (1000.0 * x) as i16).collect();
    packed[7] = -32768;
    let file = Written::new();
    generic(file.array("x", &SHAPE, &packed)).numbers("scale_factor", &[0.001]);
    file.numbers("_FillValue", &[-32768i16]);
    refused(&file.path(), &["_FillValue", "[0, 0, 0, 1, 3]"]);

    // What netCDF reads where nothing was written, without an attribute; in other files it is a number.
    packed[7] = -32767;
    let file = Written::new();
    generic(file.array("x", &SHAPE, &packed)).numbers("scale_factor", &[0.001]);
    assert!(load(&file.path(), &LoadOptions::default()).is_ok());
    file.numbers("_Netcdf4Dimid", &[0]);
    let error = refused(&file.path(), &["by netCDF's default fill value", "[0, 0, 0, 1, 3]"]);
    assert!(!error.to_string().contains("_FillValue"), "{error}");
}

/// The fixture was written by h5py: the waves of these tests in half precision, `dx` a half in an array of one.
#[test]
fn half_precision_is_read_in_numbers_and_attributes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/half.h5");
    let data = load(&path, &LoadOptions::default()).unwrap();
    assert_eq!(data.audit().unwrap().element, "f16");
    assert_eq!(data.grid().dx.to_bits(), 0.5f64.to_bits());
    for (half, x) in data.values().iter().zip(ntchw(SHAPE)) {
        assert!((half - x).abs() <= 2.0f32.powi(-11), "{half} {x}");
    }
}

#[test]
fn truth_values_are_numbers_and_what_cannot_be_read_is_refused_where_it_matters() {
    let file = Written::new();
    generic(file.series(SHAPE, &ntchw(SHAPE))).numbers("steady", &[true]);
    let data = load(&file.path(), &LoadOptions::default()).unwrap();
    assert_eq!(data.attributes().get("steady").unwrap().to_string(), "[1.0]");

    let other = hdf5::File::open_rw(file.path()).unwrap();
    let x = other.dataset("x").unwrap();
    x.new_attr::<f64>().shape((0,)).create("empty").unwrap();
    x.new_attr::<[f32; 2]>().create("pair").unwrap();
    x.new_attr::<[f32; 2]>().create("scale_factor").unwrap();
    drop((x, other));
    refused(&file.path(), &["scale_factor", "[float32; 2]"]);
}
