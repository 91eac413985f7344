//! The memory's own speed: copy, triad and reading alone, on arrays that no cache holds.
//!
//! Bytes are counted as McCalpin's STREAM does: what the loop names, without the lines that a processor
//! may read before it writes them.

use crate::case::{Case, Work};
use rayon::prelude::*;
use std::hint::black_box;

/// The three passes over arrays of `bytes` each.
pub(crate) fn cases(bytes: usize) -> Vec<Case> {
    let len = bytes / size_of::<f32>();
    let array = (len * size_of::<f32>()) as f64;
    let case = |name: &str, what: &str, moved: f64, arrays: f64, make: fn(usize) -> Work| {
        Case::new(format!("stream/{name}"), what.to_owned(), [moved * array, arrays * array], move || {
            Ok(make(len))
        })
    };
    vec![
        case("copy", "a = b, one stretch a thread", 2.0, 2.0, copy),
        case("triad", "a = b + s·c", 3.0, 3.0, triad),
        case("read", "Σ b", 1.0, 1.0, read),
    ]
}

/// The stretch of one thread.
fn stretch(len: usize) -> usize {
    len.div_ceil(rayon::current_num_threads()).max(1)
}

fn copy(len: usize) -> Work {
    let (mut a, b) = (vec![0.0f32; len], vec![1.0f32; len]);
    Box::new(move || {
        let part = stretch(len);
        a.par_chunks_mut(part).zip(b.par_chunks(part)).for_each(|(a, b)| a.copy_from_slice(b));
        black_box(&mut a);
        Ok(())
    })
}

fn triad(len: usize) -> Work {
    let (mut a, b, c) = (vec![0.0f32; len], vec![1.0f32; len], vec![2.0f32; len]);
    Box::new(move || {
        let part = stretch(len);
        let s = black_box(3.0f32);
        let parts = a.par_chunks_mut(part).zip(b.par_chunks(part)).zip(c.par_chunks(part));
        parts.for_each(|((a, b), c)| a.iter_mut().zip(b).zip(c).for_each(|((a, b), c)| *a = b + s * c));
        black_box(&mut a);
        Ok(())
    })
}

fn read(len: usize) -> Work {
    const LANES: usize = 64;
    let b = vec![1.0f32; len];
    Box::new(move || {
        let sum: f32 = black_box(&b)
            .par_chunks(stretch(len))
            .map(|part| {
                let mut lanes = [0.0f32; LANES];
                for group in part.as_chunks::<LANES>().0 {
                    lanes.iter_mut().zip(group).for_each(|(lane, b)| *lane += b);
                }
                lanes.iter().sum::<f32>()
            })
            .sum();
        black_box(sum);
        Ok(())
    })
}
