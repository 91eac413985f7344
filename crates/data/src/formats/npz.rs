//! NumPy's files: `.npy` with one array, `.npz` with several, and folders of `.npy`.

use crate::array::Array;
use crate::formats::bundle::{Bundle, Content, Item};
use crate::formats::dtype::Kind;
use crate::formats::entry::Entry;
use crate::formats::npy::{Bytes, Head, MAGIC, Npy};
use crate::formats::turned::Turned;
use crate::location::Location;
use crate::source::Source;
use crate::{Attributes, AxisOrder, DataError, Result};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use zip::ZipArchive;
use zip::result::ZipError;

/// What ends the names of arrays.
const SUFFIX: &str = ".npy";

/// The first bytes of an archive of files.
const ZIP: [u8; 4] = *b"PK\x03\x04";

/// Bytes of a text that is read as an attribute.
const TEXT: u64 = 1 << 16;

/// Whether a file is an array, an archive with arrays, or a folder with array files.
pub(crate) fn holds(path: &Path) -> bool {
    if path.is_dir() {
        return files(path).is_ok_and(|files| !files.is_empty());
    }
    let mut start = [0; 6];
    let Ok(mut file) = File::open(path) else { return false };
    if file.read_exact(&mut start).is_err() {
        return false;
    }
    start == MAGIC || start.starts_with(&ZIP) && is_archive(file)
}

/// Whether an archive holds arrays, or cannot be read, which is then said.
fn is_archive(file: File) -> bool {
    ZipArchive::new(file).map_or(true, |archive| {
        archive.file_names().any(|name| name.is_ok_and(|name| name.ends_with(SUFFIX)))
    })
}

/// Opens one.
///
/// # Errors
/// [`DataError::Array`] for what is not as NumPy writes it, and any fault of the arrays asked for.
pub(crate) fn open(path: &Path, at: &Location, axes: Option<AxisOrder>) -> Result<Box<dyn Source>> {
    let file = &at.file;
    let contents = if file.is_dir() {
        files(file)?.iter().map(|file| Ok((stem(file), alone(file)?))).collect::<Result<_>>()?
    } else if begins(file, &MAGIC)? {
        vec![(stem(file), alone(file)?)]
    } else {
        archive(file)?
    };
    let item = |(name, content)| Item { name, content, own: Attributes::default() };
    let contents = contents.into_iter().map(item).collect();
    let bundle = Bundle { contents, attributes: Attributes::default(), notes: Vec::new() };
    Ok(Box::new(bundle.open(path, at, axes)?))
}

fn begins(path: &Path, magic: &[u8]) -> Result<bool> {
    let mut start = vec![0; magic.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.map_err(|source| DataError::io(path, source))?;
    Ok(start == magic)
}

/// The array files of a folder in order of name.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|source| DataError::io(folder, source))?;
    let is_array = |path: &PathBuf| path.extension().is_some_and(|end| end == "npy");
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).filter(is_array).collect();
    files.sort();
    Ok(files)
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

fn broken(path: &Path, name: &str, found: impl Into<Box<str>>) -> DataError {
    DataError::Array { path: path.into(), name: name.into(), found: found.into() }
}

/// The array of a file.
fn alone(path: &Path) -> Result<Content> {
    let fault = |source| DataError::io(path, source);
    let name = stem(path);
    let mut file = File::open(path).map_err(fault)?;
    let length = file.metadata().map_err(fault)?.len();
    let head = Head::read(&mut file).map_err(|found| broken(path, &name, found))?;
    let rest = length.saturating_sub(head.length);
    content(path, &name, &head, rest, |_| Ok(Bytes::File { file: Mutex::new(file), from: head.length }))
}

/// What an array of this header holds, with `rest` bytes behind it, which `bytes` opens.
fn content(
    path: &Path,
    name: &str,
    head: &Head,
    rest: u64,
    bytes: impl FnOnce(u64) -> Result<Bytes>,
) -> Result<Content> {
    let kind = head.dtype.kind;
    if let Kind::Other(_) = kind {
        return Ok(Content::Other(head.dtype.to_string()));
    }
    let (_, size) = head.size().ok_or_else(|| broken(path, name, format!("shape {:?}", head.shape)))?;
    if rest != size {
        let found =
            format!("{rest} bytes of numbers, expected {size} for {} of shape {:?}", head.dtype, head.shape);
        return Err(broken(path, name, found));
    }
    if let Kind::Unicode | Kind::Ascii = kind {
        let wide = size > TEXT || size == 0 || head.shape.iter().filter(|n| **n > 1).count() > 1;
        return if wide {
            Ok(Content::Other(head.dtype.to_string()))
        } else {
            text(path, name, head, bytes(size)?)
        };
    }
    Ok(match Npy::new(path, head, bytes(size)?) {
        Ok(array) => {
            let array: Box<dyn Array> = Box::new(array);
            let array = if head.fortran { Box::new(Turned::new(array)) } else { array };
            if kind == Kind::Truth { Content::Truths(array) } else { Content::Numbers(array) }
        }
        Err(found) => Content::Other(found),
    })
}

/// The texts of an array, divided by commas.
fn text(path: &Path, name: &str, head: &Head, bytes: Bytes) -> Result<Content> {
    let mut all = vec![0; head.size().map_or(0, |(_, size)| size as usize)];
    bytes.read(0, &mut all).map_err(|source| DataError::io(path, source))?;
    let texts: Option<Vec<String>> =
        all.chunks_exact(head.dtype.bytes).map(|text| head.dtype.text(text)).collect();
    let texts = texts.ok_or_else(|| broken(path, name, "a text that is none"))?;
    Ok(Content::Text(texts.join(",")))
}

/// The arrays of an archive; their numbers stay in it until they are asked for.
fn archive(path: &Path) -> Result<Vec<(String, Content)>> {
    let fault = |source| DataError::io(path, source);
    let told = |error: ZipError| DataError::Archive { path: path.into(), detail: error.to_string().into() };
    let mut archive = ZipArchive::new(File::open(path).map_err(fault)?).map_err(told)?;
    let mut contents = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(told)?;
        let name = entry.name().map_err(told)?.into_owned();
        let Some(name) = name.strip_suffix(SUFFIX) else { continue };
        let head = Head::read(&mut entry).map_err(|found| broken(path, name, found))?;
        let rest = entry.size().saturating_sub(head.length);
        let bytes = |_| Ok(Bytes::Entry(Entry::new(path, index, head.length)));
        contents.push((name.to_owned(), content(path, name, &head, rest, bytes)?));
    }
    Ok(contents)
}
