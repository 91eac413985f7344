//! From a file to a checked dataset.

use crate::attribute::Attributes;
use crate::kind::FORMAT;
use crate::measured::Measured;
use crate::packing::missing_by;
use crate::particulars::channel_names;
use crate::source::{Header, Opened};
use crate::{
    Audit, AxisOrder, CylinderGeometry, DataError, Dataset, Inferred, Kind, Mask, Result, Suspicion,
    mirrored, orientation,
};
use std::path::Path;

/// What the caller states about a file; each entry goes before the file's own attributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// The axis order (`--axes`).
    pub axes: Option<AxisOrder>,
    /// The kind of flow (`--kind`).
    pub kind: Option<Kind>,
}

/// Reads, audits and checks a file of trajectories.
///
/// The dataset is `x`, or `velocity` where there is no `x`, in f16, f32, f64 or packed numbers, with gzip, LZF
/// or any filter whose plugin is at hand. The result holds it as f32 in the order (N, T, C, H, W); its
/// [`warnings`](Dataset::warnings) say what is odd about the numbers.
///
/// # Errors
/// Any fault of the file; an axis order that is undeclared, contradicted by the numbers or declared
/// twice in different ways, and a kind that is undeclared, unless `options` states them; a value that is
/// missing or not finite, and numbers that are certainly no velocities.
pub fn load(path: &Path, options: &LoadOptions) -> Result<Dataset> {
    let opened = Opened::open(path, options.axes)?;
    let (header, values) = (opened.header(), opened.read_all()?);
    let measured = Measured::of(&values, header);
    let (audit, checked) = examine(path, header, &measured, options);
    let (order, kind, frame) = checked?;
    let [_, _, channels, height, width] = header.shape;
    let (values, [trajectories, frames]) =
        in_order(values, order, header.leading(), channels * height * width);
    let extent = [trajectories, frames, channels, height, width];
    Ok(Dataset::loaded(audit, kind, extent, values, frame, header.attributes.clone()))
}

/// Measures a file without insisting that it can be loaded.
///
/// The entry `refusal` holds the message with which [`load`] would stop.
///
/// # Errors
/// Faults that leave nothing to measure: not readable, no dataset, wrong rank or element type.
pub fn audit(path: &Path, options: &LoadOptions) -> Result<Audit> {
    let opened = Opened::open(path, options.axes)?;
    let measured = Measured::of(&opened.read_all()?, opened.header());
    let (mut audit, checked) = examine(path, opened.header(), &measured, options);
    audit.refusal = checked.err().map(|e| e.to_string());
    Ok(audit)
}

/// Grid, geometry and the defaults that stood in for missing attributes.
pub(crate) struct Frame {
    pub(crate) grid: equipoise_field::Grid,
    pub(crate) geometry: Option<CylinderGeometry>,
    pub(crate) mask: Option<Mask>,
    pub(crate) notes: Vec<String>,
    pub(crate) warnings: Vec<Suspicion>,
}

impl Frame {
    /// Whether each cell of a plane is solid or masked, or so near to one that derivatives there mean nothing.
    fn near(&self, [.., height, width]: [usize; 5]) -> Vec<bool> {
        let beside = |h: usize, w: usize| {
            let rows = [(h + height - 1) % height, h, (h + 1) % height];
            let columns = [(w + width - 1) % width, w, (w + 1) % width];
            let hides = |mask: &Mask| rows.iter().any(|h| columns.iter().any(|w| mask.hides(*h, *w)));
            self.mask.as_ref().is_some_and(hides)
                || self.geometry.is_some_and(|body| body.is_near(h as f64, w as f64))
        };
        (0..height * width).map(|i| beside(i / width, i % width)).collect()
    }
}

pub(crate) type Checked = Result<(AxisOrder, Kind, Frame)>;

/// The audit, and separately whether the file can be loaded.
pub(crate) fn examine(
    path: &Path,
    header: &Header,
    measured: &Measured,
    options: &LoadOptions,
) -> (Audit, Checked) {
    let kind = kind(path, &header.attributes, options);
    let (audit, order) = Audit::of(path, header, measured, kind.as_ref().ok().map(|k| k.0), options);
    let leading = header.leading();
    let checked = finite(path, header, measured)
        .and_then(|()| velocities(path, header, measured, order.as_ref().ok().copied()))
        .and(order)
        .and_then(|order| {
            let (kind, note) = kind?;
            channels(path, header, kind)?;
            let mut frame = frame(path, header, kind)?;
            let notes = note.into_iter().chain(header.notes.iter().cloned()).chain(order_note(&audit));
            frame.notes.splice(0..0, notes);
            let (grid, shape, near) = (&frame.grid, measured.census.shape(), frame.near(header.shape));
            frame.warnings = header.warnings.clone();
            frame.warnings.extend(measured.census.warnings(leading, order, grid, &near));
            frame.warnings.extend(mirrored::look(&measured.some, shape, grid, &near));
            Ok((order, kind, frame))
        });
    (audit, checked)
}

/// Refuses numbers that certainly are no velocities.
fn velocities(path: &Path, header: &Header, measured: &Measured, order: Option<AxisOrder>) -> Result<()> {
    match measured.census.refusal(header.leading(), order) {
        None => Ok(()),
        Some(found) => {
            let variable = header.variable.clone();
            Err(DataError::NoVelocities { path: path.into(), variable, found: Box::new(found) })
        }
    }
}

/// The kind, and a note when the caller's word went against the file's.
pub(crate) fn kind(
    path: &Path,
    attributes: &Attributes,
    options: &LoadOptions,
) -> Result<(Kind, Option<String>)> {
    let declared = Kind::declared(path, attributes);
    let Some(given) = options.kind else {
        return match declared? {
            Some((kind, FORMAT)) => Ok((kind, Some(format!("no attribute `kind`: {kind} is taken")))),
            Some((kind, _)) => Ok((kind, None)),
            None => Err(DataError::KindUndeclared { path: path.into() }),
        };
    };
    let note = match declared {
        Ok(Some((kind, attribute))) if kind != given && attribute != FORMAT => {
            Some(format!("kind {given} was given; attribute `{attribute}` says {kind}"))
        }
        _ => None,
    };
    Ok((given, note))
}

fn order_note(audit: &Audit) -> Option<String> {
    let used = audit.used?;
    if audit.overridden {
        let declared = audit.declared.map_or("nothing".into(), |d| d.to_string());
        return Some(format!(
            "axis order {used} was given; the file declares {declared} ({})",
            audit.evidence()
        ));
    }
    match audit.inferred {
        Inferred::Order(_) => None,
        Inferred::NoSeries | Inferred::Undecidable => {
            Some(format!("axis order {used} is taken as declared, not confirmed ({})", audit.evidence()))
        }
    }
}

pub(crate) fn channels(path: &Path, header: &Header, kind: Kind) -> Result<()> {
    let found = header.shape[2];
    let names = channel_names(path, &header.attributes)?.filter(|names| names.len() == found);
    if names.is_some_and(|names| names == ["v", "u"]) {
        let expected = "u, v: the velocity along x first (exchange them, x[:, :, ::-1])";
        return Err(DataError::attribute(path, "channels", "v, u", expected));
    }
    let fixed = kind.convention().components.len();
    match Some(fixed).filter(|fixed| *fixed > 0) {
        Some(expected) if expected != found => Err(DataError::Channels {
            path: path.into(),
            variable: header.variable.clone(),
            kind,
            found,
            expected,
        }),
        _ => Ok(()),
    }
}

fn finite(path: &Path, header: &Header, measured: &Measured) -> Result<()> {
    let Some((first, value)) = measured.first_non_finite else { return Ok(()) };
    let (mut index, mut rest) = ([0; 5], first);
    for axis in (0..5).rev() {
        index[axis] = rest % header.shape[axis];
        rest /= header.shape[axis];
    }
    let (path, variable, count) = (path.into(), header.variable.clone(), measured.non_finite);
    Err(match missing_by(value) {
        Some(by) => DataError::MissingValues { path, variable, index, by, count },
        None => DataError::NotFinite { path, variable, index, value, count },
    })
}

pub(crate) fn frame(path: &Path, header: &Header, kind: Kind) -> Result<Frame> {
    let [_, _, _, height, width] = header.shape;
    let mut notes = Vec::new();
    let grid = orientation::grid(path, &header.attributes, kind, [height, width], &mut notes)?;
    let geometry = match kind.convention().cylinder {
        true => {
            CylinderGeometry::from_attributes(path, &header.attributes, &grid, [height, width], &mut notes)?
        }
        false => None,
    };
    Ok(Frame { grid, geometry, mask: header.mask.clone(), notes, warnings: Vec::new() })
}

/// The values in the order (N, T, frame), and (N, T).
fn in_order(values: Vec<f32>, order: AxisOrder, outer: [usize; 2], frame: usize) -> (Vec<f32>, [usize; 2]) {
    let [a, b] = outer;
    match order.time_axis() {
        1 => (values, [a, b]),
        _ => {
            let mut ordered = Vec::with_capacity(values.len());
            for n in 0..b {
                for t in 0..a {
                    let start = (t * b + n) * frame;
                    ordered.extend_from_slice(&values[start..start + frame]);
                }
            }
            (ordered, [b, a])
        }
    }
}
