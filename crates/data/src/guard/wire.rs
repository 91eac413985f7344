//! What both sides say: requests as lines of JSON; answers as a letter, a length in bytes, and so many bytes.

use crate::attribute::Attribute;
use crate::source::{Header, Ranges};
use crate::storage::Element;
use crate::{Attributes, AxisOrder, DataError, Mask, Suspicion};
use equipoise_field::Real;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What whoever answers says first; what stands before it is of no interest.
pub(super) const GREETING: &[u8] = b"\0equipoise reads HDF5, 1\n";

/// A path as it stands, whatever its bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Place(Vec<u8>);

impl Place {
    #[cfg(unix)]
    pub(super) fn of(path: &Path) -> Self {
        use std::os::unix::ffi::OsStrExt;
        Self(path.as_os_str().as_bytes().into())
    }

    #[cfg(unix)]
    pub(super) fn path(self) -> PathBuf {
        use std::os::unix::ffi::OsStringExt;
        std::ffi::OsString::from_vec(self.0).into()
    }

    #[cfg(not(unix))]
    pub(super) fn of(path: &Path) -> Self {
        Self(path.to_string_lossy().into_owned().into_bytes())
    }

    #[cfg(not(unix))]
    pub(super) fn path(self) -> PathBuf {
        String::from_utf8_lossy(&self.0).into_owned().into()
    }
}

/// What is asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// A header of trajectories, whose numbers are asked for from then on.
    Trajectories { path: Place, axes: Option<AxisOrder> },
    /// Numbers of trajectories.
    Numbers(Ranges),
    /// The files that belong to a file.
    Beside(Place),
    /// A table of readings.
    Table { path: Place, noise: Option<f64>, components: Vec<String> },
    /// A store, whose entries are asked for from then on.
    Store(Place),
    /// The names of its arrays and groups.
    Names,
    /// The names of its attributes.
    Attributes,
    /// The shape of an array.
    Shape(String),
    /// An array of `f64` or else `f32`, or rows of it.
    Array { name: String, double: bool, rows: Option<Range<usize>> },
    /// A text attribute.
    Text(String),
    /// The mask of a plane.
    Mask([usize; 2]),
    /// The names of the axes of an array.
    Dimensions(String),
}

/// What is answered, before its bytes.
#[derive(Debug)]
pub(super) enum Answer {
    /// JSON of what was asked for.
    Told(Vec<u8>),
    /// Numbers.
    Singles(Vec<f32>),
    /// Numbers.
    Doubles(Vec<f64>),
    /// JSON of a [`Fault`].
    Fault(Vec<u8>),
}

/// A number as it goes from one process to the other.
pub trait Number: Copy {
    /// Whether it is an `f64`, else an `f32`.
    const DOUBLE: bool;

    /// Appends numbers from their bytes, the lowest first; bytes of a broken one are left out.
    fn take(bytes: &[u8], values: &mut Vec<Self>);

    /// Makes of a buffer their bytes.
    fn put(values: &[Self], bytes: &mut Vec<u8>);
}

macro_rules! number {
    ($E:ty, $double:literal) => {
        impl Number for $E {
            const DOUBLE: bool = $double;

            fn take(bytes: &[u8], values: &mut Vec<Self>) {
                let (numbers, _) = bytes.as_chunks::<{ size_of::<Self>() }>();
                values.extend(numbers.iter().map(|bytes| Self::from_le_bytes(*bytes)));
            }

            fn put(values: &[Self], bytes: &mut Vec<u8>) {
                bytes.resize(size_of_val(values), 0);
                let (numbers, _) = bytes.as_chunks_mut::<{ size_of::<Self>() }>();
                numbers.iter_mut().zip(values).for_each(|(bytes, x)| *bytes = x.to_le_bytes());
            }
        }
    };
}

number!(f32, false);
number!(f64, true);

/// Letters of answers.
pub(super) const TOLD: u8 = b't';
pub(super) const NUMBERS: u8 = b'n';
pub(super) const FAULT: u8 = b'f';

/// An error of a file on its way.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Fault {
    /// An array of other elements, which callers tell from other faults.
    Element { variable: String, found: String, expected: String },
    /// Any other, in words.
    Other(String),
}

impl Fault {
    pub(super) fn of(error: &DataError) -> Self {
        if let DataError::ElementType { variable, found, expected, .. } = error {
            let [variable, found, expected] = [variable.as_str(), found, expected].map(str::to_owned);
            return Self::Element { variable, found, expected };
        }
        let (mut told, mut cause) = (error.to_string(), error.source());
        while let Some(error) = cause {
            let text = error.to_string();
            if !told.ends_with(&text) {
                told = format!("{told}: {text}");
            }
            cause = error.source();
        }
        Self::Other(told)
    }

    pub(super) fn error(self, path: &Path) -> DataError {
        match self {
            Self::Other(told) => DataError::Told { told: told.into() },
            Self::Element { variable, found, expected } => {
                let known = [f32::NAME, f64::NAME, "a text"];
                let expected =
                    known.into_iter().find(|known| *known == expected).unwrap_or(Element::EXPECTED);
                DataError::ElementType { path: path.into(), variable, found, expected }
            }
        }
    }
}

/// The value of an attribute, numbers by their bits: JSON has none that are not finite.
#[derive(Debug, Serialize, Deserialize)]
enum Value {
    Text(String),
    Bits(Vec<u64>),
    Unread(String),
}

type Values = BTreeMap<String, Value>;

fn values(of: &BTreeMap<String, Attribute>) -> Values {
    let value = |attribute: &Attribute| match attribute {
        Attribute::Text(text) => Value::Text(text.clone()),
        Attribute::Numbers(numbers) => Value::Bits(numbers.iter().map(|x| x.to_bits()).collect()),
        Attribute::Unread(kind) => Value::Unread(kind.clone()),
    };
    of.iter().map(|(name, attribute)| (name.clone(), value(attribute))).collect()
}

fn attributes(of: Values) -> BTreeMap<String, Attribute> {
    let attribute = |value| match value {
        Value::Text(text) => Attribute::Text(text),
        Value::Bits(bits) => Attribute::Numbers(bits.into_iter().map(f64::from_bits).collect()),
        Value::Unread(kind) => Attribute::Unread(kind),
    };
    of.into_iter().map(|(name, value)| (name, attribute(value))).collect()
}

/// A [`Header`] on its way; warnings are their sentences.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Told {
    variable: String,
    order: AxisOrder,
    shape: [usize; 5],
    element: String,
    bytes: usize,
    chunk: Option<[usize; 5]>,
    dataset: Values,
    root: Values,
    notes: Vec<String>,
    warnings: Vec<String>,
    mask: Option<PlainMask>,
}

/// A mask on its way.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PlainMask {
    width: usize,
    cells: Vec<bool>,
}

impl PlainMask {
    pub(super) fn of(mask: &Mask) -> Self {
        let [_, width] = mask.sides();
        Self { width, cells: mask.cells().to_vec() }
    }

    pub(super) fn mask(self) -> Option<Mask> {
        Mask::new(self.width, self.cells)
    }
}

impl Told {
    pub(super) fn of(header: &Header) -> Self {
        let [dataset, root] = header.attributes.parts();
        Self {
            variable: header.variable.clone(),
            order: header.order,
            shape: header.shape,
            element: header.element.into(),
            bytes: header.bytes,
            chunk: header.chunk,
            dataset: values(dataset),
            root: values(root),
            notes: header.notes.clone(),
            warnings: header.warnings.iter().map(ToString::to_string).collect(),
            mask: header.mask.as_ref().map(PlainMask::of),
        }
    }

    /// The header, unless its type of numbers has no name here.
    pub(super) fn header(self) -> Option<Header> {
        let unsure = |detail: String| Suspicion::Unsure { detail: detail.into() };
        Some(Header {
            variable: self.variable,
            order: self.order,
            shape: self.shape,
            element: Element::named(&self.element)?,
            bytes: self.bytes,
            chunk: self.chunk,
            attributes: Attributes::stated_by(attributes(self.dataset), attributes(self.root)),
            notes: self.notes,
            warnings: self.warnings.into_iter().map(unsure).collect(),
            mask: self.mask.and_then(PlainMask::mask),
        })
    }
}
