//! Files as other packages write them, held to what those packages read from them.

use crate::recording::surveyed;
use equipoise_data::{
    Attribute, Coordinates, DataError, Dataset, Kind, LoadOptions, Slice, Suspicion, checksum, load,
};
use equipoise_field::{Axis, Boundary};
use serde_json::Value;
use std::path::{Path, PathBuf};

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/grids").join(name)
}

pub(crate) fn options(axes: Option<&str>) -> LoadOptions {
    LoadOptions { axes: axes.map(|axes| axes.parse().unwrap()), kind: None }
}

/// What the package reads.
pub(crate) struct Expected(Value, Value);

impl Expected {
    pub(crate) fn of(name: &str) -> Self {
        let text = std::fs::read_to_string(fixture("values.json")).unwrap();
        let mut all: Value = serde_json::from_str(&text).unwrap();
        let own = all[name].take();
        let field = all["fields"][own["field"].as_u64().unwrap() as usize].take();
        Self(own, field)
    }

    fn shape(&self) -> Vec<usize> {
        self.0["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect()
    }

    pub(crate) fn values(&self) -> Vec<f32> {
        self.1.as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32).collect()
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.0[name].as_f64()
    }
}

/// Loads a fixture, whole and in portions, and holds it to the package's values, grid and times.
pub(crate) fn held(name: &str, path: &Path, options: &LoadOptions) -> Dataset {
    let (data, expected) = (load(path, options).unwrap(), Expected::of(name));
    let shape = data.shape(data.frames());
    let found = [data.trajectories(), shape.frames, shape.channels, shape.height, shape.width];
    assert_eq!(found[..], expected.shape()[..], "{name}");
    assert_eq!(data.values(), expected.values(), "{name}");
    let (recording, survey) = surveyed(path, options, 1).unwrap();
    assert_eq!(recording.grid(), data.grid());
    for n in 0..data.trajectories() {
        let run = recording.run(survey.order, n, 1..data.frames()).unwrap();
        assert_eq!(run, data.window(n, 1, data.frames() - 1).unwrap(), "{name}");
    }
    let (grid, (at, _)) = (data.grid(), Coordinates::of(&data).unwrap());
    let t_first = match data.attributes().get("t_first") {
        Some(Attribute::Numbers(first)) => first[0],
        _ => 0.0,
    };
    for (quantity, found) in [
        ("dx", grid.dx),
        ("dy", grid.dy),
        ("dt", at.time_step),
        ("x_first", at.x_first),
        ("y_first", at.y_first),
        ("t_first", t_first),
    ] {
        if let Some(expected) = expected.number(quantity) {
            let near = (found - expected).abs() <= 1e-6 * expected.abs();
            assert!(near, "{name}, {quantity}: found {found}, expected {expected}");
        }
    }
    data
}

pub(crate) fn refused(path: &Path, options: &LoadOptions) -> String {
    load(path, options).unwrap_err().to_string()
}

pub(crate) fn at(name: &str, within: &str) -> PathBuf {
    format!("{}:{within}", fixture(name).display()).into()
}

/// SDA's files say nothing: without a word of the caller they are refused, and `kolmogorov` says which axis is x.
#[test]
fn sdas_bare_files_need_a_word_and_then_are_right() {
    let path = fixture("sda.h5");
    assert!(refused(&path, &LoadOptions::default()).contains("pass --axes NTCHW"));
    assert!(refused(&path, &options(Some("NTCHW"))).contains("no attribute says what kind of flow"));
    let given = LoadOptions { kind: Some(Kind::KOLMOGOROV), ..options(Some("NTCHW")) };
    let data = held("sda.h5", &path, &given);
    assert_eq!((data.grid().x_axis, data.grid().boundary), (Axis::H, Boundary::Periodic));
    let given = LoadOptions { kind: Some(Kind::GENERIC), ..options(Some("NTCXY")) };
    assert_eq!(held("sda.h5", &path, &given).grid().x_axis, Axis::H);
    let given = LoadOptions { kind: Some(Kind::GENERIC), ..options(Some("NTCHW")) };
    let notes = load(&path, &given).unwrap().notes().join("; ");
    assert!(notes.contains("no attribute `H_axis` or `W_axis`: H is taken as y"), "{notes}");
}

#[test]
fn the_well_states_axes_grid_times_and_borders() {
    let data = held("well.hdf5", &fixture("well.hdf5"), &options(None));
    assert_eq!((data.kind(), data.grid().x_axis), (Kind::GENERIC, Axis::H));
    assert_eq!((data.grid().boundary, data.warnings()), (Boundary::Periodic, &[][..]));
    let field = load(&at("well.hdf5", "/t0_fields/density"), &options(None)).unwrap();
    assert_eq!((field.channels(), field.frames()), (1, data.frames()));
    let both = load(&at("well.hdf5", "/t1_fields/velocity,/t0_fields/density"), &options(None));
    assert!(both.unwrap_err().to_string().contains("expected 5"), "a vector and a scalar have other axes");
    let message = refused(&at("well.hdf5", "/t0_fields/still"), &options(None));
    assert!(message.contains("`dim_varying`") && message.contains("[true, false]"), "{message}");
    assert!(refused(&at("well.hdf5", "z=0"), &options(None)).contains("no axis z"));
}

#[test]
fn a_plane_of_three_dimensions_is_read_by_name_only() {
    let path = fixture("well_3d.hdf5");
    let message = refused(&path, &options(None));
    assert!(message.contains("axis z of length 4") && message.contains("--slice z=0"), "{message}");
    assert!(refused(&at("well_3d.hdf5", "z=4"), &options(None)).contains("one of its 4 planes, 0 to 3"));
    let sliced = at("well_3d.hdf5", "z=2");
    let data = held("well_3d.hdf5", &sliced, &options(None));
    assert_eq!("z=2".parse::<Slice>().unwrap().of(&path).unwrap(), sliced);
    assert_eq!(data.grid().boundary, Boundary::Periodic);
    assert!(data.notes().iter().any(|note| note == "plane 2 of the 4 along z is read"));
    let sums = [&path, &sliced, &at("well_3d.hdf5", "z=1")].map(|path| checksum(path).unwrap());
    assert!(sums[0] != sums[1] && sums[1] != sums[2]);
    let named = load(&at("well_3d.hdf5", "/t1_fields/velocity:z=2"), &options(None)).unwrap();
    assert_eq!(named.values(), data.values());
}

#[test]
fn pdebench_has_three_layouts() {
    let data = held("pdebench_compressible.hdf5", &fixture("pdebench_compressible.hdf5"), &options(None));
    assert!(data.notes().iter().any(|note| note.contains("one time more than there are frames")));
    let four = load(&at("pdebench_compressible.hdf5", "/Vx,/Vy,/density,/pressure"), &options(None)).unwrap();
    assert_eq!(four.channels(), 4);
    held("pdebench_incompressible.h5", &fixture("pdebench_incompressible.h5"), &options(None));
    held("pdebench_groups.h5", &fixture("pdebench_groups.h5"), &options(None));
    let one = load(&at("pdebench_groups.h5", "/0001/data"), &options(None)).unwrap();
    assert_eq!((one.trajectories(), one.frames()), (1, 6));
}

/// Frames that were never written read as zeros: `latestIndex` says which, and they are left out with a warning.
#[test]
fn frames_that_pdebench_has_not_written_are_left_out() {
    let data = held("pdebench_unfinished.h5", &fixture("pdebench_unfinished.h5"), &options(None));
    let by = "attribute `latestIndex`".into();
    assert_eq!(data.warnings(), [Suspicion::FramesLeftOut { by, frames: 4, all: 6 }]);
}

/// jax-cfd: coordinates of centres, components on faces.
#[test]
fn staggered_components_are_warned_of() {
    let data = held("jax_cfd.nc", &fixture("jax_cfd.nc"), &options(None));
    assert_eq!(data.grid().x_axis, Axis::H);
    let offsets = "u at (1, 0.5), v at (0.5, 1)".into();
    assert_eq!(data.warnings(), [Suspicion::Staggered { offsets }]);
    // Where one component is read, its offset is used.
    let u = load(&at("jax_cfd.nc", "/u"), &options(None)).unwrap();
    let (at, _) = Coordinates::of(&u).unwrap();
    let [dx, dy] = [u.grid().dx, u.grid().dy];
    assert!((at.x_first - dx).abs() < 1e-6 && (at.y_first - dy / 2.0).abs() < 1e-6, "{at:?}");
    assert!(u.warnings().is_empty());
}

#[test]
fn packed_netcdf_is_read_by_the_names_of_its_axes() {
    let data = held("ocean.nc", &fixture("ocean.nc"), &options(None));
    assert_eq!((data.grid().x_axis, data.channels()), (Axis::W, 2));
    assert!(matches!(data.warnings(), [Suspicion::Degrees { .. }]), "{:?}", data.warnings());
}

#[test]
fn cut_outs_of_jhtdb_are_frames_of_three_components() {
    let data = held("jhtdb.h5", &fixture("jhtdb.h5"), &options(None));
    assert_eq!((data.grid().x_axis, data.channels()), (Axis::W, 3));
    assert!(data.notes().iter().any(|note| note.contains("10 of the database's steps apart")));
    let message = refused(&at("jhtdb.h5", "/Velocity_0001,/Velocity_0011,/Velocity_0031"), &options(None));
    assert!(message.contains("index of a frame") && message.contains("10 to 20"), "{message}");
}

/// A dimension without a coordinate is a dataset of zeros, and a coordinate is no field, whatever it is called.
#[test]
fn coordinates_are_never_the_state() {
    for (name, message) in [("jax_cfd.nc:/x", "axes of `x`"), ("jhtdb.h5:/xcoor", "1 axes")] {
        let error = load(&fixture(name), &options(None)).unwrap_err();
        assert!(matches!(error, DataError::Layout { .. } | DataError::Rank { .. }), "{message}: {error}");
    }
}

/// One file of traps, a variable each: what the names of axes, coordinates and fill values say is used or refused.
#[test]
fn traps_of_netcdf_are_errors() {
    let data = held("traps.nc", &at("traps.nc", "/even"), &options(None));
    assert_eq!(data.grid().x_axis, Axis::W);
    let message = refused(&at("traps.nc", "/even,/turned"), &options(None));
    assert!(message.contains("axes of `turned`: found TXY, expected TYX"), "{message}");
    // A dimension without a variable is stored as a dataset of zeros: no coordinate, and no name that says what it is.
    let message = refused(&at("traps.nc", "/unnamed"), &options(None));
    assert!(message.contains("found (time, phony, x)") && message.contains("--axes"), "{message}");
    let given = load(&at("traps.nc", "/unnamed"), &options(Some("TYX"))).unwrap();
    assert_eq!(given.values(), data.values());
    assert!(refused(&at("traps.nc", "/stations"), &options(None)).contains("(time, station, x)"));
    let message = refused(&at("traps.nc", "/down"), &options(None));
    assert!(message.contains("attribute `dy`: found [-0.5]") && message.contains("::-1"), "{message}");
    let message = refused(&at("traps.nc", "/uneven"), &options(None));
    assert!(message.contains("coordinate `stretched`: points are"), "{message}");
    for name in ["holes", "half"] {
        let error = load(&at("traps.nc", &format!("/{name}")), &options(None)).unwrap_err();
        let named = match name {
            "holes" => matches!(error, DataError::MissingValues { by: "attribute `_FillValue`", .. }),
            _ => matches!(error, DataError::NoVelocities { .. }),
        };
        assert!(named, "{name}: {error}");
    }
    // Of a variable that is shorter than its axis the rest was never written: netCDF4 shows it masked.
    let part = load(&at("traps.nc", "/part"), &options(None)).unwrap();
    let by = "the length of axis `time`".into();
    assert_eq!(part.warnings(), [Suspicion::FramesLeftOut { by, frames: 5, all: 6 }]);
    assert_eq!(part.values()[..], data.values()[..5 * 36]);
    assert_eq!(Coordinates::of(&part).unwrap().0, Coordinates::of(&data).unwrap().0);
    assert!(refused(&at("traps.nc", "/nothing"), &options(None)).contains("no dataset `/nothing`"));
    assert!(refused(&fixture("traps.nc"), &options(None)).contains("even(time, y, x)"));
}

/// Two components of one quantity in two units are refused; one unit that is spelt in two ways is one.
#[test]
fn components_of_one_quantity_have_one_unit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flow.h5");
    let read = |units: [&str; 2]| {
        let file = hdf5::File::create(&path).unwrap();
        for (k, (name, unit)) in ["u", "v"].into_iter().zip(units).enumerate() {
            let wave = |(t, i, j): (usize, usize, usize)| ((t + i + k * j) as f32 * 0.3).sin();
            let field = ndarray::Array3::from_shape_fn((3, 6, 6), wave);
            let data = file.new_dataset_builder().with_data(&field).create(name).unwrap();
            let text: hdf5::types::VarLenUnicode = unit.parse().unwrap();
            data.new_attr::<hdf5::types::VarLenUnicode>()
                .create("units")
                .unwrap()
                .write_scalar(&text)
                .unwrap();
        }
        drop(file);
        let at = PathBuf::from(format!("{}:/u,/v", path.display()));
        let options = LoadOptions { axes: Some("TYX".parse().unwrap()), kind: Some(Kind::GENERIC) };
        load(&at, &options).map(|data| data.attributes().get("units").cloned()).map_err(|e| e.to_string())
    };
    let one = Some(Attribute::Text("cm/s".into()));
    assert_eq!(read(["cm/s", "cm s-1"]).unwrap(), one);
    let message = read(["m/s", "cm/s"]).unwrap_err();
    assert!(message.contains("cm/s") && message.contains("m/s, as of `u`"), "{message}");
    let both = Some(Attribute::Text("kg m-3, m/s".into()));
    assert_eq!(read(["kg m-3", "m/s"]).unwrap(), both);
}

/// A border that the kind of a flow denies is refused, not passed over.
#[test]
fn a_border_is_that_of_the_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flow.h5");
    let read = |boundary: &str, kind: Kind| {
        let file = hdf5::File::create(&path).unwrap();
        let wave = |(t, c, i, j): (usize, usize, usize, usize)| ((t + i + c * j) as f32 * 0.3).sin();
        let field = ndarray::Array4::from_shape_fn((3, 2, 6, 6), wave);
        file.new_dataset_builder().with_data(&field).create("x").unwrap();
        let text: hdf5::types::VarLenUnicode = boundary.parse().unwrap();
        file.new_attr::<hdf5::types::VarLenUnicode>()
            .create("boundary")
            .unwrap()
            .write_scalar(&text)
            .unwrap();
        drop(file);
        let options = LoadOptions { axes: Some("TCHW".parse().unwrap()), kind: Some(kind) };
        load(&path, &options).map(|data| data.grid().boundary).map_err(|e| e.to_string())
    };
    assert_eq!(read("periodic", Kind::KOLMOGOROV).unwrap(), Boundary::Periodic);
    assert_eq!(read("open", Kind::GENERIC).unwrap(), Boundary::Open);
    let message = read("open", Kind::KOLMOGOROV).unwrap_err();
    assert!(message.contains("`boundary`: found \"open\", expected periodic"), "{message}");
}
