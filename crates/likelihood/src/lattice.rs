//! Between the points of a field and the observations of a lattice on it.

use equipoise_field::Real;
use equipoise_operator::Subsample;

/// Where an observation lies in the field.
pub(crate) fn field_index(lattice: Subsample, observation: usize) -> usize {
    let (t, c, a, b) = lattice.observed().position(observation);
    lattice.shape().index(t, c, a * lattice.stride(), b * lattice.stride())
}

/// Calls `visit(position in the block, field index, length)` for every run of observations
/// `start .. start + len` that lie in one row.
fn runs(lattice: Subsample, start: usize, len: usize, mut visit: impl FnMut(usize, usize, usize)) {
    let columns = lattice.observed().width;
    let mut at = 0;
    while at < len {
        let i = start + at;
        let run = (columns - i % columns).min(len - at);
        visit(at, field_index(lattice, i), run);
        at += run;
    }
}

/// Calls `$known::<S>` for the strides S that are in use, for which compilers make vectors.
macro_rules! by_stride {
    ($stride:expr, $known:ident($($arguments:expr),*), $other:expr) => {
        match $stride {
            2 => $known::<2, _>($($arguments),*),
            4 => $known::<4, _>($($arguments),*),
            8 => $known::<8, _>($($arguments),*),
            16 => $known::<16, _>($($arguments),*),
            _ => $other,
        }
    };
}

/// Copies the field at the observations from `start` on into `out`.
pub(crate) fn gather<R: Real>(lattice: Subsample, field: &[R], start: usize, out: &mut [R]) {
    let stride = lattice.stride();
    runs(lattice, start, out.len(), |at, index, len| {
        let (row, out) = (&field[index..][..(len - 1) * stride + 1], &mut out[at..at + len]);
        by_stride!(stride, first_of_each(row, out), {
            out.iter_mut().zip(row.iter().step_by(stride)).for_each(|(o, x)| *o = *x);
        });
    });
}

/// Writes `part`, the field from `offset` on: the observations from `start` on, zero between them.
pub(crate) fn scatter<R: Real>(
    lattice: Subsample,
    start: usize,
    weighted: &[R],
    offset: usize,
    part: &mut [R],
) {
    let stride = lattice.stride();
    let mut written = 0;
    runs(lattice, start, weighted.len(), |at, index, len| {
        let (first, end) = (index - offset, index - offset + (len - 1) * stride + 1);
        part[written..first].fill(R::zero());
        let (row, weighted) = (&mut part[first..end], &weighted[at..at + len]);
        by_stride!(stride, into_each(weighted, row), {
            row.fill(R::zero());
            row.iter_mut().step_by(stride).zip(weighted).for_each(|(x, p)| *x = *p);
        });
        written = end;
    });
    part[written..].fill(R::zero());
}

/// out[i] = row[i·S]; the row ends with the last of them.
fn first_of_each<const S: usize, R: Real>(row: &[R], out: &mut [R]) {
    let (groups, last) = row.as_chunks::<S>();
    let (out, end) = out.split_at_mut(groups.len());
    out.iter_mut().zip(groups).for_each(|(o, group)| *o = group[0]);
    end.copy_from_slice(last);
}

/// row[i·S] = weighted[i] and zero between; the row ends with the last of them.
fn into_each<const S: usize, R: Real>(weighted: &[R], row: &mut [R]) {
    let (groups, last) = row.as_chunks_mut::<S>();
    let (weighted, end) = weighted.split_at(groups.len());
    for (group, p) in groups.iter_mut().zip(weighted) {
        *group = [R::zero(); S];
        group[0] = *p;
    }
    last.copy_from_slice(end);
}
