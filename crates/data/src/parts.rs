//! Arrays that are trajectories together.

use crate::array::{Array, Member};
use crate::attribute::{Attribute, Attributes};
use crate::location::Location;
use crate::packing::Packing;
use crate::particulars::UNITS;
use crate::source::{Header, Ranges, Source, arranged};
use crate::unit::Unit;
use crate::{AxisOrder, DataError, Result, Suspicion};
use ndarray::ArrayD;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Attributes in which datasets that are read together must not differ: what is said once holds for all.
const COMMON: [&str; 10] =
    ["axes", "shape_description", "dims", "kind", "H_axis", "W_axis", "dx", "dy", "x_first", "y_first"];

/// Which arrays hold the field, and what their format says of them.
#[derive(Debug)]
pub(crate) struct Layout {
    /// For each group of components the arrays that hold them, one after the other.
    pub(crate) members: Vec<Vec<Member>>,
    /// What messages call them.
    pub(crate) variable: String,
    /// The order of their axes.
    pub(crate) order: AxisOrder,
    /// Whether arrays one after the other are frames; else they are trajectories.
    pub(crate) frames_apart: bool,
    /// The frames that were written, where that is not all.
    pub(crate) written: Option<usize>,
    /// The plane of z that was asked for.
    pub(crate) slice: Option<usize>,
    /// The names of the components, divided by commas, where the attributes may not say them.
    pub(crate) components: Option<String>,
}

impl Layout {
    /// Of these arrays, one after the other as trajectories; unless told otherwise, messages call them as they were asked
    /// for.
    pub(crate) fn of(members: Vec<Vec<Member>>, order: AxisOrder, at: &Location) -> Self {
        let variable = if at.datasets.is_empty() { members[0][0].name.clone() } else { at.selection() };
        Self {
            members,
            variable,
            order,
            frames_apart: false,
            written: None,
            slice: at.slice,
            components: None,
        }
    }
}

/// One array: components of one trajectory or of some, or of a frame.
#[derive(Debug)]
struct Part {
    name: String,
    array: Box<dyn Array>,
    packing: Packing,
    shape: [usize; 5],
    /// Where it begins along the leading axis of those one after the other, and among all channels.
    begins: [usize; 2],
}

/// Arrays side by side: one after the other along N or T and along C.
#[derive(Debug)]
pub(crate) struct Parts {
    path: PathBuf,
    pub(crate) header: Header,
    /// The leading axis along which arrays stand one after the other.
    along: usize,
    /// The plane of z that is read.
    plane: usize,
    parts: Vec<Part>,
}

impl Parts {
    /// Puts arrays together, and refuses what cannot be read.
    ///
    /// # Errors
    /// [`DataError::Parts`], [`DataError::Rank`], [`DataError::Slice`], and others of what is wrong with an array.
    pub(crate) fn of(path: &Path, mut layout: Layout) -> Result<Self> {
        let order = layout.order;
        let along = if layout.frames_apart { order.time_axis() } else { 1 - order.time_axis() };
        let (plane, note) = plane(path, &layout)?;
        let mut attributes = layout.members[0][0].attributes.clone();
        if let Some(units) = units(path, &layout.members)? {
            attributes.state("units", Attribute::Text(units));
        }
        let members = std::mem::take(&mut layout.members);
        let parts = collect(path, members, order, along)?;
        let mut header = header(&parts, &layout, along, attributes);
        header.notes.extend(note);
        if is_channels_last(header.shape) {
            let (path, variable, shape) = (path.into(), header.variable, header.shape);
            return Err(DataError::ChannelsLast { path, variable, shape });
        }
        let names = layout.components.filter(|names| names.split(',').count() == header.shape[2]);
        header.take_names(path, names)?;
        let mut parts = Self { path: path.into(), header, along, plane, parts };
        parts.leave_out(layout.written)?;
        parts.check()?;
        Ok(parts)
    }

    /// Leaves out frames that were never written, where so many were.
    fn leave_out(&mut self, written: Option<usize>) -> Result<()> {
        let time = self.header.order.time_axis();
        let all = self.header.shape[time];
        let Some(frames) = written.filter(|frames| *frames < all) else { return Ok(()) };
        if frames == 0 {
            let (path, variable) = (self.path.clone(), self.header.variable.clone());
            let detail = "attribute `latestIndex` says that no frame was written".into();
            return Err(DataError::Unwritten { path, variable, detail });
        }
        self.header.shape[time] = frames;
        for part in &mut self.parts {
            part.shape[time] = part.shape[time].min(frames);
        }
        let by = "attribute `latestIndex`".into();
        self.header.warnings.push(Suspicion::FramesLeftOut { by, frames, all });
        Ok(())
    }

    /// Looks whether everything that will be read was written and can be read.
    fn check(&mut self) -> Result<()> {
        for part in &self.parts {
            let doubt = part.array.check(&self.block(&part.shape.map(|length| 0..length)))?;
            let doubt = doubt.map(|detail| Suspicion::Unsure { detail: detail.into() });
            self.header.warnings.extend(doubt.filter(|doubt| !self.header.warnings.contains(doubt)));
        }
        Ok(())
    }

    /// Ranges of the axes of the file.
    fn block(&self, ranges: &Ranges) -> Vec<Range<usize>> {
        let order = self.header.order;
        let mut block = vec![self.plane..self.plane + 1; order.rank()];
        for (place, range) in order.places().iter().zip(ranges) {
            if let Some(axis) = place {
                block[*axis] = range.clone();
            }
        }
        block
    }

    fn read_part(&self, part: &Part, ranges: Ranges) -> Result<Vec<f32>> {
        let places = self.header.order.places();
        let block = self.block(&ranges);
        let values = if part.packing.is_scaled() {
            part.packing.unpack(&part.array.doubles(&block)?)
        } else {
            let mut values = part.array.singles(&block)?;
            part.packing.mark(&mut values);
            values
        };
        let mut stored: Vec<usize> = places.iter().flatten().copied().collect();
        if stored.is_sorted() {
            return Ok(values);
        }
        // The plane of z has length 1, wherever it stands.
        stored.splice(0..0, self.header.order.z_place());
        let lengths: Vec<usize> = block.iter().map(ExactSizeIterator::len).collect();
        let array = ArrayD::from_shape_vec(lengths, values).map_err(|_| self.beyond())?;
        Ok(array.permuted_axes(stored).iter().copied().collect())
    }

    fn beyond(&self) -> DataError {
        let action = format!("read dataset `{}`", self.header.variable);
        DataError::Hdf5 { path: self.path.clone(), action, detail: "ranges beyond its axes".into() }
    }
}

impl Source for Parts {
    fn header(&self) -> &Header {
        &self.header
    }

    fn read(&self, ranges: Ranges) -> Result<Vec<f32>> {
        if ranges.iter().zip(self.header.shape).any(|(range, length)| range.end > length) {
            return Err(self.beyond());
        }
        if let [part] = &self.parts[..] {
            return self.read_part(part, ranges);
        }
        let [a, b, c, h, w] = ranges.clone().map(|range| range.len());
        let mut values = vec![0.0; a * b * c * h * w];
        for part in &self.parts {
            let (mut own, mut offset) = (ranges.clone(), [0; 5]);
            for (axis, begin) in [self.along, 2].into_iter().zip(part.begins) {
                let asked = &ranges[axis];
                let (from, to) = (asked.start.max(begin), asked.end.min(begin + part.shape[axis]));
                own[axis] =
                    from.saturating_sub(begin)..to.saturating_sub(begin).max(from.saturating_sub(begin));
                offset[axis] = from.saturating_sub(asked.start);
            }
            let lengths = own.clone().map(|range| range.len());
            if lengths.contains(&0) {
                continue;
            }
            let read = self.read_part(part, own)?;
            for (i, plane) in read.chunks_exact(h * w).enumerate() {
                let [_, rows, channels, ..] = lengths;
                let at = [i / (rows * channels), i / channels % rows, i % channels];
                let [a, r, k] = [0, 1, 2].map(|axis| at[axis] + offset[axis]);
                values[((a * b + r) * c + k) * h * w..][..h * w].copy_from_slice(plane);
            }
        }
        Ok(values)
    }
}

/// The plane of z that is read, with a sentence on it.
fn plane(path: &Path, layout: &Layout) -> Result<(usize, Option<String>)> {
    let shape = layout.members[0][0].array.shape();
    // Another rank is refused later, by name.
    let deep = layout.order.z_place().filter(|_| shape.len() == layout.order.rank());
    match (layout.slice, deep.map(|axis| shape[axis])) {
        (None, None) => Ok((0, None)),
        (None, Some(1)) => Ok((0, Some("axis z has length 1: its one plane is read".into()))),
        (Some(plane), Some(planes)) if plane < planes => {
            Ok((plane, Some(format!("plane {plane} of the {planes} along z is read"))))
        }
        (slice, planes) => Err(DataError::Slice {
            path: path.into(),
            variable: layout.variable.clone(),
            shape: shape.into(),
            slice,
            planes: planes.unwrap_or(0),
        }),
    }
}

/// The arrays in their order, each where it begins; all but one leading axis and C of one shape.
fn collect(path: &Path, members: Vec<Vec<Member>>, order: AxisOrder, along: usize) -> Result<Vec<Part>> {
    let mut parts = Vec::<Part>::new();
    let (count, common) = (members[0].len(), members[0][0].attributes.clone());
    let mut channels = 0;
    for (i, side) in members.into_iter().enumerate() {
        let (mut length, mut width) = (0, 0);
        for (j, Member { name, attributes, array }) in side.into_iter().enumerate() {
            let told =
                |of: &Attributes, field: &str| of.get(field).map_or("nothing".into(), ToString::to_string);
            let differs = |field: &&&str| attributes.get(field) != common.get(field);
            if let Some(field) = COMMON.iter().find(differs) {
                return Err(apart(path, name, field, told(&attributes, field), told(&common, field)));
            }
            let shape = arranged(path, &name, order, array.shape())?;
            // The same trajectories of every component, the same components of every trajectory.
            let mut expected = parts.first().map_or(shape, |first| first.shape);
            let twin = || parts.get(j).filter(|_| j < count).map_or(0, |twin| twin.shape[along]);
            expected[along] = if i > 0 { twin() } else { shape[along] };
            expected[2] = if j > 0 { width } else { shape[2] };
            if shape != expected {
                return Err(apart(path, name, "shape", format!("{shape:?}"), format!("{expected:?}")));
            }
            let packing = Packing::of(path, &name, array.element(), &attributes)?;
            let begins = [length, channels];
            (length, width) = (length + shape[along], shape[2]);
            parts.push(Part { name, array, packing, shape, begins });
        }
        channels += width;
        if parts.len() != (i + 1) * count {
            let (name, found) = (parts[0].name.clone(), (parts.len() - i * count).to_string());
            return Err(apart(path, name, "trajectories", count.to_string(), found));
        }
    }
    Ok(parts)
}

/// A dataset that does not go with the others.
fn apart(path: &Path, dataset: String, field: &str, found: String, expected: String) -> DataError {
    DataError::Parts {
        path: path.into(),
        dataset,
        field: field.into(),
        found: found.into(),
        expected: expected.into(),
    }
}

fn header(parts: &[Part], layout: &Layout, along: usize, attributes: Attributes) -> Header {
    let (order, first) = (layout.order, &parts[0]);
    let mut shape = first.shape;
    for part in parts {
        shape[along] = shape[along].max(part.begins[0] + part.shape[along]);
        shape[2] = shape[2].max(part.begins[1] + part.shape[2]);
    }
    let chunk = first.array.chunk();
    let chunk = chunk.map(|chunk| order.places().map(|place| place.map_or(1, |axis| chunk[axis])));
    let mut notes: Vec<String> = Vec::new();
    for part in parts {
        notes.extend(part.packing.note().filter(|note| !notes.contains(note)));
    }
    let (element, variable) = (first.packing.element(), layout.variable.clone());
    let (element, bytes) = (element.name(), element.bytes());
    let warnings = Vec::new();
    Header { variable, order, shape, element, bytes, chunk, attributes, notes, warnings, mask: None }
}

/// The unit of arrays that spell one differently; units of different quantities in a row: no one of them is that of all.
///
/// # Errors
/// [`DataError::Attribute`] for two units of one quantity.
fn units(path: &Path, members: &[Vec<Member>]) -> Result<Option<String>> {
    let of = |member: &Member| -> Result<String> {
        let stated = UNITS.iter().map(|name| member.attributes.text(path, name));
        let stated = stated.collect::<Result<Vec<_>, _>>()?;
        Ok(stated.into_iter().flatten().next().unwrap_or("unknown").to_owned())
    };
    let all: Vec<String> = members.iter().flatten().map(of).collect::<Result<_, _>>()?;
    let mut is_one = true;
    for (member, unit) in members.iter().flatten().zip(&all) {
        let known = Unit::parse(unit).zip(Unit::parse(&all[0]));
        match known.map(|(unit, first)| unit.to(&first)) {
            Some(Some(factor)) if (factor - 1.0).abs() > 1e-12 => {
                let (name, first) = (format!("{}, units", member.name), &members[0][0].name);
                let expected = format!("{}, as of `{first}`", all[0]);
                return Err(DataError::attribute(path, &name, unit, expected));
            }
            Some(Some(_)) => {}
            _ => is_one &= *unit == all[0],
        }
    }
    let differ = all.iter().any(|unit| *unit != all[0]);
    Ok(differ.then(|| if is_one { all[0].clone() } else { all.join(", ") }))
}

/// Whether the last axis is too short for a grid and the third too long for components.
fn is_channels_last([_, _, channels, height, width]: [usize; 5]) -> bool {
    width <= 3 && channels > 4 && height > 4
}
