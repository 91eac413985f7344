//! Parts of formats against their specifications.

use super::npy::header;
use super::{Fields, Format, Known, Stored, zarr};
use crate::store::Existing;
use crate::{Coordinates, Units};
use equipoise_field::{Axis, Boundary, Grid, Shape};
use std::fs;

/// Fields of which nothing is known, whose numbers are their places.
fn fields<'a>(shape: Shape, components: &[&str], members: &'a [Vec<f32>]) -> Fields<'a> {
    Fields {
        shape,
        grid: Grid { x_axis: Axis::W, dx: 1.0, dy: 1.0, boundary: Boundary::Open },
        coordinates: Coordinates { x_first: 0.0, y_first: 0.0, time_step: 1.0 },
        t_first: 0.0,
        known: Known::all(false),
        components: components.iter().map(ToString::to_string).collect(),
        velocities: None,
        units: Units::default(),
        mask: None,
        members: members.iter().map(Vec::as_slice).collect(),
        indices: (0..members.len() as u64).collect(),
        weights: None,
        mean: None,
        std: None,
        attributes: Vec::new(),
        stored: Stored { members: "velocity", mean: "", std: "" },
    }
}

/// The bytes that NumPy 2.4.6 writes before arrays of these shapes (`numpy.lib.format.write_array`, version 1.0).
#[test]
fn heads_of_npy_are_those_of_numpy() {
    for (kind, shape, text) in [
        ("<f4", &[3, 2, 1, 4, 5][..], "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2, 1, 4, 5), }"),
        ("<f8", &[7], "{'descr': '<f8', 'fortran_order': False, 'shape': (7,), }"),
        ("|b1", &[4, 5], "{'descr': '|b1', 'fortran_order': False, 'shape': (4, 5), }"),
    ] {
        let mut expected = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        expected.extend(text.bytes());
        expected.resize(127, b' ');
        expected.push(b'\n');
        assert_eq!(header(kind, shape), expected, "{text}");
    }
}

/// Five frames in chunks of two: the last is as long as the others and ends in its fill value.
#[test]
fn a_chunk_at_the_end_of_an_array_is_as_long_as_the_others() {
    let shape = Shape::new(5, 2, 2, 3);
    let members: Vec<Vec<f32>> =
        (0..2).map(|m| (0..shape.len()).map(|i| (100 * m + i) as f32).collect()).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zarr");
    let (fields, frame) = (fields(shape, &["u", "v"], &members), 4 * shape.plane());
    zarr::write_in(2 * frame + 3, &fields, &path, Existing::Refuse).unwrap();
    let told: serde_json::Value =
        serde_json::from_slice(&fs::read(path.join("v/zarr.json")).unwrap()).unwrap();
    assert_eq!(told["shape"], serde_json::json!([2, 5, 2, 3]));
    assert_eq!(told["chunk_grid"]["configuration"]["chunk_shape"], serde_json::json!([1, 2, 2, 3]));
    for (m, k) in [(0, 0), (1, 1), (1, 2)] {
        let bytes = fs::read(path.join(format!("v/c/{m}/{k}/0/0"))).unwrap();
        let found: Vec<f32> =
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let expected = (2 * k..2 * k + 2).flat_map(|t| (0..6).map(move |i| (t, i)));
        let expected: Vec<f32> = expected
            .map(|(t, i)| if t < 5 { members[m][shape.index(t, 1, i / 3, i % 3)] } else { f32::NAN })
            .collect();
        let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&found), bits(&expected), "chunk {m}, {k}");
    }
    assert!(!path.join("v/c/1/3").exists() && !path.join("x").exists());
}

#[test]
fn names_of_components_are_their_own() {
    let shape = Shape::new(1, 5, 1, 1);
    let given = ["x", "a b/c", "a_b_c", "", "u_mean"];
    let fields = fields(shape, &given, &[]);
    assert_eq!(fields.names(&["x", "time"]), ["x_", "a_b_c", "a_b_c_", "c3", "u_mean"]);
    let fields = Fields { components: ["u", "u_mean", "v", "time", "w"].map(Into::into).to_vec(), ..fields };
    assert_eq!(fields.names(&["time"]), ["u", "u_mean_", "v", "time_", "w"]);
}

/// One unit is that of all, as many as there are components are one each.
#[test]
fn units_are_those_of_components() {
    let with = |text: Option<&str>| {
        let units = Units { velocity: text.map(Into::into), ..Units::default() };
        let fields = Fields { units, ..fields(Shape::new(1, 2, 1, 1), &["u", "p"], &[]) };
        [0, 1].map(|c| fields.unit(c).map(ToOwned::to_owned))
    };
    let of = |texts: [&str; 2]| texts.map(|text| Some(text.to_owned()));
    assert_eq!(with(Some("m/s, Pa")), of(["m/s", "Pa"]));
    assert_eq!(with(Some("m/s")), of(["m/s", "m/s"]));
    assert_eq!(with(None), [None, None]);
}

#[test]
fn formats_are_known_by_name() {
    let refused = "grib".parse::<Format>().unwrap_err().to_string();
    for format in Format::all() {
        let name = format.to_string();
        assert_eq!(name.parse::<Format>().unwrap(), format);
        assert!(refused.contains(&name), "{refused}");
    }
}
