//! How HDF5 stores a dataset: its element type, its filters, and whether its numbers were ever written.

use crate::DataError;
use crate::file::Hdf5File;
use hdf5::plist::dataset_create::Layout;
use hdf5::types::{FloatSize, IntSize, TypeDescriptor};
use std::path::Path;

/// Chunks whose places are looked up to name one that is missing; HDF5 searches them one by one.
const LISTED: usize = 4096;

/// The type of the numbers of a dataset in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    /// Floating point numbers of this many bits.
    Float(usize),
    /// Integers of this many bits, which are numbers of a field only when they are packed.
    Integer { bits: usize, signed: bool },
}

impl Element {
    /// Of a dataset.
    pub(crate) fn of(
        path: &Path,
        variable: &str,
        dataset: &hdf5::Dataset,
        fault: impl Fn(hdf5::Error) -> DataError,
    ) -> Result<Self, DataError> {
        let stored = dataset.dtype().map_err(&fault)?;
        let bits = |size: IntSize| 8 * size as usize;
        let found = match stored.to_descriptor() {
            Ok(TypeDescriptor::Float(FloatSize::U4)) => return Ok(Self::Float(32)),
            Ok(TypeDescriptor::Float(FloatSize::U8)) => return Ok(Self::Float(64)),
            Ok(TypeDescriptor::Integer(size)) => {
                return Ok(Self::Integer { bits: bits(size), signed: true });
            }
            Ok(TypeDescriptor::Unsigned(size)) => {
                return Ok(Self::Integer { bits: bits(size), signed: false });
            }
            Ok(other) => other.to_string(),
            // Half and extended precision have no descriptor, but HDF5 converts them to f32.
            Err(_) if is_number(&stored) => return Ok(Self::Float(8 * stored.size())),
            Err(_) => "a type without a name".into(),
        };
        Err(Self::refused(path, variable, found))
    }

    /// The refusal of integers that no attribute says to be packed, among others.
    pub(crate) fn refused(path: &Path, variable: &str, found: String) -> DataError {
        DataError::ElementType {
            path: path.into(),
            variable: variable.into(),
            found,
            expected: "16, 32 or 64 bit floating point numbers, or integers with the attribute `scale_factor`",
        }
    }

    /// The bytes of a number in the file.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Float(bits) | Self::Integer { bits, .. } => bits / 8,
        }
    }

    /// The relative spacing of numbers of this type, 0 for integers.
    pub(crate) fn epsilon(self) -> f64 {
        match self {
            Self::Float(16) => 2.0f64.powi(-10),
            Self::Float(32) => f64::from(f32::EPSILON),
            Self::Float(_) => f64::EPSILON,
            Self::Integer { .. } => 0.0,
        }
    }

    /// Its name in audits, `f32` and the like.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Float(16) => "f16",
            Self::Float(32) => "f32",
            Self::Float(64) => "f64",
            Self::Float(_) => "long double",
            Self::Integer { bits: 8, signed: true } => "int8",
            Self::Integer { bits: 16, signed: true } => "int16",
            Self::Integer { bits: 32, signed: true } => "int32",
            Self::Integer { signed: true, .. } => "int64",
            Self::Integer { bits: 8, signed: false } => "uint8",
            Self::Integer { bits: 16, signed: false } => "uint16",
            Self::Integer { bits: 32, signed: false } => "uint32",
            Self::Integer { signed: false, .. } => "uint64",
        }
    }
}

/// Whether a type that has no descriptor holds floating point numbers.
pub(crate) fn is_number(stored: &hdf5::Datatype) -> bool {
    matches!(stored.size(), 2 | 10 | 12 | 16) && stored.conv_to::<f64>().is_some()
}

/// Refuses a dataset whose filters are not at hand, or of which a part was never written.
///
/// Nothing of the numbers is read. Chunks that did not shrink are stored without their filter, so whether
/// reading fails would depend on the numbers.
pub(crate) fn check(
    path: &Path,
    variable: &str,
    file: &Hdf5File,
    dataset: &hdf5::Dataset,
) -> Result<(), DataError> {
    let fault = |e| file.fault(&format!("look at dataset `{variable}`"), e);
    let filters = dataset.dcpl().and_then(|plist| plist.get_filters()).map_err(fault)?;
    if let Some(filter) = filters.iter().find(|filter| !filter.decode_enabled()) {
        return Err(DataError::Filter {
            path: path.into(),
            variable: variable.into(),
            filter: filter_name(filter.id()),
        });
    }
    match unwritten(dataset).map_err(fault)? {
        None => Ok(()),
        Some(detail) => Err(DataError::Unwritten { path: path.into(), variable: variable.into(), detail }),
    }
}

/// A sentence on datasets whose numbers stand elsewhere.
pub(crate) fn note(dataset: &hdf5::Dataset) -> Option<String> {
    let is_virtual = matches!(dataset.layout(), Layout::Virtual);
    is_virtual.then(|| "the dataset is virtual: what its source files lack reads as a fill value".into())
}

/// The name of a filter by its registered number.
fn filter_name(id: i32) -> String {
    let name = match id {
        1 => "gzip",
        2 => "shuffle",
        3 => "fletcher32",
        4 => "szip",
        5 => "nbit",
        6 => "scale-offset",
        307 => "bzip2",
        32000 => "LZF",
        32001 => "Blosc",
        32004 => "LZ4",
        32008 => "bitshuffle",
        32013 => "ZFP",
        32015 => "Zstandard",
        32017 => "SZ",
        32024 => "SZ3",
        32026 => "Blosc2",
        _ => return format!("number {id}"),
    };
    format!("{name} (number {id})")
}

/// What of a dataset was never written and reads as its fill value; `None` where HDF5 knows of nothing.
fn unwritten(dataset: &hdf5::Dataset) -> hdf5::Result<Option<String>> {
    if dataset.size() == 0 {
        return Ok(None);
    }
    let plist = dataset.dcpl()?;
    match plist.get_layout()? {
        Layout::Compact => Ok(None),
        Layout::Contiguous => {
            let nowhere = dataset.offset().is_none() && plist.get_external()?.is_empty();
            Ok(nowhere.then(|| "none of its numbers was ever written".into()))
        }
        Layout::Chunked => Ok(missing_chunks(dataset)),
        // The library reads what a source lacks as a fill value and does not say which sources there are.
        Layout::Virtual => Ok(None),
    }
}

fn missing_chunks(dataset: &hdf5::Dataset) -> Option<String> {
    let (shape, chunk, written) = (dataset.shape(), dataset.chunk()?, dataset.num_chunks()?);
    let counts: Vec<usize> = shape.iter().zip(&chunk).map(|(length, c)| length.div_ceil(*c)).collect();
    let all: usize = counts.iter().product();
    if written >= all {
        return None;
    }
    let first = (all <= LISTED).then(|| first_missing(dataset, &chunk, &counts, written)).flatten();
    let first = first.map_or(String::new(), |index| format!(", the first from {index:?} on"));
    Some(format!("{} of its {all} chunks were never written{first}", all - written))
}

/// The first number of the first chunk that is not in the file.
fn first_missing(
    dataset: &hdf5::Dataset,
    chunk: &[usize],
    counts: &[usize],
    written: usize,
) -> Option<Vec<usize>> {
    let mut present = vec![false; counts.iter().product()];
    for at in 0..written {
        let offset = dataset.chunk_info(at)?.offset;
        let places = offset.iter().zip(chunk).zip(counts);
        let index = places.fold(0, |index, ((o, c), count)| index * count + *o as usize / c);
        *present.get_mut(index)? = true;
    }
    let mut rest = present.iter().position(|present| !present)?;
    let mut first = vec![0; counts.len()];
    for axis in (0..counts.len()).rev() {
        first[axis] = rest % counts[axis] * chunk[axis];
        rest /= counts[axis];
    }
    Some(first)
}
