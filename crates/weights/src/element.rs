//! The types of numbers that files hold, and the way from their bytes to floating point.

use crate::Values;
use half::{bf16, f16};
use safetensors::Dtype;

/// A number's type as it stands in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    F16,
    Bf16,
    F32,
    F64,
    /// Nothing that weights are made of: its name, and the bytes that one takes.
    Other(&'static str, usize),
}

impl Element {
    /// Of a safetensors file, where weights can be made of it.
    pub(crate) fn of(dtype: Dtype) -> Option<Self> {
        match dtype {
            Dtype::F16 => Some(Self::F16),
            Dtype::BF16 => Some(Self::Bf16),
            Dtype::F32 => Some(Self::F32),
            Dtype::F64 => Some(Self::F64),
            _ => None,
        }
    }

    /// The name that messages print.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::F16 => "float16",
            Self::Bf16 => "bfloat16",
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::Other(name, _) => name,
        }
    }

    /// The bytes that one takes.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
            Self::Other(_, size) => size,
        }
    }

    /// Whether weights can be made of it.
    pub(crate) fn is_float(self) -> bool {
        !matches!(self, Self::Other(..))
    }

    /// The numbers in `bytes`, whole ones; none where they are no floating-point numbers.
    pub(crate) fn values(self, bytes: &[u8], order: ByteOrder) -> Option<Values> {
        Some(match self {
            Self::F16 => {
                Values::F32(numbers(bytes, order, |bytes: [u8; 2]| f16::from_le_bytes(bytes).to_f32()))
            }
            Self::Bf16 => {
                Values::F32(numbers(bytes, order, |bytes: [u8; 2]| bf16::from_le_bytes(bytes).to_f32()))
            }
            Self::F32 => Values::F32(numbers(bytes, order, f32::from_le_bytes)),
            Self::F64 => Values::F64(numbers(bytes, order, f64::from_le_bytes)),
            Self::Other(..) => return None,
        })
    }
}

/// Which end of a number stands first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    #[default]
    Little,
    Big,
}

fn numbers<const N: usize, T>(bytes: &[u8], order: ByteOrder, of: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (chunks, _) = bytes.as_chunks::<N>();
    let each = |chunk: &[u8; N]| {
        let mut chunk = *chunk;
        if order == ByteOrder::Big {
            chunk.reverse();
        }
        of(chunk)
    };
    chunks.iter().map(each).collect()
}
