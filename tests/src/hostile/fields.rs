//! Fields and tables of readings from hostile bytes.

use super::files::placed;
use equipoise_data::sensors::read_sensors;
use equipoise_data::{AxisOrder, DataError, Kind, LoadOptions, Recording, Survey, audit, load};
use std::io::Write;
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// `.npy` and `.npz`.
pub(super) fn arrays(bytes: &[u8]) -> bool {
    field(&placed("flow.npy", bytes))
}

/// An array in an archive, whose sums hide it from damage.
pub(super) fn entry(bytes: &[u8]) -> bool {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let written =
        zip.start_file("velocity.npy", SimpleFileOptions::default()).and_then(|()| Ok(zip.write_all(bytes)?));
    written.expect("an archive in memory is written");
    field(&placed("flow.npz", &zip.finish().expect("an archive in memory ends").into_inner()))
}

/// What a file beside an array states.
pub(super) fn beside(bytes: &[u8]) -> bool {
    let values = (0..48i16).map(|i| f32::from(i * 7 % 13)).flat_map(f32::to_le_bytes);
    let mut array = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    let head = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 2, 3, 4), }";
    array.extend(format!("{head:<117}\n").bytes());
    array.extend(values);
    let path = placed("beside.npy", &array);
    placed("beside.json", bytes);
    read(&path, &LoadOptions::default())
}

/// Restart files of ibpm.
pub(super) fn restart(bytes: &[u8]) -> bool {
    field(&placed("flow.bin", bytes))
}

/// Tecplot's text.
pub(super) fn tecplot(bytes: &[u8]) -> bool {
    field(&placed("flow.plt", bytes))
}

/// Text of PIV programs, as a field and as readings.
pub(super) fn vectors(bytes: &[u8]) -> bool {
    placed("vectors.json", br#"{"length_units": "m", "units": "m/s", "y_axis": "up", "t_first": 0.5}"#);
    let path = placed("vectors.txt", bytes);
    let read = field(&path);
    table(&path) || read
}

/// Tables of readings in text.
pub(super) fn readings(bytes: &[u8]) -> bool {
    table(&placed("readings.csv", bytes))
}

/// All that is HDF5: ours, The Well, PDEBench, JHTDB, netCDF-4, MATLAB, and tables of readings.
pub(super) fn hdf5(bytes: &[u8]) -> bool {
    let path = placed("flow.h5", bytes);
    let read = field(&path);
    table(&path) || read
}

/// A store of one array, each of whose six chunks has the same bytes. Without the feature `zarr` it is refused.
pub(super) fn store(bytes: &[u8]) -> bool {
    let (version, rest) = bytes.split_first().unwrap_or((&b'3', &[]));
    let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
    let (metadata, chunk) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
    let chunks = (0..2).flat_map(|n| (0..3).map(move |t| (n, t)));
    if *version == b'2' {
        chunks.for_each(|(n, t)| drop(placed(&format!("old.zarr/velocity/{n}.{t}.0.0.0"), chunk)));
        placed("old.zarr/velocity/.zattrs", br#"{"axes": "NTCXY"}"#);
        placed("old.zarr/velocity/.zarray", metadata);
        let root = placed("old.zarr/.zgroup", br#"{"zarr_format": 2}"#);
        return root.parent().is_some_and(field);
    }
    chunks.for_each(|(n, t)| drop(placed(&format!("new.zarr/velocity/c/{n}/{t}/0/0/0"), chunk)));
    placed("new.zarr/velocity/zarr.json", metadata);
    let group = br#"{"zarr_format": 3, "node_type": "group", "attributes": {}}"#;
    placed("new.zarr/zarr.json", group).parent().is_some_and(field)
}

/// As it stands, and as whoever knows its axes and kind would read it.
fn field(path: &Path) -> bool {
    let told = LoadOptions { axes: Some(AxisOrder::NTCHW), kind: Some(Kind::GENERIC) };
    read(path, &LoadOptions { kind: Some(Kind::GENERIC), ..LoadOptions::default() }) || read(path, &told)
}

/// Whether a file is read; then it is read in portions too, which must find the same numbers.
fn read(path: &Path, options: &LoadOptions) -> bool {
    let Ok(data) = load(path, options) else {
        // What is not read is described as far as it can be.
        let _ = audit(path, options);
        return false;
    };
    assert!(
        data.values().iter().all(|x| x.is_finite()),
        "{} of {path:?}: a number that is none",
        data.kind()
    );
    let recording = Recording::open(path, options).expect("what was read opens");
    let mut survey = Survey::new(&recording);
    let lines = recording.for_each_lines(1, |lines| {
        survey.add(&lines);
        Ok::<_, DataError>(())
    });
    lines.expect("what was read is read in lines");
    let found = survey.finish().expect("what was read is surveyed");
    assert_eq!(found.extent(), (data.trajectories(), data.frames()), "{path:?}");
    let all = data.values().chunks_exact(data.shape(data.frames()).len());
    for (n, whole) in all.enumerate() {
        let run = recording.run(found.order, n, 0..data.frames()).expect("what was read is read in runs");
        let same = run.len() == whole.len() && run.iter().zip(whole).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(same, "{path:?}: trajectory {n} differs between two readings");
    }
    true
}

fn table(path: &Path) -> bool {
    let components = ["u".to_owned(), "v".to_owned()];
    let read = || read_sensors(path, Some(0.1), &components);
    let Ok(table) = read() else { return false };
    let numbers = table.readings.iter().flat_map(|r| {
        let measured = r.components.iter().flatten().flat_map(|m| [m.value, m.noise]);
        [r.time, r.x, r.y].into_iter().chain(measured).collect::<Vec<f64>>()
    });
    assert!(numbers.into_iter().all(f64::is_finite), "{path:?}: a reading that is none");
    assert_eq!(table, read().expect("what was read is read again"), "{path:?}");
    true
}
