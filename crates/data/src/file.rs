//! Opening an HDF5 file, and the name for what is wrong when it does not open.

use crate::attribute::Attributes;
use crate::audit::declaration;
use crate::clock::Clock;
use crate::packing::Packing;
use crate::storage::{self, Element};
use crate::{AxisOrder, DataError};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

/// The newest superblock that HDF5 1.10 and later write and read.
const NEWEST_SUPERBLOCK: u8 = 3;

/// Bytes of the smallest superblock (versions 2 and 3 with 8-byte addresses).
const SMALLEST_SUPERBLOCK: u64 = 48;

/// An open file and the version of its superblock.
#[derive(Debug)]
pub(crate) struct Hdf5File {
    path: PathBuf,
    superblock: u8,
    pub(crate) root: hdf5::File,
}

impl Hdf5File {
    /// Opens for reading.
    pub(crate) fn open(path: &Path) -> Result<Self, DataError> {
        let superblock = superblock_version(path)?;
        let root = hdf5::File::open(path).map_err(|e| classify(path, superblock, "open it", e))?;
        Ok(Self { path: path.into(), superblock, root })
    }

    /// Names an HDF5 fault that came up while doing `action`.
    pub(crate) fn fault(&self, action: &str, error: hdf5::Error) -> DataError {
        classify(&self.path, self.superblock, action, error)
    }

    /// The names of the members of the root.
    pub(crate) fn members(&self) -> Result<Vec<String>, DataError> {
        self.root.member_names().map_err(|e| self.fault("list its members", e))
    }
}

/// The version byte of the superblock, which may stand at 0, 512, 1024, 2048, …
fn superblock_version(path: &Path) -> Result<u8, DataError> {
    let fault = |source| DataError::io(path, source);
    let mut file = std::fs::File::open(path).map_err(fault)?;
    let metadata = file.metadata().map_err(fault)?;
    if metadata.is_dir() || metadata.len() == 0 {
        let found = if metadata.is_dir() { "a folder" } else { "an empty file" };
        return Err(DataError::NotHdf5 { path: path.into(), found: found.into() });
    }
    let (mut offset, mut first) = (0u64, Vec::new());
    while offset < metadata.len() {
        let mut head = Vec::new();
        file.seek(SeekFrom::Start(offset)).map_err(fault)?;
        (&mut file).take(SMALLEST_SUPERBLOCK).read_to_end(&mut head).map_err(fault)?;
        if head.starts_with(&SIGNATURE) {
            return whole_superblock(path, &head, metadata.len());
        }
        if offset == 0 {
            first = head;
        }
        offset = if offset == 0 { 512 } else { offset * 2 };
    }
    let found =
        format!("a file that begins with {:?}", String::from_utf8_lossy(&first[..first.len().min(8)]));
    Err(DataError::NotHdf5 { path: path.into(), found })
}

fn whole_superblock(path: &Path, head: &[u8], found: u64) -> Result<u8, DataError> {
    if (head.len() as u64) < SMALLEST_SUPERBLOCK {
        let detail = "it ends inside the superblock".into();
        return Err(DataError::Truncated { path: path.into(), found, detail });
    }
    Ok(head[SIGNATURE.len()])
}

fn classify(path: &Path, superblock: u8, action: &str, error: hdf5::Error) -> DataError {
    let shown = error.to_string();
    let frames: Vec<String> =
        error.stack().map(|s| s.iter().map(|f| f.desc().to_owned()).collect()).unwrap_or_default();
    let detail = frames.last().cloned().unwrap_or(shown);
    let says = |word: &str| frames.iter().any(|f| f.to_lowercase().contains(word));
    let path = path.to_path_buf();
    if says("unable to lock file") {
        DataError::Locked { path, detail }
    } else if says("truncated") {
        let found = std::fs::metadata(&path).map_or(0, |m| m.len());
        DataError::Truncated { path, found, detail }
    } else if superblock > NEWEST_SUPERBLOCK || says("version") {
        let (major, minor, patch) = hdf5::library_version();
        DataError::NewerFormat { path, superblock, library: format!("{major}.{minor}.{patch}"), detail }
    } else {
        DataError::Hdf5 { path, action: action.into(), detail }
    }
}

/// What a file says of its trajectories.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) variable: String,
    pub(crate) shape: [usize; 5],
    pub(crate) packing: Packing,
    pub(crate) attributes: Attributes,
    /// What was applied in reading, a sentence each.
    pub(crate) notes: Vec<String>,
}

impl Header {
    /// Finds the dataset `x`, or `velocity` where there is no `x`, with its attributes, and refuses what
    /// cannot be read.
    /// Times are looked for along the axis that the caller or else an attribute declares as time; without either
    /// the file is refused later.
    pub(crate) fn read(
        path: &Path,
        file: &Hdf5File,
        axes: Option<AxisOrder>,
    ) -> Result<(Self, hdf5::Dataset), DataError> {
        let (variable, dataset, attributes) = find(path, file)?;
        let fault = |e| file.fault(&format!("read dataset `{variable}`"), e);
        let element = Element::of(path, variable, &dataset, fault)?;
        let shape = shape(path, variable, &dataset.shape())?;
        if is_channels_last(shape) {
            return Err(DataError::ChannelsLast { path: path.into(), variable: variable.into(), shape });
        }
        let packing = Packing::of(path, variable, element, &attributes)?;
        storage::check(path, variable, file, &dataset)?;
        let notes = packing.note().into_iter().chain(storage::note(&dataset)).collect();
        let mut header = Self { variable: variable.into(), shape, packing, attributes, notes };
        let declared = || declaration(path, &header).ok().flatten().map(|(order, _)| order);
        if let Some(order) = axes.or_else(declared)
            && let Some(clock) = Clock::read(path, file, [shape[0], shape[1]], order)?
        {
            let timed = header.attributes.take_clock(path, &clock)?;
            header.notes.extend(timed);
        }
        Ok((header, dataset))
    }
}

/// The dataset `x` or else `velocity`; one of this name that is a coordinate is no field.
fn find<'a>(path: &Path, file: &Hdf5File) -> Result<(&'a str, hdf5::Dataset, Attributes), DataError> {
    let members = file.members()?;
    for variable in ["x", "velocity"] {
        if !members.iter().any(|m| m == variable) {
            continue;
        }
        let fault = |e| file.fault(&format!("read dataset `{variable}`"), e);
        let dataset = file.root.dataset(variable).map_err(fault)?;
        let attributes =
            Attributes::read(&dataset, &file.root).map_err(|e| file.fault("read attributes", e))?;
        if !attributes.is_dimension_scale() {
            return Ok((variable, dataset, attributes));
        }
    }
    if file.root.attr("format").is_ok() && file.root.attr("normalizer").is_ok() {
        return Err(DataError::IsPrior { path: path.into() });
    }
    Err(DataError::NoVariable { path: path.into(), found: members })
}

/// The trajectories of a file as they stand on disk.
pub(crate) struct Source {
    pub(crate) header: Header,
    pub(crate) values: Vec<f32>,
}

impl Source {
    /// Reads everything.
    pub(crate) fn read(path: &Path, axes: Option<AxisOrder>) -> Result<Self, DataError> {
        let file = Hdf5File::open(path)?;
        let (header, dataset) = Header::read(path, &file, axes)?;
        let fault = |e| file.fault(&format!("read dataset `{}`", header.variable), e);
        let values = if header.packing.is_scaled() {
            header.packing.unpack(&dataset.read_raw::<f64>().map_err(fault)?)
        } else {
            let mut values = dataset.read_raw::<f32>().map_err(fault)?;
            header.packing.mark(&mut values);
            values
        };
        Ok(Self { header, values })
    }
}

/// Whether the last axis is too short for a grid and the third too long for components.
fn is_channels_last([_, _, channels, height, width]: [usize; 5]) -> bool {
    width <= 3 && channels > 4 && height > 4
}

fn shape(path: &Path, variable: &str, found: &[usize]) -> Result<[usize; 5], DataError> {
    let Ok(shape) = <[usize; 5]>::try_from(found) else {
        return Err(DataError::Rank { path: path.into(), variable: variable.into(), found: found.into() });
    };
    match shape.iter().position(|&length| length == 0) {
        None => Ok(shape),
        Some(axis) => Err(DataError::EmptyAxis {
            path: path.into(),
            variable: variable.into(),
            shape: found.into(),
            axis,
        }),
    }
}
