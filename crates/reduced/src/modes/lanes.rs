//! The eight lanes of a row in the vectors of the machine at hand.
//!
//! No closure stands between a kernel and an instruction: one that the compiler chose not to inline would
//! be compiled for the plainest machine.

use equipoise_stream::LANES;
use pulp::Simd;

/// One number of every lane.
pub(crate) type Row = [f64; LANES];

/// A row in registers: as many vectors as it takes, the others zero and never touched.
#[derive(Clone, Copy)]
pub(super) struct Lanes<S: Simd>([S::f64s; LANES]);

/// Arithmetic on rows, rounded as written whatever the vectors' width.
#[derive(Clone, Copy)]
pub(super) struct Vectors<S>(pub(super) S);

/// A row of `$value` for every vector `$h`.
macro_rules! each {
    ($self:ident, $h:ident, $value:expr) => {{
        let mut lanes = [$self.0.splat_f64s(0.0); LANES];
        let mut $h = 0;
        while $h < LANES / S::F64_LANES {
            lanes[$h] = $value;
            $h += 1;
        }
        Lanes(lanes)
    }};
}

impl<S: Simd> Vectors<S> {
    #[inline(always)]
    pub(super) fn splat(self, value: f64) -> Lanes<S> {
        each!(self, h, self.0.splat_f64s(value))
    }

    #[inline(always)]
    pub(super) fn load(self, row: &Row) -> Lanes<S> {
        let vectors = S::as_simd_f64s(row).0;
        each!(self, h, vectors[h])
    }

    #[inline(always)]
    pub(super) fn store(self, row: &mut Row, lanes: Lanes<S>) {
        S::as_mut_simd_f64s(row).0.copy_from_slice(&lanes.0[..LANES / S::F64_LANES]);
    }

    #[inline(always)]
    pub(super) fn row(self, lanes: Lanes<S>) -> Row {
        let mut row = [0.0; LANES];
        self.store(&mut row, lanes);
        row
    }

    #[inline(always)]
    pub(super) fn rows(self, [a, b, c]: [Lanes<S>; 3]) -> [Row; 3] {
        [self.row(a), self.row(b), self.row(c)]
    }

    #[inline(always)]
    pub(super) fn sub(self, a: Lanes<S>, b: Lanes<S>) -> Lanes<S> {
        each!(self, h, self.0.sub_f64s(a.0[h], b.0[h]))
    }

    #[inline(always)]
    pub(super) fn mul(self, a: Lanes<S>, b: Lanes<S>) -> Lanes<S> {
        each!(self, h, self.0.mul_f64s(a.0[h], b.0[h]))
    }

    /// a b + c, rounded once.
    #[inline(always)]
    pub(super) fn mul_add(self, a: Lanes<S>, b: Lanes<S>, c: Lanes<S>) -> Lanes<S> {
        each!(self, h, self.0.mul_add_f64s(a.0[h], b.0[h], c.0[h]))
    }

    #[inline(always)]
    pub(super) fn root(self, a: Lanes<S>) -> Lanes<S> {
        each!(self, h, self.0.sqrt_f64s(a.0[h]))
    }
}
