//! Messages as bytes: a header of 56, little-endian, then numbers or text.

use crate::Dtype;
use equipoise_field::Real;
use equipoise_schedule::Level;

/// The first bytes of every message.
pub(crate) const MAGIC: [u8; 4] = *b"EQSV";
/// Bytes of a header.
pub(crate) const HEADER: usize = 56;
/// Added to the kind of a request in its answer.
pub(crate) const ANSWER: u8 = 0x80;
/// The kind of an answer that carries text.
pub(crate) const ERROR: u8 = 0xff;
/// The longest text of an error.
pub(crate) const TEXT: usize = 1 << 16;
/// The version in every header.
const VERSION: u16 = crate::VERSION as u16;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Denoise = 1,
    Linearise = 2,
    Vjp = 3,
    Jvp = 4,
    Release = 5,
}

impl Ask {
    /// In words.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Denoise => "denoise",
            Self::Linearise => "linearise",
            Self::Vjp => "vjp",
            Self::Jvp => "jvp",
            Self::Release => "release",
        }
    }

    /// What the answer's numbers are.
    pub(crate) const fn product(self) -> &'static str {
        match self {
            Self::Vjp => "Jᵀv",
            Self::Jvp => "J v",
            _ => "x̂",
        }
    }
}

/// The head of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Header {
    pub(crate) version: u16,
    pub(crate) kind: u8,
    pub(crate) dtype: u8,
    pub(crate) request: u64,
    /// The linearisation that the request is about, from 1; 0 for none.
    pub(crate) state: u64,
    pub(crate) members: u64,
    pub(crate) level: Level,
    /// Bytes after the header.
    pub(crate) bytes: u64,
}

/// The byte that names a type of number.
pub(crate) const fn code(dtype: Dtype) -> u8 {
    match dtype {
        Dtype::Float32 => 1,
        Dtype::Float64 => 2,
    }
}

impl Header {
    /// The head of a request without numbers.
    pub(crate) fn request(ask: Ask, request: u64, state: u64) -> Self {
        let level = Level { mu: 0.0, sigma: 0.0 };
        Self { version: VERSION, kind: ask as u8, dtype: 0, request, state, members: 0, level, bytes: 0 }
    }

    /// The 56 bytes.
    pub(crate) fn encode(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&self.version.to_le_bytes());
        bytes[6..8].copy_from_slice(&[self.kind, self.dtype]);
        let words = [
            self.request,
            self.state,
            self.members,
            self.level.mu.to_bits(),
            self.level.sigma.to_bits(),
            self.bytes,
        ];
        for (place, word) in bytes[8..].chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// From 56 bytes, whose magic was checked.
    pub(crate) fn decode(bytes: &[u8; HEADER]) -> Self {
        let word = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(word)
        };
        Self {
            version: u16::from_le_bytes([bytes[4], bytes[5]]),
            kind: bytes[6],
            dtype: bytes[7],
            request: word(8),
            state: word(16),
            members: word(24),
            level: Level { mu: f64::from_bits(word(32)), sigma: f64::from_bits(word(40)) },
            bytes: word(48),
        }
    }
}

/// Appends numbers as `dtype`.
pub(crate) fn encode(values: &[f32], dtype: Dtype, bytes: &mut Vec<u8>) {
    match dtype {
        Dtype::Float32 => bytes.extend(values.iter().flat_map(|value| value.to_le_bytes())),
        Dtype::Float64 => bytes.extend(values.iter().flat_map(|value| value.wide().to_le_bytes())),
    }
}

/// Numbers of `dtype`, as many as `values` holds. Overwrites `values`.
pub(crate) fn decode(bytes: &[u8], dtype: Dtype, values: &mut [f32]) {
    let number = |bytes: &[u8]| match *bytes {
        [a, b, c, d] => f32::from_le_bytes([a, b, c, d]),
        [a, b, c, d, e, f, g, h] => f32::narrow(f64::from_le_bytes([a, b, c, d, e, f, g, h])),
        _ => f32::NAN,
    };
    for (value, bytes) in values.iter_mut().zip(bytes.chunks_exact(dtype.size())) {
        *value = number(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The layout of the page of the protocol, byte by byte.
    #[test]
    fn a_header_is_56_bytes_in_the_order_of_the_documentation() {
        let level = Level { mu: 1.0, sigma: -2.0 };
        let header =
            Header { dtype: 2, members: 4, level, bytes: 5, ..Header::request(Ask::Vjp, 0x0102, 0x03) };
        let mut expected = b"EQSV\x01\x00\x03\x02".to_vec();
        expected.extend([0x02, 0x01, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]);
        expected.extend([0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0, 5, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(header.encode().to_vec(), expected);
        assert_eq!(Header::decode(&header.encode()), header);
    }

    #[test]
    fn numbers_keep_their_bits_on_the_way() {
        let values = [1.5f32, -0.0, f32::MIN_POSITIVE / 8.0, 3.4e38];
        for dtype in [Dtype::Float32, Dtype::Float64] {
            let (mut bytes, mut back) = (Vec::new(), [0.0f32; 4]);
            encode(&values, dtype, &mut bytes);
            assert_eq!(bytes.len(), 4 * dtype.size());
            decode(&bytes, dtype, &mut back);
            assert_eq!(back.map(f32::to_bits), values.map(f32::to_bits));
        }
    }
}
