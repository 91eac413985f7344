//! Which window of a file is the truth, and which other one methods are tuned on.

use serde::{Deserialize, Serialize};

/// A run of consecutive frames in a file of trajectories, by where it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Segment {
    /// n, the trajectory.
    pub trajectory: usize,
    /// Its first frame.
    pub start: usize,
}

impl Segment {
    /// The window farthest from the first of a file with this many trajectories of this many frames:
    /// the first frames of the second trajectory or, of a single one, its last frames. `None` where
    /// that window would share a frame with the first.
    pub fn apart_from_first(trajectories: usize, frames: usize, window: usize) -> Option<Self> {
        let start = frames.checked_sub(window)?;
        match trajectories {
            0 => None,
            1 => (start >= window && window > 0).then_some(Self { trajectory: 0, start }),
            _ => Some(Self { trajectory: 1, start: 0 }),
        }
    }

    /// Whether windows of this many frames share one.
    pub fn overlaps(self, other: Self, window: usize) -> bool {
        self.trajectory == other.trajectory && self.start.abs_diff(other.start) < window
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_window_apart_lies_in_the_file_and_shares_no_frame(n in 0usize..4, frames in 0usize..40, window in 1usize..40) {
            let first = Segment::default();
            match Segment::apart_from_first(n, frames, window) {
                Some(found) => {
                    prop_assert!(found.trajectory < n && found.start + window <= frames);
                    prop_assert!(!found.overlaps(first, window) && !first.overlaps(found, window));
                }
                // No other window apart exists either.
                None => prop_assert!(n == 0 || frames < window || (n == 1 && frames < 2 * window)),
            }
        }
    }

    #[test]
    fn the_embedded_samples() {
        // Kolmogorov: two trajectories of 16 frames. Wake: one of 16, which holds 8 twice and 16 once.
        assert_eq!(Segment::apart_from_first(2, 16, 8), Some(Segment { trajectory: 1, start: 0 }));
        assert_eq!(Segment::apart_from_first(1, 16, 8), Some(Segment { trajectory: 0, start: 8 }));
        assert_eq!(Segment::apart_from_first(1, 16, 16), None);
    }
}
