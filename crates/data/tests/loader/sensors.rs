//! Sensor tables: what is read, and a message for every way in which a file can be wrong.

use equipoise_data::sensors::{Measured, Reading, Table, read_sensors};
use equipoise_data::{DataError, Units};
use std::path::Path;

fn csv(text: &str, noise: Option<f64>) -> Result<Vec<Reading>, DataError> {
    table(text, noise).map(|table| table.readings)
}

fn table(text: &str, noise: Option<f64>) -> Result<Table, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("obs.csv");
    std::fs::write(&path, text).unwrap();
    read_sensors(&path, noise, &velocities())
}

/// The components of a flow.
pub(crate) fn velocities() -> [String; 2] {
    ["u", "v"].map(str::to_owned)
}

fn measured(value: f64, noise: f64) -> Option<Measured> {
    Some(Measured { value, noise })
}

/// The message after the path.
fn message(path: &Path, noise: Option<f64>) -> String {
    let text = read_sensors(path, noise, &velocities()).unwrap_err().to_string();
    text.split_once(": ").unwrap().1.to_owned()
}

#[test]
fn columns_in_any_order_with_comments_blanks_and_gaps() {
    let text = "# PIV, 3 March\nx, time ,y,v,noise,noise_v,u\n0.5,1e-3,2,,0.1,,7\n# a comment\n-1,2, 3 ,4,0.1,0.2,\n\n1,3,4,5,,0.3,6\n";
    let readings = csv(text, Some(0.9)).unwrap();
    let at = |row, time, x, y, [u, v]: [Option<Measured>; 2]| Reading {
        row,
        time,
        x,
        y,
        components: [u, v, None, None],
    };
    let expected = [
        at(3, 1e-3, 0.5, 2.0, [measured(7.0, 0.1), None]),
        at(5, 2.0, -1.0, 3.0, [None, measured(4.0, 0.2)]),
        at(7, 3.0, 1.0, 4.0, [measured(6.0, 0.9), measured(5.0, 0.3)]),
    ];
    assert_eq!(readings, expected);
}

fn column<E: hdf5::H5Type>(file: &hdf5::File, name: &str, shape: &[usize], values: &[E]) {
    file.new_dataset::<E>().shape(shape).create(name).unwrap().write_raw(values).unwrap();
}

/// One dataset a column, of whatever type of number, means what the same CSV table means.
#[test]
fn hdf5_is_the_same_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("obs.h5");
    let file = hdf5::File::create(&path).unwrap();
    column(&file, "time", &[2], &[0i32, 1]);
    column(&file, "x", &[2], &[0.5f32, -1.5]);
    column(&file, "y", &[2], &[2.0, 0.1]);
    column(&file, "u", &[2], &[0.25, 4.0]);
    column(&file, "noise_u", &[2], &[0.1, 0.2]);
    file.close().unwrap();
    let Table { readings: found, sha256, .. } = read_sensors(&path, None, &velocities()).unwrap();
    assert_eq!(sha256, equipoise_data::checksum(&path).unwrap());
    let expected = csv("time,x,y,u,noise_u\n0,0.5,2,0.25,0.1\n1,-1.5,0.1,4,0.2\n", None).unwrap();
    let rowless =
        |readings: Vec<Reading>| readings.into_iter().map(|r| Reading { row: 0, ..r }).collect::<Vec<_>>();
    assert_eq!(found[1].row, 1);
    assert_eq!(rowless(found), rowless(expected));
}

#[test]
fn a_bad_csv_file_is_named_by_row_and_column() {
    let bad = [
        "",
        "time,x,y,w\n",
        "time,x,y,u,u\n",
        "x,y,u\n0,0,1\n",
        "time,x,y,noise\n0,0,0,1\n",
        "time,x,y,u,noise\n",
        "time,x,y,u,noise\n0,0,0,1,0.1\n0,0,,1,0.1\n",
        "time,x,y,u,noise\n0,0,0,NaN,0.1\n",
        "# head\ntime,x,y,u,noise\n0,inf,0,1,0.1\n",
        "time,x,y,u,noise\n0,0,0,1.2.3,0.1\n",
        "time,x,y,u,noise\n0,0,0,1,0\n",
        "time,x,y,u,v,noise_u\n0,0,0,1,,0.1\n0,0,0,1,2,0.1\n",
        "time,x,y,u,noise\n0,0,0,1,0.1\n0,0,0,1\n",
        "time,x,y,u,noise\n0,0,0,,0.1\n",
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("obs.csv");
    let messages: Vec<String> = bad
        .iter()
        .map(|text| {
            std::fs::write(&path, text).unwrap();
            message(&path, None)
        })
        .collect();
    insta::assert_snapshot!(messages.join("\n"), @r#"
    sensor table: found no line of text, expected one that names the columns: time, x, y, u, v, noise, noise_u, noise_v
    sensor table: found columns [time, x, y, w], expected a column `u` or `v`
    sensor table: found columns [time, x, y, u, u], expected `u` once
    sensor table: found columns [x, y, u], expected a column `time`, the same number in every row where all are of one moment
    sensor table: found columns [time, x, y, noise], expected a column `u` or `v`
    sensor table: found no reading, expected a number under `u` or `v`
    sensor table, row 3, column `y`: found an empty cell, expected a number
    sensor table, row 2, column `u`: found NaN, expected a finite number
    sensor table, row 3, column `x`: found inf, expected a finite number
    sensor table, row 2, column `u`: found "1.2.3", expected a finite number
    sensor table, row 2, column `noise`: found 0, expected a number above 0
    sensor table, row 3, column `noise_v`: found nothing, expected a standard deviation there, under `noise` or by --noise
    sensor table: row 3: found 4 cells, expected 5, one a column
    sensor table: found no reading, expected a number under `u` or `v`
    "#);
    std::fs::write(&path, b"time,x,y,u\n0,0,0,\xff\n").unwrap();
    insta::assert_snapshot!(message(&path, None), @"sensor table: row 2: found bytes that are no UTF-8, expected a CSV or HDF5 file");
    insta::assert_snapshot!(message(&folder.path().join("nowhere.csv"), None), @"no such file");
}

#[test]
fn a_bad_hdf5_file_is_named_by_dataset_and_row() {
    let folder = tempfile::tempdir().unwrap();
    let mut messages = Vec::new();
    let mut bad = |add: &dyn Fn(&hdf5::File)| {
        let path = folder.path().join(format!("{}.h5", messages.len()));
        let file = hdf5::File::create(&path).unwrap();
        for name in ["time", "x", "y"] {
            column(&file, name, &[2], &[0.0, 0.0]);
        }
        add(&file);
        file.close().unwrap();
        messages.push(message(&path, Some(0.1)));
    };
    bad(&|file| {
        column(file, "u", &[2], &[0.0, 1.0]);
        column(file, "noise", &[2], &[0.1, f64::NAN]);
    });
    bad(&|file| column(file, "u", &[3], &[0.0, 0.0, 0.0]));
    bad(&|file| column(file, "u", &[1, 2], &[0.0, 0.0]));
    bad(&|file| column(file, "u", &[2], &[true, false]));
    bad(&|_| {});
    bad(&|file| {
        column(file, "u", &[2], &[1.0, 2.0]);
        column(file, "noise", &[2], &[1.0, -999.0]);
        let dataset = file.dataset("noise").unwrap();
        dataset.new_attr::<f64>().create("_FillValue").unwrap().write_scalar(&-999.0).unwrap();
    });
    bad(&|file| {
        column(file, "u", &[2], &[1.0, 2.0]);
        let dataset = file.dataset("u").unwrap();
        dataset.new_attr::<f64>().create("scale_factor").unwrap().write_scalar(&0.01).unwrap();
    });
    bad(&|file| {
        column(file, "u", &[2], &[1.0, 2.0]);
        column(file, "U", &[2], &[1.0, 2.0]);
    });
    insta::assert_snapshot!(messages.join("\n"), @r"
    sensor table, row 1, column `noise`: found NaN, expected a finite number
    sensor table: dataset `u`: found 3 rows, expected 2 as in `time`
    sensor table: dataset `u`: found shape [1, 2], expected one axis
    sensor table: dataset `u`: found bool, expected numbers
    sensor table: found columns [time, x, y], expected a column `u` or `v`
    sensor table: dataset `noise`: row 1: found -999, which `_FillValue` declares missing, expected a number
    sensor table: dataset `u`: attribute `scale_factor`: found packed numbers, expected unpacked ones
    sensor table: found columns [U, time, u, x, y], expected `u` once
    ");
}

/// Components go by the name that the data have, in any case, or by their index.
#[test]
fn components_of_any_name_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("obs.csv");
    let names = ["density", "u", "x"].map(str::to_owned);
    std::fs::write(&path, "time,x,y,Density,u,noise,noise_density\n0,1,2,3,,0.1,0.5\n1,1,2,4,5,0.1,\n")
        .unwrap();
    let named = read_sensors(&path, None, &names).unwrap().readings;
    assert_eq!(named[0].components, [measured(3.0, 0.5), None, None, None]);
    assert_eq!(named[1].components, [measured(4.0, 0.1), measured(5.0, 0.1), None, None]);
    std::fs::write(&path, "time,x,y,c2,c0,noise\n0,1,2,3,4,0.1\n").unwrap();
    let indexed = read_sensors(&path, None, &names).unwrap().readings;
    assert_eq!(indexed[0].components, [measured(4.0, 0.1), None, measured(3.0, 0.1), None]);
    std::fs::write(&path, "time,x,y,v,noise\n0,1,2,3,0.1\n").unwrap();
    let message = read_sensors(&path, None, &names).unwrap_err().to_string();
    assert!(message.contains("a column `density`, `u` or `c2`"), "{message}");
}

/// Every unit of a header is told; `c1` of a velocity is one, and units of one component differ from none of another.
#[test]
fn units_of_every_component_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("obs.csv");
    let names = ["omega", "u"].map(str::to_owned);
    let read = |header: &str| {
        std::fs::write(&path, format!("{header}\n0,1,2,3,0.1\n")).unwrap();
        read_sensors(&path, None, &names).map(|table| table.notes.join("; ")).map_err(|e| e.to_string())
    };
    for (header, told) in [
        ("time [s],x,y,omega [1/s],noise [1/s]", "time in s, omega in 1/s, noise in 1/s"),
        ("time,x [m],y,c0 (1/s),noise_omega", "length in m, omega in 1/s"),
        ("time,x,y [m],c1 [m/s],noise", "length in m, velocity in m/s"),
    ] {
        assert_eq!(
            read(header).unwrap(),
            format!(
                "units in the header ({told}) are taken for those of the flow that they are held against"
            )
        );
    }
    for header in ["time,x,y,c1 [m/s],noise [mm/s]", "time,x,y,omega [1/s],noise_omega [1/h]"] {
        let message = read(header).unwrap_err();
        assert!(message.contains("the same unit under"), "{message}");
    }
}

/// A unit that the data state too is theirs, however it is spelt; any other is refused, also one that nobody knows.
#[test]
fn units_of_a_table_are_those_of_the_data() {
    let expected = Units { velocity: Some("m/s".into()), length: None, time: Some("s".into()) };
    let held = |header: &str| {
        let table = table(&format!("{header}\n0,1,2,3,4,0.1\n"), None).unwrap();
        table.is_measured_in(Path::new("obs.csv"), &expected).map_err(|e| e.to_string())
    };
    for header in ["time,x,y,u,v,noise", "time [sec],x [mm],y [mm],u [m s-1],v,noise"] {
        assert_eq!(held(header), Ok(()), "{header}");
    }
    for (header, found) in [
        ("time,x,y,u [cm/s],v,noise", "unit of velocity: found cm/s, expected m/s"),
        ("time [ms],x,y,u,v,noise", "unit of time: found ms, expected s"),
        ("time,x,y,u [m],v,noise", "unit of velocity: found m, expected m/s"),
        ("time,x,y,u [U_inf],v,noise", "unit of velocity: found U_inf, expected m/s"),
    ] {
        let message = held(header).unwrap_err();
        assert!(message.contains(found) && message.contains("nothing is converted"), "{message}");
    }
}
