//! Writes the embedded PTX of the reduction and of the steps; `cargo xtask cuda --emit`.

use equipoise_likelihood_cuda::source::{form, options};
use equipoise_likelihood_cuda::{LIKELIHOOD, Nvrtc};
use equipoise_solver_cuda::STEP;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (nvrtc, crates) = (Nvrtc::open()?, Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    let mut bytes = 0;
    for (source, folder) in [(LIKELIHOOD, "likelihood-cuda"), (STEP, "solver-cuda")] {
        for &(architecture, storage, _) in source.shipped {
            let ptx = nvrtc.compile(storage.name(), source.text, &options(storage), architecture)?;
            let mut packed = GzEncoder::new(Vec::new(), Compression::best());
            packed.write_all(form(&source.fingerprint(storage, architecture), &ptx).as_bytes())?;
            let (packed, folder) =
                (packed.finish()?, crates.join(folder).join(format!("ptx/{architecture}")));
            bytes += packed.len();
            std::fs::write(folder.join(format!("{}.ptx.gz", storage.name())), packed)?;
        }
    }
    println!("{nvrtc:?} wrote {bytes} bytes");
    Ok(())
}
