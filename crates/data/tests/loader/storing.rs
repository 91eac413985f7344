//! The store: round trips, and nothing left behind or overwritten by accident.

use equipoise_data::DataError;
use equipoise_data::store::{Existing, Reader, Writer};
use std::path::Path;

fn files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    names.collect()
}

fn store(path: &Path, existing: Existing, value: f64) -> Result<(), DataError> {
    let writer = Writer::create(path, existing)?;
    writer.write("mean", &[2, 2], &[value, 1e-300, f64::MAX, -0.0])?;
    writer.write_in_parts("member/0", &[3], [vec![0.1f32, 0.2], vec![0.3]])?;
    writer.set_text("kind", "Rényi")?;
    writer.set_json("levels", &vec![0.1, 1.0 / 3.0])?;
    writer.set_numbers("dx", &[1.0 / 3.0])?;
    writer.set_numbers("center", &[99.0, 49.5])?;
    writer.finish()
}

#[test]
fn arrays_and_texts_come_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prior.h5");
    store(&path, Existing::Refuse, 1.0 / 3.0).unwrap();
    assert_eq!(files(folder.path()), ["prior.h5"]);

    let reader = Reader::open(&path).unwrap();
    let mean = reader.read::<f64>("mean").unwrap();
    assert_eq!(mean.shape, [2, 2]);
    let expected = [1.0 / 3.0, 1e-300, f64::MAX, -0.0f64].map(f64::to_bits);
    assert_eq!(mean.values.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), expected);
    assert_eq!(reader.read_shaped::<f32>("member/0", &[3]).unwrap(), [0.1, 0.2, 0.3]);
    assert_eq!(reader.shape("mean").unwrap(), [2, 2]);
    let second = reader.rows::<f64>("mean", 1..2).unwrap();
    assert_eq!(second.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), expected[2..]);
    assert_eq!(reader.rows::<f32>("member/0", 1..3).unwrap(), [0.2, 0.3]);
    assert!(matches!(reader.rows::<f64>("mean", 1..3), Err(DataError::Hdf5 { .. })));
    assert!(matches!(reader.rows::<f32>("mean", 0..1), Err(DataError::ElementType { .. })));
    assert_eq!(reader.text("kind").unwrap(), "Rényi");
    assert_eq!(reader.json::<Vec<f64>>("levels").unwrap(), [0.1, 1.0 / 3.0]);
    assert_eq!(reader.names().unwrap(), ["mean", "member"]);
    let file = hdf5::File::open(&path).unwrap();
    assert_eq!(file.attr("dx").unwrap().read_scalar::<f64>().unwrap().to_bits(), (1.0f64 / 3.0).to_bits());
    assert_eq!(file.attr("center").unwrap().read_raw::<f64>().unwrap(), [99.0, 49.5]);
}

#[test]
fn an_existing_file_stays_unless_replacing_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prior.h5");
    store(&path, Existing::Refuse, 1.0).unwrap();
    assert!(matches!(store(&path, Existing::Refuse, 2.0), Err(DataError::Exists { .. })));
    let first = |path: &Path| Reader::open(path).unwrap().read::<f64>("mean").unwrap().values[0];
    assert_eq!(first(&path).to_bits(), 1f64.to_bits());
    store(&path, Existing::Replace, 2.0).unwrap();
    assert_eq!(first(&path).to_bits(), 2f64.to_bits());
}

#[test]
fn an_unfinished_store_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prior.h5");
    let writer = Writer::create(&path, Existing::Refuse).unwrap();
    writer.write("mean", &[1], &[1.0f32]).unwrap();
    for (name, parts) in [("less", vec![vec![1.0f32; 2]]), ("more", vec![vec![1.0; 4], vec![1.0; 2]])] {
        let error = writer.write_in_parts(name, &[2, 2], parts).unwrap_err();
        assert!(matches!(error, DataError::Length { .. }), "{name}: {error}");
    }
    drop(writer);
    assert!(files(folder.path()).is_empty());
}

#[test]
fn faults_name_the_file_and_the_entry() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prior.h5");
    let writer = Writer::create(&path, Existing::Refuse).unwrap();
    let error = writer.write("mean", &[2, 2], &[0.0f32; 3]).unwrap_err();
    assert!(matches!(error, DataError::Length { found: 3, expected: 4, .. }), "{error}");
    writer.write("mean", &[1], &[0.0f32]).unwrap();
    let message = writer.write("mean", &[1], &[0.0f32]).unwrap_err().to_string();
    assert!(message.contains("prior.h5") && message.contains("`mean`"), "{message}");
    writer.set_text("kind", "{").unwrap();
    writer.finish().unwrap();

    let reader = Reader::open(&path).unwrap();
    let check = |error: DataError, parts: &[&str]| {
        let message = error.to_string();
        assert!(parts.iter().chain(&["prior.h5"]).all(|part| message.contains(part)), "{message}");
    };
    check(reader.read::<f32>("basis").unwrap_err(), &["no array `basis`", "mean"]);
    check(reader.read::<f32>("basis/0").unwrap_err(), &["no array `basis/0`"]);
    check(reader.read::<f64>("mean").unwrap_err(), &["`mean`", "float32", "f64"]);
    check(reader.read_shaped::<f32>("mean", &[2]).unwrap_err(), &["`mean`", "[1]", "[2]"]);
    check(reader.text("schedule").unwrap_err(), &["no attribute `schedule`", "kind"]);
    check(reader.json::<Vec<f64>>("kind").unwrap_err(), &["`kind`", "JSON"]);

    let missing = folder.path().join("nowhere").join("prior.h5");
    assert!(Writer::create(&missing, Existing::Refuse).is_err());
    assert!(matches!(Reader::open(&missing), Err(DataError::Missing { .. })));
}
