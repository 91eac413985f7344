//! Opening a Zarr store and reading its arrays.

use super::claims;
use super::metadata::{Described, Node, node};
use super::{NAME, is_zipped, zipped};
use crate::array::{Array, Member};
use crate::attribute::Attributes;
use crate::formats::named::{self, Catalogue, Variable};
use crate::location::Location;
use crate::source::Source;
use crate::storage::Element;
use crate::stored::parent;
use crate::ticks::Ticks;
use crate::{AxisOrder, DataError, Result, Suspicion};
use serde_json::Map;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zarrs::array::{ArraySubset, ElementOwned};
use zarrs::filesystem::FilesystemStore;

/// An array of an open store.
#[derive(Debug)]
pub(super) struct Chunked {
    pub(super) path: PathBuf,
    pub(super) folder: PathBuf,
    pub(super) name: String,
    pub(super) array: zarrs::array::Array<FilesystemStore>,
    pub(super) shape: Vec<usize>,
    pub(super) element: Element,
}

fn fault(path: &Path, action: String, detail: impl Display) -> DataError {
    DataError::Zarr { path: path.into(), action, detail: detail.to_string() }
}

impl Chunked {
    pub(super) fn fault(&self, detail: impl Display) -> DataError {
        fault(&self.path, format!("read array `{}`", self.name), detail)
    }

    fn block<E: ElementOwned>(&self, block: &[Range<usize>]) -> Result<Vec<E>> {
        if block.iter().zip(&self.shape).any(|(range, length)| range.end > *length) {
            return Err(self.fault("ranges beyond its axes"));
        }
        self.array.retrieve_array_subset::<Vec<E>>(&subset(block)).map_err(|e| self.fault(e))
    }

    /// All of it.
    pub(super) fn whole(&self) -> Vec<Range<usize>> {
        self.shape.iter().map(|length| 0..*length).collect()
    }

    /// How many chunks reach into a block, how many of them are not stored, and the bytes of those that are.
    pub(super) fn chunks(&self, block: &[Range<usize>]) -> Result<[usize; 3]> {
        let chunks = self.array.chunks_in_array_subset(&subset(block)).map_err(|e| self.fault(e))?;
        let (mut all, mut absent, mut stored) = (0, 0, 0);
        for indices in chunks.iter().flat_map(|chunks| chunks.indices().into_iter()) {
            let found = std::fs::metadata(self.folder.join(self.array.chunk_key(&indices).as_str()));
            let bytes = found.ok().filter(std::fs::Metadata::is_file).map(|found| found.len() as usize);
            all += 1;
            absent += usize::from(bytes.is_none());
            stored += bytes.unwrap_or(0);
        }
        Ok([all, absent, stored])
    }
}

fn subset(block: &[Range<usize>]) -> ArraySubset {
    let ranges: Vec<Range<u64>> = block.iter().map(|range| range.start as u64..range.end as u64).collect();
    ArraySubset::new_with_ranges(&ranges)
}

/// Reads a block in the type that it has, and hands its numbers on in another.
macro_rules! converted {
    ($self:ident, $block:ident, $into:ty) => {
        match $self.element {
            Element::Float(16) => $self.block::<half::f16>($block)?.into_iter().map(<$into>::from).collect(),
            Element::Float(32) => $self.block::<f32>($block)?.into_iter().map(|x| x as $into).collect(),
            Element::Float(_) => $self.block::<f64>($block)?.into_iter().map(|x| x as $into).collect(),
            Element::Integer { bits: 8, signed: true } => {
                $self.block::<i8>($block)?.into_iter().map(|x| x as $into).collect()
            }
            Element::Integer { bits: 16, signed: true } => {
                $self.block::<i16>($block)?.into_iter().map(|x| x as $into).collect()
            }
            Element::Integer { bits: 32, signed: true } => {
                $self.block::<i32>($block)?.into_iter().map(|x| x as $into).collect()
            }
            Element::Integer { signed: true, .. } => {
                $self.block::<i64>($block)?.into_iter().map(|x| x as $into).collect()
            }
            Element::Integer { bits: 8, signed: false } => {
                $self.block::<u8>($block)?.into_iter().map(|x| x as $into).collect()
            }
            Element::Integer { bits: 16, signed: false } => {
                $self.block::<u16>($block)?.into_iter().map(|x| x as $into).collect()
            }
            Element::Integer { bits: 32, signed: false } => {
                $self.block::<u32>($block)?.into_iter().map(|x| x as $into).collect()
            }
            Element::Integer { .. } => $self.block::<u64>($block)?.into_iter().map(|x| x as $into).collect(),
        }
    };
}

impl Array for Chunked {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn element(&self) -> Element {
        self.element
    }

    fn chunk(&self) -> Option<Vec<usize>> {
        let first = vec![0; self.shape.len()];
        self.array
            .chunk_shape(&first)
            .ok()
            .map(|chunk| chunk.iter().map(|length| length.get() as usize).collect())
    }

    fn check(&self, block: &[Range<usize>]) -> Result<Option<String>> {
        let [all, absent, _] = self.chunks(block)?;
        if all > 0 && absent == all {
            let (path, variable) = (self.path.clone(), self.name.clone());
            return Err(DataError::Unwritten {
                path,
                variable,
                detail: "none of its chunks is stored".into(),
            });
        }
        Ok(None)
    }

    fn singles(&self, block: &[Range<usize>]) -> Result<Vec<f32>> {
        Ok(converted!(self, block, f32))
    }

    fn doubles(&self, block: &[Range<usize>]) -> Result<Vec<f64>> {
        Ok(converted!(self, block, f64))
    }
}

/// An open store.
struct Zarr {
    path: PathBuf,
    folder: PathBuf,
    store: Arc<FilesystemStore>,
    arrays: BTreeMap<String, Described>,
    variables: Vec<Variable>,
    odd: RefCell<Vec<Suspicion>>,
}

/// Opens a store: its velocity, or the arrays asked for.
///
/// # Errors
/// As of [`named::open`]; [`DataError::Zarr`] where a codec is not known.
pub(crate) fn open(path: &Path, at: &Location, axes: Option<AxisOrder>) -> Result<Box<dyn Source>> {
    if is_zipped(&at.file) {
        return Err(zipped(&at.file));
    }
    let store = FilesystemStore::new(&at.file).map_err(|e| fault(path, "open it".into(), e))?;
    let mut arrays = BTreeMap::new();
    list(path, &at.file, "", &Map::new(), &mut arrays)?;
    let is_coordinate = |name: &String, of: &Described| of.axes.len() == 1 && of.axes[0] == *name;
    let at_root = arrays.iter().filter(|(name, of)| !name.contains('/') && !is_coordinate(name, of));
    let variable = |(name, of): (&String, &Described)| Variable {
        name: name.clone(),
        axes: of.axes.clone(),
        rank: of.shape.len(),
    };
    let variables: Vec<Variable> = at_root.map(variable).collect();
    let (path_of, folder) = (path.to_path_buf(), at.file.clone());
    let odd = RefCell::default();
    let found = Zarr { path: path_of, folder, store: Arc::new(store), arrays, variables, odd };
    let mut parts = named::open(path, at, axes, &found)?;
    parts.header.warnings.extend(found.odd.take());
    Ok(Box::new(parts))
}

/// Lists the arrays in a folder and its folders by their paths, with the attributes of the root.
fn list(
    path: &Path,
    folder: &Path,
    within: &str,
    root: &Map<String, serde_json::Value>,
    arrays: &mut BTreeMap<String, Described>,
) -> Result<()> {
    let own = match node(path, folder, root)? {
        Some(Node::Array(of)) => {
            arrays.insert(within.into(), *of);
            return Ok(());
        }
        Some(Node::Group(own)) => own,
        None => return Ok(()),
    };
    let root = if within.is_empty() { &own } else { root };
    let entries = std::fs::read_dir(folder).map_err(|source| DataError::io(folder, source))?;
    for entry in entries {
        let entry = entry.map_err(|source| DataError::io(folder, source))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if entry.path().is_dir() {
            let divider = if within.is_empty() { "" } else { "/" };
            list(path, &entry.path(), &format!("{within}{divider}{name}"), root, arrays)?;
        }
    }
    Ok(())
}

impl Zarr {
    fn chunked(&self, name: &str) -> Result<Chunked> {
        let of = self.arrays.get(name).ok_or_else(|| self.missing(name))?;
        let Some(element) = of.element else {
            return Err(Element::refused(&self.path, name, "no numbers that are known".into()));
        };
        let opened = zarrs::array::Array::open(Arc::clone(&self.store), &format!("/{name}"));
        let array = opened.map_err(|e| fault(&self.path, format!("open array `{name}`"), e))?;
        let (path, folder, name) = (self.path.clone(), self.folder.clone(), name.into());
        Ok(Chunked { path, folder, name, array, shape: of.shape.clone(), element })
    }

    fn missing(&self, name: &str) -> DataError {
        let found = self.arrays.keys().map(|name| format!("/{name}")).collect();
        DataError::NoEntry { path: self.path.clone(), what: "array", name: format!("/{name}"), found }
    }

    fn member(&self, name: &str) -> Result<Member> {
        let (array, of) = (self.chunked(name)?, &self.arrays[name]);
        let [all, absent] = claims::check(&array)?;
        let mut odd = self.odd.borrow_mut();
        odd.extend(of.absent(name, absent, all));
        if of.doubtful_zeros {
            odd.push(Suspicion::ZeroFill { variable: name.into() });
        }
        Ok(Member { name: name.into(), attributes: of.attributes.clone(), array: Box::new(array) })
    }
}

impl Catalogue for Zarr {
    fn format(&self) -> &'static str {
        NAME
    }

    fn variables(&self) -> &[Variable] {
        &self.variables
    }

    fn axes(&self, name: &str) -> Vec<String> {
        let Some(of) = self.arrays.get(name) else { return Vec::new() };
        // A group has coordinates of its own, or else those of the root.
        let own = |axis: &String| {
            let within = format!("{}/{axis}", parent(name));
            if self.arrays.contains_key(&within) { within } else { axis.clone() }
        };
        of.axes.iter().map(own).collect()
    }

    fn asked(&self, path: &str) -> Result<Vec<Member>> {
        let fits = |name: &&String| {
            let [asked, found] = [path, name].map(|path| path.split('/').collect::<Vec<_>>());
            asked.len() == found.len() && asked.iter().zip(found).all(|(a, f)| *a == "*" || *a == f)
        };
        let names: Vec<&String> = self.arrays.keys().filter(fits).collect();
        if names.is_empty() {
            return Err(self.missing(path));
        }
        names.into_iter().map(|name| self.member(name)).collect()
    }

    fn coordinate(&self, axis: &str) -> Result<Option<(Ticks, Attributes)>> {
        let Some(of) = self.arrays.get(axis).filter(|of| of.shape.len() == 1 && of.element.is_some()) else {
            return Ok(None);
        };
        let array = self.chunked(axis)?;
        claims::check(&array)?;
        let values = array.doubles(&array.whole())?;
        let coarse = of.element == Some(Element::Float(32));
        let ticks = Ticks::of(&self.path, axis, (Some(values), of.shape.clone(), coarse), &of.attributes)?;
        Ok(Some((ticks, of.attributes.clone())))
    }
}
