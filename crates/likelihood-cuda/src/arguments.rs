//! The record that every entry point takes, as the kernel's `struct Arguments` lays it out.

pub use crate::points::SEGMENT;
use crate::variant::{Storage, THREADS, Target};
use crate::{CudaError, PointList};
use equipoise_field::Real;
use equipoise_field::sum::BLOCK;
use equipoise_likelihood::Variance;
use equipoise_operator::Subsample;

/// Sums of a block of observations that a thread block leaves in memory for the last one, and
/// members of [`Record`].
pub const PARTIALS: usize = 5;
/// Samples of one launch.
pub const MAX_SAMPLES: usize = 65_535;

/// Largest D and N: every index, and an index past the end of a block, has 31 bits.
const LIMIT: usize = (1 << 31) - BLOCK;
/// Observations that a thread block stages at a time.
const TILE: usize = 1024;
/// 16-byte groups of zeros, and empty segments, that one thread block writes.
const GAPS_A_BLOCK: u32 = 16 * THREADS;
const SEGMENTS_A_BLOCK: u32 = 128;

/// n/d for n < 2³¹ as (n·multiplier) ≫ shift.
///
/// With l = ⌈log₂ d⌉, shift = 31 + l and multiplier = ⌊2^shift/d⌋ + 1 ≤ 2³²: the multiplier exceeds
/// 2^shift/d by at most 1, which n < 2³¹ ≤ 2^shift/d makes less than 1/d of a quotient.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divisor {
    /// d ≥ 1.
    pub divisor: u32,
    /// 2^shift/d, rounded up.
    pub multiplier: u32,
    /// 31 + ⌈log₂ d⌉.
    pub shift: u32,
}

impl Divisor {
    /// Division by `divisor`, which is neither 0 nor above 2³¹.
    const fn new(divisor: u32) -> Self {
        let shift = 31 + divisor.next_power_of_two().trailing_zeros();
        let multiplier = ((1u64 << shift) / divisor as u64 + 1) as u32;
        Self { divisor, multiplier, shift }
    }
}

impl Default for Divisor {
    fn default() -> Self {
        Self::new(1)
    }
}

/// What the kernel writes for each sample; counts are whole numbers below 2⁵³.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Record {
    /// Σ r²/v.
    pub quadratic: f64,
    /// ‖r‖².
    pub squared_norm: f64,
    /// Σ log v.
    pub log_variance: f64,
    /// max|r| over the residuals that are numbers.
    pub max_abs: f64,
    /// How many residuals are NaN or infinite.
    pub non_finite: f64,
}

/// The arguments of a launch, by value. Addresses are the device's (the host's in the host proof);
/// pitches are the distance in elements from one sample to the next, 0 where samples share.
///
/// `of` and `set_variance` fill everything but addresses and pitches.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Arguments {
    /// x̂ (D elements of storage), or A x̂ (N elements) in a compact entry point.
    pub prediction: u64,
    /// y, N elements of storage.
    pub values: u64,
    /// v, N reals; read where v is per observation.
    pub variances: u64,
    /// 1/v of every channel, f64; read where v is per channel.
    pub precisions: u64,
    /// Increasing 32-bit indices, N of them; read in listed entry points.
    pub indices: u64,
    /// Increasing 32-bit numbers of the segments of the field that hold no listed point; read in
    /// listed entry points that write the field.
    pub empty_segments: u64,
    /// r, N reals.
    pub residual: u64,
    /// r/v, N or D reals.
    pub gradient: u64,
    /// [`partials`](Self::partials) f64 for each sample.
    pub partials: u64,
    /// One [`Record`] for each sample.
    pub statistics: u64,
    /// One 32-bit ticket for each sample: 0 before the first launch, left at 0 by every launch.
    pub tickets: u64,
    /// Pitch of `prediction`.
    pub prediction_pitch: u64,
    /// Pitch of `values`.
    pub values_pitch: u64,
    /// Pitch of `variances`.
    pub variances_pitch: u64,
    /// Pitch of `residual`, at least N.
    pub residual_pitch: u64,
    /// Pitch of `gradient`, at least its length.
    pub gradient_pitch: u64,
    /// 1/v, where v is one number.
    pub precision: f64,
    /// Σ log v, where v is one number or per channel.
    pub log_variance: f64,
    /// w = ⌈W/s⌉, observations in a row.
    pub columns: Divisor,
    /// h = ⌈H/s⌉, observed rows of a plane.
    pub rows: Divisor,
    /// s.
    pub stride: Divisor,
    /// Observations of one channel in one frame, where v is per channel.
    pub plane: Divisor,
    /// C, where v is per channel.
    pub channels: Divisor,
    /// 16-byte groups that a tile of observations may touch in one row of the field.
    pub row_groups: Divisor,
    /// 16-byte groups of the unobserved rows that follow an observed one.
    pub gap_groups: Divisor,
    /// N.
    pub count: u32,
    /// D.
    pub size: u32,
    /// Blocks of 4096 observations, at least 1.
    pub blocks: u32,
    /// W.
    pub width: u32,
    /// H.
    pub height: u32,
    /// Groups of all unobserved rows together.
    pub gaps: u32,
    /// Segments without a listed point.
    pub empties: u32,
}

/// Where the observations lie.
#[derive(Clone, Copy, Debug)]
pub enum Points<'a> {
    /// The prediction is given at the N observations.
    Compact(usize),
    /// On a lattice of a field.
    Lattice(Subsample),
    /// At listed entries of a field.
    Listed(&'a PointList),
}

impl Arguments {
    /// Counts and divisors for observations at `points`.
    ///
    /// # Errors
    /// [`CudaError::TooLarge`] when N, D or a count of groups exceeds 31 bits.
    pub fn of(points: Points<'_>, storage: Storage) -> Result<Self, CudaError> {
        let mut arguments = Self::default();
        let (count, size) = match points {
            Points::Compact(count) => (count, count),
            Points::Lattice(lattice) => {
                count_of("elements of a field", lattice.shape().len())?;
                arguments.set_lattice(lattice, 16 / storage.real_bytes())?;
                (lattice.count(), lattice.shape().len())
            }
            Points::Listed(list) => {
                arguments.empties = count_of("empty segments", list.empty_segments().len())?;
                (list.indices().len(), list.size())
            }
        };
        arguments.count = count_of("observations", count)?;
        arguments.size = count_of("elements of a field", size)?;
        arguments.blocks = count.div_ceil(BLOCK).max(1) as u32;
        Ok(arguments)
    }

    /// `group`: reals in 16 bytes. A stretch of L reals touches at most L/`group` + 2 groups.
    fn set_lattice(&mut self, lattice: Subsample, group: usize) -> Result<(), CudaError> {
        let (shape, observed, stride) = (lattice.shape(), lattice.observed(), lattice.stride());
        self.width = shape.width as u32;
        self.height = shape.height as u32;
        self.columns = Divisor::new(observed.width as u32);
        self.rows = Divisor::new(observed.height as u32);
        self.stride = Divisor::new(stride as u32);
        self.row_groups = Divisor::new((shape.width.min(TILE * stride) / group + 2) as u32);
        if stride > 1 {
            let gap = (stride - 1) * shape.width / group + 2;
            self.gap_groups = Divisor::new(count_of("groups of a gap", gap)?);
            self.gaps = count_of("groups of all gaps", gap * observed.planes() * observed.height)?;
        }
        Ok(())
    }

    /// Sets what the kernel needs of `variance`, which must have passed its check. Returns the
    /// table that `precisions` must point to; it is empty where v is not per channel.
    pub fn set_variance<R: Real>(&mut self, variance: &Variance<'_, R>) -> Vec<f64> {
        self.log_variance = variance.closed_log_sum(self.count as usize).unwrap_or(0.0);
        match *variance {
            Variance::Scalar(v) => self.precision = v.recip(),
            Variance::PerChannel { values, plane } => {
                self.plane = Divisor::new(plane as u32);
                self.channels = Divisor::new(values.len() as u32);
                return values.iter().map(|v| v.recip()).collect();
            }
            Variance::PerObservation(_) => {}
        }
        Vec::new()
    }

    /// f64 of workspace for each sample.
    pub const fn partials(&self) -> usize {
        PARTIALS * self.blocks as usize
    }

    /// Thread blocks along x: one for each block of observations, then those that write zeros.
    pub const fn grid_x(&self, target: Target) -> u32 {
        let zeros = self.gaps.div_ceil(GAPS_A_BLOCK) + self.empties.div_ceil(SEGMENTS_A_BLOCK);
        match target {
            Target::Compact => self.blocks,
            Target::Field => self.blocks + zeros,
        }
    }
}

/// `found` things as the kernels count them.
///
/// # Errors
/// [`CudaError::TooLarge`] for more than 31 bits index, threads beyond them among these.
pub fn count_of(what: &'static str, found: usize) -> Result<u32, CudaError> {
    if found > LIMIT { Err(CudaError::TooLarge { what, found, limit: LIMIT }) } else { Ok(found as u32) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_field::Shape;
    use proptest::prelude::*;
    use std::mem::{offset_of, size_of};

    /// The kernel states the same numbers in its `static_assert`s.
    #[test]
    fn the_record_has_the_layout_of_the_kernel() {
        assert_eq!(size_of::<Record>(), 8 * PARTIALS);
        assert_eq!(offset_of!(Arguments, tickets), 80);
        assert_eq!(offset_of!(Arguments, precision), 128);
        assert_eq!(offset_of!(Arguments, columns), 144);
        assert_eq!(offset_of!(Arguments, count), 228);
        assert_eq!(size_of::<Arguments>(), 256);
    }

    #[test]
    fn what_does_not_fit_31_bits_is_refused() {
        let refused = |points| match Arguments::of(points, Storage::F32) {
            Err(CudaError::TooLarge { found, limit, .. }) => found > limit,
            _ => false,
        };
        assert!(Arguments::of(Points::Compact(LIMIT), Storage::F32).is_ok());
        assert!(refused(Points::Compact(LIMIT + 1)));
        let wide = Shape::new(1, 1, 1 << 16, 1 << 15);
        assert!(refused(Points::Lattice(Subsample::new(wide, 2).unwrap())));
    }

    proptest! {
        #[test]
        fn division_is_exact(n in 0u32..1 << 31, d in prop_oneof![1u32..=1 << 31, 1u32..2000], k in 0u32..2000) {
            let Divisor { divisor, multiplier, shift } = Divisor::new(d);
            let multiple = (u64::from(k) * u64::from(d)).min((1 << 31) - 1) as u32;
            for n in [n, multiple, multiple.saturating_sub(1), (1 << 31) - 1] {
                let quotient = (u64::from(n) * u64::from(multiplier)) >> shift;
                prop_assert_eq!(quotient, u64::from(n / divisor));
            }
        }
    }
}
