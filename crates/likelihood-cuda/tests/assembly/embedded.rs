//! The embedded PTX against the source: by fingerprint without a compiler, by its text with one.

use crate::toolchain::built;
use equipoise_likelihood_cuda::LIKELIHOOD;
use equipoise_likelihood_cuda::source::form;

#[test]
fn embedded_ptx_is_of_this_source_and_these_options() {
    for &(architecture, storage, _) in LIKELIHOOD.shipped {
        let text = LIKELIHOOD.embedded(storage, architecture).expect("a text");
        let first = form(&LIKELIHOOD.fingerprint(storage, architecture), "");
        let file = format!("{} for {architecture}", storage.name());
        assert!(text.starts_with(&first), "{file} is stale: run `cargo xtask cuda --emit`");
        assert!(text.contains(&format!("\n.target {architecture}\n")), "{file}");
    }
}

/// What ships for 9.0 is 8.0's, which is the same text but for its target.
#[test]
fn embedded_ptx_is_what_the_compiler_writes() {
    let Some(built) = built() else { return };
    for variant in built {
        let (storage, architecture) = (variant.storage, variant.architecture);
        let shipped = LIKELIHOOD.embedded(storage, architecture).expect("a text");
        let newest = LIKELIHOOD.shipped.iter().map(|row| row.0).filter(|known| *known <= architecture).max();
        let newest = newest.expect("a text");
        let fresh =
            variant.ptx.replacen(&format!(".target {architecture}\n"), &format!(".target {newest}\n"), 1);
        let same = shipped == form(&LIKELIHOOD.fingerprint(storage, newest), &fresh);
        assert!(same, "{} for {architecture} differs: run `cargo xtask cuda --emit`", storage.name());
    }
}
