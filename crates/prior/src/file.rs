//! A prior on disk: one HDF5 file.
//!
//! | entry | shape | content |
//! |---|---|---|
//! | attributes `format`, `settings`, `normalizer`, `kind`, `grid`, `coordinates`, `geometry`, `shape`, `provenance` | JSON | |
//! | attribute `particulars` | JSON | what the training file states, its units and statistics; absent in older files |
//! | `training/frames` | (N·T) | fingerprints of the training frames; absent in older files |
//! | `mean` | (T, C, H, W) | m, normalised units |
//! | `mask` | (H, W) | 1 where there is no flow; only where a mask stood beside the training data |
//! | `modes/basis`, `modes/eigenvalues`, `modes/complement` | (r, D), (r), (0 or 1) | explicit modes |
//! | `blocks/re`, `blocks/im`, `blocks/eigenvalues` | (K, T·C, T·C) twice, (K, T·C) | one block per independent wavenumber |

use crate::error::Fault;
use crate::fit::Fitted;
use crate::{Prior, PriorError, Provenance};
use equipoise_covariance::{Covariance, Modes, Stationary};
use equipoise_data::store::{Existing, Reader, Writer};
use equipoise_data::{DataError, Described, Normalizer, Particulars};
use equipoise_field::Shape;
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
    pub fn save(&self, path: &Path, existing: Existing) -> Result<(), PriorError> {
        let writer = Writer::create(path, existing)?;
        writer.set_json("format", &FORMAT)?;
        writer.set_json("settings", &self.settings)?;
        writer.set_json("normalizer", &self.normalizer)?;
        writer.set_json("kind", &self.about.kind)?;
        writer.set_json("grid", &self.about.grid)?;
        writer.set_json("coordinates", &self.about.coordinates)?;
        writer.set_json("geometry", &self.about.geometry)?;
        writer.set_json("shape", &self.shape)?;
        writer.set_json("provenance", &self.provenance)?;
        writer.set_json("particulars", &self.about.particulars)?;
        if let Some(mask) = self.normalizer.mask() {
            writer.write_mask(mask)?;
        }
        writer.write(
            "training/frames",
            &[self.about.particulars.frames.len()],
            &self.about.particulars.frames,
        )?;
        let Shape { frames, channels, height, width } = self.shape;
        writer.write("mean", &[frames, channels, height, width], &self.mean)?;
        match &self.fitted {
            Fitted::Modes(modes) => {
                writer.write("modes/basis", &[modes.rank(), self.shape.len()], modes.basis())?;
                writer.write("modes/eigenvalues", &[modes.rank()], modes.eigenvalues())?;
                let complement: Vec<f64> = modes.complement().into_iter().collect();
                writer.write("modes/complement", &[complement.len()], &complement)?;
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
            }
        }
        Ok(writer.finish()?)
    }

    /// Reads a prior.
    ///
    /// # Errors
    /// [`PriorError::Data`] or [`PriorError::Covariance`], naming file and entry.
    pub fn load(path: &Path) -> Result<Self, PriorError> {
        let reader = Reader::open(path)?;
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
        let shape: Shape = reader.json("shape")?;
        let normalizer: Normalizer = reader.json("normalizer")?;
        let normalizer = normalizer.masked(reader.mask([shape.height, shape.width])?);
        let provenance = reader.json("provenance")?;
        let particulars = particulars(&reader, &normalizer, &provenance)?;
        let Shape { frames, channels, height, width } = shape;
        let mean = reader.read_shaped("mean", &[frames, channels, height, width])?;
        let names = reader.names()?;
        let has = |group: &str| names.iter().any(|name| name.starts_with(group));
        let fitted = if has("modes") { modes(&reader, shape) } else { blocks(&reader, shape) };
        let fitted = fitted.map_err(|fault| fault.of(path))?;
        let about = Described {
            path: path.into(),
            kind: reader.json("kind")?,
            frame: Shape { frames: 1, ..shape },
            grid: reader.json("grid")?,
            coordinates: reader.json("coordinates")?,
            geometry: reader.json("geometry")?,
            mask: None,
            particulars,
        };
        Ok(Self { shape, about, settings: reader.json("settings")?, normalizer, mean, fitted, provenance })
    }
}

/// What the training file said of itself. Files of before `particulars` tell by their notes which values
/// were defaults, and by their normalizer how the fields look.
fn particulars(
    reader: &Reader,
    normalizer: &Normalizer,
    provenance: &Provenance,
) -> Result<Particulars, DataError> {
    if reader.attributes()?.iter().any(|name| name == "particulars") {
        let frames = reader.read::<f64>("training/frames")?.values;
        return Ok(Particulars { frames, ..reader.json("particulars")? });
    }
    Ok(Particulars { moments: normalizer.moments(), ..Particulars::by_notes(&provenance.notes) })
}

fn modes(reader: &Reader, shape: Shape) -> Result<Fitted, Fault> {
    let eigenvalues = reader.read::<f64>("modes/eigenvalues")?.values;
    let basis = reader.read_shaped("modes/basis", &[eigenvalues.len(), shape.len()])?;
    let complement = reader.read::<f64>("modes/complement")?.values.first().copied();
    Ok(Fitted::Modes(Arc::new(Modes::new(shape.len(), basis, eigenvalues, complement)?)))
}

fn blocks(reader: &Reader, shape: Shape) -> Result<Fitted, Fault> {
    let re = reader.read::<f64>("blocks/re")?.values;
    let im = reader.read::<f64>("blocks/im")?.values;
    let vectors = re.into_iter().zip(im).map(|(re, im)| Complex::new(re, im)).collect();
    let values = reader.read::<f64>("blocks/eigenvalues")?.values;
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
        file.delete_attr("particulars").unwrap();
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
