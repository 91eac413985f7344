//! Writing a store: into a temporary file beside its destination, renamed when finished.

use super::Element;
use crate::mask::MASK;
use crate::{DataError, Mask, Result};
use hdf5::file::LinkCreationOrder;
use hdf5::types::VarLenUnicode;
use hdf5::{FileBuilder, Hyperslab, Location, SliceOrIndex};
use ndarray::ArrayD;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What to do when the destination exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Stop with [`DataError::Exists`].
    Refuse,
    /// Replace it when the new file is finished.
    Replace,
}

/// A store being written. Dropped before [`Writer::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    temporary: PathBuf,
    existing: Existing,
    file: Option<hdf5::File>,
}

impl Writer {
    /// Begins a store that will stand at `path`.
    ///
    /// # Errors
    /// [`DataError::Exists`] for an existing file that may not be replaced; [`DataError::Hdf5`] when
    /// the folder cannot be written.
    pub fn create(path: &Path, existing: Existing) -> Result<Self> {
        Self::begin(path, existing, &FileBuilder::new())
    }

    /// As [`create`](Self::create), a store that remembers the order in which its entries were made, as files of
    /// netCDF-4 do, whose library appends to no other.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_ordered(path: &Path, existing: Existing) -> Result<Self> {
        let mut ordered = FileBuilder::new();
        ordered.with_create_plist(|plist| plist.link_creation_order(LinkCreationOrder::Indexed));
        Self::begin(path, existing, &ordered)
    }

    fn begin(path: &Path, existing: Existing, builder: &FileBuilder) -> Result<Self> {
        may_stand(path, existing)?;
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}.partial", std::process::id()));
        let temporary = path.with_file_name(name);
        let file = builder.create(&temporary).map_err(|e| fault(path, "create it", e))?;
        Ok(Self { path: path.into(), temporary, existing, file: Some(file) })
    }

    /// Writes an array, row-major. A name with slashes makes groups.
    ///
    /// # Errors
    /// [`DataError::Length`] when the shape does not hold the values; [`DataError::Hdf5`], also for a
    /// name that is taken.
    pub fn write<E: Element>(&self, name: &str, shape: &[usize], values: &[E]) -> Result<()> {
        let expected = shape.iter().product();
        if values.len() != expected {
            return Err(DataError::Length {
                field: "values of a stored array",
                found: values.len(),
                expected,
            });
        }
        let fault = |e| fault(&self.path, &format!("write array `{name}`"), e);
        let dataset = self.file()?.new_dataset::<E>().shape(shape).create(name).map_err(fault)?;
        dataset.write_raw(values).map_err(fault)
    }

    /// As [`write`](Self::write), in parts: each holds the next entries along the first axis.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_in_parts<E: Element>(
        &self,
        name: &str,
        shape: &[usize],
        parts: impl IntoIterator<Item = Vec<E>>,
    ) -> Result<()> {
        let field = "values of a stored array";
        let fault = |e| fault(&self.path, &format!("write array `{name}`"), e);
        let dataset = self.file()?.new_dataset::<E>().shape(shape).create(name).map_err(fault)?;
        let (count, row) = (shape.first().copied().unwrap_or(0), shape.iter().skip(1).product::<usize>());
        let mut done = 0;
        for part in parts {
            let (found, rows) = (part.len(), part.len() / row.max(1));
            let extent = [&[rows], shape.get(1..).unwrap_or_default()].concat();
            let array = ArrayD::from_shape_vec(extent, part).ok().filter(|_| done + rows <= count);
            let array = array.ok_or(DataError::Length { field, found, expected: (count - done) * row })?;
            let mut selection = vec![SliceOrIndex::from(done..done + rows)];
            selection.resize(shape.len(), SliceOrIndex::from(..));
            dataset.write_slice(&array, Hyperslab::from(selection)).map_err(fault)?;
            done += rows;
        }
        let (found, expected) = (done * row, count * row);
        if found == expected { Ok(()) } else { Err(DataError::Length { field, found, expected }) }
    }

    /// Writes the dataset `mask` that stands beside a field, 1 where there is no flow.
    ///
    /// # Errors
    /// [`DataError::Hdf5`], also where there is one.
    pub fn write_mask(&self, mask: &Mask) -> Result<()> {
        let cells: Vec<u8> = mask.cells().iter().map(|hidden| u8::from(*hidden)).collect();
        self.write_flags(MASK, &mask.sides(), &cells)?;
        self.set_text_of(MASK, "ones", "masked")
    }

    /// Writes an array of bytes, row-major.
    pub(crate) fn write_flags(&self, name: &str, shape: &[usize], flags: &[u8]) -> Result<()> {
        let fault = |e| fault(&self.path, &format!("write dataset `{name}`"), e);
        let dataset = self.file()?.new_dataset::<u8>().shape(shape).create(name).map_err(fault)?;
        dataset.write_raw(flags).map_err(fault)
    }

    /// Sets a text attribute of at most 64 KiB.
    ///
    /// # Errors
    /// [`DataError::Hdf5`] for a text that is too long, holds a NUL or whose name is taken.
    pub fn set_text(&self, name: &str, text: &str) -> Result<()> {
        self.put_text(self.file()?, name, text)
    }

    /// As [`set_text`](Self::set_text), on an array.
    ///
    /// # Errors
    /// As [`set_text`](Self::set_text), also without the array.
    pub fn set_text_of(&self, array: &str, name: &str, text: &str) -> Result<()> {
        let array = self.array(array)?;
        self.put_text(&array, name, text)
    }

    /// Says by an attribute of an array of `f32` that NaN stands for what is missing.
    ///
    /// # Errors
    /// As [`set_text_of`](Self::set_text_of).
    pub fn set_missing_of(&self, array: &str) -> Result<()> {
        let fault = |e| fault(&self.path, "write attribute `_FillValue`", e);
        let attribute = self.array(array)?.new_attr::<f32>().create("_FillValue").map_err(fault)?;
        attribute.write_scalar(&f32::NAN).map_err(fault)
    }

    fn array(&self, name: &str) -> Result<hdf5::Dataset> {
        self.file()?.dataset(name).map_err(|e| fault(&self.path, &format!("find array `{name}`"), e))
    }

    fn put_text(&self, at: &Location, name: &str, text: &str) -> Result<()> {
        let fault = |e| fault(&self.path, &format!("write attribute `{name}`"), e);
        let text: VarLenUnicode = text.parse().map_err(|e| fault(format!("{e:?}").as_str().into()))?;
        let attribute = at.new_attr::<VarLenUnicode>().create(name).map_err(fault)?;
        attribute.write_scalar(&text).map_err(fault)
    }

    /// Sets a text attribute that holds a value as JSON.
    ///
    /// # Errors
    /// [`DataError::Json`], and as [`Writer::set_text`].
    pub fn set_json<V: Serialize>(&self, name: &str, value: &V) -> Result<()> {
        let json = serde_json::to_string(value).map_err(|source| DataError::Json {
            path: self.path.clone(),
            name: name.into(),
            source,
        })?;
        self.set_text(name, &json)
    }

    /// Sets an attribute of numbers; one of them is stored as a scalar.
    ///
    /// # Errors
    /// [`DataError::Hdf5`], also for a name that is taken.
    pub fn set_numbers(&self, name: &str, numbers: &[f64]) -> Result<()> {
        let fault = |e| fault(&self.path, &format!("write attribute `{name}`"), e);
        match numbers {
            [number] => {
                let attribute = self.file()?.new_attr::<f64>().create(name).map_err(fault)?;
                attribute.write_scalar(number).map_err(fault)
            }
            _ => {
                let attribute = self.file()?.new_attr::<f64>().shape(numbers.len()).create(name);
                attribute.and_then(|a| a.write_raw(numbers)).map_err(fault)
            }
        }
    }

    /// Closes the file, syncs it to disk and moves it to its destination.
    ///
    /// # Errors
    /// [`DataError::Exists`] when a file has come to stand there meanwhile; [`DataError::Hdf5`] or
    /// [`DataError::Unreadable`] when closing or moving fails.
    pub fn finish(mut self) -> Result<()> {
        let file = self.file.take();
        file.map_or(Ok(()), hdf5::File::close).map_err(|e| fault(&self.path, "close it", e))?;
        let moved = |source| DataError::io(&self.path, source);
        std::fs::File::open(&self.temporary).and_then(|f| f.sync_all()).map_err(moved)?;
        may_stand(&self.path, self.existing)?;
        std::fs::rename(&self.temporary, &self.path).map_err(moved)
    }

    /// Where it will stand.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where it stands until it is finished.
    pub(super) fn temporary(&self) -> &Path {
        &self.temporary
    }

    pub(super) fn file(&self) -> Result<&hdf5::File> {
        self.file.as_ref().ok_or_else(|| fault(&self.path, "write to it", "already closed".into()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.file.take());
        // After a successful rename there is nothing left to remove.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

pub(crate) fn may_stand(path: &Path, existing: Existing) -> Result<()> {
    match existing {
        Existing::Refuse if path.exists() => Err(DataError::Exists { path: path.into() }),
        _ => Ok(()),
    }
}

pub(super) fn fault(path: &Path, action: &str, error: hdf5::Error) -> DataError {
    DataError::Hdf5 { path: path.into(), action: action.into(), detail: error.to_string() }
}
