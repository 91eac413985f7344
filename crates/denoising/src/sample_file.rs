//! Samples on disk, in physical units, as a file of trajectories.

use crate::words::in_file;
use crate::{DenoisingError, Flow, Result, Samples};
use equipoise_data::store::{Existing, Writer};
use std::path::{Path, PathBuf};

/// Writes `<flow>_<denoiser>.h5` into a folder, which it makes: `velocity` (M, T, C, H, W) in the
/// physical units of the training file, the attributes of a data file, and `facts` as the attribute
/// `provenance`. Nothing is written without a sample.
///
/// # Errors
/// [`DenoisingError::Io`] for the folder; [`DenoisingError::Data`], also for an existing file that may not
/// be replaced.
pub fn write_samples(
    folder: &Path,
    existing: Existing,
    flow: &Flow,
    samples: &Samples,
    facts: &[(String, String)],
) -> Result<Option<PathBuf>> {
    if samples.members.is_empty() {
        return Ok(None);
    }
    std::fs::create_dir_all(folder).map_err(|source| DenoisingError::Io { path: folder.into(), source })?;
    let path = folder.join(format!("{}_{}.h5", flow.name(), in_file(&samples.denoiser)));
    let (prior, shape) = (flow.prior(), flow.shape());
    let mut values = Vec::with_capacity(samples.members.len() * shape.len());
    for member in &samples.members {
        let mut x = member.x.clone();
        prior.normalizer().restore(shape, &mut x)?;
        values.extend(x);
    }
    let writer = Writer::create(&path, existing)?;
    prior.describe(&writer, 0.0)?;
    writer.set_json("provenance", &facts)?;
    let count = samples.members.len();
    writer.write("velocity", &[count, shape.frames, shape.channels, shape.height, shape.width], &values)?;
    writer.finish()?;
    Ok(Some(path))
}
