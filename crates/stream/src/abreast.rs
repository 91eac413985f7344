//! Eight streams drawn from together: one lane of every vector is one stream.
//!
//! Words are Philox4x32-10, as in a single stream; normal deviates are made of them by Box and Muller
//! (1958), whose logarithm, sine and cosine are polynomials without a branch, so that all lanes run
//! together. What a lane draws depends on its own stream only.

mod elementary;
mod philox;

use crate::Stream;
use elementary::{circle, ln, unit};
use pulp::Arch;
use rand_philox::splitmix64;

/// Streams that are drawn from together.
pub const LANES: usize = 8;

/// Places whose words are made before any deviate is: two short loops keep a processor busier than one
/// long one, of which it never sees two turns at once.
const TOGETHER: usize = 16;

/// The counter's second word: what a block of words is drawn for.
const NORMAL: u32 = 0;
const CHI_SQUARED: u32 = 1;

/// [`LANES`] streams, of which every draw takes the same number.
///
/// The draws are others than those of [`Stream::fill_normal`] and [`Stream::chi_squared`], have the same
/// laws, are independent of them, and cost a fraction where each stream gives a few numbers a draw.
///
/// ```
/// use equipoise_stream::{Abreast, LANES, Stream};
/// let stream = |m: usize| Stream::new("member").number(m as u64);
/// let (mut first, mut second) = ([[0.0; LANES]; 5], [[0.0; LANES]; 5]);
/// Abreast::new(std::array::from_fn(stream)).fill_normal(7, &mut first);
/// // Lane 3 does not see who draws beside it.
/// Abreast::new(std::array::from_fn(|m| stream(if m == 3 { 3 } else { m + 100 }))).fill_normal(7, &mut second);
/// assert!((0..5).all(|i| first[i][3] == second[i][3] && first[i][0] != second[i][0]));
/// ```
#[derive(Clone, Debug)]
pub struct Abreast {
    streams: [Stream; LANES],
    keys: [[u64; LANES]; 2],
}

impl Abreast {
    /// Lane l draws from `streams[l]`.
    pub fn new(streams: [Stream; LANES]) -> Self {
        let keys = streams.map(|stream| splitmix64(stream.text("abreast").key));
        Self { streams, keys: [keys.map(|key| key & philox::LOW), keys.map(|key| key >> 32)] }
    }

    /// Fills `out`, one row a deviate and one column a lane, with draw number `draw` of standard normal
    /// deviates. A prefix of a longer draw is the shorter draw.
    ///
    /// Deviates 2p and 2p + 1 are √(−2 ln u) (cos θ, sin θ), u uniform over the odd multiples of 2⁻⁵³
    /// below 1 and θ as finely over the circle: the largest is 8.6.
    pub fn fill_normal(&self, draw: u64, out: &mut [[f64; LANES]]) {
        Arch::new().dispatch(
            #[inline(always)]
            || normal(&self.keys, draw, out),
        );
    }

    /// out = draw number `draw` of χ² laws, `freedom` the degrees of freedom of each; independent of
    /// [`fill_normal`](Self::fill_normal) under the same number.
    ///
    /// Marsaglia and Tsang (2000). Where their first attempt is rejected, the rarer the more degrees of
    /// freedom there are, and below two of them, [`Stream::chi_squared`] draws.
    ///
    /// # Panics
    /// If `freedom` holds less than `out`, or a number that is negative or not finite.
    pub fn chi_squared(&self, draw: u64, freedom: &[[f64; LANES]], out: &mut [[f64; LANES]]) {
        assert!(freedom.len() >= out.len(), "chi squared: {} laws for {} rows", freedom.len(), out.len());
        Arch::new().dispatch(
            #[inline(always)]
            || first_attempts(&self.keys, draw, freedom, out),
        );
        for (row, (freedom, out)) in freedom.iter().zip(out).enumerate() {
            for (stream, (freedom, out)) in self.streams.iter().zip(freedom.iter().zip(out)) {
                if out.is_nan() {
                    *out = stream.number(row as u64).chi_squared(draw, *freedom);
                }
            }
        }
    }
}

/// Two words of 64 bits in every lane at place `index` of a draw.
#[inline(always)]
fn words(keys: &[[u64; LANES]; 2], draw: u64, purpose: u32, index: u32) -> [[u64; LANES]; 2] {
    philox::words([index, purpose, draw as u32, (draw >> 32) as u32], keys)
}

/// Two independent normal deviates in every lane.
#[inline(always)]
fn pair(words: &[[u64; LANES]; 2]) -> [[f64; LANES]; 2] {
    let (mut a, mut b) = ([0.0; LANES], [0.0; LANES]);
    for l in 0..LANES {
        let radius = (-2.0 * ln(unit(words[0][l]))).sqrt();
        let (cos, sin) = circle(words[1][l]);
        (a[l], b[l]) = (radius * cos, radius * sin);
    }
    [a, b]
}

#[inline(always)]
fn normal(keys: &[[u64; LANES]; 2], draw: u64, out: &mut [[f64; LANES]]) {
    let mut made = [[[0; LANES]; 2]; TOGETHER];
    for (first, out) in (0..).step_by(TOGETHER).zip(out.chunks_mut(2 * TOGETHER)) {
        for (index, made) in (first..).zip(&mut made[..out.len().div_ceil(2)]) {
            *made = words(keys, draw, NORMAL, index);
        }
        for (made, out) in made.iter().zip(out.chunks_mut(2)) {
            out.iter_mut().zip(pair(made)).for_each(|(out, row)| *out = row);
        }
    }
}

/// First attempts; NaN where they fail.
#[inline(always)]
fn first_attempts(keys: &[[u64; LANES]; 2], draw: u64, freedom: &[[f64; LANES]], out: &mut [[f64; LANES]]) {
    for (k, (freedom, out)) in freedom.chunks(2).zip(out.chunks_mut(2)).enumerate() {
        let x = pair(&words(keys, draw, CHI_SQUARED, 2 * k as u32));
        let u = words(keys, draw, CHI_SQUARED, 2 * k as u32 + 1);
        for (i, (freedom, out)) in freedom.iter().zip(out).enumerate() {
            let mut row = [0.0; LANES];
            for l in 0..LANES {
                row[l] = marsaglia_tsang(freedom[l], x[i][l], unit(u[i][l]));
            }
            *out = row;
        }
    }
}

/// χ² of k ≥ 2 degrees of freedom from a normal x and a uniform u; NaN where they are rejected.
#[inline(always)]
fn marsaglia_tsang(freedom: f64, x: f64, u: f64) -> f64 {
    let d = 0.5 * freedom - 1.0 / 3.0;
    let root = 1.0 + x / (9.0 * d).sqrt();
    let v = root * root * root;
    let bound = 0.5 * x * x + d * (1.0 - v + 3.0 * ln(root));
    if freedom >= 2.0 && root > 0.0 && ln(u) < bound { 2.0 * d * v } else { f64::NAN }
}

#[cfg(test)]
mod tests;
