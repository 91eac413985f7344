//! NumPy's types of numbers, and one number of each from its bytes.

use crate::storage::Element;
use std::fmt;

/// What an item is, by the letter of NumPy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Float,
    Signed,
    Unsigned,
    Truth,
    /// Text in four bytes a character.
    Unicode,
    /// Text in one byte a character.
    Ascii,
    /// Anything else: its letter.
    Other(char),
}

/// A type of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dtype {
    pub(crate) kind: Kind,
    /// Whether the first byte of a number is its greatest.
    big: bool,
    /// Bytes of an item.
    pub(crate) bytes: usize,
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = 8 * self.bytes;
        match self.kind {
            Kind::Float => write!(f, "floating point numbers of {bits} bits"),
            Kind::Signed => write!(f, "integers of {bits} bits"),
            Kind::Unsigned => write!(f, "unsigned integers of {bits} bits"),
            Kind::Truth => f.write_str("truth values"),
            Kind::Unicode | Kind::Ascii => f.write_str("texts"),
            Kind::Other('O') => f.write_str("Python objects"),
            Kind::Other('c') => write!(f, "complex numbers of {bits} bits"),
            Kind::Other('V') if matches!(self.bytes, 1 | 2) => {
                write!(
                    f,
                    "raw items of {bits} bits, as NumPy saves bfloat16 and float8 (save a.astype('float32'))"
                )
            }
            Kind::Other('V') => f.write_str("records"),
            Kind::Other('M' | 'm') => f.write_str("dates or durations"),
            Kind::Other(letter) => write!(f, "items of type `{letter}`"),
        }
    }
}

impl Dtype {
    /// That of records, whose fields are not looked at.
    pub(crate) const RECORDS: Self = Self { kind: Kind::Other('V'), big: false, bytes: 0 };

    /// Reads `<f4`, `>i2`, `|u1`, `|b1`, `<U7` and the like.
    ///
    /// # Errors
    /// A sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let refused = || format!("type `{text}` of its numbers is not known");
        let (order, rest) = match text.chars().next() {
            Some(order @ ('<' | '>' | '|' | '=')) => (order, &text[1..]),
            _ => ('=', text),
        };
        let letter = rest.chars().next().filter(char::is_ascii_alphabetic).ok_or_else(refused)?;
        let digits = rest[1..].split('[').next().unwrap_or_default();
        let count: usize = match digits {
            "" => 8,
            digits => digits.parse().map_err(|_| refused())?,
        };
        let (kind, width) = match letter {
            'f' => (Kind::Float, 1),
            'i' => (Kind::Signed, 1),
            'u' => (Kind::Unsigned, 1),
            'b' => (Kind::Truth, 1),
            'U' => (Kind::Unicode, 4),
            'S' => (Kind::Ascii, 1),
            letter => (Kind::Other(letter), 1),
        };
        let bytes = count.checked_mul(width).ok_or_else(refused)?;
        let big = order == '>' || order != '<' && cfg!(target_endian = "big");
        Ok(Self { kind, big, bytes })
    }

    /// The type of its numbers; `None` for what holds none.
    pub(crate) fn element(self) -> Option<Element> {
        let bits = 8 * self.bytes;
        match self.kind {
            _ if !self.kind.is_read(self.bytes) => None,
            Kind::Float => Some(Element::Float(bits)),
            Kind::Signed => Some(Element::Integer { bits, signed: true }),
            _ => Some(Element::Integer { bits, signed: false }),
        }
    }

    /// A number from its bytes, rounded once.
    pub(crate) fn single(self, bytes: &[u8]) -> f32 {
        match self.kind {
            Kind::Float => self.double(bytes) as f32,
            Kind::Signed => self.signed(bytes) as f32,
            _ => self.unsigned(bytes) as f32,
        }
    }

    /// A number from its bytes.
    pub(crate) fn double(self, bytes: &[u8]) -> f64 {
        match (self.kind, self.bytes) {
            (Kind::Float, 2) => half(self.unsigned(bytes) as u16),
            (Kind::Float, 4) => f64::from(f32::from_bits(self.unsigned(bytes) as u32)),
            (Kind::Float, _) => f64::from_bits(self.unsigned(bytes)),
            (Kind::Signed, _) => self.signed(bytes) as f64,
            _ => self.unsigned(bytes) as f64,
        }
    }

    fn signed(self, bytes: &[u8]) -> i64 {
        let empty = 64 - 8 * self.bytes.clamp(1, 8) as u32;
        ((self.unsigned(bytes) << empty) as i64) >> empty
    }

    fn unsigned(self, bytes: &[u8]) -> u64 {
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        if self.big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
    }

    /// A text without the zeros behind it; `None` for what is none.
    pub(crate) fn text(self, bytes: &[u8]) -> Option<String> {
        let text = match self.kind {
            Kind::Ascii => bytes.iter().map(|byte| char::from(*byte)).collect(),
            Kind::Unicode => {
                let letter = |four: &[u8]| char::from_u32(self.unsigned(four) as u32);
                bytes.chunks_exact(4).map(letter).collect::<Option<String>>()?
            }
            _ => return None,
        };
        Some(text.trim_end_matches('\0').to_owned())
    }
}

/// A number of 16 bits (IEEE 754 binary16): a sign, five bits of the exponent, ten of the fraction.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of IEEE 754, table 3.5 and its neighbours.
    #[test]
    #[expect(clippy::float_cmp, reason = "every one is exact")]
    fn halves_have_their_values() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 6.103_515_625e-5),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x3555, 0.333_251_953_125),
            (0x7c00, f64::INFINITY),
        ] {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7e00).is_nan() && half(0x8000).is_sign_negative());
    }

    #[test]
    fn types_are_read_and_refused() {
        for (text, bytes, value) in [
            ("<i2", &[0xfe, 0xff][..], -2.0),
            (">i2", &[0xff, 0xfe], -2.0),
            ("|u1", &[0xfe], 254.0),
            (">f4", &[0xc0, 0, 0, 0], -2.0),
            ("<f8", &[0, 0, 0, 0, 0, 0, 0, 0xc0], -2.0),
            (">f2", &[0xc0, 0], -2.0),
            ("|b1", &[1], 1.0),
        ] {
            let found = Dtype::parse(text).unwrap();
            assert!(found.element().is_some() && (found.double(bytes) - value).abs() < 1e-12, "{text}");
            assert!((f64::from(found.single(bytes)) - value).abs() < 1e-12, "{text}");
        }
        for text in ["|O", "<c8", "<f16", "<M8[ns]", "<U3", "|V4", "<f3"] {
            assert_eq!(Dtype::parse(text).unwrap().element(), None, "{text}");
        }
        assert!(Dtype::parse("").is_err() && Dtype::parse("<f-4").is_err() && Dtype::parse("<é4").is_err());
        assert_eq!(Dtype::parse("<U2").unwrap().text(b"x\0\0\0\0\0\0\0").unwrap(), "x");
    }
}
