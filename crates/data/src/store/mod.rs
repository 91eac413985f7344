//! A file of named arrays and texts, for priors and ensembles: an HDF5 file that appears whole or
//! not at all.
//!
//! ```
//! use equipoise_data::store::{Existing, Reader, Writer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("prior.h5");
//! let writer = Writer::create(&path, Existing::Refuse)?;
//! writer.write("mean", &[2, 3], &[0.0f32, 1.0, 2.0, 3.0, 4.0, 5.0])?;
//! writer.set_text("kind", "low_rank")?;
//! writer.finish()?;
//! let reader = Reader::open(&path)?;
//! assert_eq!(reader.read::<f32>("mean")?.shape, [2, 3]);
//! assert_eq!(reader.text("kind")?, "low_rank");
//! # Ok(())
//! # }
//! ```

mod here;
mod reader;
mod scales;
mod writer;

pub use reader::{Array, Reader};
pub use scales::{Along, Dimension, Dimensions};
pub(crate) use writer::may_stand;
pub use writer::{Existing, Writer};

mod sealed {
    pub trait Sealed: hdf5::H5Type + crate::guard::Number {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// The element type of a stored array, `f32` or `f64`.
pub trait Element: equipoise_field::Real + sealed::Sealed {}
impl Element for f32 {}
impl Element for f64 {}
