//! Lists of n numbers each that are sorted side by side, with the place that every number came from.

use equipoise_field::Real;
use pulp::{Simd, WithSimd};

/// Lists that are sorted together.
pub(super) const LISTS: usize = 32;

/// A number whose order is that of a whole number of its width.
pub(super) trait Ordered: Real {
    type Key: Copy + Default + PartialEq + std::fmt::Debug + Send;

    /// −0 has that of 0.
    fn key(self) -> Self::Key;

    /// The number of a key.
    fn of(key: Self::Key) -> f64;

    /// A key that stands for a place.
    fn place(index: usize) -> Self::Key;

    fn index(place: Self::Key) -> usize;

    /// Puts the smaller key of each pair into `low`, and moves places with them.
    fn exchange(keys: [&mut [Self::Key]; 2], places: [&mut [Self::Key]; 2]);
}

macro_rules! ordered {
    ($R:ty, $Key:ty, $Bits:ty) => {
        impl Ordered for $R {
            type Key = $Key;

            #[inline(always)]
            fn key(self) -> $Key {
                let bits = (self + 0.0).to_bits() as $Key;
                bits ^ ((bits >> (<$Key>::BITS - 1)) as $Bits >> 1) as $Key
            }

            #[inline(always)]
            fn of(key: $Key) -> f64 {
                let bits = key ^ ((key >> (<$Key>::BITS - 1)) as $Bits >> 1) as $Key;
                <$R>::from_bits(bits as $Bits).wide()
            }

            #[inline(always)]
            fn place(index: usize) -> $Key {
                index as $Key
            }

            #[inline(always)]
            fn index(place: $Key) -> usize {
                place as usize
            }

            #[inline(always)]
            fn exchange([a, b]: [&mut [$Key]; 2], [p, q]: [&mut [$Key]; 2]) {
                let lists = a.len();
                let (b, p, q) = (&mut b[..lists], &mut p[..lists], &mut q[..lists]);
                for l in 0..lists {
                    let (x, y) = (a[l], b[l]);
                    let swapped = (p[l] ^ q[l]) & -<$Key>::from(x > y);
                    (a[l], b[l]) = (x.min(y), x.max(y));
                    (p[l], q[l]) = (p[l] ^ swapped, q[l] ^ swapped);
                }
            }
        }
    };
}

ordered!(f32, i32, u32);
ordered!(f64, i64, u64);

/// Up to [`LISTS`] lists, number by number: [number][list].
pub(super) struct Lists<R: Ordered> {
    pub(super) length: usize,
    pub(super) keys: Vec<R::Key>,
    pub(super) places: Vec<R::Key>,
    network: Vec<[usize; 2]>,
}

impl<R: Ordered> Lists<R> {
    pub(super) fn new(length: usize) -> Self {
        let zeros = || vec![R::Key::default(); length * LISTS];
        Self { length, keys: zeros(), places: zeros(), network: network(length) }
    }

    /// Puts the places of equal numbers of a sorted list into the order of `draws`, one a place.
    pub(super) fn break_ties(&mut self, list: usize, draws: &[f64]) {
        let keys: Vec<R::Key> = (0..self.length).map(|k| self.keys[k * LISTS + list]).collect();
        let mut places: Vec<R::Key> = (0..self.length).map(|k| self.places[k * LISTS + list]).collect();
        let mut first = 0;
        for run in keys.chunk_by(|a, b| a == b) {
            let draw = |place: &R::Key| draws[R::index(*place)];
            places[first..first + run.len()].sort_unstable_by(|a, b| draw(a).total_cmp(&draw(b)));
            first += run.len();
        }
        places.into_iter().enumerate().for_each(|(k, place)| self.places[k * LISTS + list] = place);
    }
}

/// Sorts all lists by one network.
impl<R: Ordered> WithSimd for &mut Lists<R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (k, places) in self.places.chunks_exact_mut(LISTS).enumerate() {
            places.fill(R::place(k));
        }
        for [i, j] in &self.network {
            let (a, b) = self.keys.split_at_mut(j * LISTS);
            let (p, q) = self.places.split_at_mut(j * LISTS);
            let at = i * LISTS..(i + 1) * LISTS;
            R::exchange([&mut a[at.clone()], b], [&mut p[at], q]);
        }
    }
}

/// The places that are compared one after the other, the lower first: Batcher's merge exchange (Knuth 1998, *The Art of
/// Computer Programming* 3, 5.2.2, algorithm M), n (log₂ n)²/4 of them, about.
fn network(length: usize) -> Vec<[usize; 2]> {
    let (mut pairs, top) = (Vec::new(), length.next_power_of_two() / 2);
    let mut p = top;
    while p > 0 {
        let (mut q, mut r, mut apart) = (top, 0, p);
        loop {
            pairs.extend((0..length.saturating_sub(apart)).filter(|i| i & p == r).map(|i| [i, i + apart]));
            if q == p {
                break;
            }
            (apart, q, r) = (q - p, q / 2, p);
        }
        p /= 2;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_stream::Stream;
    use pulp::Arch;

    /// Of the zero–one principle: who sorts all lists of zeros and ones sorts all lists.
    #[test]
    fn zeros_and_ones_are_sorted() {
        for length in 1..=13 {
            let pairs = network(length);
            for bits in 0u32..1 << length {
                let sorted = pairs.iter().fold(bits, |bits, [i, j]| {
                    let wrong = bits >> i & 1 == 1 && bits >> j & 1 == 0;
                    if wrong { bits ^ (1 << i | 1 << j) } else { bits }
                });
                assert_eq!(sorted, ((1 << bits.count_ones()) - 1) << (length as u32 - bits.count_ones()));
            }
        }
    }

    #[expect(clippy::float_cmp, reason = "numbers are moved, not computed")]
    fn are_sorted<R: Ordered>() {
        let [tiny, huge] = [R::min_positive_value(), R::max_value()];
        let odd = [R::zero(), -R::zero(), tiny / R::narrow(2.0), -tiny, huge, -huge, R::one(), R::one()];
        for length in [3, 8, 33, 65] {
            let mut lists = Lists::<R>::new(length);
            let mut numbers: Vec<R> = Stream::new("lists").normal(length as u64, length * LISTS);
            (0..length.min(8)).for_each(|k| numbers[k * LISTS] = odd[k]);
            lists.keys.iter_mut().zip(&numbers).for_each(|(key, x)| *key = x.key());
            Arch::new().dispatch(&mut lists);
            for list in 0..LISTS {
                let own = |k: usize| numbers[R::index(lists.places[k * LISTS + list]) * LISTS + list];
                assert!((0..length).all(|k| R::of(lists.keys[k * LISTS + list]) == own(k).wide()));
                assert!((1..length).all(|k| own(k - 1) <= own(k)), "list {list} of {length}");
            }
        }
    }

    #[test]
    fn lists_are_sorted_with_their_places() {
        are_sorted::<f32>();
        are_sorted::<f64>();
    }
}
