//! Writes the embedded PTX of the reduction; `cargo xtask cuda --emit`.

use equipoise_likelihood_cuda::{LIKELIHOOD, Nvrtc};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let nvrtc = Nvrtc::open()?;
    let bytes = LIKELIHOOD.emit(&nvrtc, Path::new(env!("CARGO_MANIFEST_DIR")))?;
    println!("{nvrtc:?} wrote {bytes} bytes");
    Ok(())
}
