//! Datasets of an HDF5 file as arrays, and what stands beside them.

use crate::array::{Array, Member};
use crate::attribute::{Attributes, Place};
use crate::file::Hdf5File;
use crate::mask::MASK;
use crate::storage::{self, Element};
use crate::ticks::Ticks;
use crate::{Mask, Result};
use hdf5::types::TypeDescriptor;
use hdf5::{Hyperslab, SliceOrIndex};
use ndarray::IxDyn;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A dataset of an open file.
#[derive(Debug)]
struct Stored {
    path: PathBuf,
    name: String,
    file: Arc<Hdf5File>,
    dataset: hdf5::Dataset,
    shape: Vec<usize>,
    element: Element,
}

impl Stored {
    fn slice<E: hdf5::H5Type>(&self, block: &[Range<usize>]) -> Result<Vec<E>> {
        let selection: Vec<SliceOrIndex> = block.iter().cloned().map(SliceOrIndex::from).collect();
        let array = self.dataset.read_slice::<E, _, IxDyn>(Hyperslab::from(selection));
        let fault = |e| self.file.fault(&reading(&self.name), e);
        Ok(array.map_err(fault)?.into_raw_vec_and_offset().0)
    }
}

impl Array for Stored {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn element(&self) -> Element {
        self.element
    }

    fn chunk(&self) -> Option<Vec<usize>> {
        self.dataset.chunk()
    }

    fn check(&self, block: &[Range<usize>]) -> Result<Option<String>> {
        storage::check(&self.path, &self.name, &self.file, &self.dataset, block)
    }

    fn singles(&self, block: &[Range<usize>]) -> Result<Vec<f32>> {
        self.slice(block)
    }

    fn doubles(&self, block: &[Range<usize>]) -> Result<Vec<f64>> {
        self.slice(block)
    }
}

/// A dataset by its path in the file.
///
/// # Errors
/// [`DataError::Hdf5`](crate::DataError::Hdf5); [`DataError::ElementType`](crate::DataError::ElementType) for what
/// holds no numbers.
pub(crate) fn member(path: &Path, file: &Arc<Hdf5File>, name: &str) -> Result<Member> {
    let (dataset, attributes) = with_attributes(file, name)?;
    let element = Element::of(path, name, &dataset, |e| file.fault(&reading(name), e))?;
    let (file, shape) = (Arc::clone(file), dataset.shape());
    let array = Box::new(Stored { path: path.into(), name: name.into(), file, dataset, shape, element });
    Ok(Member { name: name.into(), attributes, array })
}

/// A dataset with its attributes and those of the root.
///
/// # Errors
/// [`DataError::Hdf5`](crate::DataError::Hdf5).
pub(crate) fn with_attributes(file: &Hdf5File, name: &str) -> Result<(hdf5::Dataset, Attributes)> {
    let dataset = file.root.dataset(name).map_err(|e| file.fault(&reading(name), e))?;
    let attributes = Attributes::read(&dataset, &file.root).map_err(|e| file.fault("read attributes", e))?;
    Ok((dataset, attributes))
}

/// The attributes of a group and of the root.
///
/// # Errors
/// [`DataError::Hdf5`](crate::DataError::Hdf5).
pub(crate) fn attributes_of(file: &Hdf5File, group: &str) -> Result<Attributes> {
    let fault = |e| file.fault(&format!("read attributes of `{group}`"), e);
    let found = file.root.group(group).map_err(fault)?;
    Attributes::read(&found, &file.root).map_err(fault)
}

/// What stands in a group, the root for an empty name; `None` where there is none.
pub(crate) fn members(file: &Hdf5File, group: &str) -> Option<Vec<String>> {
    match group {
        "" => file.members().ok(),
        _ => file.root.group(group).ok()?.member_names().ok(),
    }
}

/// The numbers of a dataset along an axis, `most` of them at most along its last; `None` where there is none of this
/// name.
///
/// # Errors
/// [`DataError::Hdf5`](crate::DataError::Hdf5) and what [`storage::check`] finds.
pub(crate) fn ticks(path: &Path, file: &Hdf5File, name: &str, most: usize) -> Result<Option<Ticks>> {
    if !file.root.link_exists(name) || file.root.dataset(name).is_err() {
        return Ok(None);
    }
    let (dataset, attributes) = with_attributes(file, name)?;
    let mut shape = dataset.shape();
    shape.last_mut().into_iter().for_each(|last| *last = most.min(*last));
    let block: Vec<Range<usize>> = shape.iter().map(|length| 0..*length).collect();
    storage::check(path, name, file, &dataset, &block)?;
    let selection: Vec<SliceOrIndex> = block.into_iter().map(SliceOrIndex::from).collect();
    let values = dataset.read_slice::<f64, _, IxDyn>(Hyperslab::from(selection)).ok();
    let values = values.map(|values| values.into_raw_vec_and_offset().0);
    let coarse = dataset.dtype().is_ok_and(|stored| stored.size() <= 4 && stored.is::<f32>());
    Ticks::of(path, name, (values, shape, coarse), &attributes).map(Some)
}

/// The dataset `mask` of an (H, W) plane in a group or else at the root; `turned` where the file has W before H.
///
/// # Errors
/// [`DataError::Mask`](crate::DataError::Mask), [`DataError::Hdf5`](crate::DataError::Hdf5).
pub(crate) fn mask(
    path: &Path,
    file: &Hdf5File,
    group: &str,
    [height, width]: [usize; 2],
    turned: bool,
) -> Result<Option<Mask>> {
    let beside = if group.is_empty() { MASK.to_owned() } else { format!("{group}/{MASK}") };
    // A group of this name is another matter.
    let is_one = |name: &String| file.root.link_exists(name) && file.root.group(name).is_err();
    let Some(name) = [beside, MASK.into()].into_iter().find(is_one) else {
        return Ok(None);
    };
    let fault = |e| file.fault(&reading(&name), e);
    let (dataset, attributes) = with_attributes(file, &name)?;
    let whole: Vec<Range<usize>> = dataset.shape().into_iter().map(|length| 0..length).collect();
    storage::check(path, &name, file, &dataset, &whole)?;
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

/// What is being done to a dataset, for messages.
pub(crate) fn reading(name: &str) -> String {
    format!("read dataset `{name}`")
}

/// The group of a dataset, empty for the root.
pub(crate) fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(group, _)| group)
}
