//! Writes the embedded PTX of every element type and architecture; `cargo xtask cuda --emit`.

use equipoise_likelihood_cuda::variant::{Storage, source};
use equipoise_likelihood_cuda::{Architecture, Nvrtc, embedded, ptx};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let nvrtc = Nvrtc::open()?;
    let mut bytes = 0;
    for architecture in embedded::STORED {
        for storage in Storage::ALL {
            let packed = fresh(&nvrtc, storage, architecture)?;
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(embedded::file(storage, architecture));
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder)?;
            }
            bytes += packed.len();
            std::fs::write(file, packed)?;
        }
    }
    println!("{nvrtc:?} wrote {bytes} bytes");
    Ok(())
}

fn fresh(
    nvrtc: &Nvrtc,
    storage: Storage,
    architecture: Architecture,
) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let compiled = nvrtc.compile(storage.name(), source(), &ptx::options(storage), architecture)?;
    let text = embedded::form(&ptx::fingerprint(storage, architecture), &compiled);
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(text.as_bytes())?;
    Ok(packed.finish()?)
}
