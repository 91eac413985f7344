//! Numbers of a row as it is serialised: non-finite values are the strings `nan`, `inf` and `-inf`, for which a line of
//! a journal has another form (`line.rs`); read back from there or from CSV, `NaN` too.

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
            "nan" | "NaN" => Ok(Number(f64::NAN)),
            "inf" => Ok(Number(f64::INFINITY)),
            "-inf" => Ok(Number(f64::NEG_INFINITY)),
            _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
        }
    }
}

/// A value of a cell that is written as a number of this module where it is one, and as its own text or digits
/// otherwise; one that may be undefined is `null` in JSON and an empty cell in CSV.
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
                $write(self).serialize(to)
            }

            fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Deserialize::deserialize(from).map($read)
            }
        }
    )*};
}

values! {
    f64: |x: &f64| Number(*x), |n: Number| n.0;
    Option<f64>: |x: &Option<f64>| x.map(Number), |found: Option<Number>| found.map(|n| n.0);
    String: |text: &String| text.clone(), |text| text;
    usize: |count: &usize| *count, |count| count;
    Option<usize>: |count: &Option<usize>| *count, |count| count;
    u64: |count: &u64| *count, |count| count;
    crate::Noise: |noise: &crate::Noise| noise.clone(), |noise| noise;
}

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
/// Those of the reader, and text that is no number.
pub fn deserialize<'de, T: Value, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    T::read(from)
}
