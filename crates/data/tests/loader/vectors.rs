//! Text of PIV programs, as fields and as readings.

use crate::arrays::{copied, fixture};
use crate::sensors::velocities;
use equipoise_data::sensors::read_sensors;
use equipoise_data::{Attribute, Coordinates, Kind, LoadOptions, Suspicion, checksum, load};
use equipoise_field::{Axis, Boundary};
use std::path::Path;

fn refused(path: &Path) -> String {
    load(path, &LoadOptions::default()).unwrap_err().to_string()
}

fn state(path: &Path, text: &str) {
    std::fs::write(path.with_extension("json"), text).unwrap();
}

/// u and v of `make.py` at a row and column of its image, y downwards.
fn speed(frame: usize, row: usize, column: usize) -> [f32; 2] {
    let (x, y) = (8.0 + 16.0 * column as f32, 8.0 + 16.0 * row as f32);
    [0.25 * x + frame as f32 + 1.0, 0.5 * y + 0.125 * x + 1.0]
}

#[test]
fn a_folder_of_openpiv_is_a_series() {
    let data = load(&fixture("openpiv"), &LoadOptions::default()).unwrap();
    assert_eq!(
        (data.kind(), data.trajectories(), data.shape(4).to_string().as_str()),
        (Kind::GENERIC, 1, "(4, 2, 4, 5)")
    );
    let (grid, (at, _)) = (data.grid(), Coordinates::of(&data).unwrap());
    assert_eq!((grid.x_axis, grid.dx, grid.dy, grid.boundary), (Axis::W, 16.0, 16.0, Boundary::Open));
    assert_eq!((at.x_first, at.y_first, at.time_step), (8.0, 8.0, 1.0));
    assert_eq!(data.attributes().get("units"), Some(&Attribute::Text("px/frame".into())));
    // The masked corner at the top and the flagged vector are nowhere measured.
    let mask = data.mask().unwrap();
    assert!(mask.count() == 2 && mask.hides(3, 0) && mask.hides(2, 2));
    for (frame, number) in [0, 1, 2, 10].into_iter().enumerate() {
        let found = data.window(0, frame, 1).unwrap();
        for (h, w) in (0..4).flat_map(|h| (0..5).map(move |w| (h, w))).filter(|(h, w)| !mask.hides(*h, *w)) {
            let [u, v] = speed(number, 3 - h, w);
            assert_eq!([found[h * 5 + w], found[20 + h * 5 + w]], [u, -v], "{frame} {h} {w}");
        }
    }
    let told: Vec<String> = data.warnings().iter().map(ToString::to_string).collect();
    let counted =
        "8 of 80 vectors count as not measured: 4 flagged or masked, 0 without numbers, 4 with u = v = 0";
    assert!(told.iter().any(|told| told.starts_with(counted)), "{told:?}");
    assert!(told.iter().any(|told| told.contains("field_2.txt, then field_10.txt")), "{told:?}");
    assert!(matches!(data.warnings()[0], Suspicion::Vectors { .. }));
}

#[test]
fn what_a_text_of_vectors_does_not_say_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = copied(folder.path(), "image.txt");
    let error = refused(&path);
    assert!(
        error.contains("the unit of length is not stated") && error.contains("y grows from row to row"),
        "{error}"
    );
    assert!(error.contains("image.json"), "{error}");
    let units = r#""length_units": "mm", "length_scale": 0.5, "units": "mm/s", "velocity_scale": 2"#;
    for (direction, sign) in [("up", 1.0), ("down", -1.0)] {
        state(&path, &format!("{{{units}, \"y_axis\": \"{direction}\"}}"));
        let data = load(&path, &LoadOptions::default()).unwrap();
        let (at, _) = Coordinates::of(&data).unwrap();
        assert_eq!(
            (data.grid().dx, at.x_first, at.y_first),
            (8.0, 4.0, if sign > 0.0 { 4.0 } else { -28.0 })
        );
        let row = |h: usize| if sign > 0.0 { h } else { 3 - h };
        for (h, w) in (0..4).flat_map(|h| (0..5).map(move |w| (h, w))) {
            let [u, v] = speed(0, row(h), w).map(|speed| 2.0 * speed);
            assert_eq!([data.values()[h * 5 + w], data.values()[20 + h * 5 + w]], [u, sign * v]);
        }
    }
    state(&path, &format!("{{{units}, \"y_axis\": \"left\"}}"));
    assert!(refused(&path).contains("expected up or down"));
    let series = copied(folder.path(), "openpiv");
    assert!(refused(&series).contains("openpiv.json"));
    // In one frame alone a vector is missing: no cell is, and no number stands for it.
    std::fs::copy(fixture("openpiv.json"), folder.path().join("openpiv.json")).unwrap();
    let file = series.join("field_1.txt");
    let text = std::fs::read_to_string(&file).unwrap();
    for instead in [
        "0.0000e+00\t0.0000e+00\t0.0000e+00",
        "nan\t1.0e+00\t0.0000e+00",
        "8.0000e+00\t-8.0000e+00\t1.0000e+00",
    ] {
        let mut lines: Vec<&str> = text.lines().collect();
        let line = format!("2.4000e+01\t5.6000e+01\t{instead}\t0.0000e+00");
        lines[2] = &line;
        std::fs::write(&file, lines.join("\n")).unwrap();
        let error = refused(&series);
        assert!(error.contains("2 values that are missing") && error.contains("--obs"), "{error}");
    }
    // Interpolated vectors are numbers, and it is said.
    std::fs::write(&file, text.replacen("-8.0000e+00\t0.0000e+00", "-8.0000e+00\t2.0000e+00", 1)).unwrap();
    let data = load(&series, &LoadOptions::default()).unwrap();
    assert!(
        data.warnings().iter().any(|told| told.to_string().starts_with("1 of 80 vectors were interpolated"))
    );
}

#[test]
fn text_of_davis_has_units_and_decimal_commas() {
    let folder = tempfile::tempdir().unwrap();
    let path = copied(folder.path(), "davis.txt");
    let error = refused(&path);
    assert!(
        error.contains("places are in mm, velocities in m/s") && error.contains("\"length_units\": \"m\""),
        "{error}"
    );
    let whole = std::fs::read_to_string(&path).unwrap();
    state(&path, r#"{"length_units": "m"}"#);
    for text in
        [whole.clone(), whole.replace('\t', ";"), whole.replace(',', "."), whole.replace("\r\n", "\n")]
    {
        std::fs::write(&path, text).unwrap();
        let data = load(&path, &LoadOptions::default()).unwrap();
        let (at, _) = Coordinates::of(&data).unwrap();
        for (found, expected) in [(data.grid().dx, 6.2e-4), (at.x_first, -1.24e-3), (at.y_first, 1.64e-3)] {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
        let mask = data.mask().unwrap();
        assert!(mask.count() == 1 && mask.hides(1, 2));
        // The first line is the row at the top.
        assert_eq!([data.values()[15], data.values()[35], data.values()[4]], [0.1, -1.5, 1.1]);
        assert!(data.notes().iter().any(|note| note.contains("mm becomes m")), "{:?}", data.notes());
    }
    state(&path, r#"{"length_units": "m", "length_scale": 0.01}"#);
    assert!(refused(&path).contains("`length_scale`: found 0.01, expected 0.001"));
}

#[test]
fn vectors_are_readings_where_they_were_measured() {
    let table = read_sensors(&fixture("openpiv"), Some(0.1), &velocities()).unwrap();
    assert_eq!((table.readings.len(), table.sha256), (80, checksum(&fixture("openpiv")).unwrap()));
    for (i, reading) in table.readings.iter().enumerate() {
        let (frame, row, column) = (i / 20, i / 5 % 4, i % 5);
        assert_eq!((reading.time, reading.x), (5.0 + frame as f64, 8.0 + 16.0 * column as f64));
        assert_eq!(reading.y, 56.0 - 16.0 * row as f64);
        let [u, v] = speed([0, 1, 2, 10][frame], row, column).map(f64::from);
        let measured = ![(0, 0), (1, 2)].contains(&(row, column));
        let found = [0, 1].map(|c| reading.components[c].map(|measured| measured.value));
        assert_eq!(found, if measured { [Some(u), Some(-v)] } else { [None; 2] });
    }
    assert!(table.warnings[0].starts_with("8 of 80 vectors count as not measured"), "{:?}", table.warnings);
    let folder = tempfile::tempdir().unwrap();
    let path = copied(folder.path(), "davis.txt");
    state(&path, r#"{"length_units": "m"}"#);
    let error = read_sensors(&path, Some(0.1), &velocities()).unwrap_err().to_string();
    assert!(error.contains("times of its vectors are not stated"), "{error}");
    state(&path, r#"{"length_units": "m", "t_first": 0.5}"#);
    let table = read_sensors(&path, Some(0.1), &velocities()).unwrap();
    assert_eq!((table.readings.len(), table.readings[12].row, table.readings[12].time), (20, 14, 0.5));
    assert!(table.readings[12].components[0].is_none() && table.readings[13].components[0].is_some());
}

#[test]
fn readings_may_be_missing_in_hdf5() {
    let table = read_sensors(&fixture("sensors.h5"), None, &velocities()).unwrap();
    let found: Vec<[Option<f64>; 2]> =
        table.readings.iter().map(|r| [0, 1].map(|c| r.components[c].map(|m| m.value))).collect();
    assert_eq!(found, [[Some(1.0), Some(0.5)], [None, Some(0.25)], [None, None], [Some(2.0), Some(0.125)]]);
    for note in ["column `u`: 1 of 4 rows were not measured, by NaN", "by `_FillValue`", "by `missing_value`"]
    {
        assert!(table.notes.iter().any(|told| told.contains(note)), "{:?}", table.notes);
    }
}
