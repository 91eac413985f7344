//! One reading of some lines of a recording, in portions: frames in slabs.

use super::Job;
use crate::error::Fault;
use equipoise_covariance::{Frames, Slab};
use equipoise_data::{DataError, Lines};
use equipoise_field::Shape;
use std::cell::Cell;
use std::ops::Range;
use std::sync::mpsc;

/// Some lines of the recording as frames in slabs: one reading of them.
pub(crate) struct Reading<'a> {
    pub(super) job: &'a Job<'a>,
    /// The lines of the grid.
    pub(super) of: Range<usize>,
    /// Bytes of a portion.
    pub(super) portion: usize,
    /// Readings before this one.
    pub(super) before: Cell<usize>,
}

impl Frames for Reading<'_> {
    type Error = Fault;

    fn rows(&self) -> usize {
        self.job.train.frames()
    }

    fn columns(&self) -> usize {
        self.frame().len()
    }

    fn visit(&self, take: &mut dyn FnMut(&Slab<'_>) -> Result<(), Fault>) -> Result<(), Fault> {
        self.lines(|lines| self.slabs(lines).try_for_each(|slab| take(&slab)))
    }
}

impl Reading<'_> {
    /// A thread of its own reads one half of the portion ahead while `take` works on the other.
    pub(crate) fn lines(&self, mut take: impl FnMut(&Lines) -> Result<(), Fault>) -> Result<(), Fault> {
        let (train, of, before, half) = (self.job.train, &self.of, self.before.get(), self.portion / 2);
        let portions = train.portions_of(of, half);
        std::thread::scope(|scope| {
            let (send, receive) = mpsc::sync_channel(0);
            let reader = scope.spawn(move || {
                train.for_each_lines_of(of, half, |lines| send.send(lines).map_err(|_| Halt::Unheard))
            });
            for (done, lines) in receive.iter().enumerate() {
                take(&lines)?;
                self.job.tell(before, (done + 1) as f64 / portions as f64)?;
            }
            match reader.join().expect("reading does not panic") {
                Err(Halt::Data(error)) => Err(Fault::from(error)),
                Err(Halt::Unheard) | Ok(()) => Ok(()),
            }
        })?;
        self.before.set(before + 1);
        Ok(())
    }

    /// (1, C, H, W) of these lines.
    fn frame(&self) -> Shape {
        Shape { height: self.of.len(), ..self.job.train.frame() }
    }

    /// The channels of a portion.
    pub(crate) fn slabs<'l>(&self, lines: &'l Lines) -> impl Iterator<Item = Slab<'l>> {
        let (frame, first, block) = (self.frame(), self.of.start, self.job.train.block_lines());
        lines.channels.clone().map(move |group| {
            let (values, pitch) = lines.of(group);
            let start = frame.index(0, group, lines.lines.start - first, 0);
            let width = lines.lines.len() * frame.width;
            Slab { group, start, width, block: block * frame.width, values, pitch }
        })
    }
}

/// Why reading ahead ended.
enum Halt {
    Data(DataError),
    /// Nobody takes further portions.
    Unheard,
}

impl From<DataError> for Halt {
    fn from(error: DataError) -> Self {
        Self::Data(error)
    }
}
