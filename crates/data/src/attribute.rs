//! The attributes of a file, read whatever their encoding.

use crate::clock::Clock;
use crate::limits::{TEXTS, VALUES};
use crate::storage::is_number;
use crate::{DataError, Result};
use hdf5::types::{FixedAscii, FixedUnicode, FloatSize, TypeDescriptor, VarLenAscii, VarLenUnicode};
use hdf5::{Attribute as Handle, Location};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// Bytes kept of a fixed-length text; longer ones are cut.
const FIXED: usize = 4096;

/// Time steps that differ by less than this part are the same.
const SAME_STEP: f64 = 1e-3;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Attribute {
    /// A text; the elements of an array of texts are joined with commas.
    Text(String),
    /// Numbers, one for a scalar; truth values are 0 and 1.
    Numbers(Vec<f64>),
    /// Neither text nor numbers: what HDF5 calls its type. Wherever its name means something, it is refused.
    Unread(String),
}

impl Attribute {
    /// A text that holds a value as JSON.
    ///
    /// # Errors
    /// [`DataError::Json`] for a value without such a form.
    pub fn json<V: Serialize>(name: &str, value: &V) -> Result<Self> {
        let fault = |source| DataError::Json { path: name.into(), name: name.into(), source };
        serde_json::to_string(value).map(Self::Text).map_err(fault)
    }

    /// The text that it is.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Numbers(numbers) => write!(f, "{numbers:?}"),
            Self::Unread(kind) => write!(f, "a value of type {kind}"),
        }
    }
}

/// Where an attribute stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Dataset,
    Root,
}

/// The attributes of a data file by name; one on the dataset goes before its namesake on the root.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes {
    dataset: BTreeMap<String, Attribute>,
    root: BTreeMap<String, Attribute>,
}

impl Attributes {
    /// Reads the attributes of the dataset and of the root.
    pub(crate) fn read(dataset: &Location, root: &Location) -> hdf5::Result<Self> {
        Ok(Self { dataset: read_all(dataset)?, root: read_all(root)? })
    }

    /// Of a dataset and a root that were read elsewhere.
    pub(crate) fn stated_by(dataset: BTreeMap<String, Attribute>, root: BTreeMap<String, Attribute>) -> Self {
        Self { dataset, root }
    }

    /// Those of the dataset and those of the root.
    pub(crate) fn parts(&self) -> [&BTreeMap<String, Attribute>; 2] {
        [&self.dataset, &self.root]
    }

    /// Takes a value that was found elsewhere for an attribute of the dataset.
    pub(crate) fn state(&mut self, name: &str, value: Attribute) {
        self.dataset.insert(name.into(), value);
    }

    /// As [`state`](Self::state), where no attribute has this name.
    pub(crate) fn supply(&mut self, name: &str, value: Attribute) {
        if !self.has(name) {
            self.state(name, value);
        }
    }

    /// As [`supply`](Self::supply), a number, which one that is stated may miss by `within`; `by` says what it is of.
    ///
    /// # Errors
    /// [`DataError::AttributeValue`] where an attribute states another.
    pub(crate) fn agree(&mut self, path: &Path, name: &str, value: f64, within: f64, by: &str) -> Result<()> {
        match self.numbers::<1>(path, name)? {
            Some([stated]) if (stated - value).abs() > within => {
                let expected = format!("{value}, as of {by}");
                return Err(DataError::attribute(path, name, format!("[{stated:?}]"), expected));
            }
            Some(_) => {}
            None => self.state(name, Attribute::Numbers(vec![value])),
        }
        Ok(())
    }

    /// The attribute with this name.
    pub fn get(&self, name: &str) -> Option<&Attribute> {
        self.dataset.get(name).or_else(|| self.root.get(name))
    }

    /// Whether there is an attribute with this name.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All attributes in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Attribute)> {
        let merged: BTreeMap<_, _> = self.root.iter().chain(&self.dataset).collect();
        merged.into_iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The attribute with this name in one place.
    pub(crate) fn at(&self, place: Place, name: &str) -> Option<&Attribute> {
        match place {
            Place::Dataset => self.dataset.get(name),
            Place::Root => self.root.get(name),
        }
    }

    /// Takes the time step of a dataset of times for `dt`, and its first time for `t_first`, where no attribute
    /// states one, with a sentence on what was done.
    ///
    /// # Errors
    /// [`DataError::AttributeValue`] where an attribute states another step.
    pub(crate) fn take_clock(&mut self, path: &Path, clock: &Clock) -> Result<Option<String>> {
        let (name, step, first) = match clock {
            Clock::Even { name, step, first } => (name, *step, *first),
            Clock::Silent { name, reason } => {
                return Ok(Some(format!("dataset `{name}` is not used: {reason}")));
            }
        };
        for stated in ["dt_frame", "dt"] {
            let Some(value) = self.positive(path, stated)? else { continue };
            if (value - step).abs() <= SAME_STEP * step {
                self.take_first(first);
                return Ok(None);
            }
            let expected = format!("{step}, the step of dataset `{name}`");
            return Err(DataError::attribute(path, stated, format!("[{value:?}]"), expected));
        }
        self.take_first(first);
        self.dataset.insert("dt".into(), Attribute::Numbers(vec![step]));
        Ok(Some(format!("no attribute `dt_frame` or `dt`: dataset `{name}` has steps of {step}")))
    }

    /// Takes the first time of a dataset of times for `t_first` where no attribute states one.
    fn take_first(&mut self, first: Option<f64>) {
        if let Some(first) = first {
            self.supply("t_first", Attribute::Numbers(vec![first]));
        }
    }

    /// Whether the dataset is a coordinate of others: a dimension scale.
    pub(crate) fn is_dimension_scale(&self) -> bool {
        matches!(self.at(Place::Dataset, "CLASS"), Some(Attribute::Text(class)) if class == "DIMENSION_SCALE")
    }

    /// A text attribute, if there is one with this name.
    pub(crate) fn text(&self, path: &Path, name: &str) -> Result<Option<&str>> {
        match self.get(name) {
            None => Ok(None),
            Some(Attribute::Text(text)) => Ok(Some(text)),
            Some(other) => Err(DataError::attribute(path, name, other, "a text")),
        }
    }

    /// `COUNT` finite numbers, if there is an attribute with this name.
    pub(crate) fn numbers<const COUNT: usize>(
        &self,
        path: &Path,
        name: &str,
    ) -> Result<Option<[f64; COUNT]>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let array = match value {
            Attribute::Numbers(n) if n.iter().all(|x| x.is_finite()) => n.as_slice().try_into().ok(),
            _ => None,
        };
        let refused = || DataError::attribute(path, name, value, format!("{COUNT} finite number(s)"));
        array.ok_or_else(refused).map(Some)
    }

    /// A positive number, if there is an attribute with this name.
    pub(crate) fn positive(&self, path: &Path, name: &str) -> Result<Option<f64>> {
        match self.numbers(path, name)? {
            Some([value]) if value <= 0.0 => {
                Err(DataError::attribute(path, name, format!("[{value:?}]"), "a positive number"))
            }
            other => Ok(other.map(|[value]| value)),
        }
    }
}

/// A text as it stands in a file, unless it is not UTF-8: the types of the binding take every text for that, unseen.
pub(crate) fn text(stored: &impl AsRef<[u8]>) -> Option<&str> {
    std::str::from_utf8(stored.as_ref()).ok()
}

fn read_all(location: &Location) -> hdf5::Result<BTreeMap<String, Attribute>> {
    let mut all = BTreeMap::new();
    for name in location.attr_names()? {
        let handle = location.attr(&name)?;
        let value = match read_one(&handle) {
            Ok(value) => value,
            Err(_) if handle.space()?.is_null() => Attribute::Unread("empty".into()),
            Err(error) => return Err(error),
        };
        all.insert(name, value);
    }
    Ok(all)
}

fn read_one(handle: &Handle) -> hdf5::Result<Attribute> {
    fn joined<T: AsRef<[u8]>>(texts: &[T]) -> Attribute {
        match texts.iter().map(text).collect::<Option<Vec<_>>>() {
            Some(texts) => Attribute::Text(texts.join(",")),
            None => Attribute::Unread("text that is not UTF-8".into()),
        }
    }
    let stored = handle.dtype()?;
    let descriptor = match stored.to_descriptor() {
        Ok(descriptor) => descriptor,
        Err(_) if is_number(&stored) => TypeDescriptor::Float(FloatSize::U8),
        Err(_) => return Ok(Attribute::Unread("without a name".into())),
    };
    let is_text = matches!(
        descriptor,
        TypeDescriptor::VarLenUnicode
            | TypeDescriptor::VarLenAscii
            | TypeDescriptor::FixedAscii(_)
            | TypeDescriptor::FixedUnicode(_)
    );
    let count = handle.shape().iter().try_fold(1usize, |product, length| product.checked_mul(*length));
    if count.is_none_or(|count| count > if is_text { TEXTS } else { VALUES }) {
        return Ok(Attribute::Unread(format!("{descriptor}, of shape {:?}", handle.shape())));
    }
    Ok(match descriptor {
        TypeDescriptor::VarLenUnicode => joined(&handle.read_raw::<VarLenUnicode>()?),
        TypeDescriptor::VarLenAscii => joined(&handle.read_raw::<VarLenAscii>()?),
        TypeDescriptor::FixedAscii(_) => joined(&handle.read_raw::<FixedAscii<FIXED>>()?),
        TypeDescriptor::FixedUnicode(_) => joined(&handle.read_raw::<FixedUnicode<FIXED>>()?),
        TypeDescriptor::Float(_) | TypeDescriptor::Integer(_) | TypeDescriptor::Unsigned(_) => {
            Attribute::Numbers(handle.read_raw::<f64>()?)
        }
        TypeDescriptor::Boolean => Attribute::Numbers(
            handle.read_raw::<bool>()?.into_iter().map(|b| f64::from(u8::from(b))).collect(),
        ),
        other => Attribute::Unread(other.to_string()),
    })
}
