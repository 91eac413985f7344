//! A store that is open in this process.

use super::Element;
use super::reader::Array;
use crate::attribute::text;
use crate::file::Hdf5File;
use crate::stored::mask;
use crate::{DataError, Mask, Result, limits};
use hdf5::types::{TypeDescriptor, VarLenUnicode};
use hdf5::{Hyperslab, SliceOrIndex};
use ndarray::IxDyn;
use std::ops::Range;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct Here {
    path: PathBuf,
    file: Hdf5File,
}

impl Here {
    pub(super) fn open(path: &Path) -> Result<Self> {
        Ok(Self { path: path.into(), file: Hdf5File::open(path)? })
    }

    pub(super) fn names(&self) -> Result<Vec<String>> {
        self.file.members()
    }

    pub(super) fn attributes(&self) -> Result<Vec<String>> {
        self.file.root.attr_names().map_err(|e| self.file.fault("list its attributes", e))
    }

    pub(super) fn read<E: Element>(&self, name: &str) -> Result<Array<E>> {
        let dataset = self.dataset_of::<E>(name)?;
        let values = dataset.read_raw::<E>().map_err(|e| self.array_fault(name, e))?;
        Ok(Array { shape: dataset.shape(), values })
    }

    pub(super) fn shape(&self, name: &str) -> Result<Vec<usize>> {
        let dataset = self.dataset(name)?;
        limits::check(&self.path, name, &dataset).map(|()| dataset.shape())
    }

    pub(super) fn rows<E: Element>(&self, name: &str, rows: Range<usize>) -> Result<Vec<E>> {
        let dataset = self.dataset_of::<E>(name)?;
        let mut selection = vec![SliceOrIndex::from(rows)];
        selection.resize(dataset.ndim().max(1), SliceOrIndex::from(..));
        let array = dataset.read_slice::<E, _, IxDyn>(Hyperslab::from(selection));
        Ok(array.map_err(|e| self.array_fault(name, e))?.into_raw_vec_and_offset().0)
    }

    pub(super) fn dataset(&self, name: &str) -> Result<hdf5::Dataset> {
        if !self.file.root.link_exists(name) {
            return Err(self.no_entry("array", name, self.names()?));
        }
        self.file.root.dataset(name).map_err(|e| self.array_fault(name, e))
    }

    fn dataset_of<E: Element>(&self, name: &str) -> Result<hdf5::Dataset> {
        let dataset = self.dataset(name)?;
        let found = dataset.dtype().and_then(|t| t.to_descriptor()).map_err(|e| self.array_fault(name, e))?;
        if found == E::type_descriptor() {
            return limits::check(&self.path, name, &dataset).map(|()| dataset);
        }
        Err(DataError::ElementType {
            path: self.path.clone(),
            variable: name.into(),
            found: found.to_string(),
            expected: E::NAME,
        })
    }

    pub(super) fn array_fault(&self, name: &str, error: hdf5::Error) -> DataError {
        self.file.fault(&format!("read array `{name}`"), error)
    }

    pub(super) fn mask(&self, sides: [usize; 2]) -> Result<Option<Mask>> {
        mask(&self.path, &self.file, "", sides, false)
    }

    pub(super) fn text(&self, name: &str) -> Result<String> {
        let fault = |e| self.file.fault(&format!("read attribute `{name}`"), e);
        let names = self.file.root.attr_names().map_err(fault)?;
        if !names.iter().any(|n| n == name) {
            return Err(self.no_entry("attribute", name, names));
        }
        let attribute = self.file.root.attr(name).map_err(fault)?;
        let found = attribute.dtype().and_then(|t| t.to_descriptor()).map_err(fault)?;
        if found != TypeDescriptor::VarLenUnicode {
            return Err(DataError::ElementType {
                path: self.path.clone(),
                variable: name.into(),
                found: found.to_string(),
                expected: "a text",
            });
        }
        let stored = attribute.read_scalar::<VarLenUnicode>().map_err(fault)?;
        text(&stored).map(str::to_owned).ok_or_else(|| fault("it is not UTF-8".into()))
    }

    fn no_entry(&self, what: &'static str, name: &str, found: Vec<String>) -> DataError {
        DataError::NoEntry { path: self.path.clone(), what, name: name.into(), found }
    }
}
