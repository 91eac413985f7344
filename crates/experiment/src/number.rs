//! Numbers of a row in JSON and CSV: non-finite values are the strings `nan`, `inf` and `-inf`.

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            x if x.is_nan() => to.serialize_str("nan"),
            f64::INFINITY => to.serialize_str("inf"),
            f64::NEG_INFINITY => to.serialize_str("-inf"),
            x => to.serialize_f64(x),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a number, \"nan\", \"inf\" or \"-inf\"")
    }

    fn visit_f64<E>(self, x: f64) -> Result<Number, E> {
        Ok(Number(x))
    }

    fn visit_u64<E>(self, x: u64) -> Result<Number, E> {
        Ok(Number(x as f64))
    }

    fn visit_i64<E>(self, x: i64) -> Result<Number, E> {
        Ok(Number(x as f64))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Number, E> {
        match text {
            "nan" => Ok(Number(f64::NAN)),
            "inf" => Ok(Number(f64::INFINITY)),
            "-inf" => Ok(Number(f64::NEG_INFINITY)),
            _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
        }
    }
}

/// Writes a number.
///
/// # Errors
/// Those of the writer.
pub fn serialize<S: Serializer>(x: &f64, to: S) -> Result<S::Ok, S::Error> {
    Number(*x).serialize(to)
}

/// Reads a number.
///
/// # Errors
/// Those of the reader, and text that is no number.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Number::deserialize(from).map(|n| n.0)
}

/// The same for a number that may be undefined: `null` in JSON, an empty cell in CSV.
pub mod option {
    use super::{Deserialize, Deserializer, Number, Serialize, Serializer};

    /// Writes a number or its absence.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn serialize<S: Serializer>(x: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
        x.map(Number).serialize(to)
    }

    /// Reads a number or its absence.
    ///
    /// # Errors
    /// Those of the reader, and text that is no number.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
        Ok(Option::<Number>::deserialize(from)?.map(|n| n.0))
    }
}

/// A value of a cell that is written as a number of this module where it is one, and as its own text or digits
/// otherwise.
pub trait Value: Sized {
    /// Writes it.
    ///
    /// # Errors
    /// Those of the writer.
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;

    /// Reads it.
    ///
    /// # Errors
    /// Those of the reader.
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;
}

macro_rules! values {
    ($($type:ty: $write:expr, $read:expr;)*) => {$(
        impl Value for $type {
            fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                $write(self, to)
            }

            fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $read(from)
            }
        }
    )*};
}

values! {
    f64: serialize, deserialize;
    Option<f64>: option::serialize, option::deserialize;
    String: Self::serialize, <Self as Deserialize>::deserialize;
    usize: Self::serialize, <Self as Deserialize>::deserialize;
    Option<usize>: Self::serialize, <Self as Deserialize>::deserialize;
    u64: Self::serialize, <Self as Deserialize>::deserialize;
    crate::Noise: Self::serialize, <Self as Deserialize>::deserialize;
}

/// Cells of any type that is a [`Value`].
pub mod any {
    use super::{Deserializer, Serializer, Value};

    /// Writes a value.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn serialize<T: Value, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        value.write(to)
    }

    /// Reads a value.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn deserialize<'de, T: Value, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        T::read(from)
    }
}
