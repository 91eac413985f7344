//! NumPy's `.npy`: its header, and its numbers as an array.

use crate::array::Array;
use crate::formats::dtype::{Dtype, Kind};
use crate::formats::entry::Entry;
use crate::formats::gather;
use crate::storage::Element;
use crate::{DataError, Result};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The first bytes.
pub(crate) const MAGIC: [u8; 6] = *b"\x93NUMPY";

/// Bytes of a header above which it is none: NumPy itself writes fewer than 1000 of a plain array.
const LONGEST: usize = 1 << 20;

/// What a header says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Head {
    pub(crate) dtype: Dtype,
    /// Whether the first axis is the fastest.
    pub(crate) fortran: bool,
    pub(crate) shape: Vec<usize>,
    /// Bytes before the numbers.
    pub(crate) length: u64,
}

impl Head {
    /// Reads the header at the beginning of a file or of an entry of an archive.
    ///
    /// # Errors
    /// A sentence on what was found.
    pub(crate) fn read(bytes: &mut impl Read) -> Result<Self, String> {
        let mut take = |count: usize| {
            let mut taken = vec![0; count];
            let ends = |_| "it ends inside its header".to_owned();
            bytes.read_exact(&mut taken).map_err(ends).map(|()| taken)
        };
        let start = take(8)?;
        if start[..6] != MAGIC {
            return Err("it does not begin as one of NumPy does".into());
        }
        let (count, before) = match start[6] {
            1 => (
                usize::from(u16::from_le_bytes([0, 1].map({
                    let n = take(2)?;
                    move |i| n[i]
                }))),
                10,
            ),
            2 | 3 => (
                u32::from_le_bytes([0, 1, 2, 3].map({
                    let n = take(4)?;
                    move |i| n[i]
                })) as usize,
                12,
            ),
            version => return Err(format!("version {version} of its header is not known")),
        };
        if count > LONGEST {
            return Err(format!("its header claims {count} bytes"));
        }
        let text = String::from_utf8(take(count)?).map_err(|_| "its header is no text".to_owned())?;
        let length = (before + count) as u64;
        parse(&text).map(|(dtype, fortran, shape)| Self { dtype, fortran, shape, length })
    }

    /// Numbers in all, and the bytes they take.
    pub(crate) fn size(&self) -> Option<(usize, u64)> {
        let numbers = self.shape.iter().try_fold(1usize, |product, length| product.checked_mul(*length))?;
        let bytes = (numbers as u64).checked_mul(self.dtype.bytes as u64)?;
        Some((numbers, bytes))
    }
}

/// The literal of a Python dictionary with the keys `descr`, `fortran_order` and `shape`.
fn parse(text: &str) -> Result<(Dtype, bool, Vec<usize>), String> {
    let value = |key: &str| {
        let quoted = [format!("'{key}'"), format!("\"{key}\"")];
        let at = quoted.iter().find_map(|key| Some(text.find(key)? + key.len()));
        let rest = at.and_then(|at| text[at..].trim_start().strip_prefix(':'));
        rest.map(str::trim_start).ok_or_else(|| format!("its header has no `{key}`: {}", text.trim()))
    };
    let descr = value("descr")?;
    let dtype = match descr.chars().next() {
        Some(quote @ ('\'' | '"')) => {
            let end = descr[1..].find(quote).ok_or("its header breaks off")?;
            Dtype::parse(&descr[1..=end])?
        }
        _ => Dtype::RECORDS,
    };
    let order = value("fortran_order")?;
    let fortran = match (order.starts_with("True"), order.starts_with("False")) {
        (true, _) => true,
        (_, true) => false,
        _ => return Err("`fortran_order` of its header is neither True nor False".into()),
    };
    let shape = value("shape")?;
    let inner = shape.strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(inner, _)| inner);
    let lengths = inner.ok_or("`shape` of its header is no tuple")?.split(',').map(str::trim);
    // Python 2 wrote long integers with an L.
    let length =
        |text: &str| text.trim_end_matches('L').parse().map_err(|_| format!("length `{text}` in its shape"));
    let shape = lengths.filter(|text| !text.is_empty()).map(length).collect::<Result<_, _>>()?;
    Ok((dtype, fortran, shape))
}

/// Where the bytes of an array are.
#[derive(Debug)]
pub(crate) enum Bytes {
    /// In a file, from this byte on.
    File { file: Mutex<File>, from: u64 },
    /// In an archive.
    Entry(Entry),
}

impl Bytes {
    /// Fills a slice from an offset on.
    pub(crate) fn read(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()> {
        match self {
            Self::File { file, from } => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(from + offset))?;
                file.read_exact(into)
            }
            Self::Entry(entry) => entry.read(offset, into),
        }
    }
}

/// Numbers of one type, the last axis fastest.
#[derive(Debug)]
pub(crate) struct Npy {
    path: PathBuf,
    dtype: Dtype,
    element: Element,
    shape: Vec<usize>,
    bytes: Bytes,
}

impl Npy {
    /// Of a header and the bytes behind it; in Fortran's order the axes are those of the file, reversed.
    ///
    /// # Errors
    /// What stands there instead of numbers.
    pub(crate) fn new(path: &Path, head: &Head, bytes: Bytes) -> Result<Self, String> {
        let element = head.dtype.element().ok_or_else(|| head.dtype.to_string())?;
        let mut shape = head.shape.clone();
        if head.fortran {
            shape.reverse();
        }
        Ok(Self { path: path.into(), dtype: head.dtype, element, shape, bytes })
    }

    fn read<E: Copy + Default>(&self, block: &[Range<usize>], one: fn(Dtype, &[u8]) -> E) -> Result<Vec<E>> {
        let (width, mut numbers) = (self.dtype.bytes, Vec::new());
        numbers.reserve(block.iter().map(ExactSizeIterator::len).product());
        let read = |offset, into: &mut [u8]| self.bytes.read(offset, into);
        let take =
            |bytes: &[u8]| numbers.extend(bytes.chunks_exact(width).map(|number| one(self.dtype, number)));
        gather::block(&self.shape, block, width, read, take)
            .map_err(|source| DataError::io(&self.path, source))?;
        Ok(numbers)
    }
}

impl Array for Npy {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn element(&self) -> Element {
        self.element
    }

    fn singles(&self, block: &[Range<usize>]) -> Result<Vec<f32>> {
        self.read(block, Dtype::single)
    }

    fn doubles(&self, block: &[Range<usize>]) -> Result<Vec<f64>> {
        self.read(block, Dtype::double)
    }
}

impl Kind {
    /// Whether numbers of it are read.
    pub(crate) fn is_read(self, bytes: usize) -> bool {
        match self {
            Self::Float => matches!(bytes, 2 | 4 | 8),
            Self::Signed | Self::Unsigned => matches!(bytes, 1 | 2 | 4 | 8),
            Self::Truth => bytes == 1,
            _ => false,
        }
    }
}
