//! A file of trajectories that is read in portions and never held whole.

use crate::source::{self, Header, Opened};
use crate::{
    Attributes, AxisOrder, Coordinates, DataError, Described, Kind, LoadOptions, Mask, Particulars, Result,
};
use crate::{load, measured};
use equipoise_field::{Grid, Shape};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Points of a block of lines, about.
const BLOCK: usize = 1024;
/// Bytes of a portion beyond which reading gets no faster.
const LARGE: usize = 64 << 20;

/// An open file of trajectories.
///
/// Opening reads what the attributes say and settles the kind of flow and its grid; the numbers are
/// looked at by a [`Survey`](crate::Survey), which every portion passes in the first reading.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    opened: Opened,
    pub(crate) options: LoadOptions,
    kind: Kind,
    grid: Grid,
}

/// Some lines (rows of the grid) of some channels in all frames of a file.
#[derive(Clone, Debug)]
pub struct Lines {
    /// c, the channels: one, or those of a chunk of the file.
    pub channels: Range<usize>,
    /// h, the lines.
    pub lines: Range<usize>,
    /// W, the numbers of a line.
    width: usize,
    /// (A·B, channels, lines, W) with A and B the leading axes of the file, in its order.
    values: Vec<f32>,
}

impl Lines {
    /// From the first number of a channel on: its lines, flat, and the numbers from one frame to the next.
    pub fn of(&self, channel: usize) -> (&[f32], usize) {
        let lines = self.lines.len() * self.width;
        (&self.values[(channel - self.channels.start) * lines..], self.channels.len() * lines)
    }
}

/// Lines of a block of frames of this shape.
pub(crate) fn block_lines(frame: Shape) -> usize {
    BLOCK.div_ceil(frame.width).min(frame.height)
}

impl Recording {
    /// Opens a file.
    ///
    /// # Errors
    /// As [`load`](crate::load), except for what only the numbers show.
    pub fn open(path: &Path, options: &LoadOptions) -> Result<Self> {
        Self::of(path, Opened::open(path, options.axes)?, options)
    }

    /// Of a source that is open.
    pub(crate) fn of(path: &Path, opened: Opened, options: &LoadOptions) -> Result<Self> {
        let header = opened.header();
        let (kind, _) = load::kind(path, &header.attributes, options)?;
        load::channels(path, header, kind)?;
        let grid = load::frame(path, header, kind)?.grid;
        Ok(Self { path: path.into(), opened, options: *options, kind, grid })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn header(&self) -> &Header {
        self.opened.header()
    }

    /// The cells that hold no flow, where a mask beside the field says so.
    pub fn mask(&self) -> Option<&Mask> {
        self.header().mask.as_ref()
    }

    /// The order of axes that is given, or that an attribute states; `None` where neither does.
    pub fn stated_order(&self) -> Option<AxisOrder> {
        let header = self.header();
        source::stated(&self.path, &header.variable, &header.attributes, self.options.axes)
    }

    /// As those see it who hold another file against it, without statistics and fingerprints, with a sentence for
    /// every default taken.
    ///
    /// # Errors
    /// [`DataError::AttributeValue`].
    pub fn described(&self) -> Result<(Described, Vec<String>)> {
        let (path, header) = (&self.path, self.header());
        let (frame, mut notes) = (load::frame(path, header, self.kind)?, header.notes.clone());
        let (coordinates, defaults) = Coordinates::stated(path, &header.attributes)?;
        notes.extend(frame.notes.into_iter().chain(defaults));
        let described = Described {
            path: path.clone(),
            kind: self.kind,
            frame: self.frame(),
            grid: self.grid,
            coordinates,
            geometry: frame.geometry,
            mask: frame.mask,
            particulars: Particulars::stated(path, &header.attributes, self.kind)?,
        };
        Ok((described, notes))
    }

    /// How it is read.
    pub fn options(&self) -> &LoadOptions {
        &self.options
    }

    /// The kind of flow.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Axis map, spacings and border rule.
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// The attributes of the file.
    pub fn attributes(&self) -> &Attributes {
        &self.header().attributes
    }

    /// The lengths of both leading axes, in the file's order.
    pub fn leading(&self) -> [usize; 2] {
        self.header().leading()
    }

    /// N·T, the number of frames.
    pub fn frames(&self) -> usize {
        self.leading().iter().product()
    }

    /// (1, C, H, W).
    pub fn frame(&self) -> Shape {
        let [_, _, channels, height, width] = self.header().shape;
        Shape::new(1, channels, height, width)
    }

    /// The bytes of all numbers as f32.
    pub fn bytes(&self) -> usize {
        4 * self.frames() * self.frame().len()
    }

    /// Lines of a block: the unit in which portions are cut, whatever their size.
    pub fn block_lines(&self) -> usize {
        block_lines(self.frame())
    }

    /// The fewest bytes of a portion of [`for_each_lines`](Self::for_each_lines).
    pub fn least_portion(&self) -> usize {
        4 * self.frames() * self.block_lines() * self.frame().width
    }

    /// The bytes that reading takes while it decompresses a chunk: as stored and as read, about.
    pub fn chunk_bytes(&self) -> usize {
        let Header { bytes, chunk, .. } = self.header();
        chunk.map_or(0, |chunk| 2 * bytes * chunk.iter().product::<usize>())
    }

    /// Frames of one trajectory in a chunk, 1 where the file has no chunks.
    pub fn chunk_frames(&self, order: AxisOrder) -> usize {
        self.header().chunk.map_or(1, |chunk| chunk[order.time_axis()].max(1))
    }

    /// The channels and lines of a portion of up to `bytes`: whole blocks, and whole chunks of the file
    /// where they fit. Portions are no larger than they must be for fast reading.
    ///
    /// A chunk is decompressed once for every portion that it reaches into, so that more memory helps
    /// where portions cut through chunks.
    fn portion(&self, bytes: usize) -> (usize, usize) {
        let (unit, shape) = (self.block_lines(), self.frame());
        let chunk = self.header().chunk;
        let (deep, high) = chunk.map_or((1, 1), |c| (c[2].min(shape.channels), c[3].min(shape.height)));
        let channels = (bytes / self.least_portion()).clamp(1, deep);
        let line = 4 * self.frames() * channels * shape.width;
        let bytes = if high * line > LARGE.min(bytes) { bytes } else { bytes.min(LARGE) };
        let lines = bytes / line;
        if lines >= shape.height {
            return (channels, shape.height);
        }
        let both = (1..=unit).map(|k| k * high).find(|l| l.is_multiple_of(unit)).unwrap_or(unit);
        let step = if lines >= both { both } else { unit };
        (channels, (lines / step * step).max(unit))
    }

    /// How many portions of up to `bytes` one pass takes.
    pub fn portions(&self, bytes: usize) -> usize {
        self.portions_of(&(0..self.frame().height), bytes)
    }

    /// As [`portions`](Self::portions), of a pass over some lines.
    pub fn portions_of(&self, lines: &Range<usize>, bytes: usize) -> usize {
        let ((channels, high), shape) = (self.portion(bytes), self.frame());
        shape.channels.div_ceil(channels) * lines.len().div_ceil(high)
    }

    /// The first number of every channel.
    pub(crate) fn first(&self) -> Result<Vec<f32>> {
        self.opened.read([0..1, 0..1, 0..self.frame().channels, 0..1, 0..1])
    }

    /// Hands every line of every channel in portions of up to `bytes` to `take`; the lines of a channel
    /// come in order.
    ///
    /// One pass over the file. A portion holds at least one block of lines of all frames.
    ///
    /// # Errors
    /// [`DataError::Hdf5`], and the first of `take`.
    pub fn for_each_lines<E: From<DataError>>(
        &self,
        bytes: usize,
        take: impl FnMut(Lines) -> Result<(), E>,
    ) -> Result<(), E> {
        self.for_each_lines_of(&(0..self.frame().height), bytes, take)
    }

    /// As [`for_each_lines`](Self::for_each_lines), of some lines, which begin with a block.
    ///
    /// # Errors
    /// As [`for_each_lines`](Self::for_each_lines).
    pub fn for_each_lines_of<E: From<DataError>>(
        &self,
        all: &Range<usize>,
        bytes: usize,
        mut take: impl FnMut(Lines) -> Result<(), E>,
    ) -> Result<(), E> {
        let (shape, (deep, high)) = (self.frame(), self.portion(bytes));
        for channel in (0..shape.channels).step_by(deep) {
            let channels = channel..shape.channels.min(channel + deep);
            for line in all.clone().step_by(high) {
                let lines = line..all.end.min(line + high);
                let [a, b] = self.leading();
                let values =
                    self.opened.read([0..a, 0..b, channels.clone(), lines.clone(), 0..shape.width])?;
                take(Lines { channels: channels.clone(), lines, width: shape.width, values })?;
            }
        }
        Ok(())
    }

    /// Frames `frames` of trajectory `n`, flat (T, C, H, W), in physical units.
    ///
    /// # Errors
    /// [`DataError::Hdf5`], also for frames beyond the file.
    pub fn run(&self, order: AxisOrder, n: usize, frames: Range<usize>) -> Result<Vec<f32>> {
        let mut leading = [n..n + 1, frames];
        if order.time_axis() == 0 {
            leading.reverse();
        }
        self.frames_of(leading)
    }

    /// The frames of [`measured::some`].
    pub(crate) fn some(&self) -> Result<Vec<f32>> {
        self.frames_of(measured::some(self.leading()))
    }

    fn frames_of(&self, [a, b]: [Range<usize>; 2]) -> Result<Vec<f32>> {
        let shape = self.frame();
        self.opened.read([a, b, 0..shape.channels, 0..shape.height, 0..shape.width])
    }
}
