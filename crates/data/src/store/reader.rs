//! Reading a store back.

use super::Element;
use crate::file::Hdf5File;
use crate::stored::mask;
use crate::{DataError, Mask};
use hdf5::types::{TypeDescriptor, VarLenUnicode};
use hdf5::{Hyperslab, SliceOrIndex};
use ndarray::IxDyn;
use serde::de::DeserializeOwned;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// An array as it stands in a store.
#[derive(Clone, Debug, PartialEq)]
pub struct Array<E> {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values, row-major.
    pub values: Vec<E>,
}

/// An open store.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    file: Hdf5File,
}

impl Reader {
    /// Opens a store.
    ///
    /// # Errors
    /// [`DataError::Missing`], [`DataError::NotHdf5`], [`DataError::Truncated`],
    /// [`DataError::NewerFormat`], [`DataError::Hdf5`].
    pub fn open(path: &Path) -> Result<Self, DataError> {
        Ok(Self { path: path.into(), file: Hdf5File::open(path)? })
    }

    /// The names of the arrays and groups at the root.
    ///
    /// # Errors
    /// [`DataError::Hdf5`].
    pub fn names(&self) -> Result<Vec<String>, DataError> {
        self.file.members()
    }

    /// The names of the attributes at the root.
    ///
    /// # Errors
    /// [`DataError::Hdf5`].
    pub fn attributes(&self) -> Result<Vec<String>, DataError> {
        self.file.root.attr_names().map_err(|e| self.file.fault("list its attributes", e))
    }

    /// Reads an array; its element type must be the one asked for.
    ///
    /// # Errors
    /// [`DataError::NoEntry`], [`DataError::ElementType`], [`DataError::Hdf5`].
    pub fn read<E: Element>(&self, name: &str) -> Result<Array<E>, DataError> {
        let dataset = self.dataset_of::<E>(name)?;
        let values = dataset.read_raw::<E>().map_err(|e| self.array_fault(name, e))?;
        Ok(Array { shape: dataset.shape(), values })
    }

    /// The shape of an array.
    ///
    /// # Errors
    /// [`DataError::NoEntry`], [`DataError::Hdf5`].
    pub fn shape(&self, name: &str) -> Result<Vec<usize>, DataError> {
        Ok(self.dataset(name)?.shape())
    }

    /// Reads the entries `rows` along the first axis of an array, flat.
    ///
    /// # Errors
    /// As [`Reader::read`]; [`DataError::Hdf5`] also for rows beyond the array.
    pub fn rows<E: Element>(&self, name: &str, rows: Range<usize>) -> Result<Vec<E>, DataError> {
        let dataset = self.dataset_of::<E>(name)?;
        let mut selection = vec![SliceOrIndex::from(rows)];
        selection.resize(dataset.ndim().max(1), SliceOrIndex::from(..));
        let array = dataset.read_slice::<E, _, IxDyn>(Hyperslab::from(selection));
        Ok(array.map_err(|e| self.array_fault(name, e))?.into_raw_vec_and_offset().0)
    }

    pub(super) fn dataset(&self, name: &str) -> Result<hdf5::Dataset, DataError> {
        if !self.file.root.link_exists(name) {
            return Err(self.no_entry("array", name, self.names()?));
        }
        self.file.root.dataset(name).map_err(|e| self.array_fault(name, e))
    }

    fn dataset_of<E: Element>(&self, name: &str) -> Result<hdf5::Dataset, DataError> {
        let dataset = self.dataset(name)?;
        let found = dataset.dtype().and_then(|t| t.to_descriptor()).map_err(|e| self.array_fault(name, e))?;
        if found == E::type_descriptor() {
            return Ok(dataset);
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

    /// Reads an array of known shape.
    ///
    /// # Errors
    /// [`DataError::ArrayShape`], and as [`Reader::read`].
    pub fn read_shaped<E: Element>(&self, name: &str, shape: &[usize]) -> Result<Vec<E>, DataError> {
        let array = self.read::<E>(name)?;
        if array.shape == shape {
            return Ok(array.values);
        }
        Err(DataError::ArrayShape {
            path: self.path.clone(),
            name: name.into(),
            found: array.shape,
            expected: shape.into(),
        })
    }

    /// The dataset `mask` of an (H, W) plane, where there is one.
    ///
    /// # Errors
    /// [`DataError::Mask`], [`DataError::Hdf5`].
    pub fn mask(&self, sides: [usize; 2]) -> Result<Option<Mask>, DataError> {
        mask(&self.path, &self.file, "", sides, false)
    }

    /// Reads a text attribute.
    ///
    /// # Errors
    /// [`DataError::NoEntry`], [`DataError::ElementType`], [`DataError::Hdf5`].
    pub fn text(&self, name: &str) -> Result<String, DataError> {
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
        Ok(attribute.read_scalar::<VarLenUnicode>().map_err(fault)?.as_str().into())
    }

    /// Reads a text attribute that holds JSON.
    ///
    /// # Errors
    /// [`DataError::Json`], and as [`Reader::text`].
    pub fn json<V: DeserializeOwned>(&self, name: &str) -> Result<V, DataError> {
        serde_json::from_str(&self.text(name)?).map_err(|source| DataError::Json {
            path: self.path.clone(),
            name: name.into(),
            source,
        })
    }

    fn no_entry(&self, what: &'static str, name: &str, found: Vec<String>) -> DataError {
        DataError::NoEntry { path: self.path.clone(), what, name: name.into(), found }
    }
}
