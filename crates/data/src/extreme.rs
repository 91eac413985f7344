//! The least or the greatest number of a channel: how often it stands there, and what comes next.

use crate::words::fields;
use std::borrow::Cow;

/// The least or the greatest number of a channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Extreme {
    pub(crate) value: f32,
    /// How often it stands there, bit for bit.
    pub(crate) count: usize,
    /// (frame, cell) of the first in the order of the blocks.
    pub(crate) first: (usize, usize),
    /// The number that comes next to it.
    pub(crate) next: f32,
}

fields!(Extreme: value, count, first, next);

impl Extreme {
    pub(crate) const NONE: Self =
        Self { value: f32::INFINITY, count: 0, first: (usize::MAX, usize::MAX), next: f32::INFINITY };

    /// The lesser of two.
    pub(crate) fn and(self, other: Self) -> Self {
        let (low, high) = if other.value < self.value { (other, self) } else { (self, other) };
        if low.value >= high.value {
            let next = low.next.min(high.next);
            return Self { count: low.count + high.count, first: low.first.min(high.first), next, ..low };
        }
        Self { next: low.next.min(high.value), ..low }
    }

    /// The least number of a block, up to a sign, given the least of every frame; a NaN is none.
    pub(crate) fn of<'a>(least: &[f32], row: impl Fn(usize) -> Cow<'a, [f32]>, sign: f32) -> Self {
        let value = least.iter().copied().fold(f32::INFINITY, f32::min);
        let mut extreme = Self { value, ..Self::NONE };
        for (r, low) in least.iter().enumerate() {
            if *low > value {
                extreme.next = extreme.next.min(*low);
                continue;
            }
            for (i, x) in row(r).iter().map(|x| sign * x).enumerate() {
                if x <= value {
                    extreme.count += 1;
                    extreme.first = extreme.first.min((r, i));
                } else {
                    extreme.next = extreme.next.min(x);
                }
            }
        }
        extreme
    }
}
