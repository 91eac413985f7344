//! Fingerprints of frames: equal frames have equal ones, and others do not meet by chance.

use crate::{Lines, Mask, Recording};
use equipoise_field::Shape;
use rayon::prelude::*;

/// Bits that are dropped, so that `f64` holds a fingerprint as a whole number.
const DROPPED: u32 = 12;

/// The fingerprints of the frames of `length` numbers each, in ascending order.
///
/// A fingerprint is the sum over a frame, without masked cells, of a hash of index and bits, which no order of
/// summation changes. Two of 52 bits meet by chance once in 4.5e15 pairs.
pub(crate) fn of_frames(values: &[f32], length: usize, mask: Option<&Mask>) -> Vec<f64> {
    let mut all: Vec<f64> = values.par_chunks(length).map(|frame| of_frame(frame, mask)).collect();
    all.sort_by(f64::total_cmp);
    all
}

/// Of one frame.
pub(crate) fn of_frame(frame: &[f32], mask: Option<&Mask>) -> f64 {
    shortened(part(0, frame, mask))
}

/// Fingerprints of a recording that is read in portions.
#[derive(Clone, Debug)]
pub struct Fingerprints {
    frame: Shape,
    mask: Option<Mask>,
    sums: Vec<u64>,
}

impl Fingerprints {
    /// Of a recording of which nothing was seen yet.
    pub fn new(recording: &Recording) -> Self {
        let (frame, mask) = (recording.frame(), recording.mask().cloned());
        Self { frame, mask, sums: vec![0; recording.frames()] }
    }

    /// Looks at a portion; each comes once.
    ///
    /// # Panics
    /// If the portion is not one of this recording's.
    pub fn add(&mut self, portion: &Lines) {
        let width = portion.lines.len() * self.frame.width;
        for channel in portion.channels.clone() {
            let ((numbers, pitch), first) =
                (portion.of(channel), self.frame.index(0, channel, portion.lines.start, 0));
            self.sums.par_iter_mut().enumerate().for_each(|(r, sum)| {
                let numbers = &numbers[r * pitch..][..width];
                *sum = sum.wrapping_add(part(first, numbers, self.mask.as_ref()));
            });
        }
    }

    /// The sum of every frame, over what has passed.
    pub fn sums(&self) -> &[u64] {
        &self.sums
    }

    /// Adds [sums](Self::sums) over what has passed elsewhere, of as many frames.
    pub fn absorb(&mut self, sums: &[u64]) {
        self.sums.iter_mut().zip(sums).for_each(|(sum, other)| *sum = sum.wrapping_add(*other));
    }

    /// In ascending order.
    pub fn finish(self) -> Vec<f64> {
        let mut all: Vec<f64> = self.sums.into_iter().map(shortened).collect();
        all.sort_by(f64::total_cmp);
        all
    }
}

/// Of numbers of a frame from the index `first` on; what stands in masked cells is the fill, not the frame's.
fn part(first: usize, values: &[f32], mask: Option<&Mask>) -> u64 {
    let hidden = |i: usize| mask.is_some_and(|mask| mask.cells()[i % mask.cells().len()]);
    let open = (first..).zip(values).filter(|(i, _)| !hidden(*i));
    open.map(|(i, x)| mixed((i as u64) << 32 | u64::from(x.to_bits()))).fold(0, u64::wrapping_add)
}

fn shortened(sum: u64) -> f64 {
    (mixed(sum) >> DROPPED) as f64
}

/// A word of SplitMix64 (Steele, Lea and Flood 2014, OOPSLA) from its state.
pub(crate) fn mixed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With another number in the masked cell of every plane of 20.
    fn refilled(frame: &[f32]) -> Vec<f32> {
        frame.iter().enumerate().map(|(i, x)| if i % 20 == 19 { 2.0 * x } else { *x }).collect()
    }

    #[test]
    fn one_bit_or_one_exchange_makes_another_frame() {
        let frame: Vec<f32> = (0..60).map(|i| (i as f32).sin()).collect();
        let mut bit = frame.clone();
        bit[59] = f32::from_bits(bit[59].to_bits() ^ 1);
        let mut exchanged = frame.clone();
        exchanged.swap(3, 4);
        let all = [&frame, &bit, &exchanged].map(|f| of_frame(f, None).to_bits());
        assert!(all[0] != all[1] && all[0] != all[2] && all[1] != all[2], "{all:?}");
        let twice = of_frames(&[frame.clone(), frame].concat(), 60, None);
        assert_eq!([twice[0].to_bits(), twice[1].to_bits()], [all[0]; 2]);
        // Three planes of 20 cells, of which the last is masked.
        let mask = Mask::new(5, (0..20).map(|i| i == 19).collect());
        let hidden = [&refilled(&bit), &exchanged].map(|f| of_frame(f, mask.as_ref()).to_bits());
        assert!(hidden[0] == of_frame(&bit, mask.as_ref()).to_bits() && hidden[0] != hidden[1], "{hidden:?}");
    }
}
