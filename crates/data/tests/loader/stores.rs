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
}
