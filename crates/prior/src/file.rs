//! A prior on disk: one HDF5 file.
//!
//! | entry | shape | content |
//! |---|---|---|
//! | attributes `format`, `settings`, `normalizer`, `kind`, `grid`, `coordinates`, `geometry`, `shape`, `provenance` | JSON | |
//! | attribute `checksums` | JSON | CRC-32 of the other entries, by name; absent in older files |
//! | attribute `particulars` | JSON | what the training file states, its units and statistics; absent in older files |
//! | `training/frames` | (N·T) | fingerprints of the training frames; absent in older files |
//! | `mean` | (T, C, H, W) | m, normalised units |
//! | `mask` | (H, W) | 1 where there is no flow; only where a mask stood beside the training data |
//! | `modes/basis`, `modes/eigenvalues`, `modes/complement` | (r, D), (r), (0 or 1) | explicit modes |
//! | `blocks/re`, `blocks/im`, `blocks/eigenvalues` | (K, T·C, T·C) twice, (K, T·C) | one block per independent wavenumber |

use crate::error::Fault;
use crate::fit::Fitted;
use crate::seal::Seal;
use crate::{Prior, PriorError, Provenance, Result};
use equipoise_covariance::{Covariance, Modes, Stationary};
use equipoise_data::store::{Existing, Reader, Writer};
use equipoise_data::{DataError, Described, Normalizer, Particulars};
use equipoise_field::{Real, Shape};
use num_complex::Complex;
use std::path::Path;
use std::sync::Arc;

/// The version of the format. Version 2 added coordinates and geometry to version 1.
const FORMAT: &str = "equipoise-prior 2";

impl Prior {
    /// Writes the prior, whole or not at all.
    ///
    /// # Errors
    /// [`PriorError::Data`] naming the file, also when it exists and may not be replaced.
    pub fn save(&self, path: &Path, existing: Existing) -> Result<()> {
        let (writer, seal) = (Writer::create(path, existing)?, Seal::default());
        writer.set_json("format", &FORMAT)?;
        seal.state(&writer, "settings", &self.settings)?;
        seal.state(&writer, "normalizer", &self.normalizer)?;
        seal.state(&writer, "kind", &self.about.kind)?;
        seal.state(&writer, "grid", &self.about.grid)?;
        seal.state(&writer, "coordinates", &self.about.coordinates)?;
        seal.state(&writer, "geometry", &self.about.geometry)?;
        seal.state(&writer, "shape", &self.shape)?;
        seal.state(&writer, "provenance", &self.provenance)?;
        seal.state(&writer, "particulars", &self.about.particulars)?;
        if let Some(mask) = self.normalizer.mask() {
            writer.write_mask(mask)?;
            seal.array("mask", mask.cells().iter().map(|hidden| [u8::from(*hidden)]));
        }
        writer.write(
            "training/frames",
            &[self.about.particulars.frames.len()],
            &self.about.particulars.frames,
        )?;
        seal.array("training/frames", self.about.particulars.frames.iter().map(|x| x.to_le_bytes()));
        let Shape { frames, channels, height, width } = self.shape;
        seal.array("mean", self.mean.iter().map(|x| x.to_le_bytes()));
        writer.write("mean", &[frames, channels, height, width], &self.mean)?;
        match &self.fitted {
            Fitted::Modes(modes) => {
                writer.write("modes/basis", &[modes.rank(), self.shape.len()], modes.basis())?;
                writer.write("modes/eigenvalues", &[modes.rank()], modes.eigenvalues())?;
                let complement: Vec<f64> = modes.complement().into_iter().collect();
                writer.write("modes/complement", &[complement.len()], &complement)?;
                seal.array("modes/basis", modes.basis().iter().map(|x| x.to_le_bytes()));
                seal.array("modes/eigenvalues", modes.eigenvalues().iter().map(|x| x.to_le_bytes()));
                seal.array("modes/complement", complement.iter().map(|x| x.to_le_bytes()));
            }
            Fitted::Stationary(blocks) => {
                let (count, planes) = (blocks.spectrum().wavenumbers(), self.shape.planes());
                let parts = |part: fn(&Complex<f64>) -> f64| {
                    (0..count).map(move |k| blocks.block_vectors(k).iter().map(part).collect::<Vec<f64>>())
                };
                let shape = [count, planes, planes];
                writer.write_in_parts("blocks/re", &shape, parts(|z| z.re))?;
                writer.write_in_parts("blocks/im", &shape, parts(|z| z.im))?;
                let values: Vec<f64> =
                    (0..count).flat_map(|k| blocks.block_eigenvalues(k).to_vec()).collect();
                writer.write("blocks/eigenvalues", &[count, planes], &values)?;
                let all = || (0..count).flat_map(|k| blocks.block_vectors(k));
                seal.array("blocks/re", all().map(|z| z.re.to_le_bytes()));
                seal.array("blocks/im", all().map(|z| z.im.to_le_bytes()));
                seal.array("blocks/eigenvalues", values.iter().map(|x| x.to_le_bytes()));
            }
        }
        seal.write(&writer)?;
        Ok(writer.finish()?)
    }

    /// Reads a prior.
    ///
    /// # Errors
    /// [`PriorError::Data`] or [`PriorError::Covariance`], naming file and entry; [`PriorError::Refused`] for an entry that
    /// is not what was written.
    pub fn load(path: &Path) -> Result<Self> {
        let (reader, seal) = (Reader::open(path)?, Seal::default());
        if reader.names()?.iter().any(|name| ["x", "velocity"].contains(&name.as_str())) {
            return Err(PriorError::IsData { path: path.into() });
        }
        let found: String = reader.json("format")?;
        if found != FORMAT {
            let expected = format!("`{FORMAT}`; fit the prior again with this version");
            return Err(PriorError::refused(
                path.display(),
                "attribute `format`",
                format!("`{found}`"),
                expected,
            ));
        }
        let shape: Shape = seal.stated(&reader, "shape")?;
        let normalizer: Normalizer = seal.stated(&reader, "normalizer")?;
        let mask = reader.mask([shape.height, shape.width])?;
        if let Some(mask) = &mask {
            seal.array("mask", mask.cells().iter().map(|hidden| [u8::from(*hidden)]));
        }
        let normalizer = normalizer.masked(mask);
        let provenance = seal.stated(&reader, "provenance")?;
        let particulars = particulars((&reader, &seal), &normalizer, &provenance)?;
        let Shape { frames, channels, height, width } = shape;
        let mean: Vec<f32> = reader.read_shaped("mean", &[frames, channels, height, width])?;
        seal.array("mean", mean.iter().map(|x| x.to_le_bytes()));
        let names = reader.names()?;
        let has = |group: &str| names.iter().any(|name| name.starts_with(group));
        let fitted = if has("modes") { modes(&reader, &seal, shape) } else { blocks(&reader, &seal, shape) };
        let fitted = fitted.map_err(|fault| fault.of(path))?;
        finite(path, "mean", &mean)?;
        match &fitted {
            Fitted::Modes(modes) => {
                finite(path, "modes/basis", modes.basis())?;
                finite(path, "modes/eigenvalues", modes.eigenvalues())?;
                finite(path, "modes/complement", modes.complement().as_slice())?;
            }
            Fitted::Stationary(blocks) => {
                for k in 0..blocks.spectrum().wavenumbers() {
                    let parts: Vec<f64> = blocks.block_vectors(k).iter().flat_map(|z| [z.re, z.im]).collect();
                    finite(path, "blocks/re, blocks/im", &parts)?;
                    finite(path, "blocks/eigenvalues", blocks.block_eigenvalues(k))?;
                }
            }
        }
        let about = Described {
            path: path.into(),
            kind: seal.stated(&reader, "kind")?,
            frame: Shape { frames: 1, ..shape },
            grid: seal.stated(&reader, "grid")?,
            coordinates: seal.stated(&reader, "coordinates")?,
            geometry: seal.stated(&reader, "geometry")?,
            mask: None,
            particulars,
        };
        let settings = seal.stated(&reader, "settings")?;
        seal.check(&reader, path)?;
        Ok(Self { shape, about, settings, normalizer, mean, fitted, provenance })
    }
}

/// What the training file said of itself. Files of before `particulars` tell by their notes which values
/// were defaults, and by their normalizer how the fields look.
fn particulars(
    (reader, seal): (&Reader, &Seal),
    normalizer: &Normalizer,
    provenance: &Provenance,
) -> Result<Particulars, DataError> {
    if reader.attributes()?.iter().any(|name| name == "particulars") {
        let frames = reader.read::<f64>("training/frames")?.values;
        seal.array("training/frames", frames.iter().map(|x| x.to_le_bytes()));
        return Ok(Particulars { frames, ..seal.stated(reader, "particulars")? });
    }
    Ok(Particulars { moments: normalizer.moments(), ..Particulars::by_notes(&provenance.notes) })
}

/// Refuses numbers that are none: `fit` wrote no such prior.
fn finite<R: Real>(path: &Path, field: &'static str, values: &[R]) -> Result<()> {
    match values.iter().map(|value| value.wide()).find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(found) => Err(PriorError::refused(path.display(), field, found, "finite numbers")),
    }
}

fn modes(reader: &Reader, seal: &Seal, shape: Shape) -> Result<Fitted, Fault> {
    let eigenvalues = reader.read::<f64>("modes/eigenvalues")?.values;
    let basis: Vec<f32> = reader.read_shaped("modes/basis", &[eigenvalues.len(), shape.len()])?;
    let complement = reader.read::<f64>("modes/complement")?.values;
    seal.array("modes/eigenvalues", eigenvalues.iter().map(|x| x.to_le_bytes()));
    seal.array("modes/basis", basis.iter().map(|x| x.to_le_bytes()));
    seal.array("modes/complement", complement.iter().map(|x| x.to_le_bytes()));
    let complement = complement.first().copied();
    Ok(Fitted::Modes(Arc::new(Modes::new(shape.len(), basis, eigenvalues, complement)?)))
}

fn blocks(reader: &Reader, seal: &Seal, shape: Shape) -> Result<Fitted, Fault> {
    let re = reader.read::<f64>("blocks/re")?.values;
    let im = reader.read::<f64>("blocks/im")?.values;
    seal.array("blocks/re", re.iter().map(|x| x.to_le_bytes()));
    seal.array("blocks/im", im.iter().map(|x| x.to_le_bytes()));
    let vectors = re.into_iter().zip(im).map(|(re, im)| Complex::new(re, im)).collect();
    let values = reader.read::<f64>("blocks/eigenvalues")?.values;
    seal.array("blocks/eigenvalues", values.iter().map(|x| x.to_le_bytes()));
    Ok(Fitted::Stationary(Arc::new(Stationary::new(shape, vectors, values)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Model, Settings};
    use equipoise_data::{Dataset, Field, Kind};
    use equipoise_field::{Axis, Boundary, Grid};

    fn dataset(boundary: Boundary) -> Dataset {
        let grid = Grid { x_axis: Axis::W, dx: 0.1, dy: 0.1, boundary };
        let series = Shape::new(6, 2, 4, 6);
        let values = equipoise_stream::Stream::new("data").normal(0, 3 * series.len());
        Dataset::in_memory(Kind::GENERIC, grid, series, values).unwrap()
    }

    #[test]
    fn a_saved_prior_is_the_same_prior() {
        let folder = tempfile::tempdir().unwrap();
        for (name, boundary, model) in [
            ("low_rank", Boundary::Open, Model::LowRank { rank: Some(3) }),
            ("dense", Boundary::Open, Model::Dense),
            ("stationary", Boundary::Periodic, Model::Stationary),
        ] {
            let data = dataset(boundary);
            let settings = Settings { window: 2, model, ..Settings::of(data.kind(), data.grid()) };
            let prior = Prior::fit(&data, &settings).unwrap();
            assert_eq!(prior.provenance().windows, 15);
            let path = folder.path().join(name);
            prior.save(&path, Existing::Refuse).unwrap();
            assert!(prior.save(&path, Existing::Refuse).is_err(), "an existing prior was overwritten");
            let read = Prior::load(&path).unwrap();
            assert_eq!(read.settings(), prior.settings());
            assert_eq!(read.coordinates(), prior.coordinates());
            assert_eq!(read.geometry(), prior.geometry());
            assert_eq!(read.provenance(), prior.provenance());
            assert_eq!(read.normalizer(), prior.normalizer());
            assert_eq!(read.particulars(), prior.particulars());
            let apply = |p: &Prior| {
                let covariance = p.covariance();
                let mut out = vec![0.0; p.shape().len()];
                covariance.apply(&covariance.weights(&|l| l), p.mean(), &mut out);
                out
            };
            assert_eq!(apply(&read), apply(&prior), "{name}");
        }
    }

    /// A bit of any number or word that the file states is told with its entry.
    #[test]
    fn a_flipped_bit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (boundary, model) in [(Boundary::Open, Model::Dense), (Boundary::Periodic, Model::Stationary)] {
            let data = dataset(boundary);
            let settings = Settings { window: 2, model, ..Settings::of(data.kind(), data.grid()) };
            let prior = Prior::fit(&data, &settings).unwrap();
            let path = folder.path().join("prior.h5");
            prior.save(&path, Existing::Replace).unwrap();
            let whole = std::fs::read(&path).unwrap();
            let number = prior.mean()[5].to_le_bytes();
            let word = b"\"window\":2";
            for (entry, bytes) in [("mean", &number[..]), ("settings", word)] {
                let at = whole.windows(bytes.len()).position(|found| found == bytes).unwrap();
                let mut damaged = whole.clone();
                damaged[at + bytes.len() - 1] ^= 1;
                std::fs::write(&path, damaged).unwrap();
                let message = Prior::load(&path).err().unwrap().to_string();
                assert!(
                    message.contains(&format!("of `{entry}`")) && message.contains("the file is damaged"),
                    "{message}"
                );
            }
        }
    }

    #[test]
    fn faults_name_the_file_and_what_was_expected() {
        let data = dataset(Boundary::Open);
        let settings = Settings { model: Model::Stationary, ..Settings::of(data.kind(), data.grid()) };
        let message = Prior::fit(&data, &Settings { window: 2, ..settings }).err().unwrap().to_string();
        assert!(message.contains("open borders") && message.contains("`low_rank`"), "{message}");
        let long = Settings { window: 7, ..Settings::of(data.kind(), data.grid()) };
        let message = Prior::fit(&data, &long).err().unwrap().to_string();
        assert!(message.contains('7') && message.contains('6'), "{message}");
        let rank = Model::LowRank { rank: Some(15) };
        let many = Settings { window: 2, model: rank, ..Settings::of(data.kind(), data.grid()) };
        let message = crate::error::chain(&Prior::fit(&data, &many).err().unwrap());
        assert!(message.contains("rank: found 15, expected 1 to 14"), "{message}");
    }

    /// What files of before the particulars tell: defaults by the notes, spreads by the normalizer.
    #[test]
    fn an_older_file_tells_what_its_notes_and_normalizer_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prior.h5");
        let data = dataset(Boundary::Open);
        let settings = Settings { window: 2, model: Model::Dense, ..Settings::of(data.kind(), data.grid()) };
        let mut prior = Prior::fit(&data, &settings).unwrap();
        prior.provenance.notes = vec!["no attribute `dx`: lengths are in grid points".into()];
        prior.save(&path, Existing::Refuse).unwrap();
        let file = hdf5::File::open_rw(&path).unwrap();
        ["particulars", "checksums"].iter().for_each(|name| file.delete_attr(name).unwrap());
        file.unlink("training").unwrap();
        drop(file);
        let read = Prior::load(&path).unwrap();
        let found = read.particulars();
        let stated = |field| found.stated.contains(&field);
        assert!(
            !stated(Field::Dx) && !stated(Field::Dy) && stated(Field::Boundary) && stated(Field::TimeStep)
        );
        assert_eq!((&found.moments, &found.frames), (&prior.about.particulars.moments, &Vec::new()));
        let remarks = read.described(&path).receive(data, 2).unwrap().1;
        assert!(remarks.iter().any(|r| r.text().contains("older file")), "{remarks:?}");
    }

    #[test]
    fn numbers_that_are_none_are_refused_with_their_entry() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prior.h5");
        let data = dataset(Boundary::Open);
        let settings = Settings { window: 2, model: Model::Dense, ..Settings::of(data.kind(), data.grid()) };
        let mut prior = Prior::fit(&data, &settings).unwrap();
        prior.mean[3] = f32::NAN;
        prior.save(&path, Existing::Refuse).unwrap();
        let message = Prior::load(&path).err().unwrap().to_string();
        assert!(message.ends_with("mean: found NaN, expected finite numbers"), "{message}");
    }

    #[test]
    fn data_in_place_of_a_prior_are_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train.h5");
        let writer = Writer::create(&path, Existing::Refuse).unwrap();
        writer.write("velocity", &[1], &[0.0f32]).unwrap();
        writer.finish().unwrap();
        let message = Prior::load(&path).err().unwrap().to_string();
        assert!(message.contains("found a file of trajectories, expected a prior"), "{message}");
        assert!(message.contains("equipoise fit --train") && message.contains("--prior wiener"), "{message}");
    }

    #[test]
    fn a_prior_of_another_version_is_refused_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prior.h5");
        let writer = Writer::create(&path, Existing::Refuse).unwrap();
        writer.set_json("format", &"equipoise-prior 1").unwrap();
        writer.finish().unwrap();
        let message = Prior::load(&path).err().unwrap().to_string();
        let expected = "attribute `format`: found `equipoise-prior 1`, expected `equipoise-prior 2`; \
                        fit the prior again with this version";
        assert!(message.ends_with(expected), "{message}");
    }
}
