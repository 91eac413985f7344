//! The kernels of f64: products of whole matrices of gathered pixels.

use crate::geometry::Geometry;
use crate::room::{Cut, sized};
use crate::separable::Separable;
use crate::{Kernels, Room};
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};

pub(crate) const KERNELS: Kernels<f64> = Kernels { apply, adjoint, correlate };

/// Numbers of gathered pixels at a time.
const TOGETHER: usize = 1 << 18;

fn terms(at: &Geometry) -> usize {
    at.taps() * at.of.channels
}

/// Pixels of y that are gathered together.
fn together(at: &Geometry) -> usize {
    (TOGETHER / terms(at)).max(1)
}

/// One row for each of `count` pixels of y from `first` on.
fn gather(at: &Geometry, x: &[f64], first: usize, columns: &mut [f64]) {
    columns.fill(0.0);
    let channels = at.of.channels;
    for (i, row) in columns.chunks_exact_mut(terms(at)).enumerate() {
        at.walk(first + i, |k, pixel| {
            row[k..k + channels].copy_from_slice(&x[pixel * channels..][..channels]);
        });
    }
}

fn apply(at: &Geometry, x: &[f64], w: &[f64], bias: Option<&[f64]>, y: &mut [f64], room: &mut Room<f64>) {
    let (filters, terms, together) = (at.of.filters, terms(at), together(at));
    if let Some(bias) = bias {
        y.chunks_exact_mut(filters).for_each(|y| y.copy_from_slice(bias));
    }
    let Cut { buffers: [buffer, ..], weights, .. } = room.cut(1) else { return };
    Separable::forward(&at.of, w).plain(weights);
    for (k, y) in y.chunks_mut(together * filters).enumerate() {
        let count = y.len() / filters;
        let columns = sized(buffer, count * terms);
        gather(at, x, k * together, columns);
        let y = &mut matrix_mut(y, filters);
        general_mat_mul(1.0, &matrix(columns, terms), &matrix(weights, filters), 1.0, y);
    }
}

fn adjoint(at: &Geometry, v: &[f64], w: &[f64], x: &mut [f64], room: &mut Room<f64>) {
    let (filters, channels, terms) = (at.of.filters, at.of.channels, terms(at));
    let Cut { buffers: [buffer, ..], weights, .. } = room.cut(1) else { return };
    Separable::forward(&at.of, w).plain(weights);
    for (k, v) in v.chunks(together(at) * filters).enumerate() {
        let columns = sized(buffer, v.len() / filters * terms);
        let made = &mut matrix_mut(columns, terms);
        general_mat_mul(1.0, &matrix(v, filters), &matrix(weights, filters).t(), 0.0, made);
        for (i, row) in columns.chunks_exact(terms).enumerate() {
            at.walk(k * together(at) + i, |k, pixel| {
                let x = &mut x[pixel * channels..][..channels];
                x.iter_mut().zip(&row[k..]).for_each(|(x, v)| *x += v);
            });
        }
    }
}

fn correlate(at: &Geometry, pairs: &[[&[f64]; 2]], w: &mut [f64], room: &mut Room<f64>) {
    let (filters, channels, terms) = (at.of.filters, at.of.channels, terms(at));
    let mut sums = vec![0.0; w.len()];
    let buffer = &mut room.cut(1).buffers[0];
    for [x, v] in pairs {
        for (k, v) in v.chunks(together(at) * filters).enumerate() {
            let columns = sized(buffer, v.len() / filters * terms);
            gather(at, x, k * together(at), columns);
            let sums = &mut matrix_mut(&mut sums, filters);
            general_mat_mul(1.0, &matrix(columns, terms).t(), &matrix(v, filters), 1.0, sums);
        }
    }
    for (n, sum) in sums.into_iter().enumerate() {
        let (k, f) = (n / filters, n % filters);
        w[(f * channels + k % channels) * at.taps() + k / channels] += sum;
    }
}

fn matrix(of: &[f64], columns: usize) -> ArrayView2<'_, f64> {
    ArrayView2::from_shape((of.len() / columns, columns), of).expect("rows are whole")
}

fn matrix_mut(of: &mut [f64], columns: usize) -> ArrayViewMut2<'_, f64> {
    ArrayViewMut2::from_shape((of.len() / columns, columns), of).expect("rows are whole")
}
