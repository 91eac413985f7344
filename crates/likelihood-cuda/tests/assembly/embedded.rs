//! The embedded PTX against the source: by fingerprint without a compiler, by its text with one.

use crate::toolchain::built;
use equipoise_likelihood_cuda::variant::Storage;
use equipoise_likelihood_cuda::{embedded, ptx};

#[test]
fn embedded_ptx_is_of_this_source_and_these_options() {
    for architecture in embedded::STORED {
        for storage in Storage::ALL {
            let text = embedded::text(storage, architecture).expect("a text");
            assert_eq!(
                embedded::fingerprint(&text),
                Some(ptx::fingerprint(storage, architecture).as_str()),
                "{} is stale: run `cargo xtask cuda --emit`",
                embedded::file(storage, architecture)
            );
        }
    }
}

#[test]
fn embedded_ptx_is_what_the_compiler_writes() {
    let Some(built) = built() else { return };
    for variant in built {
        let (storage, architecture) = (variant.storage, variant.architecture);
        let shipped = embedded::text(storage, architecture).expect("a text");
        let fingerprint = embedded::fingerprint(&shipped).expect("a first line");
        let same = shipped == embedded::form(fingerprint, &variant.ptx);
        assert!(same, "{} for {architecture} differs: run `cargo xtask cuda --emit`", storage.name());
    }
}
