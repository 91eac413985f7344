//! Element types of x̂ and y in device memory.

use crate::variant::Storage;
use cudarc::driver::{DeviceRepr, ValidAsZeroBits};
use equipoise_field::Real;

/// A type that the kernels read x̂ and y in.
pub trait Element: DeviceRepr + ValidAsZeroBits + Copy + Send + Sync + 'static {
    /// The type of r, r/v and of a variance per observation.
    type Real: Real + DeviceRepr + ValidAsZeroBits;
    /// The variant of the kernels.
    const STORAGE: Storage;
}

impl Element for f32 {
    type Real = f32;
    const STORAGE: Storage = Storage::F32;
}

impl Element for f64 {
    type Real = f64;
    const STORAGE: Storage = Storage::F64;
}

/// The bits of an IEEE binary16.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct F16(pub u16);

/// The bits of a bfloat16, the upper half of a binary32.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bf16(pub u16);

// SAFETY: both are u16 in another name, which the device has and for which zero bits are a value.
unsafe impl DeviceRepr for F16 {}
// SAFETY: as above.
unsafe impl ValidAsZeroBits for F16 {}
// SAFETY: as above.
unsafe impl DeviceRepr for Bf16 {}
// SAFETY: as above.
unsafe impl ValidAsZeroBits for Bf16 {}

impl Element for F16 {
    type Real = f32;
    const STORAGE: Storage = Storage::F16;
}

impl Element for Bf16 {
    type Real = f32;
    const STORAGE: Storage = Storage::Bf16;
}
