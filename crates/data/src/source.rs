//! Where trajectories come from: the trait of a source, and the table of formats.

use crate::audit::declaration;
use crate::clock::Clock;
use crate::formats::{beside, foreign, ibpm, jhtdb, matlab, netcdf, npz, pdebench, piv, plain, well, zarr};
use crate::guard;
use crate::location::Location;
use crate::{Attribute, Attributes, AxisOrder, DataError, Mask, Result, Suspicion};
use equipoise_field::Axis;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Ranges of both leading axes, of channels, rows and columns.
pub(crate) type Ranges = [Range<usize>; 5];

/// Trajectories as they stand on disk, whatever the format.
///
/// Its checksum is that of the file or folder, [`checksum`](crate::checksum).
pub(crate) trait Source: fmt::Debug + Send + Sync {
    /// What it says of itself; nothing of the numbers is read for it.
    fn header(&self) -> &Header;

    /// The numbers in these ranges, flat in their order, in physical units; a NaN tells what is missing.
    ///
    /// # Errors
    /// Of reading, also for ranges beyond [`Header::shape`].
    fn read(&self, ranges: Ranges) -> Result<Vec<f32>>;
}

type Open = fn(&Path, &Location, Option<AxisOrder>) -> Result<Box<dyn Source>>;

/// A format of files or folders.
struct Format {
    /// Whether a file or folder that exists is of this format.
    holds: fn(&Path) -> bool,
    /// Files that belong to it beside itself, which a checksum has to cover.
    beside: fn(&Path) -> Vec<PathBuf>,
    /// Opens one, given the order of the axes where the caller states it.
    open: Open,
}

/// All of them; the last takes what no other does, and says what is wrong with it.
static FORMATS: [Format; 11] = [
    Format { holds: zarr::holds, beside: |_| Vec::new(), open: zarr::open },
    Format { holds: npz::holds, beside: beside::files, open: npz::open },
    Format { holds: ibpm::holds, beside: beside::files, open: ibpm::open },
    Format { holds: piv::holds, beside: beside::files, open: piv::open },
    Format { holds: matlab::holds, beside: beside::files, open: matlab::open },
    Format { holds: well::holds, beside: |_| Vec::new(), open: well::open },
    Format { holds: pdebench::holds, beside: |_| Vec::new(), open: pdebench::open },
    Format { holds: jhtdb::holds, beside: |_| Vec::new(), open: jhtdb::open },
    Format { holds: netcdf::holds, beside: |_| Vec::new(), open: netcdf::open },
    Format { holds: foreign::holds, beside: |_| Vec::new(), open: foreign::open },
    Format { holds: |_| true, beside: |_| Vec::new(), open: plain::open },
];

impl Format {
    /// That of a file or folder.
    fn of(path: &Path) -> &'static Self {
        FORMATS.iter().find(|format| (format.holds)(path)).unwrap_or(&FORMATS[FORMATS.len() - 1])
    }
}

/// The files of which the checksum of a source is made: itself, and those beside it that exist.
///
/// # Errors
/// [`DataError::Ended`].
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let beside = match guard::of(path) {
        // No format of HDF5 knows other files than this one.
        Some(_) if !beside::path(path).exists() => Vec::new(),
        Some(guard) => guard::beside(guard, path)?,
        None => files_beside(path),
    };
    Ok(std::iter::once(path.to_path_buf()).chain(beside).collect())
}

/// The files beside a file that belong to it and exist.
pub(crate) fn files_beside(path: &Path) -> Vec<PathBuf> {
    (Format::of(path).beside)(path).into_iter().filter(|path| path.exists()).collect()
}

/// Opens a file or folder in the format that it has, in this process.
///
/// # Errors
/// Any fault of the file but those that its numbers show.
pub(crate) fn open_here(path: &Path, axes: Option<AxisOrder>) -> Result<Box<dyn Source>> {
    let at = Location::of(path);
    (Format::of(&at.file).open)(path, &at, axes)
}

/// What a source says of its trajectories.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// The dataset or datasets, as messages call them.
    pub(crate) variable: String,
    /// The order of the axes as the caller or else an attribute states it; NTCHW where nothing does.
    pub(crate) order: AxisOrder,
    /// The lengths of both leading axes in the order of the file, C, H, W.
    pub(crate) shape: [usize; 5],
    /// The type of its numbers, `f32` and the like.
    pub(crate) element: &'static str,
    /// The bytes of a number in the file.
    pub(crate) bytes: usize,
    /// What is decompressed at a time, as [`shape`](Self::shape); `None` where any part can be read.
    pub(crate) chunk: Option<[usize; 5]>,
    pub(crate) attributes: Attributes,
    /// What was applied in reading, a sentence each.
    pub(crate) notes: Vec<String>,
    /// What is odd about it beyond its numbers.
    pub(crate) warnings: Vec<Suspicion>,
    /// Cells that hold no flow.
    pub(crate) mask: Option<Mask>,
}

impl Header {
    /// Both leading axes in the order of the file.
    pub(crate) fn leading(&self) -> [usize; 2] {
        [self.shape[0], self.shape[1]]
    }

    /// Takes the times of frames for attributes where none states them.
    ///
    /// # Errors
    /// As [`Attributes::take_clock`].
    pub(crate) fn take_clock(&mut self, path: &Path, clock: &Clock) -> Result<()> {
        let timed = self.attributes.take_clock(path, clock)?;
        self.notes.extend(timed);
        Ok(())
    }

    /// Takes what the order of axes says of x and y, and the names of datasets, for attributes where none states it.
    pub(crate) fn take_names(&mut self, path: &Path, components: Option<String>) -> Result<()> {
        if let Some(x_axis) = self.order.x_axis() {
            let [h, w] = if x_axis == Axis::H { ["x", "y"] } else { ["y", "x"] };
            for (name, stated) in [("H_axis", h), ("W_axis", w)] {
                let found = self.attributes.text(path, name)?.map(str::to_owned);
                match found {
                    Some(found) if !found.starts_with(stated) => {
                        let expected = format!("{stated}, as of axes {}", self.order);
                        return Err(DataError::attribute(path, name, format!("{found:?}"), expected));
                    }
                    Some(_) => {}
                    None => self.attributes.state(name, Attribute::Text(stated.into())),
                }
            }
        }
        let known = ["channels", "channel_names", "components"];
        if let Some(components) = components.filter(|_| !known.iter().any(|name| self.attributes.has(name))) {
            self.attributes.state("channels", Attribute::Text(components));
        }
        Ok(())
    }
}

/// The order of axes that the caller or else an attribute states; `None` where nothing does, or several things.
pub(crate) fn stated(
    path: &Path,
    variable: &str,
    attributes: &Attributes,
    given: Option<AxisOrder>,
) -> Option<AxisOrder> {
    given.or_else(|| declaration(path, variable, attributes).ok().flatten().map(|(order, _)| order))
}

/// The lengths of the axes of an array in the order in which they are read, 1 for those that it has not.
///
/// # Errors
/// [`DataError::Rank`], [`DataError::EmptyAxis`].
pub(crate) fn arranged(path: &Path, variable: &str, order: AxisOrder, found: &[usize]) -> Result<[usize; 5]> {
    if found.len() != order.rank() {
        return Err(DataError::Rank {
            path: path.into(),
            variable: variable.into(),
            found: found.into(),
            order,
        });
    }
    if let Some(axis) = found.iter().position(|&length| length == 0) {
        let (path, variable, shape) = (path.into(), variable.into(), found.into());
        return Err(DataError::EmptyAxis { path, variable, shape, axis });
    }
    Ok(order.places().map(|place| place.map_or(1, |axis| found[axis])))
}

/// An open source that holds a number in every cell: those under the mask take that of the first other cell.
///
/// A number of the flow's own, the same in all frames, is no extreme, adds nothing to differences, and leaves
/// sums about it as they are.
#[derive(Debug)]
pub(crate) struct Opened {
    source: Box<dyn Source>,
    /// For each channel what masked cells take.
    fill: Vec<f32>,
}

impl Opened {
    /// Opens a file or folder in the format that it has.
    ///
    /// # Errors
    /// Any fault of the file but those that its numbers show.
    pub(crate) fn open(path: &Path, axes: Option<AxisOrder>) -> Result<Self> {
        Self::of(match guard::of_field(&Location::of(path).file) {
            Some(guard) => guard::open(guard, path, axes)?,
            None => open_here(path, axes)?,
        })
    }

    /// Of a source.
    ///
    /// # Errors
    /// Of reading one number a channel.
    pub(crate) fn of(source: Box<dyn Source>) -> Result<Self> {
        let header = source.header();
        let (mut fill, [.., width]) = (Vec::new(), header.shape);
        if let Some(first) = header.mask.as_ref().and_then(Mask::first_open) {
            let (h, w) = (first / width, first % width);
            for c in 0..header.shape[2] {
                let found = source.read([0..1, 0..1, c..c + 1, h..h + 1, w..w + 1])?;
                fill.push(found.first().copied().filter(|x| x.is_finite()).unwrap_or(0.0));
            }
        }
        Ok(Self { source, fill })
    }

    pub(crate) fn header(&self) -> &Header {
        self.source.header()
    }

    /// As [`Source::read`], with every masked cell filled.
    pub(crate) fn read(&self, ranges: Ranges) -> Result<Vec<f32>> {
        let [_, _, channels, rows, columns] = ranges.clone();
        let mut values = self.source.read(ranges)?;
        let Some(mask) = &self.header().mask else { return Ok(values) };
        for (i, plane) in values.chunks_exact_mut(rows.len() * columns.len()).enumerate() {
            let fill = self.fill[channels.start + i % channels.len()];
            for (h, line) in rows.clone().zip(plane.chunks_exact_mut(columns.len())) {
                line.iter_mut().zip(columns.clone()).for_each(|(x, w)| {
                    if mask.hides(h, w) {
                        *x = fill;
                    }
                });
            }
        }
        Ok(values)
    }

    /// All of it.
    pub(crate) fn read_all(&self) -> Result<Vec<f32>> {
        self.read(self.header().shape.map(|length| 0..length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, LoadOptions, Recording, Survey, checksum};

    /// A folder with one file of raw numbers a frame, as stores in chunks have them.
    #[derive(Debug)]
    struct Folder {
        path: PathBuf,
        header: Header,
    }

    impl Source for Folder {
        fn header(&self) -> &Header {
            &self.header
        }

        fn read(&self, [a, b, c, h, w]: Ranges) -> Result<Vec<f32>> {
            let [_, _, channels, height, width] = self.header.shape;
            let mut values = Vec::new();
            for (n, t) in a.flat_map(|n| b.clone().map(move |t| (n, t))) {
                let path = self.path.join(format!("{n}.{t}"));
                let bytes = std::fs::read(&path).map_err(|source| DataError::io(&path, source))?;
                assert_eq!(bytes.len(), 4 * channels * height * width);
                for (c, h, w) in c
                    .clone()
                    .flat_map(|c| h.clone().map(move |h| (c, h)))
                    .flat_map(|(c, h)| w.clone().map(move |w| (c, h, w)))
                {
                    let at = 4 * ((c * height + h) * width + w);
                    values.push(f32::from_le_bytes([0, 1, 2, 3].map(|i| bytes[at + i])));
                }
            }
            Ok(values)
        }
    }

    /// What is asked of a file holds of a folder: every reader, masks, and a checksum.
    #[test]
    #[expect(clippy::float_cmp, reason = "numbers are handed on as they are")]
    fn a_folder_is_a_source() {
        let folder = tempfile::tempdir().unwrap();
        let (path, shape) = (folder.path().to_path_buf(), [2, 9, 3, 4, 5]);
        let value = |n: usize, t: usize, i: usize| (2.0 * n as f32 + 0.3 * t as f32 + 0.7 * i as f32).sin();
        for (n, t) in (0..2).flat_map(|n| (0..9).map(move |t| (n, t))) {
            let bytes: Vec<u8> = (0..60).flat_map(|i| value(n, t, i).to_le_bytes()).collect();
            std::fs::write(path.join(format!("{n}.{t}")), bytes).unwrap();
        }
        let mut attributes = Attributes::default();
        for (name, text) in [("axes", "NTCHW"), ("kind", "generic")] {
            attributes.state(name, Attribute::Text(text.into()));
        }
        let mask = Mask::new(5, (0..20).map(|i| i == 0 || i == 7).collect());
        let (variable, order) = ("frames".to_owned(), AxisOrder::NTCHW);
        let (notes, warnings, element, bytes, chunk) = (Vec::new(), Vec::new(), "f32", 4, None);
        let header =
            Header { variable, order, shape, element, bytes, chunk, attributes, notes, warnings, mask };
        let opened = Opened::of(Box::new(Folder { path: path.clone(), header })).unwrap();
        let whole = opened.read_all().unwrap();
        assert_eq!(whole[5 * 60 + 21], value(0, 5, 21));
        assert_eq!([0, 7, 20].map(|i| whole[5 * 60 + i]), [value(0, 0, 1), value(0, 0, 1), value(0, 0, 21)]);
        let recording = Recording::of(&path, opened, &LoadOptions::default()).unwrap();
        let mut survey = Survey::new(&recording);
        recording
            .for_each_lines(1, |lines| {
                survey.add(&lines);
                Ok::<_, DataError>(())
            })
            .unwrap();
        let found = survey.finish().unwrap();
        assert_eq!((found.extent(), recording.kind()), ((2, 9), Kind::GENERIC));
        assert_eq!(recording.run(found.order, 1, 3..5).unwrap(), whole[12 * 60..14 * 60]);
        assert_eq!(checksum(&path).unwrap().len(), 64);
    }
}
