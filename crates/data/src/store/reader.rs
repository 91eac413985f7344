//! Reading a store back.

use super::Element;
use super::here::Here;
use crate::guard::{self, Apart};
use crate::{DataError, Mask, Result};
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
    store: Store,
}

/// Where a store is open.
#[derive(Debug)]
enum Store {
    /// In this process.
    Here(Here),
    /// In another ([`guard`]).
    Apart(Apart),
}

impl Reader {
    /// Opens a store.
    ///
    /// # Errors
    /// [`DataError::Missing`], [`DataError::NotHdf5`], [`DataError::Truncated`],
    /// [`DataError::NewerFormat`], [`DataError::Hdf5`].
    pub fn open(path: &Path) -> Result<Self> {
        let store = match guard::of(path) {
            Some(guard) => Store::Apart(Apart::open(guard, path)?),
            None => Store::Here(Here::open(path)?),
        };
        Ok(Self { path: path.into(), store })
    }

    /// The names of the arrays and groups at the root.
    ///
    /// # Errors
    /// [`DataError::Hdf5`].
    pub fn names(&self) -> Result<Vec<String>> {
        match &self.store {
            Store::Here(store) => store.names(),
            Store::Apart(store) => store.names(),
        }
    }

    /// The names of the attributes at the root.
    ///
    /// # Errors
    /// [`DataError::Hdf5`].
    pub fn attributes(&self) -> Result<Vec<String>> {
        match &self.store {
            Store::Here(store) => store.attributes(),
            Store::Apart(store) => store.attributes(),
        }
    }

    /// Reads an array; its element type must be the one asked for.
    ///
    /// # Errors
    /// [`DataError::NoEntry`], [`DataError::ElementType`], [`DataError::Hdf5`].
    pub fn read<E: Element>(&self, name: &str) -> Result<Array<E>> {
        match &self.store {
            Store::Here(store) => store.read(name),
            Store::Apart(store) => {
                let shape = store.shape(name)?;
                Ok(Array { values: store.array(name, &shape, None)?, shape })
            }
        }
    }

    /// The shape of an array.
    ///
    /// # Errors
    /// [`DataError::NoEntry`], [`DataError::Hdf5`].
    pub fn shape(&self, name: &str) -> Result<Vec<usize>> {
        match &self.store {
            Store::Here(store) => store.shape(name),
            Store::Apart(store) => store.shape(name),
        }
    }

    /// Reads the entries `rows` along the first axis of an array, flat.
    ///
    /// # Errors
    /// As [`Reader::read`]; [`DataError::Hdf5`] also for rows beyond the array.
    pub fn rows<E: Element>(&self, name: &str, rows: Range<usize>) -> Result<Vec<E>> {
        match &self.store {
            Store::Here(store) => store.rows(name, rows),
            Store::Apart(store) => store.array(name, &store.shape(name)?, Some(rows)),
        }
    }

    /// Reads an array of known shape.
    ///
    /// # Errors
    /// [`DataError::ArrayShape`], and as [`Reader::read`].
    pub fn read_shaped<E: Element>(&self, name: &str, shape: &[usize]) -> Result<Vec<E>> {
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
    pub fn mask(&self, sides: [usize; 2]) -> Result<Option<Mask>> {
        match &self.store {
            Store::Here(store) => store.mask(sides),
            Store::Apart(store) => store.mask(sides),
        }
    }

    /// Reads a text attribute.
    ///
    /// # Errors
    /// [`DataError::NoEntry`], [`DataError::ElementType`], [`DataError::Hdf5`].
    pub fn text(&self, name: &str) -> Result<String> {
        match &self.store {
            Store::Here(store) => store.text(name),
            Store::Apart(store) => store.text(name),
        }
    }

    /// Reads a text attribute that holds JSON.
    ///
    /// # Errors
    /// [`DataError::Json`], and as [`Reader::text`].
    pub fn json<V: DeserializeOwned>(&self, name: &str) -> Result<V> {
        serde_json::from_str(&self.text(name)?).map_err(|source| DataError::Json {
            path: self.path.clone(),
            name: name.into(),
            source,
        })
    }

    /// The names of the dimensions that the axes of an array are; none where it has no such names.
    ///
    /// # Errors
    /// [`DataError::NoEntry`], [`DataError::Hdf5`].
    pub fn dimensions(&self, array: &str) -> Result<Vec<String>> {
        match &self.store {
            Store::Here(store) => store.dimensions(array),
            Store::Apart(store) => store.dimensions(array),
        }
    }
}
