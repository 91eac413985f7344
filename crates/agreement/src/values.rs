//! The file of values: its datasets, their shapes and attributes, and which of them were used.

use crate::{AgreementError, Result};
use equipoise_field::Real;
use hdf5::types::{FixedAscii, FixedUnicode, TypeDescriptor, VarLenAscii, VarLenUnicode};
use hdf5::{File, Group, Location};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Bytes kept of a text of fixed length.
const TEXT: usize = 256;

/// An open file of values.
pub(crate) struct Values {
    path: PathBuf,
    file: File,
    used: RefCell<BTreeSet<String>>,
}

/// A dataset as it was read, in C order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Array<R> {
    /// Its path in the file.
    pub(crate) dataset: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<R>,
}

impl Values {
    /// Opens for reading.
    ///
    /// # Errors
    /// [`AgreementError::File`].
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let fault = |found: String| AgreementError::File { path: path.into(), found };
        let about = std::fs::metadata(path).map_err(|e| fault(e.to_string()))?;
        if about.is_dir() {
            return Err(fault("a folder".into()));
        }
        let file = File::open(path).map_err(|e| fault(said(&e)))?;
        Ok(Self { path: path.into(), file, used: RefCell::default() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of every dataset, in order of name, groups after the datasets beside them.
    ///
    /// # Errors
    /// [`AgreementError::File`].
    pub(crate) fn datasets(&self) -> Result<Vec<String>> {
        let mut paths = Vec::new();
        list(&self.file, &mut paths)
            .map_err(|e| AgreementError::File { path: self.path.clone(), found: said(&e) })?;
        Ok(paths)
    }

    /// Whether there is a dataset or group at a path.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.file.link_exists(path)
    }

    /// The datasets that were read.
    pub(crate) fn used(&self) -> BTreeSet<String> {
        self.used.borrow().clone()
    }

    /// The shape of a dataset.
    ///
    /// # Errors
    /// [`AgreementError::Dataset`].
    pub(crate) fn shape(&self, dataset: &str) -> Result<Vec<usize>> {
        Ok(self.dataset(dataset)?.shape())
    }

    /// A dataset as finite numbers of the type asked for, at least one, whatever type they are stored in.
    ///
    /// # Errors
    /// [`AgreementError::Dataset`], [`AgreementError::Shape`] of an empty one,
    /// [`AgreementError::NotFinite`].
    pub(crate) fn array<R: Real>(&self, dataset: &str) -> Result<Array<R>> {
        let stored = self.dataset(dataset)?;
        if stored.size() == 0 {
            let expected = "at least one number".into();
            return Err(AgreementError::Shape { dataset: dataset.into(), found: stored.shape(), expected });
        }
        let values = stored.read_raw::<f64>().map_err(|e| fault(dataset, &e))?;
        if let Some(index) = values.iter().position(|x| !x.is_finite()) {
            let value = values[index];
            return Err(AgreementError::NotFinite { dataset: dataset.into(), index, value });
        }
        self.used.borrow_mut().insert(dataset.into());
        let values = values.into_iter().map(R::narrow).collect();
        Ok(Array { dataset: dataset.into(), shape: stored.shape(), values })
    }

    /// Numbers of an attribute of a dataset or group, or of the nearest group above that has it.
    ///
    /// # Errors
    /// [`AgreementError::NoAttribute`], [`AgreementError::Attribute`].
    pub(crate) fn numbers(&self, path: &str, name: &'static str) -> Result<Vec<f64>> {
        let bad = |found| AgreementError::attribute(path, name, found, "finite numbers");
        let holder = self.holder(path, name)?;
        let read = holder.attr(name).and_then(|attribute| attribute.read_raw::<f64>());
        let numbers = read.map_err(|e| bad(said(&e)))?;
        if numbers.is_empty() || numbers.iter().any(|x| !x.is_finite()) {
            return Err(bad(format!("{numbers:?}")));
        }
        Ok(numbers)
    }

    /// One number.
    ///
    /// # Errors
    /// As [`numbers`](Self::numbers).
    pub(crate) fn number(&self, path: &str, name: &'static str) -> Result<f64> {
        match self.numbers(path, name)?[..] {
            [number] => Ok(number),
            ref found => {
                Err(AgreementError::attribute(path, name, format!("{found:?}"), "one finite number"))
            }
        }
    }

    /// One whole number.
    ///
    /// # Errors
    /// As [`numbers`](Self::numbers).
    pub(crate) fn count(&self, path: &str, name: &'static str) -> Result<usize> {
        let number = self.number(path, name)?;
        if number < 0.0 || number.fract() != 0.0 || number > f64::from(u32::MAX) {
            let expected = "a whole number of at least 0";
            return Err(AgreementError::attribute(path, name, number.to_string(), expected));
        }
        Ok(number as usize)
    }

    /// A text, if a dataset, group or a group above has it.
    ///
    /// # Errors
    /// [`AgreementError::Attribute`] for what is no text.
    pub(crate) fn text(&self, path: &str, name: &'static str) -> Result<Option<String>> {
        let Ok(holder) = self.holder(path, name) else { return Ok(None) };
        let read = || -> hdf5::Result<Option<String>> {
            let attribute = holder.attr(name)?;
            // The binding takes every text for UTF-8, unseen.
            let word = |stored: &[u8]| std::str::from_utf8(stored).ok().map(str::to_owned);
            Ok(match attribute.dtype()?.to_descriptor()? {
                TypeDescriptor::FixedAscii(_) => {
                    word(attribute.read_scalar::<FixedAscii<TEXT>>()?.as_bytes())
                }
                TypeDescriptor::FixedUnicode(_) => {
                    word(attribute.read_scalar::<FixedUnicode<TEXT>>()?.as_bytes())
                }
                TypeDescriptor::VarLenAscii => word(attribute.read_scalar::<VarLenAscii>()?.as_bytes()),
                TypeDescriptor::VarLenUnicode => word(attribute.read_scalar::<VarLenUnicode>()?.as_bytes()),
                _ => None,
            })
        };
        let bad = |found| AgreementError::attribute(path, name, found, "a text");
        match read() {
            Ok(Some(text)) => Ok(Some(text)),
            Ok(None) => Err(bad("no text".into())),
            Err(error) => Err(bad(said(&error))),
        }
    }

    fn dataset(&self, dataset: &str) -> Result<hdf5::Dataset> {
        if !self.has(dataset) {
            let detail = "not in the file".into();
            return Err(AgreementError::Dataset { dataset: dataset.into(), detail });
        }
        self.file.dataset(dataset).map_err(|e| fault(dataset, &e))
    }

    /// The nearest of a path and the groups above it that has an attribute.
    fn holder(&self, path: &str, name: &'static str) -> Result<Location> {
        let mut at = path;
        loop {
            let place: hdf5::Result<Location> = match at {
                "" => Ok((**self.file).clone()),
                at => (self.file.dataset(at).map(|d| (**d).clone()))
                    .or_else(|_| self.file.group(at).map(|g| (*g).clone())),
            };
            match place {
                Ok(place) if place.attr(name).is_ok() => return Ok(place),
                _ if at.is_empty() => {
                    return Err(AgreementError::NoAttribute { dataset: path.into(), name });
                }
                _ => at = at.rfind('/').map_or("", |end| &at[..end]),
            }
        }
    }
}

impl<R> Array<R> {
    /// Whether the shape is the one expected.
    ///
    /// # Errors
    /// [`AgreementError::Shape`].
    pub(crate) fn expect(&self, expected: &[usize]) -> Result<()> {
        expect(&self.dataset, &self.shape, expected)
    }
}

/// Whether a dataset has the shape expected.
///
/// # Errors
/// [`AgreementError::Shape`].
pub(crate) fn expect(dataset: &str, found: &[usize], expected: &[usize]) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    let (found, expected) = (found.to_vec(), format!("{expected:?}"));
    Err(AgreementError::Shape { dataset: dataset.into(), found, expected })
}

/// What HDF5 says last.
fn said(error: &hdf5::Error) -> String {
    let last = error.stack().and_then(|frames| frames.iter().last().map(|frame| frame.desc().to_owned()));
    last.unwrap_or_else(|| error.to_string())
}

fn fault(dataset: &str, error: &hdf5::Error) -> AgreementError {
    AgreementError::Dataset { dataset: dataset.into(), detail: said(error) }
}

fn list(group: &Group, paths: &mut Vec<String>) -> hdf5::Result<()> {
    paths.extend(group.datasets()?.iter().map(|d| d.name().trim_start_matches('/').to_owned()));
    group.groups()?.iter().try_for_each(|inner| list(inner, paths))
}
