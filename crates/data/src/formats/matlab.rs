//! MATLAB's files of version 7.3: HDF5 with every array's axes in reverse.

use crate::array::Member;
use crate::attribute::{Attribute, Attributes, Place};
use crate::file::Hdf5File;
use crate::formats::bundle::{Bundle, Content, Item};
use crate::formats::turned::Turned;
use crate::location::Location;
use crate::source::Source;
use crate::stored::{member, members, with_attributes};
use crate::{AxisOrder, DataError, Result};
use std::path::Path;
use std::sync::Arc;

/// The attribute that MATLAB, and what writes as it does, puts on every array.
const CLASS: &str = "MATLAB_class";

/// The attribute of an array that is stored as its lengths because it holds nothing.
const EMPTY: &str = "MATLAB_empty";

/// Groups of what variables refer to.
const HIDDEN: char = '#';

/// Structures in structures that are looked into.
const DEPTH: usize = 4;

/// Letters of a text that is read.
const TEXT: usize = 1 << 12;

/// Whether an array at the root, or in a structure there, says that MATLAB wrote it.
pub(crate) fn holds(path: &Path) -> bool {
    let Some(file) = path.is_file().then(|| Hdf5File::open(path).ok()).flatten() else { return false };
    let said = |name: &String| {
        let root = &file.root;
        let object = root.dataset(name).is_ok_and(|dataset| dataset.attr(CLASS).is_ok());
        object || root.group(name).is_ok_and(|group| group.attr(CLASS).is_ok())
    };
    file.members().is_ok_and(|names| names.iter().any(said))
}

/// Opens one; axes are those that MATLAB shows.
///
/// # Errors
/// As of other HDF5 files.
pub(crate) fn open(path: &Path, at: &Location, axes: Option<AxisOrder>) -> Result<Box<dyn Source>> {
    let file = Arc::new(Hdf5File::open(&at.file)?);
    let mut names = Vec::new();
    list(&file, "", DEPTH, &mut names);
    let (mut contents, mut unmarked) = (Vec::new(), Vec::new());
    for name in names {
        let (dataset, own) = with_attributes(&file, &name)?;
        let class = own.at(Place::Dataset, CLASS).cloned();
        let array = || member(path, &file, &name);
        let content = match class {
            _ if own.at(Place::Dataset, EMPTY).is_some() => Content::Other("nothing: an empty array".into()),
            Some(Attribute::Text(class)) => of_class(&class, &dataset, array)?,
            _ => {
                unmarked.push(name.clone());
                numbers(array, false)?
            }
        };
        contents.push(Item { name, content, own });
    }
    let notes = vec![format!(
        "axes are those that MATLAB shows, the reverse of those in the file (attribute `{CLASS}`)"
    )];
    let mut bundle = Bundle { contents, attributes: Attributes::default(), notes };
    if !unmarked.is_empty() {
        let told = unmarked.join("`, `");
        bundle.notes.push(format!("no attribute `{CLASS}` on `{told}`: axes there are those in the file"));
    }
    Ok(Box::new(bundle.open(path, at, axes)?))
}

/// The datasets of a group and of those in it, by path.
fn list(file: &Hdf5File, group: &str, depth: usize, names: &mut Vec<String>) {
    for name in members(file, group).unwrap_or_default() {
        if name.starts_with(HIDDEN) {
            continue;
        }
        let path = if group.is_empty() { name } else { format!("{group}/{name}") };
        if file.root.group(&path).is_ok() {
            if depth > 0 {
                list(file, &path, depth - 1, names);
            }
        } else if file.root.dataset(&path).is_ok() {
            names.push(path);
        }
    }
}

fn of_class(class: &str, dataset: &hdf5::Dataset, array: impl Fn() -> Result<Member>) -> Result<Content> {
    match class {
        "char" if dataset.size() <= TEXT => {
            let letters = dataset.read_raw::<u16>().unwrap_or_default();
            Ok(Content::Text(String::from_utf16_lossy(&letters)))
        }
        "logical" => Ok(match numbers(array, true)? {
            Content::Numbers(array) => Content::Truths(array),
            other => other,
        }),
        "double" | "single" | "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32"
        | "uint64" => numbers(array, true),
        other => Ok(Content::Other(format!("an array of class {other}"))),
    }
}

/// Numbers, where that is what a dataset holds.
fn numbers(array: impl Fn() -> Result<Member>, turned: bool) -> Result<Content> {
    match array() {
        Ok(Member { array, .. }) if turned => Ok(Content::Numbers(Box::new(Turned::new(array)))),
        Ok(Member { array, .. }) => Ok(Content::Numbers(array)),
        Err(DataError::ElementType { found, .. }) => Ok(Content::Other(found)),
        Err(error) => Err(error),
    }
}
