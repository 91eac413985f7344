//! Named dimensions of the arrays of a store: HDF5 dimension scales, as netCDF-4 reads and writes them.
//!
//! A dimension is a dataset with the attributes `CLASS` and `NAME`; an array names the scale of each of its axes in
//! `DIMENSION_LIST`, and the scale who uses it in `REFERENCE_LIST` (HDF5 Dimension Scale Specification 1.0;
//! `_Netcdf4Dimid` orders dimensions as the library of netCDF-4 does).

use super::Writer;
use super::here::Here;
use super::writer::fault;
use crate::{DataError, Result};
use hdf5::types::{FixedAscii, VarLenArray, VarLenUnicode};
use hdf5::{Dataset, Datatype, H5Type, ObjectReference1, ReferencedObject};
use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

/// What `CLASS` says.
const CLASS: &str = "DIMENSION_SCALE";

/// What netCDF-4 calls a dimension without coordinates; ten digits of its length follow.
const BARE: &str = "This is a netCDF dimension but not a netCDF variable.";

/// A fixed text of the length of [`CLASS`] and a zero byte, as its datatype message stands in a file: class 3 and
/// version 1, padding in the lowest bits of the next byte, three bytes of flags in all, the size (HDF5 File Format
/// Specification 3.0, IV.A.2.d). The padding is 1, zeros to the end.
const PADDED: [u8; 8] = [0x13, 0x01, 0, 0, 16, 0, 0, 0];

/// What stands along a dimension.
#[derive(Clone, Debug, PartialEq)]
pub enum Along {
    /// So many places of which nothing is known.
    Places(usize),
    /// Coordinates.
    Reals(Vec<f64>),
    /// Whole numbers that name what stands there.
    Indices(Vec<u64>),
    /// Words that do.
    Words(Vec<String>),
}

impl Along {
    /// The length of the dimension.
    pub fn len(&self) -> usize {
        match self {
            Self::Places(length) => *length,
            Self::Reals(values) => values.len(),
            Self::Indices(values) => values.len(),
            Self::Words(values) => values.len(),
        }
    }

    /// Whether it has no place.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A dimension by its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// Its name, which no other entry of the store has.
    pub name: String,
    /// What stands along it.
    pub along: Along,
    /// Texts beside its coordinates, such as `units`.
    pub texts: Vec<(&'static str, String)>,
}

/// Who uses a scale.
#[derive(Clone, Copy, Debug, H5Type)]
#[repr(C)]
struct User {
    dataset: ObjectReference1,
    dimension: u32,
}

/// The dimensions of a store.
#[derive(Debug)]
pub struct Dimensions<'a> {
    writer: &'a Writer,
    /// Name, length and users of each.
    scales: RefCell<Vec<(String, usize, Vec<User>)>>,
}

impl Writer {
    /// Makes dimensions, in this order.
    ///
    /// # Errors
    /// [`DataError::Hdf5`], also for a name that is taken; [`DataError::Unreadable`] where the folder takes no file.
    pub fn dimensions(&self, dimensions: &[Dimension]) -> Result<Dimensions<'_>> {
        let class = self.class_type()?;
        for (id, dimension) in dimensions.iter().enumerate() {
            let name = &dimension.name;
            let scale = self.scale(dimension)?;
            let action = format!("make dimension `{name}`");
            let fault = |e| fault(self.path(), &action, e);
            let attribute = scale.new_attr_builder().empty_as(&class).create("CLASS").map_err(fault)?;
            attribute.write_scalar(&ascii::<16>(CLASS)).map_err(fault)?;
            let told = match dimension.along {
                Along::Places(length) => format!("{BARE}{length:>10}"),
                _ => name.clone(),
            };
            let attribute = scale.new_attr::<FixedAscii<64>>().create("NAME").map_err(fault)?;
            attribute.write_scalar(&ascii::<64>(&told)).map_err(fault)?;
            let attribute = scale.new_attr::<i32>().create("_Netcdf4Dimid").map_err(fault)?;
            attribute.write_scalar(&(id as i32)).map_err(fault)?;
            for (key, text) in &dimension.texts {
                self.set_text_of(name, key, text)?;
            }
        }
        let scales = dimensions.iter().map(|d| (d.name.clone(), d.along.len(), Vec::new())).collect();
        Ok(Dimensions { writer: self, scales: RefCell::new(scales) })
    }

    fn scale(&self, dimension: &Dimension) -> Result<Dataset> {
        let name = dimension.name.as_str();
        let fault = |e| fault(self.path(), &format!("write dimension `{name}`"), e);
        match &dimension.along {
            Along::Places(length) => self.file()?.new_dataset::<f32>().shape([*length]).create(name),
            Along::Reals(values) => self.written(name, values),
            Along::Indices(values) => {
                self.written(name, &values.iter().map(|index| *index as i64).collect::<Vec<_>>())
            }
            Along::Words(words) => {
                let words: Result<Vec<VarLenUnicode>, _> = words.iter().map(|word| word.parse()).collect();
                let words = words.map_err(|e| fault(format!("{e:?}").as_str().into()))?;
                self.written(name, &words)
            }
        }
        .map_err(fault)
    }

    fn written<T: H5Type>(&self, name: &str, values: &[T]) -> hdf5::Result<Dataset> {
        let file = self.file().map_err(|e| hdf5::Error::from(e.to_string()))?;
        let dataset = file.new_dataset::<T>().shape([values.len()]).create(name)?;
        dataset.write_raw(values)?;
        Ok(dataset)
    }

    /// The type of [`CLASS`]: a text that ends with a zero byte, which the library of HDF5 asks for and the binding
    /// does not make. A file of a few bytes that stands beside the store for a moment says it.
    fn class_type(&self) -> Result<Datatype> {
        let beside = Beside(self.temporary().with_extension("text"));
        let fault = |e| fault(self.path(), "make the type of dimensions", e);
        let io = |source| DataError::io(self.path(), source);
        let file = hdf5::File::create(&beside.0).map_err(fault)?;
        file.new_attr::<FixedAscii<16>>().create("CLASS").map_err(fault)?;
        file.close().map_err(fault)?;
        let mut bytes = fs::read(&beside.0).map_err(io)?;
        let mut places = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(&PADDED));
        let (Some(at), None) = (places.next(), places.next()) else {
            return Err(fault("found no single text of 16 bytes in a file of one".into()));
        };
        bytes[at + 1] = 0;
        fs::write(&beside.0, bytes).map_err(io)?;
        let file = hdf5::File::open(&beside.0).map_err(fault)?;
        let class = file.attr("CLASS").and_then(|attribute| attribute.dtype()).map_err(fault)?;
        file.close().map_err(fault)?;
        Ok(class)
    }
}

impl Here {
    /// The names of the dimensions that the axes of an array are; none where it has no such names.
    pub(super) fn dimensions(&self, array: &str) -> Result<Vec<String>> {
        let dataset = self.dataset(array)?;
        let fault = |e| self.array_fault(array, e);
        if !dataset.attr_names().map_err(fault)?.iter().any(|name| name == "DIMENSION_LIST") {
            return Ok(Vec::new());
        }
        let list = dataset.attr("DIMENSION_LIST").and_then(|list| list.read_raw()).map_err(fault)?;
        let name = |scales: &VarLenArray<ObjectReference1>| {
            let none = || hdf5::Error::from("an axis has no dimension");
            match dataset.dereference(scales.first().ok_or_else(none)?)? {
                ReferencedObject::Dataset(scale) => Ok(scale.name().trim_start_matches('/').to_owned()),
                _ => Err("a dimension is no dataset".into()),
            }
        };
        list.iter().map(name).collect::<hdf5::Result<_>>().map_err(fault)
    }
}

impl Dimensions<'_> {
    /// Says which dimensions the axes of an array are.
    ///
    /// # Errors
    /// [`DataError::NoEntry`] for a dimension that there is not; [`DataError::ArrayShape`] for one of another length;
    /// [`DataError::Hdf5`].
    pub fn attach(&self, array: &str, dimensions: &[&str]) -> Result<()> {
        let path = self.writer.path();
        let fault = |e| fault(path, &format!("name the axes of array `{array}`"), e);
        let file = self.writer.file()?;
        let dataset = file.dataset(array).map_err(fault)?;
        let user: ObjectReference1 = file.reference(array).map_err(fault)?;
        let mut scales = self.scales.borrow_mut();
        let mut places = Vec::new();
        for name in dimensions {
            let place = scales.iter().position(|(known, ..)| known == name);
            let found = || scales.iter().map(|(known, ..)| known.clone()).collect();
            places.push(place.ok_or_else(|| DataError::NoEntry {
                path: path.into(),
                what: "dimension",
                name: (*name).into(),
                found: found(),
            })?);
        }
        let expected: Vec<usize> = places.iter().map(|place| scales[*place].1).collect();
        if dataset.shape() != expected {
            let (name, found) = (array.into(), dataset.shape());
            return Err(DataError::ArrayShape { path: path.into(), name, found, expected });
        }
        let mut list = Vec::new();
        for (axis, place) in places.into_iter().enumerate() {
            let (name, _, users) = &mut scales[place];
            let scale: ObjectReference1 = file.reference(name).map_err(fault)?;
            list.push(VarLenArray::from_slice(&[scale]));
            users.push(User { dataset: user, dimension: axis as u32 });
        }
        let attribute = dataset.new_attr::<VarLenArray<ObjectReference1>>().shape([list.len()]);
        attribute.create("DIMENSION_LIST").and_then(|a| a.write_raw(&list)).map_err(fault)
    }

    /// Tells every scale who uses it.
    ///
    /// # Errors
    /// [`DataError::Hdf5`].
    pub fn finish(self) -> Result<()> {
        for (name, _, users) in self.scales.into_inner().into_iter().filter(|(.., users)| !users.is_empty()) {
            let fault = |e| fault(self.writer.path(), &format!("finish dimension `{name}`"), e);
            let scale = self.writer.file()?.dataset(&name).map_err(fault)?;
            let attribute = scale.new_attr::<User>().shape([users.len()]).create("REFERENCE_LIST");
            attribute.and_then(|a| a.write_raw(&users)).map_err(fault)?;
        }
        Ok(())
    }
}

/// A text of at most `N` bytes; a longer one is cut.
fn ascii<const N: usize>(text: &str) -> FixedAscii<N> {
    let kept: Vec<u8> = text.bytes().filter(u8::is_ascii).take(N).collect();
    FixedAscii::from_ascii(&kept).unwrap_or_default()
}

/// A file that is gone when this is.
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        // What was never made cannot be removed.
        let _ = fs::remove_file(AsRef::<Path>::as_ref(&self.0));
    }
}
