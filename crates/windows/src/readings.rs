//! What is read of a series.

use crate::cost::positive;
use crate::dense::block_mut;
use crate::error::{Result, WindowsError};
use crate::series::Series;
use ndarray::Array2;

/// Readings of every so many-th frame, from the first on: y = A x + s η, η ~ N(0, I).
#[derive(Clone, Debug)]
pub struct Readings {
    /// Frames from one that is read to the next, at least 1.
    pub every: usize,
    /// H of each series, n × d: what is read of a frame. None for all of its numbers.
    pub rows: Vec<Option<Array2<f64>>>,
    /// s, in the series' unit.
    pub std: f64,
}

impl Readings {
    /// All numbers of every `every`-th frame of `series` series.
    pub fn whole_frames(series: usize, every: usize, std: f64) -> Self {
        Self { every, rows: vec![None; series], std }
    }

    /// # Errors
    /// [`WindowsError`]: not one H a series, an H that is not n × d, a stride of 0, or an s that is not positive.
    pub(crate) fn check(&self, series: &[Series]) -> Result<()> {
        positive("s", self.std)?;
        if self.every == 0 {
            return Err(WindowsError::Number { what: "every", found: 0.0, expected: "at least 1" });
        }
        if self.rows.len() != series.len() {
            let (found, expected) = ((self.rows.len(), 1), (series.len(), 1));
            return Err(WindowsError::Size { what: "H of the series", found, expected });
        }
        let sized = |(rows, one): (&Option<Array2<f64>>, &Series)| match rows {
            Some(h) if h.ncols() != one.dim() || h.nrows() == 0 => {
                let expected = (h.nrows().max(1), one.dim());
                Err(WindowsError::Size { what: "H", found: h.dim(), expected })
            }
            _ => Ok(()),
        };
        self.rows.iter().zip(series).try_for_each(sized)
    }

    /// A of series number `index` over its first `frames` frames.
    pub(crate) fn matrix(&self, index: usize, d: usize, frames: usize) -> Array2<f64> {
        let identity = || Array2::eye(d);
        let h = self.rows[index].as_ref().map_or_else(identity, Clone::clone);
        let (n, times) = (h.nrows(), frames.div_ceil(self.every));
        let mut a = Array2::zeros((n * times, d * frames));
        for time in 0..times {
            let at = time * self.every * d;
            block_mut(&mut a, time * n..(time + 1) * n, at..at + d).assign(&h);
        }
        a
    }

    /// N of all series, each by its weight, of their first `frames` frames.
    pub fn count(&self, series: &[Series], frames: usize) -> f64 {
        let rows = |(h, one): (&Option<Array2<f64>>, &Series)| {
            one.weight() * h.as_ref().map_or(one.dim(), Array2::nrows) as f64
        };
        let frame: f64 = self.rows.iter().zip(series).map(rows).sum();
        frame * frames.div_ceil(self.every) as f64
    }
}
