//! The contract of the fused reduction: formulas, rounding and reduction tree.

use crate::{LikelihoodError, Statistics, Variance};
use equipoise_field::Real;
use equipoise_operator::Subsample;

/// What was observed, and how exactly.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a, R> {
    /// y, length N.
    pub values: &'a [R],
    /// v, the variance of y − A x̂.
    pub variance: Variance<'a, R>,
}

impl<R: Real> Observation<'_, R> {
    /// The checks of [`Backend::compact`], for arguments of these lengths and this room for r.
    ///
    /// # Errors
    /// [`LikelihoodError`] when a length or a variance does not fit.
    pub fn check_compact(
        &self,
        prediction: usize,
        residual: Option<&[R]>,
        weighted: usize,
    ) -> Result<(), LikelihoodError> {
        let count = self.values.len();
        length("prediction", prediction, count)?;
        residual.map_or(Ok(()), |r| length("residual", r.len(), count))?;
        length("weighted", weighted, count)?;
        self.variance.check(count)
    }

    /// The checks of [`Backend::strided`], for a field of this length and this room for r.
    ///
    /// # Errors
    /// [`LikelihoodError`] when a length or a variance does not fit.
    pub fn check_strided(
        &self,
        field: usize,
        lattice: Subsample,
        residual: Option<&[R]>,
        gradient: &Gradient<'_, R>,
    ) -> Result<(), LikelihoodError> {
        let (count, size) = (lattice.count(), lattice.shape().len());
        length("field", field, size)?;
        length("observation", self.values.len(), count)?;
        residual.map_or(Ok(()), |r| length("residual", r.len(), count))?;
        match gradient {
            Gradient::Compact(weighted) => length("gradient", weighted.len(), count)?,
            Gradient::Field(out) => length("gradient", out.len(), size)?,
        }
        self.variance.check_on(lattice.observed())
    }
}

fn length(argument: &'static str, found: usize, expected: usize) -> Result<(), LikelihoodError> {
    if found == expected { Ok(()) } else { Err(LikelihoodError::Length { argument, found, expected }) }
}

/// Where the weighted residual r/v goes.
#[derive(Debug)]
pub enum Gradient<'a, R> {
    /// In order of observation, length N.
    Compact(&'a mut [R]),
    /// Aᵀ(r/v): on the observed points of the field, zero elsewhere, length D.
    Field(&'a mut [R]),
}

/// Error, weighted error and statistics of the Gaussian likelihood, in one pass over memory.
///
/// For observation i, in this order and rounded after every operation (no contraction):
///
/// 1. r = y − A x̂ in `R`; this is the residual that is stored, where room is given for it.
/// 2. w = 1/v in `f64`, then p = w·r in `f64`; the weighted residual stored is p rounded to `R`.
/// 3. the terms r·p, r·r and |r| in `f64`.
///
/// A sum over N terms has the tree of [`equipoise_field::sum`]: term i of block b = ⌊i/4096⌋ is
/// added in index order to accumulator i mod 8, which starts at +0; the eight accumulators, then
/// the block sums, are added pairwise (neighbours, an odd last one carried up). So Σ r²/v and
/// ‖r‖² have the same bits on every backend and any number of threads.
///
/// Σ log v is N log v for a scalar and (N/C) Σ_c log v_c per channel. Per observation, write
/// v = m·2^e with m ∈ [1, 2): accumulator i mod 8 of a block starts at 1 and is multiplied by m in
/// index order, the exponents are added as integers to E, and the block contributes
/// fl(E·log 2) + (the pairwise sum of the eight logarithms); blocks are added pairwise. Only those
/// logarithms depend on the platform. The error is below N·ε beyond that of a sum of logarithms.
///
/// A residual that is not finite is counted and enters the sums as IEEE arithmetic has it; max|r|
/// passes over NaN. A sum that is NaN has no promised sign or payload.
///
/// All arguments are checked before anything is written.
pub trait Backend<R: Real>: Send + Sync {
    /// The reduction for a prediction A x̂ that is already at the observations.
    ///
    /// `prediction`, `residual` and `weighted` have length N; without `residual` r is not stored.
    ///
    /// # Errors
    /// [`LikelihoodError`] when a length or a variance does not fit.
    fn compact(
        &self,
        prediction: &[R],
        observation: Observation<'_, R>,
        residual: Option<&mut [R]>,
        weighted: &mut [R],
    ) -> Result<Statistics, LikelihoodError>;

    /// The reduction for a whole field x̂ observed on a lattice; reads x̂ at its points only.
    ///
    /// `field` has the length D of the lattice's field, `residual` its N; without it r is not stored.
    ///
    /// # Errors
    /// [`LikelihoodError`] when a length or a variance does not fit.
    fn strided(
        &self,
        field: &[R],
        lattice: Subsample,
        observation: Observation<'_, R>,
        residual: Option<&mut [R]>,
        gradient: Gradient<'_, R>,
    ) -> Result<Statistics, LikelihoodError>;
}
