//! The fused likelihood reduction as a CUDA kernel, and its proof without a device.
//!
//! One source, [`LIKELIHOOD`], is compiled once for each [`variant::Storage`]. Its entry points,
//! [`variant::Entry`], all take one record, [`Arguments`], which says where the arrays lie and how
//! observations map to the field. The tests compile the same source as C++ for the host and hold it
//! to the bits of [`equipoise_likelihood::Cpu`].

mod architecture;
pub mod arguments;
mod backend;
mod cache;
mod device;
mod element;
mod error;
mod launch;
mod nvrtc;
mod points;
pub mod source;
pub mod variant;

pub use architecture::Architecture;
pub use arguments::{Arguments, Points};
pub use backend::Cuda;
pub use cache::{CACHE_VARIABLE, Cache};
pub use device::{Device, Held, doing};
pub use element::{Bf16, Element, F16};
pub use error::CudaError;
pub use launch::DeviceObservation;
pub use nvrtc::{NVRTC_VARIABLE, Nvrtc};
pub use points::PointList;
pub use source::Source;
pub use variant::LIKELIHOOD;
