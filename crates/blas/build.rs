//! Finds the system's OpenBLAS: where pkg-config says that it lies, or else where Homebrew or the linker looks;
//! under the feature `openblas-src` that package does.

use std::path::Path;

/// Where Homebrew keeps it.
const KEGS: [&str; 2] = ["/opt/homebrew/opt/openblas/lib", "/usr/local/opt/openblas/lib"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_OPENBLAS_SRC").is_some()
        || pkg_config::probe_library("openblas").is_ok()
    {
        return;
    }
    for keg in KEGS.iter().filter(|keg| Path::new(keg).is_dir()) {
        println!("cargo::rustc-link-search=native={keg}");
    }
    println!("cargo::rustc-link-lib=dylib=openblas");
}
