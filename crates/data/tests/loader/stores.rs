//! Zarr stores as zarr and xarray write them.

use crate::grids::{at, fixture, options, refused};
use equipoise_data::DataError;

/// A build without Zarr knows a store when it sees one.
#[cfg(not(feature = "zarr"))]
#[test]
fn stores_are_refused_with_the_way_out() {
    for name in ["waves_v2.zarr", "waves_v3.zarr"] {
        let message = refused(&fixture(name), &options(None));
        assert!(message.contains("found a Zarr store") && message.contains("--features zarr"), "{message}");
    }
    assert!(refused(&at("waves_v3.zarr", "/u,/v"), &options(None)).contains("--features zarr"));
}

#[test]
fn a_store_that_was_zipped_is_refused_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("waves.zarr.zip");
    std::fs::write(&path, b"PK\x03\x04 ... zarr.json").unwrap();
    let error = equipoise_data::load(&path, &options(None)).unwrap_err();
    assert!(matches!(error, DataError::Layout { .. }) && error.to_string().contains("unzip "), "{error}");
}

#[cfg(feature = "zarr")]
mod read {
    use super::*;
    use crate::grids::{Expected, held};
    use equipoise_data::{Kind, Suspicion, load};
    use serde_json::Value;
    use std::fs;
    use std::path::{Path, PathBuf};

    #[test]
    fn both_versions_are_what_xarray_reads() {
        for name in ["waves_v2.zarr", "waves_v3.zarr"] {
            let data = held(name, &fixture(name), &options(None));
            assert_eq!((data.kind(), data.warnings()), (Kind::GENERIC, &[][..]), "{name}");
            let u = load(&at(name, "/u"), &options(None)).unwrap();
            assert_eq!((u.channels(), u.frames()), (1, data.frames()));
            // A group has axes of its own.
            let inner = load(&at(name, "/inner/u"), &options(None)).unwrap();
            assert_eq!((inner.grid().dx, u.grid().dx), (0.25, 0.125), "{name}");
            // What is missing stands in `fill_value` in version 2, in base64 in version 3.
            for gaps in ["/gaps", "/marked"] {
                let error = load(&at(name, gaps), &options(None)).unwrap_err();
                let by = "attribute `_FillValue`";
                assert!(
                    matches!(error, DataError::MissingValues { by: b, .. } if b == by),
                    "{name}{gaps}: {error}"
                );
            }
        }
    }

    #[test]
    fn every_type_order_and_codec_is_the_same_field() {
        let expected = Expected::of("arrays.zarr").values();
        for path in [at("arrays.zarr", "/sharded"), at("arrays.zarr", "/double"), at("old.zarr", "/fortran")]
        {
            assert_eq!(load(&path, &options(None)).unwrap().values(), expected, "{}", path.display());
        }
        for (path, near) in [(at("arrays.zarr", "/half"), 1e-3), (at("old.zarr", "/packed"), 6e-4)] {
            let data = load(&path, &options(None)).unwrap();
            let doubts = data.warnings().iter().any(|odd| matches!(odd, Suspicion::ZeroFill { .. }));
            assert_eq!(doubts, path.to_string_lossy().ends_with("packed"), "{}", path.display());
            let far = data.values().iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(far <= near, "{}: {far}", path.display());
        }
    }

    /// A chunk that is not stored proves nothing: of zeros it is a warning, of NaN or all of them an error.
    #[test]
    fn chunks_that_are_not_stored_are_named() {
        let message = refused(&at("arrays.zarr", "/nothing"), &options(None));
        assert!(message.contains("none of its chunks is stored"), "{message}");
        let message = refused(&at("arrays.zarr", "/holes"), &options(None));
        assert!(message.contains("not finite"), "{message}");
        let message = refused(&at("arrays.zarr", "/zeros"), &options(None));
        assert!(message.contains("frames are 0 everywhere"), "{message}");
        let absent = Suspicion::ChunksAbsent { variable: "zeros".into(), absent: 2, all: 6, fill: 0.0 };
        assert!(absent.to_string().contains("2 of its 6 chunks are not stored"));
    }

    #[test]
    fn codecs_that_are_not_known_are_named_when_opening() {
        let message = refused(&at("old.zarr", "/delta"), &options(None));
        assert!(message.contains("open array `delta`") && message.contains("delta"), "{message}");
    }
    /// A copy of an array of the fixtures as the only one of a store, its metadata changed.
    fn copy(folder: &Path, name: &str, change: impl Fn(&mut Value)) -> PathBuf {
        let store = folder.join("store.zarr");
        let (from, to) = (fixture("arrays.zarr").join(name), store.join("velocity"));
        for chunk in ["0/0", "0/1", "0/2", "1/0", "1/1", "1/2"].map(|at| format!("c/{at}/0/0/0")) {
            fs::create_dir_all(to.join(&chunk).parent().unwrap()).unwrap();
            fs::copy(from.join(&chunk), to.join(&chunk)).unwrap();
        }
        let mut metadata = serde_json::from_slice(&fs::read(from.join("zarr.json")).unwrap()).unwrap();
        change(&mut metadata);
        fs::write(to.join("zarr.json"), metadata.to_string()).unwrap();
        fs::copy(fixture("arrays.zarr/zarr.json"), store.join("zarr.json")).unwrap();
        store
    }

    fn refused_when(name: &str, change: impl Fn(&mut Value)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let store = copy(folder.path(), name, change);
        refused(&store, &options(None)).replace(&*folder.path().to_string_lossy(), "")
    }

    /// What is claimed is held to what is stored, before room is made for it.
    #[test]
    fn claims_that_what_is_stored_cannot_meet_are_refused() {
        let shape = |shape: [u64; 5]| move |of: &mut Value| of["shape"] = serde_json::json!(shape);
        for (claimed, found) in [
            ([1 << 40, 1 << 40, 2, 8, 6], "more than memory has addresses for"),
            ([2, 1_000_000_000, 2, 8, 6], "6 of its 1000000000 chunks stored"),
            ([2, 200, 2, 8, 6], "6 of its 200 chunks stored"),
        ] {
            let message = refused_when("half", shape(claimed));
            assert!(message.contains(found) && message.contains("nothing was read"), "{message}");
        }
        let chunks = |length: u64| {
            move |of: &mut Value| {
                of["shape"][1] = length.into();
                of["chunk_grid"]["configuration"]["chunk_shape"][1] = length.into();
            }
        };
        let message = refused_when("half", chunks(1 << 30));
        assert!(message.contains("expected chunks of at most 1073741824 bytes"), "{message}");
        // Two chunks of 230 MB in less than a kilobyte: 32 MB would be the most.
        let message = refused_when("half", chunks(1_200_000));
        assert!(message.contains("bytes of it stored, expected 14062 bytes at least"), "{message}");
    }

    #[test]
    fn what_is_damaged_is_one_error() {
        let codec = |of: &mut Value| of["codecs"][1]["name"] = "packed_by_nobody".into();
        let message = refused_when("double", codec);
        assert!(
            message.contains("open array `velocity`") && message.contains("packed_by_nobody"),
            "{message}"
        );
        let folder = tempfile::tempdir().unwrap();
        let store = copy(folder.path(), "double", |_| {});
        assert_eq!(load(&store, &options(None)).unwrap().values(), Expected::of("arrays.zarr").values());
        let chunk = store.join("velocity/c/1/2/0/0/0");
        let whole = fs::read(&chunk).unwrap();
        let flipped: Vec<u8> = whole
            .iter()
            .enumerate()
            .map(|(i, byte)| if i == whole.len() / 2 { byte ^ 4 } else { *byte })
            .collect();
        for damaged in [&whole[..whole.len() / 2], &flipped, b"", &[0; 100]] {
            fs::write(&chunk, damaged).unwrap();
            let message = refused(&store, &options(None));
            assert!(message.contains("Zarr: cannot read array `velocity`"), "{message}");
        }
    }
}
