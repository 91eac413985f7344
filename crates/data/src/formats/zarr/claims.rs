//! What an array of a store claims, held to what is stored, before room is made for its numbers.

use super::store::Chunked;
use crate::limits::{CHUNK, product};
use crate::{DataError, Result};
use std::path::Path;
use zarrs::array::ArrayShardedExt;

/// Bytes that Zstandard makes of one, at most: a block of 128 KiB may be 4 bytes. No other codec makes more.
const SWELLS: usize = 1 << 15;

/// Of so many chunks one has to be stored.
const ONE_OF: usize = 16;

/// Refuses an array whose numbers no memory could hold, or which what is stored of it cannot be; how many chunks there
/// are, and how many of them are not stored.
///
/// # Errors
/// [`DataError::Size`], [`DataError::Zarr`].
pub(super) fn check(of: &Chunked) -> Result<[usize; 2]> {
    let wide = of.element.bytes();
    let refused = |found: String, expected: String| DataError::Size {
        path: of.path.clone(),
        variable: of.name.clone(),
        found: format!("shape {:?}, {found}", of.shape).into(),
        expected: expected.into(),
    };
    let numbers = product(&of.shape);
    let Some(claimed) = numbers.and_then(|n| n.checked_mul(8)).filter(|bytes| *bytes <= isize::MAX as usize)
    else {
        return Err(refused("more than memory has addresses for".into(), "a shape that can be read".into()));
    };
    if claimed == 0 {
        return Ok([0, 0]);
    }
    // A shard is read in parts.
    let whole = of.array.chunk_shape(&vec![0; of.shape.len()]).map_err(|e| of.fault(e))?;
    let lengths = |shape: &[std::num::NonZeroU64]| shape.iter().map(|n| n.get() as usize).collect::<Vec<_>>();
    let chunk = lengths(&of.array.subchunk_shape().unwrap_or(whole));
    if product(&chunk).and_then(|n| n.checked_mul(wide)).is_none_or(|bytes| bytes > CHUNK) {
        return Err(refused(format!("chunks of {chunk:?}"), format!("chunks of at most {CHUNK} bytes")));
    }
    let all: Vec<usize> = of.array.chunk_grid_shape().iter().map(|n| *n as usize).collect();
    let all = product(&all).unwrap_or(usize::MAX);
    let files = files(&of.folder.join(&of.name), all.div_ceil(ONE_OF));
    if files > 0 && files < all.div_ceil(ONE_OF) {
        return Err(refused(
            format!("{files} of its {all} chunks stored"),
            format!("one of {ONE_OF} at least"),
        ));
    }
    if files == 0 {
        return Ok([all, all]);
    }
    let [all, absent, stored] = of.chunks(&of.whole())?;
    let least = (claimed / 8).saturating_mul(wide) / all.max(1) * (all - absent) / SWELLS;
    if least > stored {
        return Err(refused(format!("{stored} bytes of it stored"), format!("{least} bytes at least")));
    }
    Ok([all, absent])
}

/// How many files lie below a folder, counted up to `enough`: its chunks, and what describes them.
fn files(folder: &Path, enough: usize) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let mut found = 0;
    for entry in entries.flatten() {
        let hidden = |name: &str| name == "zarr.json" || name.starts_with(".z");
        found += match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path(), enough - found),
            _ => usize::from(!entry.file_name().to_str().is_some_and(hidden)),
        };
        if found >= enough {
            break;
        }
    }
    found
}
