//! The kernels of f32: Winograd's where they fit, else products of gathered pixels in blocks.

mod gather;
mod gradient;
pub(crate) mod vector;

use crate::block::{Block, DEPTH, LEFT, RIGHT, ROWS, WIDE, columns, product};
use crate::geometry::Geometry;
use crate::room::{Cut, parts, sized};
use crate::separable::Separable;
use crate::winograd::{self, Taps};
use crate::{Convolution, Kernels, Room};
use equipoise_field::each::entry;
use gather::{pixels, rows};
use pulp::{Simd, WithSimd};
use std::ops::Range;
use vector::{load, store, widest};

pub(crate) const KERNELS: Kernels<f32> = Kernels { apply, adjoint, correlate };

/// Numbers of packed weights at a time, at most but for a panel.
const WEIGHTS: usize = 1 << 18;

fn is_winograd(of: &Convolution) -> bool {
    of.kernel == [3, 3] && of.stride == [1, 1]
}

/// The adjoint where all strides are 1: the same convolution of the other channels with the kernels turned.
fn other(of: &Convolution) -> Convolution {
    Convolution { filters: of.channels, channels: of.filters, ..*of }
}

fn apply(at: &Geometry, x: &[f32], w: &[f32], bias: Option<&[f32]>, y: &mut [f32], room: &mut Room<f32>) {
    if is_winograd(&at.of) {
        return winograd::apply(at, x, &Taps::forward(&at.of, w), bias, y, room);
    }
    by_pixels(at, x, &Separable::forward(&at.of, w), bias, y, room);
}

/// Products of gathered pixels, from those that each pixel of y meets.
fn by_pixels(
    at: &Geometry,
    x: &[f32],
    w: &Separable<'_, f32>,
    bias: Option<&[f32]>,
    y: &mut [f32],
    room: &mut Room<f32>,
) {
    let line = at.target[1] * at.of.filters;
    let Cut { each, buffers, weights } = room.cut(at.target[0]);
    for panels in parts(w.panels(), w.panel_len(), WEIGHTS) {
        let from = panels.start;
        let w = packed(w, panels, buffers.len(), weights);
        let mut shares: Vec<_> = y.chunks_mut(each * line).zip(&mut *buffers).collect();
        run(&mut shares, |k, (y, left)| {
            widest(Apply { at, x, w, from, bias, first: k * each * at.target[1], y, left });
        });
    }
}

/// Panels of the right factor of blocks, made in so many shares.
fn packed<'a>(
    w: &Separable<'_, f32>,
    panels: Range<usize>,
    shares: usize,
    into: &'a mut Vec<f32>,
) -> &'a [f32] {
    let into = sized(into, panels.len() * w.panel_len());
    let each = panels.len().div_ceil(shares);
    let mut parts: Vec<_> = into.chunks_mut(each * w.panel_len()).collect();
    run(&mut parts, |k, into| w.packed(panels.start + k * each, into));
    into
}

/// One share at once, several side by side.
pub(crate) fn run<T: Send>(shares: &mut [T], work: impl Fn(usize, &mut T) + Sync) {
    match shares {
        [one] => work(0, one),
        _ => entry(shares, work),
    }
}

/// The pixels of y from `first` on.
struct Apply<'a> {
    at: &'a Geometry,
    x: &'a [f32],
    w: &'a [f32],
    /// The panel that `w` begins with.
    from: usize,
    bias: Option<&'a [f32]>,
    first: usize,
    y: &'a mut [f32],
    left: &'a mut Vec<f32>,
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { at, x, w, from, bias, first, y, left } = self;
        let (filters, terms) = (at.of.filters, at.taps() * at.of.channels);
        let depth = terms.div_ceil(DEPTH);
        let left = sized(left, depth * LEFT);
        let mut sums: Block = [0.0; ROWS * WIDE];
        for (p, y) in y.chunks_mut(ROWS * filters).enumerate() {
            let count = y.len() / filters;
            pixels(at, x, first + p * ROWS, count, left);
            let right = w.as_chunks::<RIGHT>().0.chunks_exact(depth);
            for (panel, right) in (from..).zip(right) {
                product(s, left.as_chunks::<LEFT>().0, right, columns(filters, panel), &mut sums);
                for (y, sums) in y.chunks_exact_mut(filters).zip(sums.chunks_exact(WIDE)) {
                    put(s, sums, bias, panel * WIDE, y);
                }
            }
        }
    }
}

/// y = b + sums from channel `from` on, or y += sums.
#[inline(always)]
fn put<S: Simd>(s: S, sums: &[f32], bias: Option<&[f32]>, from: usize, y: &mut [f32]) {
    for h in (0..WIDE).step_by(S::F32_LANES) {
        let start = match bias {
            Some(bias) => load(s, bias, from + h),
            None => load(s, y, from + h),
        };
        store(s, y, from + h, s.add_f32s(start, load(s, sums, h)));
    }
}

fn adjoint(at: &Geometry, v: &[f32], w: &[f32], x: &mut [f32], room: &mut Room<f32>) {
    if at.of.stride == [1, 1] {
        let of = other(&at.of);
        let back = Geometry::new(of, at.source);
        if is_winograd(&of) {
            return winograd::apply(&back, v, &Taps::turned(&at.of, w), None, x, room);
        }
        return by_pixels(&back, v, &Separable::turned(&at.of, w), None, x, room);
    }
    let Cut { buffers: [left, ..], weights, .. } = room.cut(1) else { return };
    let w = Separable::forward(&at.of, w).transposed();
    let w = packed(&w, 0..w.panels(), 1, weights);
    widest(Adjoint { at, v, w, x, left });
}

/// Pixels meet each other in x: one share.
struct Adjoint<'a> {
    at: &'a Geometry,
    v: &'a [f32],
    w: &'a [f32],
    x: &'a mut [f32],
    left: &'a mut Vec<f32>,
}

impl WithSimd for Adjoint<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { at, v, w, x, left } = self;
        let (filters, channels) = (at.of.filters, at.of.channels);
        let (depth, terms) = (filters.div_ceil(DEPTH), at.taps() * channels);
        let made = depth * LEFT;
        let (left, made) = sized(left, made + ROWS * terms).split_at_mut(made);
        let mut sums: Block = [0.0; ROWS * WIDE];
        for (p, v) in v.chunks(ROWS * filters).enumerate() {
            rows(v, filters, left);
            for (panel, right) in w.as_chunks::<RIGHT>().0.chunks_exact(depth).enumerate() {
                product(s, left.as_chunks::<LEFT>().0, right, columns(terms, panel), &mut sums);
                let (from, to) = (panel * WIDE, terms.min((panel + 1) * WIDE));
                for (row, sums) in made.chunks_exact_mut(terms).zip(sums.chunks_exact(WIDE)) {
                    row[from..to].copy_from_slice(&sums[..to - from]);
                }
            }
            for (i, row) in made.chunks_exact(terms).enumerate().take(v.len() / filters) {
                at.walk(p * ROWS + i, |k, pixel| {
                    let x = &mut x[pixel * channels..][..channels];
                    x.iter_mut().zip(&row[k..]).for_each(|(x, v)| *x += v);
                });
            }
        }
    }
}

fn correlate(at: &Geometry, pairs: &[[&[f32]; 2]], w: &mut [f32], room: &mut Room<f32>) {
    if is_winograd(&at.of) {
        return winograd::correlate(at, pairs, w, room);
    }
    gradient::correlate(at, pairs, w, room);
}
