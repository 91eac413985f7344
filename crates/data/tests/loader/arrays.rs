//! Files of NumPy, MATLAB, ibpm and PIV programs, made by those (`fixtures/arrays/make.py`).

use crate::recording::surveyed;
use equipoise_data::{Attribute, Coordinates, DataError, Dataset, Kind, LoadOptions, checksum, load};
use equipoise_field::Axis;
use std::path::{Path, PathBuf};

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/arrays").join(name)
}

/// Copies a fixture into a folder, so that something may stand beside it.
pub(crate) fn copied(folder: &Path, name: &str) -> PathBuf {
    let (from, to) = (fixture(name), folder.join(name));
    if from.is_dir() {
        std::fs::create_dir(&to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    } else {
        std::fs::copy(from, &to).unwrap();
    }
    to
}

fn at(file: &str, dataset: &str) -> PathBuf {
    format!("{}:{dataset}", fixture(file).display()).into()
}

fn axes(order: &str) -> LoadOptions {
    LoadOptions { axes: Some(order.parse().unwrap()), kind: Some(Kind::GENERIC) }
}

/// That of `make.py`, flat in (N, T, C, H, W) = (2, 6, 2, 3, 4).
fn wave() -> Vec<f32> {
    let value = |i: usize| {
        let (n, t, p) = (i / 144, i / 24 % 6, i % 24);
        ((24 * n + 3 * t + 7 * p) % 64).abs_diff(32) as f32 / 16.0 - 1.0
    };
    (0..288).map(value).collect()
}

/// Loaded whole and read in portions, the field is the same.
fn loaded(path: &Path, options: &LoadOptions) -> Dataset {
    let data = load(path, options).unwrap();
    let (recording, found) = surveyed(path, options, 1).unwrap();
    assert_eq!((recording.frame(), recording.grid()), (data.shape(1), data.grid()));
    let frames = data.frames();
    for n in 0..data.trajectories() {
        let run = recording.run(found.order, n, frames / 2..frames).unwrap();
        assert_eq!(run, data.window(n, frames / 2, frames - frames / 2).unwrap());
    }
    data
}

fn refused(path: &Path, options: &LoadOptions) -> String {
    load(path, options).unwrap_err().to_string()
}

#[test]
fn arrays_of_numpy_are_read_in_either_order() {
    let data = loaded(&fixture("single.npy"), &axes("NTCHW"));
    assert_eq!((data.values(), data.audit().unwrap().variable.as_str()), (&wave()[..], "single"));
    let data = loaded(&fixture("fortran.npy"), &axes("NTCHW"));
    assert_eq!((data.values(), data.audit().unwrap().element.as_str()), (&wave()[..], "f64"));
    let data = loaded(&fixture("big_integers.npy"), &axes("NTCHW"));
    assert_eq!(data.values(), wave().iter().map(|x| 16.0 * x).collect::<Vec<f32>>());
    assert!(data.notes().iter().any(|note| note.contains("holds integers")), "{:?}", data.notes());
    let data = loaded(&fixture("frames_xy.npy"), &axes("TXY"));
    let one: Vec<f32> = wave().chunks(24).take(6).flat_map(|frame| frame[..12].to_vec()).collect();
    assert_eq!((data.values(), data.grid().x_axis, data.channels()), (&one[..], Axis::H, 1));
    let error = refused(&fixture("single.npy"), &LoadOptions::default());
    assert!(error.contains("--axes NTCHW"), "{error}");
}

#[test]
fn every_type_of_numbers_is_read_or_named() {
    let expected: Vec<f32> = wave().iter().map(|x| 16.0 * x + 16.0).collect();
    for name in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"] {
        for name in [name.to_owned(), format!("{name}_big")] {
            let data = loaded(&at("types.npz", &name_of(&name)), &axes("NTCHW"));
            assert_eq!(data.values(), expected, "{name}");
        }
    }
    for (name, found) in [
        ("truths", "truth values"),
        ("complex", "complex numbers"),
        ("long", "floating point numbers of 128 bits"),
        ("dates", "dates or durations"),
        ("objects", "Python objects"),
        ("records", "records"),
    ] {
        let error = refused(&at("types.npz", &name_of(name)), &axes("NTCHW"));
        assert!(error.contains(&format!("`{}` holds {found}", name)), "{error}");
    }
    let error = refused(&fixture("types.npz"), &axes("NTCHW"));
    assert!(error.contains("found [f2, f4") && error.contains("records (records)"), "{error}");
    // An array alone is named for what it holds, whatever its file is called.
    let folder = tempfile::tempdir().unwrap();
    for (descr, found) in
        [("<c8", "complex numbers of 64 bits"), ("<V2", "raw items of 16 bits"), ("|O", "Python objects")]
    {
        let path = folder.path().join("alone.npy");
        let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (2,), }}");
        let length = [(text.len() + 1) as u8, 0];
        std::fs::write(&path, [b"\x93NUMPY\x01\x00", &length[..], text.as_bytes(), b"\n", &[0; 16]].concat())
            .unwrap();
        let error = refused(&path, &axes("NTCHW"));
        assert!(error.contains(&format!("`alone` holds {found}")), "{error}");
    }
    let error = refused(&at("types.npz", "/none"), &axes("NTCHW"));
    assert!(error.contains("no dataset `/none`"), "{error}");
}

fn name_of(name: &str) -> String {
    format!("/{name}")
}

#[test]
fn an_archive_states_its_axes_times_and_mask() {
    let data = loaded(&fixture("stored.npz"), &LoadOptions::default());
    assert_eq!((data.kind(), data.grid().dx), (Kind::GENERIC, 0.5));
    assert_eq!((data.mask().unwrap().count(), Coordinates::of(&data).unwrap().0.time_step), (2, 0.2));
    assert!(data.mask().unwrap().hides(0, 1) && data.mask().unwrap().hides(2, 3));
    let (found, wave) = (data.values(), wave());
    assert!((0..288).all(|i| [1, 11].contains(&(i % 12)) || found[i].to_bits() == wave[i].to_bits()));
    // A list called `x` is a coordinate; without X and Y among the axes it is that of neither.
    assert!(
        data.notes().iter().any(|note| note.starts_with("dataset `x` is not used")),
        "{:?}",
        data.notes()
    );
    let data = load(&fixture("stored.npz"), &axes("NTCYX")).unwrap();
    let (coordinates, _) = Coordinates::of(&data).unwrap();
    assert_eq!((data.grid().dx, coordinates.x_first), (0.5, 2.0));
    // A component each, one in Fortran's order; times beside them.
    let data = loaded(&at("sides.npz", "/run/u,/run/v"), &axes("NTHW"));
    assert_eq!(data.values(), wave);
    let (coordinates, _) = Coordinates::of(&data).unwrap();
    assert_eq!(coordinates.time_step, 0.25);
    assert_eq!(data.attributes().get("t_first"), Some(&Attribute::Numbers(vec![3.0])));
    assert_eq!(data.attributes().get("channels"), Some(&Attribute::Text("u,v".into())));
}

#[test]
fn attributes_stand_in_a_file_beside() {
    let folder = tempfile::tempdir().unwrap();
    let path = copied(folder.path(), "single.npy");
    let bare = checksum(&path).unwrap();
    let beside = folder.path().join("single.json");
    std::fs::write(&beside, r#"{"axes": "NTCHW", "kind": "generic", "dx": 0.25, "dt": 2, "nothing": null}"#)
        .unwrap();
    let data = loaded(&path, &LoadOptions::default());
    assert_eq!((data.values(), data.grid().dx), (&wave()[..], 0.25));
    let notes = data.notes().join("; ");
    assert!(
        notes.contains("single.json beside it; nothing is known by the name `nothing`, which"),
        "{notes}"
    );
    assert_ne!(checksum(&path).unwrap(), bare);
    for (text, expected) in
        [("[1]", "expected a JSON object"), ("{\"dx\": -1}", "attribute `dx`"), ("{", "EOF")]
    {
        std::fs::write(&beside, text).unwrap();
        let error = refused(&path, &axes("NTCHW"));
        assert!(error.contains(expected), "{error}");
    }
    // A folder of arrays is one too, and what the archive itself states may not be denied.
    copied(folder.path(), "fortran.npy");
    let both = PathBuf::from(format!("{}:/single,/fortran", folder.path().display()));
    assert_eq!(load(&both, &axes("NTCHW")).unwrap().channels(), 4);
    let path = copied(folder.path(), "stored.npz");
    std::fs::write(folder.path().join("stored.json"), r#"{"dx": 2}"#).unwrap();
    let error = refused(&path, &LoadOptions::default());
    assert!(error.contains("attribute `dx`: found [0.5], expected [2.0], as of"), "{error}");
}

/// Cut, lengthened or changed anywhere, a file is refused.
#[test]
fn broken_files_of_numpy_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["single.npy", "stored.npz", "sides.npz"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        let path = folder.path().join(name);
        let options = axes(if name == "sides.npz" { "NTHW" } else { "NTCHW" });
        let asked = if name == "sides.npz" {
            format!("{}:/run/u,/run/v", path.display()).into()
        } else {
            path.clone()
        };
        for length in (1..whole.len()).step_by(61) {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(load(&asked, &options).is_err(), "{name} cut at {length}");
        }
    }
    // A bit anywhere in an archive: there is a sum, so that numbers are right or refused.
    for (name, asked) in [("stored.npz", "velocity"), ("sides.npz", "run/u,/run/v")] {
        let (whole, path) = (std::fs::read(fixture(name)).unwrap(), folder.path().join(name));
        let asked = PathBuf::from(format!("{}:/{asked}", path.display()));
        let (mut right, mut wrong, wave) = (0, 0, wave());
        for place in (0..whole.len()).step_by(11) {
            let mut changed = whole.clone();
            changed[place] ^= 4;
            std::fs::write(&path, changed).unwrap();
            let Ok(data) = load(&asked, &axes(if name == "sides.npz" { "NTHW" } else { "NTCHW" })) else {
                wrong += 1;
                continue;
            };
            right += 1;
            let hidden = |i: usize| data.mask().is_some_and(|mask| mask.cells()[i % 12]);
            assert!(
                (0..288).all(|i| hidden(i) || data.values()[i].to_bits() == wave[i].to_bits()),
                "{name} {place}"
            );
        }
        assert!(wrong > right, "{wrong} {right}");
    }
    let path = folder.path().join("single.npy");
    std::fs::write(&path, &std::fs::read(fixture("single.npy")).unwrap()[..1000]).unwrap();
    let error = refused(&path, &axes("NTCHW"));
    assert!(error.contains("found 872 bytes of numbers, expected 1152"), "{error}");
    let (path, whole) = (folder.path().join("stored.npz"), std::fs::read(fixture("stored.npz")).unwrap());
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = refused(&path, &axes("NTCHW"));
    assert!(error.contains("found a zip archive that is cut off or damaged"), "{error}");
}

#[test]
fn axes_of_matlab_are_those_that_it_shows() {
    let data = loaded(&fixture("matlab.mat"), &LoadOptions::default());
    assert_eq!((data.kind(), data.mask().unwrap().count()), (Kind::GENERIC, 2));
    assert!(data.mask().unwrap().hides(0, 1) && data.mask().unwrap().hides(2, 3));
    let (found, wave) = (data.values(), wave());
    assert!((0..288).all(|i| [1, 11].contains(&(i % 12)) || found[i].to_bits() == wave[i].to_bits()));
    assert_eq!(Coordinates::of(&data).unwrap().0.time_step, 0.2);
    assert!(data.notes().iter().any(|note| note.contains("`MATLAB_class`")), "{:?}", data.notes());
    let part = loaded(&at("matlab.mat", "/small/v"), &LoadOptions::default());
    assert_eq!((part.grid().dx, data.grid().dx), (0.125, 1.0));
    assert_eq!((part.channels(), part.values()[5 * 12 + 2]), (1, wave[5 * 24 + 12 + 2]));
    // Without that attribute nothing is turned.
    assert_eq!(loaded(&fixture("unturned.mat"), &axes("NTCHW")).values(), wave);
    for (name, found) in [("many", "complex"), ("none", "nothing"), ("axes", "a text")] {
        let error = refused(&at("matlab.mat", &name_of(name)), &axes("NTCHW"));
        assert!(
            error.contains(&format!("`{name}` holds")) && (error.contains(found) || name == "many"),
            "{error}"
        );
    }
}

#[test]
fn formats_that_are_not_read_are_told_with_what_converts_them() {
    for (name, expected) in [
        ("level5.mat", "save('OUT.mat', '-struct', 's', '-v7.3')"),
        ("classic.nc", "nccopy -k nc4"),
        ("lmdb", "lmdb.open("),
    ] {
        let path = fixture(name);
        let error = load(&path, &axes("NTCHW")).unwrap_err();
        assert!(matches!(error, DataError::Foreign { .. }), "{error}");
        let error = error.to_string();
        assert!(error.contains(expected) && error.matches(&*path.to_string_lossy()).count() >= 2, "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    for (start, expected) in [
        (&b"GRIB\0\0\0\x02"[..], "grib_to_netcdf"),
        (b"\x80\x04\x95", "pickle"),
        (b"\x1f\x8b\x08", "gzip -dk"),
        (b"PK\x05\x06", "zip archive"),
        (b"# vtk DataFile Version 3.0\n", "pyvista"),
    ] {
        let path = folder.path().join("file");
        std::fs::write(&path, start).unwrap();
        let error = refused(&path, &axes("NTCHW"));
        assert!(error.contains(expected), "{error}");
    }
}
