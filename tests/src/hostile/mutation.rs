//! Bytes damaged by the house's keyed streams: what a round makes of a corpus is the same on every machine.

use equipoise_stream::Stream;

/// Damages of one input, at most.
const MOST: usize = 4;

/// Whole numbers at which lengths, offsets and counts go wrong.
const EDGES: [u64; 14] = [
    0,
    1,
    2,
    7,
    0x7f,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
];

/// Words at which readers of text go wrong.
const WORDS: [&str; 24] = [
    "0",
    "-1",
    "1",
    "65536",
    "4294967296",
    "18446744073709551616",
    "99999999999999999999",
    "1e400",
    "-1e-400",
    "nan",
    "inf",
    "-inf",
    "null",
    "true",
    "\"",
    "'",
    ",",
    ";",
    "\n",
    "[",
    "{}",
    "\u{feff}",
    "σ",
    "\0",
];

/// Choices of one round, one after the other.
struct Draws {
    stream: Stream,
    drawn: Vec<f64>,
    next: usize,
    block: u64,
}

impl Draws {
    fn new(stream: Stream) -> Self {
        Self { stream, drawn: Vec::new(), next: 0, block: 0 }
    }

    /// A whole number below `limit`; 0 where that is 0.
    fn below(&mut self, limit: usize) -> usize {
        if self.next == self.drawn.len() {
            self.drawn = self.stream.uniform(self.block, 16);
            (self.next, self.block) = (0, self.block + 1);
        }
        self.next += 1;
        (self.drawn[self.next - 1] * limit as f64) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// What round number `round` of a target makes of its corpus: one of its inputs with one to four damages.
///
/// # Panics
/// For an empty corpus.
pub fn mutated(target: &str, round: u64, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut draws = Draws::new(Stream::new("hostile").text(target).number(round));
    let mut bytes = draws.of(corpus).clone();
    let other = draws.of(corpus);
    for _ in 0..=draws.below(MOST) {
        damage(&mut bytes, other, &mut draws);
    }
    bytes
}

fn damage(bytes: &mut Vec<u8>, other: &[u8], draws: &mut Draws) {
    let at = draws.below(bytes.len());
    match draws.below(8) {
        // Most of what a file says of itself stands near its beginning.
        0 => {
            let early = draws.below(bytes.len().min(512));
            flip(bytes, early, draws);
        }
        1 => flip(bytes, at, draws),
        2 => bytes.truncate(at),
        3 => number(bytes, at, draws),
        4 => {
            let end = bytes.len().min(at + 1 + draws.below(64));
            bytes.drain(at..end);
        }
        5 => {
            let from = draws.below(other.len());
            let piece = &other[from..other.len().min(from + 1 + draws.below(256))];
            let end = if draws.below(2) == 0 { at } else { bytes.len().min(at + piece.len()) };
            bytes.splice(at..end, piece.iter().copied());
        }
        6 => {
            let end = bytes.len().min(at + 1 + draws.below(8));
            let word = draws.of(&WORDS).bytes();
            bytes.splice(at..end, word);
        }
        _ => digits(bytes, at, draws),
    }
}

fn flip(bytes: &mut [u8], at: usize, draws: &mut Draws) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << draws.below(8);
    }
}

/// Puts a whole number of 1, 2, 4 or 8 bytes in either order somewhere.
fn number(bytes: &mut [u8], at: usize, draws: &mut Draws) {
    let width = 1 << draws.below(4);
    let at = if draws.below(2) == 0 { at } else { at / width * width };
    let value = match draws.below(4) {
        0 => (bytes.len() as u64).wrapping_add(draws.below(3) as u64).wrapping_sub(1),
        1 => draws.below(1 << 20) as u64,
        _ => *draws.of(&EDGES),
    };
    let little = value.to_le_bytes();
    let mut written = little[..width].to_vec();
    if draws.below(2) == 0 {
        written.reverse();
    }
    bytes[at..].iter_mut().zip(written).for_each(|(byte, value)| *byte = value);
}

/// Puts another number in the place of the next run of digits.
fn digits(bytes: &mut Vec<u8>, at: usize, draws: &mut Draws) {
    let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|next| at + next) else { return };
    let end =
        bytes[start..].iter().position(|byte| !byte.is_ascii_digit()).map_or(bytes.len(), |n| start + n);
    let text = match draws.below(3) {
        0 => draws.of(&EDGES).to_string(),
        1 => draws.below(100).to_string(),
        _ => (*draws.of(&WORDS)).to_owned(),
    };
    bytes.splice(start..end, text.bytes());
}
