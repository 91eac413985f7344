//! Writes the embedded PTX of the steps; `cargo xtask cuda --emit`.

use equipoise_likelihood_cuda::variant::Storage;
use equipoise_likelihood_cuda::{Nvrtc, embedded, ptx};
use equipoise_solver_cuda::{SHIPPED, STEP};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let nvrtc = Nvrtc::open()?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ptx");
    std::fs::create_dir_all(&folder)?;
    let mut bytes = 0;
    for storage in [Storage::F32, Storage::F64] {
        let compiled = nvrtc.compile(storage.name(), STEP.text, &ptx::options(storage), SHIPPED)?;
        let text = embedded::form(&STEP.fingerprint(storage, SHIPPED), &compiled);
        bytes += text.len();
        std::fs::write(folder.join(format!("{}.ptx", storage.name())), text)?;
    }
    println!("{nvrtc:?} wrote {bytes} bytes");
    Ok(())
}
