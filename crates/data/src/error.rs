//! Everything that can be wrong with a file, a window, a normalizer or a noise level.

use crate::{AxisOrder, Kind, Mismatch, NormalizerKind, Suspicion};
use equipoise_field::Axis;
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

/// What comes of work that may fail with a [`DataError`].
pub type Result<T, E = DataError> = std::result::Result<T, E>;

/// A fault of data, with the file, the field, what was found and what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each variant is its documentation")]
pub enum DataError {
    #[error("{}: no such file", path.display())]
    Missing { path: PathBuf },

    #[error("{}: cannot be accessed", path.display())]
    Unreadable { path: PathBuf, source: io::Error },

    #[error("{}: found {found}, expected an HDF5 file", path.display())]
    NotHdf5 { path: PathBuf, found: String },

    #[error("{}: found {found}, which is not read; convert it: {line}", path.display())]
    Foreign { path: PathBuf, found: &'static str, line: Box<str> },

    #[error("{}: `{name}`: found {found}", path.display())]
    Array { path: PathBuf, name: Box<str>, found: Box<str> },

    #[error("{}: found a zip archive that is cut off or damaged, as its table of contents at the end cannot be read \
             ({detail}); copy or save it again", path.display())]
    Archive { path: PathBuf, detail: Box<str> },

    #[error("{}: {found}; state {{{state}}} in a file {beside} beside it", path.display())]
    Vectors { path: PathBuf, found: Box<str>, state: Box<str>, beside: Box<str> },

    #[error("{}: found {found}, expected a JSON object of attributes for {} beside it; give it another name where it is \
             something else", path.display(), of.display())]
    Beside { path: PathBuf, of: PathBuf, found: Box<str> },

    #[error("{}: truncated HDF5 file: found {found} bytes, expected more ({detail})", path.display())]
    Truncated { path: PathBuf, found: u64, detail: String },

    #[error(
        "{}: superblock version {superblock}: written in a format newer than the installed HDF5 library \
         {library} reads ({detail}); write it again without libver=\"latest\" or install a newer library",
        path.display()
    )]
    NewerFormat { path: PathBuf, superblock: u8, library: String, detail: String },

    #[error(
        "{}: another process has it open for writing, so that HDF5 cannot lock it ({detail}); wait until it is \
         closed, or set HDF5_USE_FILE_LOCKING=FALSE where the file system knows no locks",
        path.display()
    )]
    Locked { path: PathBuf, detail: String },

    #[error(
        "{}: dataset `{variable}` is stored with the filter {filter}, which is not at hand: nothing was read; \
         set HDF5_PLUGIN_PATH to a folder with its plugin, or write the file again without it or with gzip",
        path.display()
    )]
    Filter { path: PathBuf, variable: String, filter: String },

    #[error(
        "{}: dataset `{variable}` is not complete: {detail}; such numbers read as a fill value, not as \
         velocities",
        path.display()
    )]
    Unwritten { path: PathBuf, variable: String, detail: String },

    #[error("{}: dataset `{variable}`: found {found}, expected {expected}: nothing was read", path.display())]
    Size { path: PathBuf, variable: String, found: Box<str>, expected: Box<str> },

    #[error("{}: HDF5 cannot {action}: {detail}", path.display())]
    Hdf5 { path: PathBuf, action: String, detail: String },

    #[error("{}: {how} while {action}{said}; nothing of the file was used", path.display())]
    Ended { path: PathBuf, how: Box<str>, action: Box<str>, said: Box<str> },

    #[error("{told}")]
    Told { told: Box<str> },

    #[error("{}: Zarr: cannot {action}: {detail}", path.display())]
    Zarr { path: PathBuf, action: String, detail: String },

    #[error("{}: found [{}] at the root, expected a dataset `x` or `velocity`; others are \
             named behind the file, FILE:/PATH, or FILE:/PATH,/PATH where each holds a component", path.display(), found.join(", "))]
    NoVariable { path: PathBuf, found: Vec<String> },

    #[error(
        "{}: found a prior that `fit` saved, expected a file of trajectories with a dataset `x` or `velocity`; a prior \
         goes to --prior-file",
        path.display()
    )]
    IsPrior { path: PathBuf },

    #[error("{}: dataset `{variable}` has {} axes {found:?}, expected {}: {order}; name its axes by the attribute \
             `axes` (of an array in a JSON file beside it) or by --axes, which holds for every file, as NTHWC, NTXY or THW", path.display(), found.len(), order.rank())]
    Rank { path: PathBuf, variable: String, found: Vec<usize>, order: AxisOrder },

    #[error("{}: dataset `{dataset}`, {field}: found {found}, expected {expected} as of those that it is read with",
        path.display())]
    Parts { path: PathBuf, dataset: String, field: Box<str>, found: Box<str>, expected: Box<str> },

    #[error("{}: dataset `mask`: {detail}", path.display())]
    Mask { path: PathBuf, detail: String },

    #[error("{}: dataset `{variable}` of shape {shape:?} has {} numbers on its last axis and {} on axis 2: the \
             components seem to stand last, (N, T, H, W, C); expected (N, T, C, H, W) or (T, N, C, H, W): say \
             so (--axes NTHWC or the attribute `axes`) or move the axis (numpy: np.moveaxis(x, -1, 2))", path.display(), shape[4], shape[2])]
    ChannelsLast { path: PathBuf, variable: String, shape: [usize; 5] },

    #[error("{}: dataset `{name}`: frames are {least} to {most} apart, expected equal steps forward; bring the frames to \
             equal steps, or leave `{name}` out to count time in frames", path.display())]
    UnevenTimes { path: PathBuf, name: Box<str>, least: f64, most: f64 },

    #[error("{}: coordinate `{name}`: points are {least} to {most} apart, expected equal steps; bring the field to an \
             even grid", path.display())]
    UnevenSpacing { path: PathBuf, name: Box<str>, least: f64, most: f64 },

    #[error("{}: dataset `{variable}` of shape {shape:?}: {}", path.display(), sliced(*slice, *planes))]
    Slice { path: PathBuf, variable: String, shape: Vec<usize>, slice: Option<usize>, planes: usize },

    #[error("{}: {format}: {what}: found {found}, expected {expected}", path.display())]
    Layout { path: PathBuf, format: &'static str, what: Box<str>, found: Box<str>, expected: Box<str> },

    #[error("{}: dataset `{name}`: found {value} at place {place}, expected finite times; leave `{name}` out to count \
             time in frames", path.display())]
    TimeNotFinite { path: PathBuf, name: Box<str>, place: usize, value: f64 },

    #[error("{}: dataset `{variable}` holds {found}, expected {expected}", path.display())]
    ElementType { path: PathBuf, variable: String, found: String, expected: &'static str },

    #[error("{}: dataset `{variable}` of shape {shape:?}: axis {axis} has length 0, expected at least 1",
        path.display())]
    EmptyAxis { path: PathBuf, variable: String, shape: Vec<usize>, axis: usize },

    #[error("{}: dataset `{variable}` has {found} channels on axis 2, expected {expected} for kind `{kind}`",
        path.display())]
    Channels { path: PathBuf, variable: String, kind: Kind, found: usize, expected: usize },

    #[error("{}: dataset `{variable}` has {count} values that are not finite in f32, the first at {index:?}: \
             found {value}, expected a finite number", path.display())]
    NotFinite { path: PathBuf, variable: String, index: [usize; 5], value: f32, count: usize },

    #[error("{}: dataset `{variable}` has {count} values that are missing or not finite, the first at \
             {index:?} by {by}, expected a velocity in every cell", path.display())]
    MissingValues { path: PathBuf, variable: String, index: [usize; 5], by: &'static str, count: usize },

    #[error("{}: dataset `{variable}`: {found}; expected a velocity in every cell of every frame", path.display())]
    NoVelocities { path: PathBuf, variable: String, found: Box<Suspicion> },

    #[error("{}: no attribute `axes` or `shape_description` declares the axis order ({evidence}); \
             pass --axes NTCHW or --axes TNCHW", path.display())]
    AxesUndeclared { path: PathBuf, evidence: String },

    #[error("{}: {declared_by} declares {declared}, but the data look like {inferred} ({evidence}); \
             pass --axes {inferred} if the data are right, --axes {declared} to keep the declaration",
        path.display())]
    AxesContradicted {
        path: PathBuf,
        declared: AxisOrder,
        declared_by: String,
        inferred: AxisOrder,
        evidence: String,
    },

    #[error("{}: {declared_by} declares {declared}, but neither leading axis looks like time: neighbouring \
             snapshots are as good as independent ({evidence}); pass --axes {declared} to use them as a \
             series all the same", path.display())]
    NotASeries { path: PathBuf, declared: AxisOrder, declared_by: String, evidence: String },

    #[error("{}: the declarations of the axis order disagree: {}; pass --axes NTCHW or --axes TNCHW",
        path.display(), found.join(", "))]
    AxesAmbiguous { path: PathBuf, found: Vec<String> },

    #[error("{}: {place} = {found:?}, expected (N, T, C, H, W) or (T, N, C, H, W); \
             pass --axes NTCHW or --axes TNCHW", path.display())]
    AxesUnknown { path: PathBuf, place: String, found: String },

    #[error("{}: no attribute says what kind of flow this is (`kind`, `cylinder_center_px` or `forcing`); \
             pass --kind ibpm, --kind kolmogorov or --kind generic", path.display())]
    KindUndeclared { path: PathBuf },

    #[error("{}: attributes of both {found}; pass --kind to choose", path.display())]
    KindAmbiguous { path: PathBuf, found: String },

    #[error("{}: attribute `{attribute}`: found {found}, expected {expected}", path.display())]
    AttributeValue { path: PathBuf, attribute: String, found: String, expected: String },

    #[error("{}: its axes end with {} by their names or the attributes `H_axis` and `W_axis`, expected {} as of kind \
             `{kind}`; transpose the array (xarray: transpose(..., {}), numpy: np.swapaxes(a, -2, -1)), or pass --kind \
             generic, which takes either", path.display(), ends(*x_axis, false), ends(*x_axis, true), ends(*x_axis, true))]
    Turned { path: PathBuf, kind: Kind, x_axis: Axis },

    #[error(transparent)]
    Mismatch(Box<Mismatch>),

    #[error("{}: a window of {frames} frames from frame {start} does not fit: found a series of {found} \
             frames", path.display())]
    Window { path: PathBuf, start: usize, frames: usize, found: usize },

    #[error("{}: trajectory {trajectory} does not exist: found {found} trajectories", path.display())]
    Trajectory { path: PathBuf, trajectory: usize, found: usize },

    #[error("{}: stride of the points of {height} x {width}: found {found}, expected {expected}", path.display())]
    Stride { path: PathBuf, found: usize, height: usize, width: usize, expected: String },

    #[error("{field}: found {found:?}, expected {expected}")]
    Name { field: &'static str, found: String, expected: &'static str },

    #[error("{field}: found length {found}, expected {expected}")]
    Length { field: &'static str, found: usize, expected: usize },

    #[error("normalizer `{normalizer}` on kind `{kind}`: {reason}")]
    NormalizerRefused { normalizer: NormalizerKind, kind: Kind, reason: &'static str },

    #[error(
        "normalizer `{normalizer}`: channel {channel} has standard deviation {found}, expected a \
             positive number"
    )]
    ConstantChannel { normalizer: NormalizerKind, channel: usize, found: f64 },

    #[error("noise: found {found} for channel {channel}, expected a finite number that is not negative")]
    NoiseValue { channel: usize, found: f64 },

    #[error("{}: sha256 found {found}, expected {expected}", path.display())]
    Checksum { path: PathBuf, found: String, expected: String },

    #[error("{}: embedded sample missing; expected it in the repository's `data` folder or in the folder \
             that EQUIPOISE_DATA names", path.display())]
    SampleMissing { path: PathBuf },

    #[error("{}: found neither a file nor a folder, expected one: a link or a device has no checksum, and a name must \
             be UTF-8", path.display())]
    NotRegular { path: PathBuf },

    #[error("{}: found a folder, expected a file or nothing; nothing was overwritten", path.display())]
    IsFolder { path: PathBuf },

    #[error("{}: exists already; nothing was overwritten", path.display())]
    Exists { path: PathBuf },

    #[error("{}: found something else than fields as they are written in the format {expected}; nothing was removed or \
             overwritten: move it away", path.display())]
    Unlike { path: PathBuf, expected: &'static str },

    #[error("{}: no {what} `{name}`; found [{}]", path.display(), found.join(", "))]
    NoEntry { path: PathBuf, what: &'static str, name: String, found: Vec<String> },

    #[error("{}: array `{name}` has shape {found:?}, expected {expected:?}", path.display())]
    ArrayShape { path: PathBuf, name: String, found: Vec<usize>, expected: Vec<usize> },

    #[error("{}: attribute `{name}` is not the JSON expected", path.display())]
    Json { path: PathBuf, name: String, source: serde_json::Error },

    #[error("{}: sensor table: found columns [{}], expected {expected}", path.display(), found.join(", "))]
    SensorColumns { path: PathBuf, found: Vec<String>, expected: String },

    #[error("{}: sensor table, row {row}, column `{column}`: found {found}, expected {expected}", path.display())]
    SensorCell { path: PathBuf, row: u64, column: String, found: String, expected: &'static str },

    #[error("{}: sensor table: {detail}", path.display())]
    SensorTable { path: PathBuf, detail: String },
}

/// The last two axes where x lies along `x_axis`, or along the other one.
fn ends(x_axis: Axis, so: bool) -> &'static str {
    if (x_axis == Axis::H) == so { "\"x\", \"y\"" } else { "\"y\", \"x\"" }
}

/// What is wrong with a plane of z that was asked for, or was not.
fn sliced(slice: Option<usize>, planes: usize) -> String {
    match slice {
        Some(_) if planes == 0 => "it has no axis z, of which `--slice` reads one plane".into(),
        Some(slice) => {
            format!("found --slice z={slice}, expected one of its {planes} planes, 0 to {}", planes - 1)
        }
        None => format!(
            "it has an axis z of length {planes}; one plane of it is read: pass --slice z=0 to --slice z={}, or name \
             it behind the file, FILE:z=0",
            planes - 1
        ),
    }
}

impl DataError {
    /// A layout that a format does not have.
    pub(crate) fn layout(
        path: &Path,
        format: &'static str,
        what: impl Into<Box<str>>,
        found: impl Display,
        expected: impl Display,
    ) -> Self {
        let (found, expected) = (found.to_string().into(), expected.to_string().into());
        Self::Layout { path: path.into(), format, what: what.into(), found, expected }
    }

    /// A value of an attribute that cannot be taken as it is.
    pub(crate) fn attribute(path: &Path, name: &str, found: impl Display, expected: impl Display) -> Self {
        let (found, expected) = (found.to_string(), expected.to_string());
        Self::AttributeValue { path: path.into(), attribute: name.into(), found, expected }
    }

    /// An I/O fault of a path; a missing file has a variant of its own.
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path: path.into() },
            _ => Self::Unreadable { path: path.into(), source },
        }
    }
}
