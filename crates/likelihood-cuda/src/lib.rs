//! The fused likelihood reduction as a CUDA kernel, and its proof without a device.
//!
//! One source, [`variant::source`], is compiled once for each [`variant::Storage`]. Its entry points,
//! [`variant::Entry`], all take one record, [`Arguments`], which says where the arrays lie and how
//! observations map to the field. The tests compile the same source as C++ for the host and hold it
//! to the bits of [`equipoise_likelihood::Cpu`].

pub mod arguments;
mod error;
mod points;
pub mod variant;

pub use arguments::{Arguments, Points};
pub use error::CudaError;
pub use points::PointList;
