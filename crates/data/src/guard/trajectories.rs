//! Trajectories, and tables of readings, that another process reads.

use super::wire::{Request, Told};
use super::{Guard, Link};
use crate::sensors::Table;
use crate::source::{Header, Ranges, Source};
use crate::{AxisOrder, DataError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Bytes of an answer, about: while one is on its way the next is read.
const PORTION: usize = 8 << 20;

#[derive(Debug)]
struct Trajectories {
    header: Header,
    link: Mutex<Link>,
}

/// Opens a file.
///
/// # Errors
/// As when this process reads it; [`DataError::Ended`].
pub(crate) fn open(guard: Guard, path: &Path, axes: Option<AxisOrder>) -> Result<Box<dyn Source>, DataError> {
    let mut link = Link::start(guard, path)?;
    let told: Told =
        link.ask(&Request::Trajectories { path: Link::place(path), axes }, "reading its header")?;
    let unknown =
        || DataError::Told { told: format!("{}: numbers of a type without a name", path.display()).into() };
    let header = told.header().ok_or_else(unknown)?;
    Ok(Box::new(Trajectories { header, link: Mutex::new(link) }))
}

/// The files that belong to a file beside itself.
///
/// # Errors
/// [`DataError::Ended`].
pub(crate) fn beside(guard: Guard, path: &Path) -> Result<Vec<PathBuf>, DataError> {
    Link::start(guard, path)?.ask(&Request::Beside(Link::place(path)), "reading its header")
}

/// A table of readings.
///
/// # Errors
/// As of [`read_sensors`](crate::sensors::read_sensors); [`DataError::Ended`].
pub(crate) fn table(
    guard: Guard,
    path: &Path,
    noise: Option<f64>,
    components: &[String],
) -> Result<Table, DataError> {
    let request = Request::Table { path: Link::place(path), noise, components: components.into() };
    Link::start(guard, path)?.ask(&request, "reading its columns")
}

impl Source for Trajectories {
    fn header(&self) -> &Header {
        &self.header
    }

    fn read(&self, ranges: Ranges) -> Result<Vec<f32>, DataError> {
        let count = |ranges: &Ranges| ranges.iter().map(ExactSizeIterator::len).product();
        let parts: Vec<_> = portions(self.header.chunk, ranges, PORTION)
            .into_iter()
            .map(|ranges| {
                let count = count(&ranges);
                (Request::Numbers(ranges), count)
            })
            .collect();
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        link.numbers(&parts, &format!("reading `{}`", self.header.variable))
    }
}

/// Ranges of about so many bytes that follow each other in the numbers of these, whole chunks of the file as far as they
/// can be.
fn portions(chunk: Option<[usize; 5]>, ranges: Ranges, bytes: usize) -> Vec<Ranges> {
    let mut all = vec![ranges];
    for axis in [0, 1] {
        all = all.into_iter().flat_map(|ranges| cut(chunk, ranges, axis, bytes)).collect();
    }
    all
}

/// Cuts ranges along one of both leading axes, where what one place along it holds stands together.
fn cut(chunk: Option<[usize; 5]>, ranges: Ranges, axis: usize, bytes: usize) -> Vec<Ranges> {
    let numbers: usize = ranges[axis + 1..].iter().map(ExactSizeIterator::len).product();
    let chunk = chunk.map_or(1, |chunk| chunk[axis].max(1));
    let step = (bytes / (4 * numbers.max(1))).max(1).next_multiple_of(chunk);
    if step >= ranges[axis].len() || ranges[..axis].iter().any(|range| range.len() != 1) {
        return vec![ranges];
    }
    let (mut all, mut start, end) = (Vec::new(), ranges[axis].start, ranges[axis].end);
    while start < end {
        let next = (start / chunk * chunk + step).min(end);
        let mut part = ranges.clone();
        part[axis] = start..next;
        all.push(part);
        start = next;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of ranges, in their order.
    fn places(ranges: &Ranges) -> Vec<[usize; 5]> {
        let mut all = vec![[0; 5]];
        for (axis, range) in ranges.iter().enumerate() {
            let further = |place: [usize; 5]| {
                range.clone().map(move |at| {
                    let mut place = place;
                    place[axis] = at;
                    place
                })
            };
            all = all.into_iter().flat_map(further).collect();
        }
        all
    }

    #[test]
    fn portions_follow_each_other_and_cut_no_chunk() {
        for ranges in
            [[0..3, 0..7, 0..2, 0..3, 1..4], [1..2, 2..7, 0..1, 0..3, 0..4], [2..3, 0..1, 0..2, 0..1, 0..1]]
        {
            for chunk in [None, Some([1, 2, 1, 3, 4]), Some([2, 3, 2, 3, 4])] {
                for bytes in [4, 100, 200, 500, 1 << 20] {
                    let parts = portions(chunk, ranges.clone(), bytes);
                    let joined: Vec<[usize; 5]> = parts.iter().flat_map(places).collect();
                    assert_eq!(joined, places(&ranges), "{ranges:?}, {chunk:?}, {bytes}");
                    for axis in [0, 1] {
                        let deep = chunk.map_or(1, |chunk| chunk[axis]);
                        let inner = |part: &&Ranges| part[axis].end != ranges[axis].end;
                        let cut = parts.iter().filter(inner).find(|part| part[axis].end % deep != 0);
                        assert_eq!(cut, None, "{ranges:?}, {chunk:?}, {bytes}");
                    }
                }
            }
        }
        assert_eq!(portions(None, [0..2, 0..8, 0..1, 0..2, 0..2], 64).len(), 4);
    }
}
