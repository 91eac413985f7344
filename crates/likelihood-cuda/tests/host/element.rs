//! Element types of x̂ and y, with a widening that shares nothing with the kernel's.

use equipoise_field::Real;
use equipoise_likelihood_cuda::variant::Storage;

/// An element of x̂ or y in memory.
pub(crate) trait Element: Copy {
    /// The type of r, r/v and v.
    type Real: Real;
    const STORAGE: Storage;

    /// An element close to `value`.
    fn near(value: f64) -> Self;

    /// Its value, exactly.
    fn widen(self) -> Self::Real;
}

impl Element for f32 {
    type Real = f32;
    const STORAGE: Storage = Storage::F32;

    fn near(value: f64) -> Self {
        value as f32
    }

    fn widen(self) -> f32 {
        self
    }
}

impl Element for f64 {
    type Real = f64;
    const STORAGE: Storage = Storage::F64;

    fn near(value: f64) -> Self {
        value
    }

    fn widen(self) -> f64 {
        self
    }
}

/// IEEE binary16.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Half(pub(crate) u16);

impl Element for Half {
    type Real = f32;
    const STORAGE: Storage = Storage::F16;

    fn near(value: f64) -> Self {
        let sign = u16::from(value.is_sign_negative()) << 15;
        let size = value.abs();
        let bits = if size.is_nan() {
            0x7e00
        } else if size >= 65_536.0 {
            0x7c00
        } else if size < 2f64.powi(-14) {
            (size * 2f64.powi(24)) as u16
        } else {
            let exponent = size.log2().floor() as i32;
            let fraction = ((size / 2f64.powi(exponent) - 1.0) * 1024.0) as i32;
            ((exponent + 15) * 1024 + fraction) as u16
        };
        Self(sign | bits)
    }

    fn widen(self) -> f32 {
        let (exponent, fraction) = (i32::from(self.0 >> 10 & 31), f64::from(self.0 & 1023));
        let size = match exponent {
            0 => fraction * 2f64.powi(-24),
            31 if self.0 & 1023 == 0 => f64::INFINITY,
            31 => f64::NAN,
            _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
        };
        size.copysign(if self.0 >> 15 == 0 { 1.0 } else { -1.0 }) as f32
    }
}

/// The upper half of a binary32.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Bfloat(pub(crate) u16);

impl Element for Bfloat {
    type Real = f32;
    const STORAGE: Storage = Storage::Bf16;

    fn near(value: f64) -> Self {
        Self(
            (value as f32).to_bits().to_be_bytes()[..2]
                .iter()
                .fold(0, |bits, byte| bits << 8 | u16::from(*byte)),
        )
    }

    fn widen(self) -> f32 {
        let [upper, lower] = self.0.to_be_bytes();
        f32::from_be_bytes([upper, lower, 0, 0])
    }
}
