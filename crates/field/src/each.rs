//! Elementwise passes over fields, shared among threads when the field is large, and passes over whatever is
//! numbered. What shares them is compiled here, once, and not with every pass that it is handed.

use crate::{Real, sum};
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

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

/// `pass(out_k, x_k)` for the chunks of `size` entries and those of `of` entries of x, shared among threads when
/// there are many.
///
/// # Panics
/// If a size is zero or the chunks are not as many.
pub fn chunk_pair<R: Real>(
    out: &mut [R],
    size: usize,
    x: &[R],
    of: usize,
    pass: impl Fn(&mut [R], &[R]) + Sync,
) {
    assert_eq!(out.len() * of, x.len() * size, "pass over two fields: chunks differ");
    let one = |k: usize, out: &mut [R]| pass(out, &x[k * of..(k + 1) * of]);
    if out.len().max(x.len()) > sum::PARALLEL_FROM {
        chunk(out, size, one);
    } else {
        out.chunks_mut(size).enumerate().for_each(|(k, out)| one(k, out));
    }
}

/// `pass(i)` for i in 0..`count`, shared among threads.
pub fn index(count: usize, pass: impl Fn(usize) + Sync) {
    share(count, &pass);
}

/// `make(i)` for i in 0..`count`, in that order, made by many threads. One allocation for each call, one lock for each
/// i: for what takes longer than that.
pub fn made<T: Send>(count: usize, make: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let mut all: Vec<Option<T>> = std::iter::repeat_with(|| None).take(count).collect();
    entry(&mut all, |i, own| *own = Some(make(i)));
    all.into_iter().map(|own| own.expect("every entry is visited")).collect()
}

/// `pass(i, all_i)` for every entry, whatever its type, at the price of [`made`]. Nobody waits for a lock: each is
/// taken once.
pub fn entry<T: Send>(all: &mut [T], pass: impl Fn(usize, &mut T) + Sync) {
    let all: Vec<Mutex<&mut T>> = all.iter_mut().map(Mutex::new).collect();
    index(all.len(), |i| pass(i, &mut all[i].lock().unwrap_or_else(PoisonError::into_inner)));
}

fn share(count: usize, pass: &(dyn Fn(usize) + Sync)) {
    (0..count).into_par_iter().for_each(pass);
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
    fn what_is_numbered_is_visited_once_and_keeps_its_order() {
        for count in [0, 1, 1000] {
            let mut all = made(count, |i| vec![i]);
            entry(&mut all, |i, own| own.push(i * i));
            assert!((0..count).map(|i| vec![i, i * i]).eq(all));
        }
    }

    #[test]
    fn chunks_of_two_fields_keep_together() {
        for count in [0, 3, sum::PARALLEL_FROM] {
            let x: Vec<f64> = (0..2 * count).map(|i| i as f64).collect();
            let mut out = vec![0.0; count];
            chunk_pair(&mut out, 1, &x, 2, |out, x| out[0] = x[1] - x[0] / 2.0);
            assert!(out.iter().enumerate().all(|(i, o)| o.to_bits() == (i as f64 + 1.0).to_bits()));
        }
    }

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
