//! What the coordinates of a class are to the modes: the axes that both classes of one operator share.
//!
//! G = UᵀP_1U and UᵀP_0U = I − G have the same eigenvectors V. In the coordinates c̃ = Vᵀc a class along
//! them meets each of its axes in one number, the root of its eigenvalue, and no matrix is left between
//! the classes and c̃; what is diagonal over the modes becomes Vᵀ diag(d) V instead.

use super::lanes::{Lanes, Row, Vectors};
use super::tiles::{Tiles, scale};
use equipoise_stream::LANES;
use ndarray::Array2;
use pulp::Simd;

/// Modes up to which Vᵀ diag(d) V is written out at each level: it costs r³ once, and saves every eight
/// members two of four products of r².
const FORMED: usize = 32;

/// M̃ = VᵀM of one class, r × b.
#[derive(Clone, Debug)]
pub(crate) enum Coupling {
    /// Coordinate i lies along axis `first` + i, and meets it in `roots[i]`.
    Along { first: usize, roots: Vec<f64> },
    /// Any other, and its transpose.
    Dense([Tiles; 2]),
}

impl Coupling {
    pub(crate) fn dense(matrix: &Array2<f64>) -> Self {
        Self::Dense([Tiles::of(matrix), Tiles::of(&matrix.t().to_owned())])
    }

    /// c ← c + M̃ s.
    #[inline(always)]
    pub(super) fn gather<S: Simd>(&self, v: Vectors<S>, alone: bool, s: &[Row], c: &mut [Row]) {
        match self {
            Self::Along { first, roots } => {
                for ((c, s), root) in c[*first..].iter_mut().zip(s).zip(roots) {
                    let sum = v.mul_add(v.splat(*root), v.load(s), v.load(c));
                    v.store(c, sum);
                }
            }
            Self::Dense([matrix, transposed]) => add_product(v, alone, [matrix, transposed], s, c),
        }
    }

    /// M̃ᵀ c, for which `room` is wide enough.
    #[inline(always)]
    pub(super) fn spread<'a, S: Simd>(
        &'a self,
        v: Vectors<S>,
        alone: bool,
        c: &'a [Row],
        room: &'a mut [Row],
    ) -> Spread<'a> {
        match self {
            Self::Along { first, roots } => Spread { roots: Some(roots), rows: &c[*first..][..roots.len()] },
            Self::Dense([matrix, transposed]) => {
                let rows = &mut room[..transposed.rows()];
                rows.fill([0.0; LANES]);
                add_product(v, alone, [transposed, matrix], c, rows);
                Spread { roots: None, rows }
            }
        }
    }
}

/// out ← out + M x, given M and Mᵀ; of the first lane alone where no other holds a member.
#[inline(always)]
fn add_product<S: Simd>(
    v: Vectors<S>,
    alone: bool,
    [matrix, transposed]: [&Tiles; 2],
    x: &[Row],
    out: &mut [Row],
) {
    if alone {
        transposed.add_transposed_alone(v, x, out);
    } else {
        matrix.add_product(v, x, out);
    }
}

/// The coordinates M̃ᵀ c of one class.
pub(super) struct Spread<'a> {
    /// What each row is yet to be multiplied with.
    roots: Option<&'a [f64]>,
    rows: &'a [Row],
}

impl Spread<'_> {
    /// Row `i`; zero beyond the coordinates.
    #[inline(always)]
    pub(super) fn at<S: Simd>(&self, v: Vectors<S>, i: usize) -> Lanes<S> {
        match (self.rows.get(i), self.roots) {
            (Some(row), None) => v.load(row),
            (Some(row), Some(roots)) => v.mul(v.splat(roots[i]), v.load(row)),
            (None, _) => v.splat(0.0),
        }
    }
}

/// V, and how a diagonal over the modes is applied in c̃.
#[derive(Clone, Debug)]
pub(crate) struct Axes {
    rank: usize,
    /// V and Vᵀ; none where c̃ is c.
    turn: Option<Box<[Tiles; 2]>>,
}

/// diag(d) over the modes, at one level.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spectral {
    pub(crate) d: Vec<f64>,
    /// Vᵀ diag(d) V, where it is written out.
    formed: Tiles,
}

impl Axes {
    pub(crate) fn new(rank: usize, vectors: Option<&Array2<f64>>) -> Self {
        let turn = |v: &Array2<f64>| Box::new([Tiles::of(v), Tiles::of(&v.t().to_owned())]);
        Self { rank, turn: vectors.map(turn) }
    }

    /// Writes out what is to be, once `spectral.d` is there.
    #[inline(always)]
    pub(super) fn prepare<S: Simd>(&self, v: Vectors<S>, spectral: &mut Spectral, scratch: &mut [Row]) {
        if let (Some([vectors, transposed]), true) = (self.turn.as_deref(), self.rank <= FORMED) {
            spectral.formed.form(v, transposed, &spectral.d, vectors, scratch);
        }
    }

    /// out = Vᵀ diag(d) V c. All are of length r.
    #[inline(always)]
    pub(super) fn apply<S: Simd>(
        &self,
        v: Vectors<S>,
        alone: bool,
        spectral: &Spectral,
        c: &[Row],
        out: &mut [Row],
        scratch: &mut [Row],
    ) {
        match self.turn.as_deref() {
            None => scale(v, &spectral.d, c, out),
            Some(_) if self.rank <= FORMED => spectral.formed.product(v, c, out),
            Some([vectors, transposed]) => {
                out.fill([0.0; LANES]);
                add_product(v, alone, [vectors, transposed], c, out);
                scale(v, &spectral.d, out, scratch);
                out.fill([0.0; LANES]);
                add_product(v, alone, [transposed, vectors], scratch, out);
            }
        }
    }
}
