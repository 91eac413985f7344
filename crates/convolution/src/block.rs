//! Products of blocks of numbers, whose sums stay in registers.

use pulp::Simd;

/// Rows of a block of sums.
pub(crate) const ROWS: usize = 8;
/// Columns of a block of sums.
pub(crate) const WIDE: usize = 32;
/// Terms of every sum that are added at a time.
pub(crate) const DEPTH: usize = 16;
/// Numbers of the left factor that are read at a time.
pub(crate) const LEFT: usize = ROWS * DEPTH;
/// Numbers of the right factor that are read at a time.
pub(crate) const RIGHT: usize = WIDE * DEPTH;
/// Rows of the left factor of [`transposed`], of which a block takes one half or the other.
pub(crate) const PAIR: usize = 2 * ROWS;

/// (row, column).
pub(crate) type Block = [f32; ROWS * WIDE];

/// sums = Σ_k a_k b_k over blocks of [`DEPTH`] terms in order: a (block, row, term), b (block, term, column). Of the
/// columns the first `columns` are asked for; what stands in the others is not to be read.
#[inline(always)]
pub(crate) fn product<S: Simd>(
    s: S,
    a: &[[f32; LEFT]],
    b: &[[f32; RIGHT]],
    columns: usize,
    sums: &mut Block,
) {
    all::<S, LEFT, DEPTH, 1, 0>(s, a, b, columns, sums, false);
}

/// Columns of panel `panel` of so many in all.
#[inline(always)]
pub(crate) fn columns(all: usize, panel: usize) -> usize {
    WIDE.min(all - panel * WIDE)
}

/// sums += Σ_k a_k b_k: a (block, term, one of 16 rows), of which the sums take rows 0.. or 8.., b as above.
#[inline(always)]
fn transposed<S: Simd, const FROM: usize>(
    s: S,
    a: &[[f32; PAIR * DEPTH]],
    b: &[[f32; RIGHT]],
    columns: usize,
    sums: &mut Block,
) {
    all::<S, { PAIR * DEPTH }, 1, PAIR, FROM>(s, a, b, columns, sums, true);
}

/// Adds the products of panels of 16 rows, place by place and 32 columns at a time, whose right factors are fetched once:
/// left (panel, place, block), right (columns in 32s, place, block), sums (panel, place, columns in 32s, half). `filters`
/// columns are asked for in all.
#[inline(always)]
pub(crate) fn add_panels<S: Simd, const PLACES: usize>(
    s: S,
    (blocks, filters): (usize, usize),
    left: &[[f32; PAIR * DEPTH]],
    right: &[[f32; RIGHT]],
    sums: &mut [Block],
) {
    let wide = right.len() / (PLACES * blocks);
    for place in 0..PLACES {
        for f in 0..wide {
            let right = &right[(f * PLACES + place) * blocks..][..blocks];
            let panels = left.chunks_exact(PLACES * blocks).zip(sums.chunks_exact_mut(2 * PLACES * wide));
            for (left, sums) in panels {
                let left = &left[place * blocks..][..blocks];
                let [low, high] = &mut sums.as_chunks_mut::<2>().0[place * wide + f];
                transposed::<S, 0>(s, left, right, columns(filters, f), low);
                transposed::<S, ROWS>(s, left, right, columns(filters, f), high);
            }
        }
    }
}

/// As many rows and vectors at a time as the processor has registers for, of the columns that are asked for.
#[inline(always)]
fn all<S: Simd, const LEN: usize, const ROW: usize, const TERM: usize, const FROM: usize>(
    s: S,
    a: &[[f32; LEN]],
    b: &[[f32; RIGHT]],
    columns: usize,
    sums: &mut Block,
    add: bool,
) {
    if S::F32_LANES == 16 {
        if columns <= 16 {
            return part::<S, ROWS, 1, LEN, ROW, TERM, FROM>(s, a, b, sums, [0, 0], add);
        }
        return part::<S, ROWS, 2, LEN, ROW, TERM, FROM>(s, a, b, sums, [0, 0], add);
    }
    for row in (0..ROWS).step_by(4) {
        for vector in (0..columns.div_ceil(S::F32_LANES)).step_by(2) {
            part::<S, 4, 2, LEN, ROW, TERM, FROM>(s, a, b, sums, [row, vector], add);
        }
    }
}

/// The sums of M rows and N vectors.
#[inline(always)]
fn part<
    S: Simd,
    const M: usize,
    const N: usize,
    const LEN: usize,
    const ROW: usize,
    const TERM: usize,
    const FROM: usize,
>(
    s: S,
    a: &[[f32; LEN]],
    b: &[[f32; RIGHT]],
    sums: &mut Block,
    [row, vector]: [usize; 2],
    add: bool,
) {
    let mut held = [[s.splat_f32s(0.0); N]; M];
    let (sums, _) = S::as_mut_simd_f32s(sums);
    let each = WIDE / S::F32_LANES;
    if add {
        for i in 0..M {
            for j in 0..N {
                held[i][j] = sums[(row + i) * each + vector + j];
            }
        }
    }
    for (a, b) in a.iter().zip(b) {
        let (b, _) = S::as_simd_f32s(b);
        for k in 0..DEPTH {
            let mut right = [s.splat_f32s(0.0); N];
            for j in 0..N {
                right[j] = b[k * each + vector + j];
            }
            for i in 0..M {
                let left = s.splat_f32s(a[(row + i) * ROW + k * TERM + FROM]);
                for j in 0..N {
                    held[i][j] = s.mul_add_e_f32s(left, right[j], held[i][j]);
                }
            }
        }
    }
    for i in 0..M {
        for j in 0..N {
            sums[(row + i) * each + vector + j] = held[i][j];
        }
    }
}
