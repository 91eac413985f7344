//! One tensor: its shape and its numbers.

use equipoise_field::Real;

/// The numbers of a tensor, in the precision that they are held in. Half precision (`f16`, `bf16`) is widened
/// to `F32`, which changes no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

/// A tensor in C order, without gaps. An empty shape is a scalar.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// As many numbers as the product of the shape.
    pub values: Values,
}

impl Values {
    /// How many numbers there are.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Tensor {
    /// The numbers as `R`, in C order; narrowed where the tensor is of double precision and `R` is `f32`.
    pub fn to<R: Real>(&self) -> Vec<R> {
        match &self.values {
            Values::F32(values) => values.iter().map(|value| R::narrow(f64::from(*value))).collect(),
            Values::F64(values) => values.iter().map(|value| R::narrow(*value)).collect(),
        }
    }
}
