//! Writes the embedded PTX of the steps; `cargo xtask cuda --emit`.

use equipoise_likelihood_cuda::Nvrtc;
use equipoise_solver_cuda::STEP;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let nvrtc = Nvrtc::open()?;
    let bytes = STEP.emit(&nvrtc, Path::new(env!("CARGO_MANIFEST_DIR")))?;
    println!("{nvrtc:?} wrote {bytes} bytes");
    Ok(())
}
