//! Samples on disk, in physical units, as a file of trajectories and in the formats of other programs.

use crate::words::in_file;
use crate::{Flow, Result, Samples};
use equipoise_data::exchange::{self, Fields, Format, Stored};
use equipoise_data::store::{Along, Dimension, Existing, Writer};
use equipoise_data::{Attribute, DataError};
use equipoise_experiment::Error;
use equipoise_field::Shape;
use std::path::{Path, PathBuf};

/// Where a file of samples holds what; neither mean nor deviation is in it.
const STORED: Stored = Stored { members: "velocity", mean: "", std: "" };

/// Writes `<flow>_<denoiser>.h5` into a folder, which it makes: `velocity` (M, T, C, H, W) in the
/// physical units of the training file, its dimensions by name, the attributes of a data file, and `facts` as the
/// attribute `provenance`; then the same in the formats asked for. Nothing is written without a sample.
///
/// # Errors
/// [`DenoisingError::Experiment`](crate::DenoisingError::Experiment) for the folder;
/// [`DenoisingError::Data`](crate::DenoisingError::Data), also for an existing file that may not
/// be replaced.
pub fn write_samples(
    (folder, existing): (&Path, Existing),
    formats: &[Format],
    (flow, samples): (&Flow, &Samples),
    facts: &[(String, String)],
) -> Result<Option<PathBuf>> {
    if samples.members.is_empty() {
        return Ok(None);
    }
    std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    let (stem, path) = place(folder, (flow, samples));
    let (prior, shape) = (flow.prior(), flow.shape());
    let mut values = Vec::with_capacity(samples.members.len() * shape.len());
    for member in &samples.members {
        let mut x = member.x.clone();
        prior.normalizer().restore(shape, &mut x)?;
        values.extend(x);
    }
    let fields = Fields {
        members: values.chunks_exact(shape.len().max(1)).collect(),
        indices: samples.members.iter().map(|sampled| sampled.member).collect(),
        ..prior.exchanged(shape.frames, 0.0, Attribute::json("provenance", &facts)?, STORED)
    };
    let writer = Writer::create_ordered(&path, existing)?;
    prior.describe(&writer, 0.0)?;
    writer.set_json("provenance", &facts)?;
    let Shape { frames, channels, height, width } = shape;
    writer.write(STORED.members, &[samples.members.len(), frames, channels, height, width], &values)?;
    name_axes(&writer, &fields)?;
    writer.finish()?;
    exchange::clear(folder, &stem, formats)?;
    for format in formats {
        format.write(&fields, folder, &stem, existing)?;
    }
    Ok(Some(path))
}

/// Whether [`write_samples`] can write its files, before any of them is written.
///
/// # Errors
/// [`DenoisingError::Data`](crate::DenoisingError::Data) with what stands in the way.
pub fn check_samples(
    (folder, existing): (&Path, Existing),
    formats: &[Format],
    of: (&Flow, &Samples),
) -> Result<()> {
    let (stem, path) = place(folder, of);
    match existing {
        Existing::Refuse if path.exists() => Err(DataError::Exists { path }.into()),
        _ if path.is_dir() => Err(DataError::IsFolder { path }.into()),
        _ => Ok(exchange::check(folder, &stem, formats, existing)?),
    }
}

/// The name of samples, and their file.
fn place(folder: &Path, (flow, samples): (&Flow, &Samples)) -> (String, PathBuf) {
    let stem = format!("{}_{}", flow.name(), in_file(&samples.denoiser));
    let path = folder.join(format!("{stem}.h5"));
    (stem, path)
}

/// Makes the axes of the array dimensions with names.
fn name_axes(writer: &Writer, fields: &Fields<'_>) -> Result<()> {
    let mut all = fields.dimensions();
    let words = Along::Words(fields.components.clone());
    all.push(Dimension { name: "component".into(), along: words, texts: Vec::new() });
    let dimensions = writer.dimensions(&all)?;
    let [first, second] = fields.axes();
    dimensions.attach(STORED.members, &["member", "time", "component", first, second])?;
    if fields.mask.is_some() {
        dimensions.attach("mask", &[first, second])?;
    }
    Ok(dimensions.finish()?)
}
