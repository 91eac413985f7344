//! The order of the axes of a data file.

use crate::{DataError, Result};
use equipoise_field::Axis;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Words for axes, as `dims` of xarray have them, each behind its letter.
const WORDS: [(u8, &[&str]); 8] = [
    (b'N', &["sample", "samples", "batch", "trajectory", "trajectories", "member", "ensemble", "simulation"]),
    (b'T', &["time", "times", "frame", "frames", "snapshot", "step"]),
    (b'C', &["channel", "channels", "component", "components", "variable"]),
    (b'H', &["height", "row", "rows"]),
    (b'W', &["width", "column", "columns"]),
    (b'X', &["lon", "longitude", "xcoor"]),
    (b'Y', &["lat", "latitude", "ycoor"]),
    (b'Z', &["depth", "level", "lev", "altitude", "zcoor"]),
];

/// What is expected of an axis order.
const EXPECTED: &str =
    "NTCHW or TNCHW, or another order of H and W (or X and Y, and Z beside them) with or without N, T and C";

/// The most axes that an order names: N, T, C and three of space.
const MOST: usize = 6;

/// The order of the axes of an array of N trajectories of T frames with C channels on H rows and W columns.
///
/// N, T and C may be missing where there is one of them. X and Y in the place of H and W say which of the two is
/// x: the one that stands first becomes H. Z beside them is an axis of which one plane is read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct AxisOrder {
    letters: [u8; MOST],
    rank: u8,
}

impl AxisOrder {
    /// (N, T, C, H, W): one trajectory after the other.
    pub const NTCHW: Self = Self { letters: *b"NTCHW ", rank: 5 };
    /// (T, N, C, H, W): one time after the other.
    pub const TNCHW: Self = Self { letters: *b"TNCHW ", rank: 5 };

    /// Which of both leading axes as they are read, the one of trajectories and the one of frames in the order of
    /// the file, is time: 0 or 1. One that the file has not stands last if it is time, else first.
    pub fn time_axis(self) -> usize {
        match (self.place(b'N'), self.place(b'T')) {
            (Some(n), Some(t)) if t < n => 0,
            _ => 1,
        }
    }

    /// The order in which the leading axis with this index, 0 or 1, is time.
    pub(crate) fn with_time_axis(self, axis: usize) -> Self {
        let mut other = self;
        if let (Some(n), Some(t)) = (self.place(b'N'), self.place(b'T'))
            && self.time_axis() != axis
        {
            other.letters.swap(n, t);
        }
        other
    }

    /// How many axes it names.
    pub(crate) fn rank(self) -> usize {
        usize::from(self.rank)
    }

    /// The axis along which x increases, where the order says so.
    pub(crate) fn x_axis(self) -> Option<Axis> {
        let (x, y) = (self.place(b'X')?, self.place(b'Y')?);
        Some(if x < y { Axis::H } else { Axis::W })
    }

    /// Whether two orders say the same of every axis, as far as both say which of H and W is x.
    pub(crate) fn agrees(self, other: Self) -> bool {
        let x = self.x_axis().zip(other.x_axis());
        self.time_axis() == other.time_axis()
            && self.places() == other.places()
            && x.is_none_or(|(a, b)| a == b)
    }

    /// Where both leading axes, C, H and W stand in the file, in that order.
    pub(crate) fn places(self) -> [Option<usize>; 5] {
        let (first, second) = if self.time_axis() == 0 { (b'T', b'N') } else { (b'N', b'T') };
        let (x, y) = (self.place(b'X'), self.place(b'Y'));
        let [high, wide] = match (x, y) {
            (Some(x), Some(y)) => [Some(x.min(y)), Some(x.max(y))],
            _ => [self.place(b'H'), self.place(b'W')],
        };
        [self.place(first), self.place(second), self.place(b'C'), high, wide]
    }

    /// The letter of an axis that is called so, in lower case.
    pub(crate) fn letter_of(word: &str) -> Option<u8> {
        WORDS.iter().find(|(_, names)| names.contains(&word)).map(|(letter, _)| *letter)
    }

    /// Where z stands, of which one plane is read.
    pub(crate) fn z_place(self) -> Option<usize> {
        self.place(b'Z')
    }

    /// The letters of the axes as they stand in the file.
    pub(crate) fn letters(&self) -> &[u8] {
        &self.letters[..self.rank()]
    }

    pub(crate) fn place(self, letter: u8) -> Option<usize> {
        self.letters[..self.rank()].iter().position(|l| *l == letter)
    }
}

impl fmt::Debug for AxisOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for AxisOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.letters().iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl FromStr for AxisOrder {
    type Err = DataError;

    /// Reads `NTCHW`, `N,T,C,H,W`, `(N, T, C, H, W)`, `NTHWC`, `TXY`, `time, y, x` and the like, in either case.
    fn from_str(text: &str) -> Result<Self> {
        let refused = || DataError::Name { field: "axis order", found: text.into(), expected: EXPECTED };
        let words = || text.split([' ', ',', '(', ')', '[', ']', '\'', '"']).filter(|word| !word.is_empty());
        let named = |word: &str| Self::letter_of(&word.to_lowercase());
        let letters: Vec<u8> = words()
            .flat_map(|word| named(word).map_or_else(|| word.to_ascii_uppercase().into_bytes(), |l| vec![l]))
            .collect();
        let has = |letter: u8| letters.contains(&letter);
        let twice = (0..letters.len()).any(|i| letters[..i].contains(&letters[i]));
        let plane = has(b'H') && has(b'W') || has(b'X') && has(b'Y');
        let mixed = (has(b'H') || has(b'W')) && (has(b'X') || has(b'Y'));
        let deep = has(b'Z') && !has(b'X');
        let known = letters.iter().all(|l| b"NTCHWXYZ".contains(l));
        if letters.len() > MOST || twice || !plane || mixed || deep || !known {
            return Err(refused());
        }
        let mut order = Self { letters: [b' '; MOST], rank: letters.len() as u8 };
        order.letters[..letters.len()].copy_from_slice(&letters);
        Ok(order)
    }
}

impl From<AxisOrder> for String {
    fn from(order: AxisOrder) -> Self {
        order.to_string()
    }
}

impl TryFrom<String> for AxisOrder {
    type Error = DataError;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_files_and_flags_are_read() {
        for text in ["NTCHW", "ntchw", "N,T,C,H,W", "(N, T, C, H, W)", "[N T C H W]"] {
            assert_eq!(text.parse::<AxisOrder>().unwrap(), AxisOrder::NTCHW, "{text}");
        }
        assert_eq!("(T, N, C, H, W)".parse::<AxisOrder>().unwrap(), AxisOrder::TNCHW);
        for text in ["NNTHW", "", "TCH", "N-T-C-H-W", "time first", "NTCHX", "NTCHWX", "XH", "HWXY", "NTHWZ"]
        {
            let message = text.parse::<AxisOrder>().unwrap_err().to_string();
            assert!(message.contains("expected NTCHW or TNCHW"), "{message}");
        }
    }

    #[test]
    fn every_order_says_where_its_axes_stand() {
        for (text, shown, places, time, x) in [
            ("nthwc", "NTHWC", [Some(0), Some(1), Some(4), Some(2), Some(3)], 1, None),
            ("T H W", "THW", [None, Some(0), None, Some(1), Some(2)], 1, None),
            ("NHW", "NHW", [Some(0), None, None, Some(1), Some(2)], 1, None),
            ("CTNWH", "CTNWH", [Some(1), Some(2), Some(0), Some(4), Some(3)], 0, None),
            ("NTXY", "NTXY", [Some(0), Some(1), None, Some(2), Some(3)], 1, Some(Axis::H)),
            ("time, y, x", "TYX", [None, Some(0), None, Some(1), Some(2)], 1, Some(Axis::W)),
            ("NTXYZC", "NTXYZC", [Some(0), Some(1), Some(5), Some(2), Some(3)], 1, Some(Axis::H)),
            ("zcoor ycoor xcoor C", "ZYXC", [None, None, Some(3), Some(1), Some(2)], 1, Some(Axis::W)),
            ("('sample', 'lat', 'lon')", "NYX", [Some(0), None, None, Some(1), Some(2)], 1, Some(Axis::W)),
        ] {
            let order: AxisOrder = text.parse().unwrap();
            assert_eq!((order.to_string(), order.places()), (shown.into(), places), "{text}");
            assert_eq!((order.time_axis(), order.x_axis()), (time, x), "{text}");
            assert_eq!(order.with_time_axis(time), order);
            assert_eq!(serde_json::to_string(&order).unwrap(), format!("\"{shown}\""));
        }
        let other: AxisOrder = "TNHWC".parse().unwrap();
        assert_eq!("NTHWC".parse::<AxisOrder>().unwrap().with_time_axis(0), other);
    }
}
