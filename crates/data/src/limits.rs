//! What a dataset claims, held to what its file can hold, before room is made for its numbers.

use crate::{DataError, Result};
use hdf5::Dataset;
use hdf5::filters::Filter;
use hdf5::plist::dataset_create::Layout;
use std::path::Path;

/// Bytes of a chunk, decompressed, above which none is read: libraries make room for a whole one.
pub(crate) const CHUNK: usize = 1 << 30;

/// Bytes that DEFLATE makes of one, at most (258 of 2 bits), and LZF (264 of 3 bytes).
const GZIP: u64 = 1032;
const LZF: u64 = 88;

/// Values of an attribute above which it is not read.
pub(crate) const VALUES: usize = 1 << 20;

/// Texts of an attribute above which they are not read.
pub(crate) const TEXTS: usize = 1 << 12;

/// Refuses a dataset whose numbers no memory could hold, or which its file cannot hold.
///
/// # Errors
/// [`DataError::Size`].
pub(crate) fn check(path: &Path, variable: &str, dataset: &Dataset) -> Result<()> {
    let fault = |e: hdf5::Error| {
        let action = format!("look at dataset `{variable}`");
        DataError::Hdf5 { path: path.into(), action, detail: e.to_string() }
    };
    let shape = dataset.space().map_err(fault)?.shape();
    let refused = |found: String, expected: String| DataError::Size {
        path: path.into(),
        variable: variable.into(),
        found: format!("shape {shape:?}, {found}").into(),
        expected: expected.into(),
    };
    let wide = dataset.dtype().map_err(fault)?.size().max(size_of::<f64>());
    let Some(numbers) =
        product(&shape).filter(|n| n.checked_mul(wide).is_some_and(|n| n <= isize::MAX as usize))
    else {
        return Err(refused("more than memory has addresses for".into(), "a shape that can be read".into()));
    };
    let plist = dataset.dcpl().map_err(fault)?;
    let layout = plist.get_layout().map_err(fault)?;
    let elsewhere = layout == Layout::Virtual || !plist.get_external().map_err(fault)?.is_empty();
    if numbers == 0 || elsewhere {
        return Ok(());
    }
    let (stored, file) =
        (dataset.storage_size(), std::fs::metadata(path).map_or(u64::MAX, |found| found.len()));
    if stored > file {
        let expected = format!("at most the {file} bytes of the file");
        return Err(refused(format!("{stored} bytes of it stored"), expected));
    }
    let size = dataset.dtype().map_err(fault)?.size();
    let Some(chunk) = dataset.chunk() else {
        let claimed = (numbers * size) as u64;
        let end = dataset.offset().unwrap_or(0).saturating_add(claimed);
        return if layout == Layout::Contiguous && end > file {
            Err(refused(format!("{claimed} bytes"), format!("all of them in the {file} bytes of the file")))
        } else {
            Ok(())
        };
    };
    let Some(each) = product(&chunk).and_then(|n| n.checked_mul(size)).filter(|bytes| *bytes <= CHUNK) else {
        return Err(refused(format!("chunks of {chunk:?}"), format!("chunks of at most {CHUNK} bytes")));
    };
    let claimed = (each as u64).saturating_mul(dataset.num_chunks().unwrap_or(0) as u64);
    match plist.get_filters().map_err(fault)?.iter().try_fold(1, swells) {
        Some(most) if claimed > stored.saturating_mul(most) => Err(refused(
            format!("chunks of {claimed} bytes in {stored} stored ones"),
            format!("at most {most} of each, as its filters make"),
        )),
        _ => Ok(()),
    }
}

/// The product of lengths, unless it is too large.
pub(crate) fn product(lengths: &[usize]) -> Option<usize> {
    lengths.iter().try_fold(1usize, |product, length| product.checked_mul(*length))
}

/// How much of a byte filters make together, where that has a bound.
fn swells(so_far: u64, filter: &Filter) -> Option<u64> {
    so_far.checked_mul(match filter {
        Filter::Deflate(_) => GZIP,
        Filter::LZF => LZF,
        Filter::Shuffle | Filter::Fletcher32 => 1,
        _ => return None,
    })
}
