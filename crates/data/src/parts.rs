//! Datasets of an HDF5 file that are trajectories together.

use crate::attribute::{Attribute, Attributes, Place};
use crate::clock::Clock;
use crate::file::Hdf5File;
use crate::location::Location;
use crate::mask::MASK;
use crate::packing::Packing;
use crate::particulars::UNITS;
use crate::source::{Header, Ranges, Source, arranged, stated};
use crate::storage::{self, Element};
use crate::{AxisOrder, DataError, Mask};
use hdf5::types::TypeDescriptor;
use hdf5::{Hyperslab, SliceOrIndex};
use ndarray::{ArrayD, IxDyn};
use std::path::{Path, PathBuf};

/// Attributes in which datasets that are read together must not differ: what is said once holds for all.
const COMMON: [&str; 10] =
    ["axes", "shape_description", "dims", "kind", "H_axis", "W_axis", "dx", "dy", "x_first", "y_first"];

/// One dataset: components of one trajectory or of some.
#[derive(Debug)]
struct Part {
    name: String,
    dataset: hdf5::Dataset,
    packing: Packing,
    shape: [usize; 5],
    /// Where it begins among all trajectories and all channels.
    begins: [usize; 2],
}

/// Datasets side by side: one after the other along N and along C.
#[derive(Debug)]
pub(crate) struct Parts {
    path: PathBuf,
    file: Hdf5File,
    header: Header,
    parts: Vec<Part>,
}

/// A dataset with its attributes.
type Found = (String, hdf5::Dataset, Attributes);

impl Parts {
    /// Finds the datasets asked for, or else `x`, or `velocity` where there is no `x`, with their attributes, and
    /// refuses what cannot be read.
    ///
    /// Times are looked for along the axis that the caller or else an attribute declares as time; without either
    /// the file is refused later.
    pub(crate) fn open(path: &Path, at: &Location, axes: Option<AxisOrder>) -> Result<Self, DataError> {
        let file = Hdf5File::open(&at.file)?;
        let found = match at.datasets[..] {
            [] => vec![vec![usual(path, &file)?]],
            _ => at.datasets.iter().map(|name| named(path, &file, name)).collect::<Result<_, _>>()?,
        };
        let (first, mut attributes) = (found[0][0].0.clone(), found[0][0].2.clone());
        if let Some(units) = units(path, &found)? {
            attributes.state("units", Attribute::Text(units));
        }
        let order = stated(path, &first, &attributes, axes);
        let variable = if at.datasets.is_empty() { first.clone() } else { at.selection() };
        let parts = collect(path, &file, found, order.unwrap_or(AxisOrder::NTCHW))?;
        let mut header = header(&parts, variable, order.unwrap_or(AxisOrder::NTCHW), attributes);
        if is_channels_last(header.shape) {
            let (path, variable, shape) = (path.into(), header.variable, header.shape);
            return Err(DataError::ChannelsLast { path, variable, shape });
        }
        // Datasets that were asked for by name and hold one component each are what their names say.
        let names = at.datasets.iter().map(|name| component(name)).collect::<Option<Vec<_>>>();
        let names = names.filter(|names| names.len() == header.shape[2]);
        header.take_names(path, names.map(|names| names.join(",")))?;
        for part in &parts {
            storage::check(path, &part.name, &file, &part.dataset)?;
        }
        let group = parent(&first);
        if let Some(order) = order
            && let Some(clock) = Clock::read(path, &file, group, header.leading(), order)?
        {
            header.take_clock(path, &clock)?;
        }
        let [_, _, _, height, width] = header.shape;
        let [.., h, w] = header.order.places();
        header.mask = mask(path, &file, group, [height, width], h > w)?;
        header.notes.extend(header.mask.as_ref().map(Mask::note));
        Ok(Self { path: path.into(), file, header, parts })
    }

    fn read_part(&self, part: &Part, ranges: Ranges) -> Result<Vec<f32>, DataError> {
        let places = self.header.order.places();
        let mut selection = vec![SliceOrIndex::from(0..1); self.header.order.rank()];
        for (place, range) in places.iter().zip(&ranges) {
            if let Some(axis) = place {
                selection[*axis] = SliceOrIndex::from(range.clone());
            }
        }
        let selection = Hyperslab::from(selection);
        let values = if part.packing.is_scaled() {
            part.packing.unpack(&self.slice::<f64>(part, selection)?)
        } else {
            let mut values = self.slice::<f32>(part, selection)?;
            part.packing.mark(&mut values);
            values
        };
        let stored: Vec<usize> = places.iter().flatten().copied().collect();
        if stored.is_sorted() {
            return Ok(values);
        }
        let mut lengths = vec![0; stored.len()];
        let present = places.iter().zip(&ranges).filter_map(|(place, range)| Some(((*place)?, range.len())));
        present.for_each(|(axis, length)| lengths[axis] = length);
        let array = ArrayD::from_shape_vec(lengths, values).map_err(|_| self.beyond())?;
        Ok(array.permuted_axes(stored).iter().copied().collect())
    }

    fn slice<E: hdf5::H5Type>(&self, part: &Part, selection: Hyperslab) -> Result<Vec<E>, DataError> {
        let array = part.dataset.read_slice::<E, _, IxDyn>(selection);
        let fault = |e| self.file.fault(&reading(&part.name), e);
        Ok(array.map_err(fault)?.into_raw_vec_and_offset().0)
    }

    fn beyond(&self) -> DataError {
        let action = reading(&self.header.variable);
        DataError::Hdf5 { path: self.path.clone(), action, detail: "ranges beyond its axes".into() }
    }
}

impl Source for Parts {
    fn header(&self) -> &Header {
        &self.header
    }

    fn read(&self, ranges: Ranges) -> Result<Vec<f32>, DataError> {
        if let [part] = &self.parts[..] {
            return self.read_part(part, ranges);
        }
        if ranges.iter().zip(self.header.shape).any(|(range, length)| range.end > length) {
            return Err(self.beyond());
        }
        let [a, b, c, h, w] = ranges.clone().map(|range| range.len());
        let mut values = vec![0.0; a * b * c * h * w];
        for part in &self.parts {
            let (mut own, mut offset) = (ranges.clone(), [0; 5]);
            for (axis, begin) in [1 - self.header.order.time_axis(), 2].into_iter().zip(part.begins) {
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

/// The datasets in their order, each where it begins; all but N and C of one shape.
fn collect(
    path: &Path,
    file: &Hdf5File,
    found: Vec<Vec<Found>>,
    order: AxisOrder,
) -> Result<Vec<Part>, DataError> {
    let (along, mut parts) = (1 - order.time_axis(), Vec::<Part>::new());
    let (count, common) = (found[0].len(), found[0][0].2.clone());
    let mut channels = 0;
    for (i, datasets) in found.into_iter().enumerate() {
        let (mut trajectories, mut width) = (0, 0);
        for (j, (name, dataset, attributes)) in datasets.into_iter().enumerate() {
            let told =
                |of: &Attributes, field: &str| of.get(field).map_or("nothing".into(), ToString::to_string);
            let differs = |field: &&&str| attributes.get(field) != common.get(field);
            if let Some(field) = COMMON.iter().find(differs) {
                return Err(apart(path, name, field, told(&attributes, field), told(&common, field)));
            }
            let element = Element::of(path, &name, &dataset, |e| file.fault(&reading(&name), e))?;
            let shape = arranged(path, &name, order, &dataset.shape())?;
            // The same trajectories of every component, the same components of every trajectory.
            let mut expected = parts.first().map_or(shape, |first| first.shape);
            let twin = || parts.get(j).filter(|_| j < count).map_or(0, |twin| twin.shape[along]);
            expected[along] = if i > 0 { twin() } else { shape[along] };
            expected[2] = if j > 0 { width } else { shape[2] };
            if shape != expected {
                return Err(apart(path, name, "shape", format!("{shape:?}"), format!("{expected:?}")));
            }
            let packing = Packing::of(path, &name, element, &attributes)?;
            let begins = [trajectories, channels];
            (trajectories, width) = (trajectories + shape[along], shape[2]);
            parts.push(Part { name, dataset, packing, shape, begins });
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

fn reading(name: &str) -> String {
    format!("read dataset `{name}`")
}

fn header(parts: &[Part], variable: String, order: AxisOrder, attributes: Attributes) -> Header {
    let (along, first) = (1 - order.time_axis(), &parts[0]);
    let mut shape = first.shape;
    for part in parts {
        shape[along] = shape[along].max(part.begins[0] + part.shape[along]);
        shape[2] = shape[2].max(part.begins[1] + part.shape[2]);
    }
    let chunk = first.dataset.chunk();
    let chunk = chunk.map(|chunk| order.places().map(|place| place.map_or(1, |axis| chunk[axis])));
    let mut notes: Vec<String> = Vec::new();
    for part in parts {
        let told = part.packing.note().into_iter().chain(storage::note(&part.dataset));
        notes.extend(told.filter(|note| parts.len() == 1 || !notes.contains(note)).collect::<Vec<_>>());
    }
    let element = first.packing.element();
    let (element, bytes) = (element.name(), element.bytes());
    Header { variable, order, shape, element, bytes, chunk, attributes, notes, mask: None }
}

/// The units of datasets that state different ones, in a row: no one of them is that of all.
fn units(path: &Path, found: &[Vec<Found>]) -> Result<Option<String>, DataError> {
    let of = |(_, _, attributes): &Found| -> Result<String, DataError> {
        let stated = UNITS.iter().map(|name| attributes.text(path, name)).collect::<Result<Vec<_>, _>>()?;
        Ok(stated.into_iter().flatten().next().unwrap_or("unknown").to_owned())
    };
    let all: Vec<String> = found.iter().flatten().map(of).collect::<Result<_, _>>()?;
    Ok(all.iter().any(|unit| *unit != all[0]).then(|| all.join(", ")))
}

/// The dataset `x` or else `velocity`; one of this name that is a coordinate is no field.
fn usual(path: &Path, file: &Hdf5File) -> Result<Found, DataError> {
    let members = file.members()?;
    for variable in ["x", "velocity"].into_iter().filter(|name| members.iter().any(|m| m == name)) {
        let (dataset, attributes) = with_attributes(file, variable)?;
        if !attributes.is_dimension_scale() {
            return Ok((variable.into(), dataset, attributes));
        }
    }
    if file.root.attr("format").is_ok() && file.root.attr("normalizer").is_ok() {
        return Err(DataError::IsPrior { path: path.into() });
    }
    Err(DataError::NoVariable { path: path.into(), found: members })
}

/// The dataset of a path, or those of every name that a `*` in it stands for.
fn named(path: &Path, file: &Hdf5File, name: &str) -> Result<Vec<Found>, DataError> {
    let mut paths = vec![String::new()];
    for part in name.split('/') {
        let mut longer = Vec::new();
        for path in paths {
            let join = |part: &str| if path.is_empty() { part.to_owned() } else { format!("{path}/{part}") };
            if part != "*" {
                longer.push(join(part));
                continue;
            }
            let mut members = members(file, &path).unwrap_or_default();
            members.sort();
            longer.extend(members.iter().map(|member| join(member)));
        }
        paths = longer;
    }
    // A `*` also stands before groups that hold no such dataset, as those of coordinates.
    if name.contains('*') {
        paths.retain(|path| file.root.dataset(path).is_ok());
    }
    let missing = paths.is_empty() || paths.iter().any(|path| file.root.dataset(path).is_err());
    if missing {
        let (path, found) = (path.into(), listed(file, parent(name)));
        return Err(DataError::NoEntry { path, what: "dataset", name: format!("/{name}"), found });
    }
    let read = |path: String| with_attributes(file, &path).map(|(dataset, own)| (path.clone(), dataset, own));
    paths.into_iter().map(read).collect()
}

fn members(file: &Hdf5File, group: &str) -> Option<Vec<String>> {
    match group {
        "" => file.members().ok(),
        _ => file.root.group(group).ok()?.member_names().ok(),
    }
}

/// What stands in a group, or else at the root.
fn listed(file: &Hdf5File, group: &str) -> Vec<String> {
    let (within, names) = match members(file, group) {
        Some(names) => (group, names),
        None => ("", members(file, "").unwrap_or_default()),
    };
    let divider = if within.is_empty() { "" } else { "/" };
    names.iter().map(|name| format!("/{within}{divider}{name}")).collect()
}

fn with_attributes(file: &Hdf5File, name: &str) -> Result<(hdf5::Dataset, Attributes), DataError> {
    let dataset = file.root.dataset(name).map_err(|e| file.fault(&reading(name), e))?;
    let attributes = Attributes::read(&dataset, &file.root).map_err(|e| file.fault("read attributes", e))?;
    Ok((dataset, attributes))
}

/// The dataset `mask` of an (H, W) plane in a group or else at the root; `turned` where the file has W before H.
pub(crate) fn mask(
    path: &Path,
    file: &Hdf5File,
    group: &str,
    [height, width]: [usize; 2],
    turned: bool,
) -> Result<Option<Mask>, DataError> {
    let beside = if group.is_empty() { MASK.to_owned() } else { format!("{group}/{MASK}") };
    // A group of this name is another matter.
    let is_one = |name: &String| file.root.link_exists(name) && file.root.group(name).is_err();
    let Some(name) = [beside, MASK.into()].into_iter().find(is_one) else {
        return Ok(None);
    };
    let fault = |e| file.fault(&reading(&name), e);
    let (dataset, attributes) = with_attributes(file, &name)?;
    storage::check(path, &name, file, &dataset)?;
    let bit = |b| f64::from(u8::from(b));
    let numbers = match dataset.dtype().and_then(|stored| stored.to_descriptor()) {
        Ok(TypeDescriptor::Boolean) => {
            dataset.read_raw::<bool>().map(|bits| bits.into_iter().map(bit).collect())
        }
        _ => dataset.read_raw::<f64>(),
    };
    let (mut shape, mut numbers) = (dataset.shape(), numbers.map_err(fault)?);
    if turned && shape == [width, height] {
        numbers = (0..numbers.len()).map(|i| numbers[i % width * height + i / width]).collect();
        shape.reverse();
    }
    Mask::read(path, [height, width], (&shape, &numbers), |name| attributes.at(Place::Dataset, name).cloned())
}

/// Whether the last axis is too short for a grid and the third too long for components.
fn is_channels_last([_, _, channels, height, width]: [usize; 5]) -> bool {
    width <= 3 && channels > 4 && height > 4
}

/// The group of a dataset, empty for the root.
fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(group, _)| group)
}

/// What a path says of the component in it: its last part that stands for one name alone, if any.
fn component(name: &str) -> Option<&str> {
    name.rsplit('/').find(|part| *part != "*")
}
