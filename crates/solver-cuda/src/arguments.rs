//! The records that the kernels of the step take, as `struct Arguments` lays them out.

use cudarc::driver::{DeviceRepr, ValidAsZeroBits};

// SAFETY: both are `repr(C)` records of numbers with the kernel's layout, which a test compares.
unsafe impl DeviceRepr for Arguments {}
// SAFETY: as above.
unsafe impl DeviceRepr for Extent {}
// SAFETY: zero bits are zeros.
unsafe impl ValidAsZeroBits for Extent {}

/// What a launch gets, by value. Addresses are the device's.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Arguments {
    /// m, D.
    pub mean: u64,
    /// A m, N.
    pub observed_mean: u64,
    /// Uᵀm, r.
    pub mean_coefficients: u64,
    /// w = j − j_⊥ of this level, r.
    pub gains: u64,
    /// Where the observations lie in the field: increasing, 32 bits, N.
    pub points: u64,
    /// For each segment of 32 numbers of the field a word of bits: which of them are observed.
    pub bits: u64,
    /// For each segment the first of its observations, 32 bits.
    pub ranks: u64,
    /// v without its part that depends on t, f64, N; 0 unless v is per observation.
    pub base_variances: u64,
    /// x, D.
    pub state: u64,
    /// U e, D.
    pub field: u64,
    /// A x̂, N.
    pub prediction: u64,
    /// v, N, written where it is per observation.
    pub variances: u64,
    /// p = r/v, N.
    pub weighted: u64,
    /// Uᵀx, then d, r.
    pub coefficients: u64,
    /// (A U)ᵀp, r.
    pub pulled: u64,
    /// e, r.
    pub expansion: u64,
    /// One [`Extent`] for each step, zero before the run.
    pub extents: u64,
    /// What depends on the level.
    pub level: Coefficients,
    /// D.
    pub size: u32,
    /// N.
    pub count: u32,
    /// r.
    pub rank: u32,
    /// The number of the step.
    pub step: u32,
}

/// The scalars of a step from the level (μ, σ) to (μ′, σ′).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Coefficients {
    /// μ.
    pub mu: f64,
    /// j_⊥.
    pub rest: f64,
    /// (1 − μj_⊥)/σ.
    pub damping: f64,
    /// μ/σ.
    pub ratio: f64,
    /// σ times the law's factor on the gradient.
    pub pull: f64,
    /// μ′/μ.
    pub keep: f64,
    /// σ′ − (μ′/μ)σ.
    pub shift: f64,
    /// The part of v that depends on t, where v is per observation.
    pub excess: f64,
}

/// What a step leaves of its state.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The bits of max |x| over the finite entries.
    pub max_abs: u64,
    /// Entries that are not finite; those of the first step that left any, from there on.
    pub non_finite: u64,
}

impl Extent {
    /// (max |x| over the finite entries, the number of those that are not finite).
    pub fn size(self) -> (f64, usize) {
        (f64::from_bits(self.max_abs), self.non_finite as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::{offset_of, size_of};

    /// The kernel states the same numbers in its `static_assert`s.
    #[test]
    fn the_records_have_the_layout_of_the_kernel() {
        assert_eq!(offset_of!(Arguments, state), 64);
        assert_eq!(offset_of!(Arguments, level), 136);
        assert_eq!(offset_of!(Arguments, size), 200);
        assert_eq!((size_of::<Arguments>(), size_of::<Extent>()), (216, 16));
    }
}
