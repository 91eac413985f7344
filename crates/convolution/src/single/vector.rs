//! Vectors of a slice that may end within one, and which vectors are taken.

use pulp::{Simd, WithSimd};

/// Runs in the widest vectors of the processor; tests may ask for narrower ones.
#[inline(always)]
pub(crate) fn widest<W: WithSimd>(work: W) -> W::Output {
    #[cfg(test)]
    let arch = crate::tests::ASKED.get().unwrap_or_default();
    #[cfg(not(test))]
    let arch = pulp::Arch::new();
    arch.dispatch(work)
}

/// The numbers from `at` on, zeros beyond the end.
#[inline(always)]
pub(crate) fn load<S: Simd>(s: S, of: &[f32], at: usize) -> S::f32s {
    match of.get(at..at + S::F32_LANES) {
        Some(whole) => S::as_simd_f32s(whole).0[0],
        None => match of.get(at..) {
            Some(part) if !part.is_empty() => s.partial_load_f32s(part),
            _ => s.splat_f32s(0.0),
        },
    }
}

/// Overwrites the numbers from `at` on, as far as there are any.
#[inline(always)]
pub(crate) fn store<S: Simd>(s: S, into: &mut [f32], at: usize, value: S::f32s) {
    if let Some(whole) = into.get_mut(at..at + S::F32_LANES) {
        S::as_mut_simd_f32s(whole).0[0] = value;
    } else if let Some(part) = into.get_mut(at..).filter(|part| !part.is_empty()) {
        s.partial_store_f32s(part, value);
    }
}
