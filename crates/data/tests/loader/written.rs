//! Tiny HDF5 files with chosen contents.

use hdf5::types::{FixedAscii, VarLenUnicode};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// How texts are stored.
#[derive(Clone, Copy)]
pub(crate) enum Encoding {
    Unicode,
    FixedAscii,
}

/// Where attributes are put.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    Dataset,
    Root,
}

/// An HDF5 file under construction in a folder of its own.
pub(crate) struct Written {
    folder: TempDir,
    encoding: Encoding,
    place: Place,
}

impl Written {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), encoding: Encoding::Unicode, place: Place::Dataset }
    }

    pub(crate) fn with(encoding: Encoding, place: Place) -> Self {
        Self { encoding, place, ..Self::new() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("flow.h5")
    }

    /// Adds a dataset, creating the file at the first call.
    pub(crate) fn array<E: hdf5::H5Type>(&self, name: &str, shape: &[usize], values: &[E]) -> &Self {
        let file = hdf5::File::append(self.path()).unwrap();
        let dataset = file.new_dataset::<E>().shape(shape).create(name).unwrap();
        if !values.is_empty() {
            dataset.write_raw(values).unwrap();
        }
        self
    }

    /// The dataset `x` holding a series.
    pub(crate) fn series(&self, shape: [usize; 5], values: &[f32]) -> &Self {
        self.array("x", &shape, values)
    }

    pub(crate) fn text(&self, name: &str, text: &str) -> &Self {
        let location = self.location();
        match self.encoding {
            Encoding::Unicode => {
                let value: VarLenUnicode = text.parse().unwrap();
                location.new_attr::<VarLenUnicode>().create(name).unwrap().write_scalar(&value).unwrap();
            }
            Encoding::FixedAscii => {
                let value = FixedAscii::<32>::from_ascii(text).unwrap();
                location.new_attr::<FixedAscii<32>>().create(name).unwrap().write_scalar(&value).unwrap();
            }
        }
        self
    }

    pub(crate) fn numbers<E: hdf5::H5Type>(&self, name: &str, numbers: &[E]) -> &Self {
        let attribute = self.location().new_attr::<E>().shape(numbers.len()).create(name).unwrap();
        attribute.write_raw(numbers).unwrap();
        self
    }

    /// A text attribute of a dataset.
    pub(crate) fn said(&self, dataset: &str, name: &str, text: &str) -> &Self {
        let file = hdf5::File::open_rw(self.path()).unwrap();
        let value: VarLenUnicode = text.parse().unwrap();
        let attribute = file.dataset(dataset).unwrap().new_attr::<VarLenUnicode>().create(name).unwrap();
        attribute.write_scalar(&value).unwrap();
        self
    }

    fn location(&self) -> hdf5::Location {
        let file = hdf5::File::open_rw(self.path()).unwrap();
        match self.place {
            Place::Root => file.as_location().unwrap(),
            Place::Dataset => {
                let name = file.member_names().unwrap().remove(0);
                file.dataset(&name).unwrap().as_location().unwrap()
            }
        }
    }
}

/// A travelling wave for trajectory n at time t: neighbours in t have correlation cos 0.3 = 0.96,
/// trajectories are 2.4 rad apart and have correlation cos 2.4 = −0.74.
pub(crate) fn wave(n: usize, t: usize, point: usize) -> f32 {
    (2.4 * n as f32 + 0.3 * t as f32 + 0.7 * point as f32).sin()
}

/// Waves flat in (N, T, frame).
pub(crate) fn ntchw([n, t, c, h, w]: [usize; 5]) -> Vec<f32> {
    let frame = c * h * w;
    (0..n * t * frame).map(|i| wave(i / (t * frame), i / frame % t, i % frame)).collect()
}

/// The same waves flat in (T, N, frame); the shape is in the order (N, T, C, H, W).
pub(crate) fn tnchw([n, t, c, h, w]: [usize; 5]) -> Vec<f32> {
    let frame = c * h * w;
    (0..n * t * frame).map(|i| wave(i / frame % n, i / (n * frame), i % frame)).collect()
}

/// A file with a given content that is not made by HDF5.
pub(crate) fn bytes(folder: &Path, content: &[u8]) -> PathBuf {
    let path = folder.join("flow.h5");
    std::fs::write(&path, content).unwrap();
    path
}
