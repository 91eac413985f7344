//! Elementwise passes over fields, shared among threads when the field is large.

use crate::{Real, sum};

/// Entries a thread takes at a time.
const CHUNK: usize = 1 << 14;

/// `pass(k, chunk)` for the chunks of `size` entries, shared among threads; the last may be shorter.
///
/// # Panics
/// If `size` is zero.
pub fn chunk<R: Real>(out: &mut [R], size: usize, pass: impl Fn(usize, &mut [R]) + Sync) {
    R::share(out, size, &pass);
}

/// [`chunk`] with what every pass returns, in the order of the chunks.
///
/// # Panics
/// If `size` is zero.
pub fn chunk_making<R: Real>(
    out: &mut [R],
    size: usize,
    pass: impl Fn(usize, &mut [R]) -> Vec<f64> + Sync,
) -> Vec<Vec<f64>> {
    R::share_making(out, size, &pass)
}

/// `pass(start, stretch)`, by chunks where the field is large, at once otherwise.
fn stretches<R: Real>(out: &mut [R], pass: impl Fn(usize, &mut [R]) + Sync) {
    if out.len() >= sum::PARALLEL_FROM {
        chunk(out, CHUNK, |k, out| pass(k * CHUNK, out));
    } else {
        pass(0, out);
    }
}

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
    stretches(out, |_, out| out.iter_mut().for_each(|o| *o = f(*o)));
}

/// out_i = f(out_i, a_i).
///
/// # Panics
/// If the lengths differ.
pub fn update1<R: Real>(out: &mut [R], a: &[R], f: impl Fn(R, R) -> R + Sync) {
    assert_eq!(out.len(), a.len(), "elementwise pass: lengths differ");
    stretches(out, |start, out| {
        out.iter_mut().zip(&a[start..]).for_each(|(o, &a)| *o = f(*o, a));
    });
}

/// out_i = f(out_i, a_i, b_i).
///
/// # Panics
/// If the lengths differ.
pub fn update2<R: Real>(out: &mut [R], a: &[R], b: &[R], f: impl Fn(R, R, R) -> R + Sync) {
    assert_eq!(out.len(), a.len(), "elementwise pass: lengths differ");
    assert_eq!(out.len(), b.len(), "elementwise pass: lengths differ");
    stretches(out, |start, out| {
        out.iter_mut().zip(&a[start..]).zip(&b[start..]).for_each(|((o, &a), &b)| *o = f(*o, a, b));
    });
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
