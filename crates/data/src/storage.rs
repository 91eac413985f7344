//! How HDF5 stores a dataset: its element type, its filters, and whether its numbers were ever written.

use crate::file::Hdf5File;
use crate::limits;
use crate::{DataError, Result};
use hdf5::plist::dataset_create::Layout;
use hdf5::types::{FloatSize, IntSize, TypeDescriptor};
use std::ops::Range;
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
    /// What is expected where numbers are of none that is read.
    pub(crate) const EXPECTED: &'static str =
        "16, 32 or 64 bit floating point numbers, or integers with the attribute `scale_factor`";

    /// Of a dataset.
    pub(crate) fn of(
        path: &Path,
        variable: &str,
        dataset: &hdf5::Dataset,
        fault: impl Fn(hdf5::Error) -> DataError,
    ) -> Result<Self> {
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
            expected: Self::EXPECTED,
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

    /// A [`name`](Self::name) that some type has.
    pub(crate) fn named(text: &str) -> Option<&'static str> {
        let floats = [16, 32, 64, 80].map(Self::Float);
        let integers = [8, 16, 32, 64].map(|bits| [true, false].map(|signed| Self::Integer { bits, signed }));
        floats.into_iter().chain(integers.into_iter().flatten()).map(Self::name).find(|name| *name == text)
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

/// Refuses a block of a dataset that claims what its file cannot hold, whose filters are not at hand, or of which a part was never written; a sentence
/// where that cannot be known.
///
/// Nothing of the numbers is read. Chunks that did not shrink are stored without their filter, so whether
/// reading fails would depend on the numbers.
pub(crate) fn check(
    path: &Path,
    variable: &str,
    file: &Hdf5File,
    dataset: &hdf5::Dataset,
    block: &[Range<usize>],
) -> Result<Option<String>> {
    limits::check(path, variable, dataset)?;
    let fault = |e| file.fault(&format!("look at dataset `{variable}`"), e);
    let filters = dataset.dcpl().and_then(|plist| plist.get_filters()).map_err(fault)?;
    if let Some(filter) = filters.iter().find(|filter| !filter.decode_enabled()) {
        return Err(DataError::Filter {
            path: path.into(),
            variable: variable.into(),
            filter: filter_name(filter.id()),
        });
    }
    match unwritten(path, dataset, block).map_err(fault)? {
        Written::All => Ok(None),
        Written::Unknown(note) => Ok(Some(note)),
        Written::Partly(detail) => {
            Err(DataError::Unwritten { path: path.into(), variable: variable.into(), detail })
        }
    }
}

/// What HDF5 knows of whether numbers were written.
enum Written {
    All,
    /// A sentence on why nobody knows.
    Unknown(String),
    /// What is missing.
    Partly(String),
}

/// The name of a filter by its registered number, with the plugin of Python's package hdf5plugin that has it.
fn filter_name(id: i32) -> String {
    let (name, plugin) = match id {
        1 => ("gzip", ""),
        2 => ("shuffle", ""),
        3 => ("fletcher32", ""),
        4 => ("szip", ""),
        5 => ("nbit", ""),
        6 => ("scale-offset", ""),
        307 => ("bzip2", "h5bz2"),
        32000 => ("LZF", ""),
        32001 => ("Blosc", "h5blosc"),
        32004 => ("LZ4", "h5lz4"),
        32008 => ("bitshuffle", "h5bshuf"),
        32013 => ("ZFP", "h5zfp"),
        32015 => ("Zstandard", "h5zstd"),
        32017 => ("SZ", "h5sz"),
        32018 => ("FCIDECOMP", "h5fcidecomp"),
        32024 => ("SZ3", "h5sz3"),
        32026 => ("Blosc2", "h5blosc2"),
        32028 => ("SPERR", "h5sperr"),
        _ => return format!("number {id}"),
    };
    match plugin {
        "" => format!("{name} (number {id})"),
        _ => format!("{name} (number {id}, plugin {plugin} of the package hdf5plugin)"),
    }
}

/// What of a block of a dataset was never written and reads as its fill value.
fn unwritten(path: &Path, dataset: &hdf5::Dataset, block: &[Range<usize>]) -> hdf5::Result<Written> {
    if dataset.size() == 0 || block.iter().any(Range::is_empty) {
        return Ok(Written::All);
    }
    let plist = dataset.dcpl()?;
    let missing = match plist.get_layout()? {
        Layout::Compact => None,
        Layout::Contiguous => {
            let nowhere = dataset.offset().is_none() && plist.get_external()?.is_empty();
            nowhere.then(|| "none of its numbers was ever written".into())
        }
        Layout::Chunked => missing_chunks(dataset, block),
        Layout::Virtual => return sources(path, dataset),
    };
    Ok(missing.map_or(Written::All, Written::Partly))
}

/// Whether the sources of a virtual dataset are there: what they lack reads as a fill value.
fn sources(path: &Path, dataset: &hdf5::Dataset) -> hdf5::Result<Written> {
    let unknown = || {
        Written::Unknown("the dataset is virtual: what its source files lack reads as a fill value".into())
    };
    // Selections that are no blocks cannot be listed.
    // The binding lists no selections of blocks longer than 1: of those nobody knows, which is said.
    let Ok(map) = dataset.dcpl()?.get_virtual_map() else { return Ok(unknown()) };
    // Paths go by the folder of the file, as the library takes them where no prefix is set.
    let folder = path.parent().unwrap_or(Path::new(""));
    for source in &map {
        let (file, name) = (&source.src_filename, &source.src_dataset);
        // A pattern stands for as many files as there are.
        if file.contains('%') || name.contains('%') {
            continue;
        }
        let has = |file: hdf5::Result<hdf5::File>| file.and_then(|file| file.dataset(name)).is_ok();
        let there = if file == "." {
            has(dataset.file())
        } else {
            [folder.join(file), file.into()].iter().any(|at| at.exists() && has(hdf5::File::open(at)))
        };
        if !there {
            return Ok(Written::Partly(format!("its source `{file}`, dataset `{name}`, is missing")));
        }
    }
    let shape = dataset.shape();
    let sizes = map.iter().map(|source| source.vds_selection.out_shape(&shape));
    let mapped =
        sizes.map(|shape| shape.map(|shape| shape.iter().product::<usize>())).sum::<hdf5::Result<usize>>()?;
    if mapped < dataset.size() {
        return Ok(Written::Partly(format!("{} of its numbers have no source", dataset.size() - mapped)));
    }
    Ok(unknown())
}

/// A word on the chunks that reach into a block and were never written.
fn missing_chunks(dataset: &hdf5::Dataset, block: &[Range<usize>]) -> Option<String> {
    let (shape, chunk, written) = (dataset.shape(), dataset.chunk()?, dataset.num_chunks()?);
    let counts: Vec<usize> = shape.iter().zip(&chunk).map(|(length, c)| length.div_ceil(*c)).collect();
    let all: usize = counts.iter().product();
    if written >= all {
        return None;
    }
    let reach = block.iter().zip(&chunk).map(|(range, c)| range.start / c..range.end.div_ceil(*c));
    let reach: Vec<Range<usize>> = reach.collect();
    let asked: usize = reach.iter().map(ExactSizeIterator::len).product();
    if all > LISTED {
        // Those of the block may be the ones that are there; of a whole dataset they are not.
        let lacking = asked.saturating_sub(written);
        return (lacking > 0).then(|| format!("{lacking} of its {asked} chunks were never written"));
    }
    let mut present = vec![false; all];
    for at in 0..written {
        let offset = dataset.chunk_info(at)?.offset;
        let places = offset.iter().zip(&chunk).zip(&counts);
        let index = places.fold(0, |index, ((o, c), count)| index * count + *o as usize / c);
        *present.get_mut(index)? = true;
    }
    let place = |mut index: usize| {
        let mut place = vec![0; counts.len()];
        for axis in (0..counts.len()).rev() {
            place[axis] = index % counts[axis];
            index /= counts[axis];
        }
        place
    };
    let within = |place: &Vec<usize>| place.iter().zip(&reach).all(|(at, reach)| reach.contains(at));
    let lacking = (0..all).filter(|index| !present[*index]).map(place).filter(within);
    let lacking: Vec<Vec<usize>> = lacking.collect();
    let first: Vec<usize> = lacking.first()?.iter().zip(&chunk).map(|(at, c)| at * c).collect();
    Some(format!("{} of its {asked} chunks were never written, the first from {first:?} on", lacking.len()))
}
