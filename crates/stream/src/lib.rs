//! Keyed, counter-based random streams (Philox4x32-10, Salmon et al. 2011).
//!
//! A stream is named by what is drawn, for example seed, dataset and member, never by who asks.
//! Draw number `k` of a stream is the same whatever was drawn before, in whatever order, on any
//! number of threads, so every law of a sweep sees the same noise.
//!
//! ```
//! use equipoise_stream::Stream;
//! let start = Stream::new("start").text("kolmogorov").number(0);
//! let (mut a, mut b) = ([0f32; 5000], [0f32; 5000]);
//! start.fill_normal(7, &mut a);
//! start.fill_normal(7, &mut b);
//! assert_eq!(a, b);
//! ```

mod abreast;
mod words;

pub use abreast::{Abreast, LANES};

use equipoise_field::{Real, each, sum};
use rand::TryRng;
use rand_distr::{ChiSquared, Distribution, StandardNormal};
use rand_philox::{Philox, splitmix64};
use words::Words;

/// Normal deviates drawn from one counter position. Part of the definition of a stream.
pub const BLOCK: usize = 4096;

/// A random stream, fully determined by its label and the parts of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    key: u64,
}

impl Stream {
    /// The stream for one purpose, such as `"start"` or `"observation"`.
    pub fn new(label: &str) -> Self {
        Self { key: 0x9e37_79b9_7f4a_7c15 }.text(label)
    }

    /// Adds a name to the key.
    #[must_use]
    pub fn text(self, part: &str) -> Self {
        let bytes = part.bytes().fold(self.number(part.len() as u64), |s, b| s.number(u64::from(b)));
        bytes.number(0xff00)
    }

    /// Adds a number (seed, member, subsampling rate) to the key.
    #[must_use]
    pub fn number(self, part: u64) -> Self {
        Self { key: splitmix64(self.key.rotate_left(23) ^ splitmix64(part ^ 0x5851_f42d_4c95_7f2d)) }
    }

    /// Adds a real parameter (noise level) to the key, by its bits.
    #[must_use]
    pub fn real(self, part: f64) -> Self {
        self.number((part + 0.0).to_bits())
    }

    /// Fills `out` with draw number `draw` of standard normal deviates.
    ///
    /// Blocks of [`BLOCK`] deviates sit at their own counters, so a prefix of a longer draw is the
    /// shorter draw, and threads change nothing.
    pub fn fill_normal<R: Real>(&self, draw: u64, out: &mut [R]) {
        let key = splitmix64(self.key ^ splitmix64(draw.wrapping_add(0x2545_f491_4f6c_dd1d)));
        let fill = |block: usize, chunk: &mut [R]| {
            let mut generator = Words::new(Philox::from_u64_seed_stream(key, block as u64));
            for value in chunk {
                let normal: f64 = StandardNormal.sample(&mut generator);
                *value = R::narrow(normal);
            }
        };
        if out.len() >= sum::PARALLEL_FROM {
            each::chunk(out, BLOCK, fill);
        } else {
            out.chunks_mut(BLOCK).enumerate().for_each(|(block, chunk)| fill(block, chunk));
        }
    }

    /// Draw number `draw` of the χ² law with `freedom` degrees of freedom: the squared norm of that
    /// many standard normal deviates, without drawing them. Independent of
    /// [`fill_normal`](Self::fill_normal) under the same number; 0 for no degree of freedom.
    ///
    /// ```
    /// let stream = equipoise_stream::Stream::new("norm");
    /// let n = 2.5e6;
    /// // Standard deviation √(2n).
    /// assert!((stream.chi_squared(0, n) - n).abs() < 5.0 * (2.0 * n).sqrt());
    /// ```
    ///
    /// # Panics
    /// If `freedom` is negative or not finite.
    pub fn chi_squared(&self, draw: u64, freedom: f64) -> f64 {
        assert!(freedom.is_finite() && freedom >= 0.0, "chi squared: {freedom} degrees of freedom");
        let Ok(law) = ChiSquared::new(freedom) else { return 0.0 };
        let key = self.text("chi squared").number(draw).key;
        law.sample(&mut Words::new(Philox::from_u64_seed_stream(key, 0)))
    }

    /// Draw number `draw` of `len` deviates that are uniform on [0, 1), multiples of 2⁻⁵³. Independent of
    /// [`fill_normal`](Self::fill_normal) under the same number; a prefix of a longer draw is the shorter draw.
    ///
    /// ```
    /// let stream = equipoise_stream::Stream::new("window");
    /// let (long, short) = (stream.uniform(3, 10_000), stream.uniform(3, 10));
    /// assert_eq!(long[..10], short);
    /// let mean = long.iter().sum::<f64>() / 1e4;
    /// // Standard deviation √(1/12).
    /// assert!((mean - 0.5).abs() < 5.0 / (12.0 * 1e4_f64).sqrt() && long.iter().all(|u| (0.0..1.0).contains(u)));
    /// ```
    pub fn uniform(&self, draw: u64, len: usize) -> Vec<f64> {
        let key = self.text("uniform").number(draw).key;
        let mut generator = Words::new(Philox::from_u64_seed_stream(key, 0));
        let mut one = || {
            let Ok(word) = generator.try_next_u64();
            (word >> 11) as f64 / (1u64 << 53) as f64
        };
        (0..len).map(|_| one()).collect()
    }

    /// Allocating twin of [`fill_normal`](Self::fill_normal).
    pub fn normal<R: Real>(&self, draw: u64, len: usize) -> Vec<R> {
        let mut out = vec![R::zero(); len];
        self.fill_normal(draw, &mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_key_changes_the_draw() {
        let base = Stream::new("noise").text("ibpm").number(0).real(0.1);
        let others = [
            Stream::new("start").text("ibpm").number(0).real(0.1),
            Stream::new("noise").text("ibpn").number(0).real(0.1),
            Stream::new("noise").text("ibpm").number(1).real(0.1),
            Stream::new("noise").text("ibpm").number(0).real(0.2),
            Stream::new("noise").text("ibp").text("m").number(0).real(0.1),
        ];
        let first: Vec<f64> = base.normal(0, 4);
        for other in others {
            assert_ne!(first, other.normal::<f64>(0, 4));
        }
        assert_ne!(first, base.normal::<f64>(1, 4));
    }

    #[test]
    fn a_prefix_is_the_shorter_draw_and_threads_change_nothing() {
        let stream = Stream::new("x");
        let long: Vec<f32> = stream.normal(3, sum::PARALLEL_FROM + 100);
        let short: Vec<f32> = stream.normal(3, 5000);
        assert_eq!(long[..5000], short[..]);
    }

    /// Mean k and variance 2k of n draws, each within five standard errors; the fourth central moment
    /// of χ²_k is 12k² + 48k.
    #[test]
    fn squared_norms_have_the_chi_squared_law() {
        let (n, stream) = (20_000u32, Stream::new("chi"));
        for freedom in [1.0f64, 3.0, 1000.0] {
            let draws: Vec<f64> = (0..n).map(|i| stream.chi_squared(u64::from(i), freedom)).collect();
            let (n, variance) = (f64::from(n), 2.0 * freedom);
            let mean = draws.iter().sum::<f64>() / n;
            let spread = draws.iter().map(|x| (x - freedom).powi(2)).sum::<f64>() / n;
            let fourth = 12.0 * freedom * freedom + 48.0 * freedom;
            assert!((mean - freedom).abs() < 5.0 * (variance / n).sqrt(), "{freedom}: mean {mean}");
            let error = ((fourth - variance * variance) / n).sqrt();
            assert!((spread - variance).abs() < 5.0 * error, "{freedom}: variance {spread}");
        }
        assert_eq!(stream.chi_squared(0, 0.0).to_bits(), 0);
    }

    /// Moments of n deviates lie within five standard errors of the normal law's, and draws of
    /// neighbouring counters and blocks are uncorrelated to the same bound.
    #[test]
    fn deviates_are_standard_normal() {
        let n = 200_000;
        let a: Vec<f64> = Stream::new("moments").normal(0, n);
        let b: Vec<f64> = Stream::new("moments").normal(1, n);
        let moment = |f: &(dyn Fn(f64) -> f64 + Sync)| sum::of(n, |i| f(a[i])) / n as f64;
        // Standard errors of the first four moments: sqrt(1, 2, 15, 96) / sqrt(n).
        for (found, expected, variance) in [
            (moment(&|v| v), 0.0, 1.0),
            (moment(&|v| v * v), 1.0, 2.0),
            (moment(&|v| v.powi(3)), 0.0, 15.0),
            (moment(&|v| v.powi(4)), 3.0, 96.0),
        ] {
            assert!((found - expected).abs() < 5.0 * (variance / n as f64).sqrt(), "{found} {expected}");
        }
        let bound = 5.0 / (n as f64).sqrt();
        assert!((sum::dot(&a, &b) / n as f64).abs() < bound);
        assert!((sum::dot(&a[BLOCK..], &a[..n - BLOCK]) / n as f64).abs() < bound);
    }
}
