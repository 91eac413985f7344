//! Elementwise passes over fields, shared among threads when the field is large.

use crate::{Real, sum};
use rayon::prelude::*;

/// Entries a thread takes at a time.
const CHUNK: usize = 1 << 14;

/// out_i = f(a_i).
///
/// # Panics
/// If the lengths differ.
pub fn map1<R: Real>(out: &mut [R], a: &[R], f: impl Fn(R) -> R + Sync) {
    update1(out, a, |_, a| f(a));
}

/// out_i = f(a_i, b_i).
///
/// # Panics
/// If the lengths differ.
pub fn map2<R: Real>(out: &mut [R], a: &[R], b: &[R], f: impl Fn(R, R) -> R + Sync) {
    update2(out, a, b, |_, a, b| f(a, b));
}

/// out_i = f(out_i).
pub fn update<R: Real>(out: &mut [R], f: impl Fn(R) -> R + Sync) {
    let pass = |out: &mut [R]| out.iter_mut().for_each(|o| *o = f(*o));
    if out.len() >= sum::PARALLEL_FROM {
        out.par_chunks_mut(CHUNK).for_each(pass);
    } else {
        pass(out);
    }
}

/// out_i = f(out_i, a_i).
///
/// # Panics
/// If the lengths differ.
pub fn update1<R: Real>(out: &mut [R], a: &[R], f: impl Fn(R, R) -> R + Sync) {
    assert_eq!(out.len(), a.len(), "elementwise pass: lengths differ");
    let pass = |(out, a): (&mut [R], &[R])| out.iter_mut().zip(a).for_each(|(o, &a)| *o = f(*o, a));
    if out.len() >= sum::PARALLEL_FROM {
        out.par_chunks_mut(CHUNK).zip(a.par_chunks(CHUNK)).for_each(pass);
    } else {
        pass((out, a));
    }
}

/// out_i = f(out_i, a_i, b_i).
///
/// # Panics
/// If the lengths differ.
pub fn update2<R: Real>(out: &mut [R], a: &[R], b: &[R], f: impl Fn(R, R, R) -> R + Sync) {
    assert_eq!(out.len(), a.len(), "elementwise pass: lengths differ");
    assert_eq!(out.len(), b.len(), "elementwise pass: lengths differ");
    let pass = |((out, a), b): ((&mut [R], &[R]), &[R])| {
        out.iter_mut().zip(a).zip(b).for_each(|((o, &a), &b)| *o = f(*o, a, b));
    };
    if out.len() >= sum::PARALLEL_FROM {
        out.par_chunks_mut(CHUNK).zip(a.par_chunks(CHUNK)).zip(b.par_chunks(CHUNK)).for_each(pass);
    } else {
        pass(((out, a), b));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_short_passes_agree() {
        for len in [0, 1, CHUNK + 1, sum::PARALLEL_FROM + 3] {
            let a: Vec<f64> = (0..len).map(|i| i as f64).collect();
            let mut out = vec![1.0; len];
            update2(&mut out, &a, &a, |o, a, b| o + a * b);
            assert!(out.iter().zip(&a).all(|(o, a)| o.to_bits() == (1.0 + a * a).to_bits()));
            map1(&mut out, &a, |a| a - 1.0);
            update1(&mut out, &a, |o, a| o - a);
            update(&mut out, |o| -o);
            assert!(out.iter().all(|o| o.to_bits() == 1.0f64.to_bits()));
        }
    }
}
