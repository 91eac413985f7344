//! The products of a tile, compiled for the machine's vectors.
//!
//! Fields are `R`, sums over coefficients `f64`: products with V add up to [`TOGETHER`] terms in `R`.

use super::tile::{LANES, Lane};
use equipoise_field::Real;
use equipoise_schedule::Level;
use pulp::{Simd, WithSimd};

/// Coefficients whose products add up in `R`.
const TOGETHER: usize = 128;

/// a·b + c, in one rounding where the machine has it.
#[inline(always)]
pub(super) fn fused<S: Simd, R: Real>(a: R, b: R, c: R) -> R {
    if S::IS_SCALAR { a * b + c } else { a.mul_add(b, c) }
}

impl<R: Real> Lane<R> {
    /// Adds a b.
    #[inline(always)]
    pub(super) fn add_product<S: Simd>(&mut self, a: &Self, b: &Self) {
        for l in 0..LANES {
            self.re[l] = fused::<S, R>(a.re[l], b.re[l], self.re[l]);
        }
        for l in 0..LANES {
            self.im[l] = fused::<S, R>(a.re[l], b.im[l], self.im[l]);
        }
        for l in 0..LANES {
            self.re[l] = fused::<S, R>(-a.im[l], b.im[l], self.re[l]);
        }
        for l in 0..LANES {
            self.im[l] = fused::<S, R>(a.im[l], b.re[l], self.im[l]);
        }
    }

    /// Adds conj(a) b.
    #[inline(always)]
    pub(super) fn add_conjugate_product<S: Simd>(&mut self, a: &Self, b: &Self) {
        for l in 0..LANES {
            self.re[l] = fused::<S, R>(a.re[l], b.re[l], self.re[l]);
        }
        for l in 0..LANES {
            self.im[l] = fused::<S, R>(a.re[l], b.im[l], self.im[l]);
        }
        for l in 0..LANES {
            self.re[l] = fused::<S, R>(a.im[l], b.im[l], self.re[l]);
        }
        for l in 0..LANES {
            self.im[l] = fused::<S, R>(-a.im[l], b.re[l], self.im[l]);
        }
    }

    /// Every part times a number of its own.
    #[inline(always)]
    pub(super) fn scaled(&self, by: &[R; LANES]) -> Self {
        let mut out = *self;
        for l in 0..LANES {
            out.re[l] *= by[l];
            out.im[l] *= by[l];
        }
        out
    }

    #[inline(always)]
    pub(super) fn wide(&self) -> Lane<f64> {
        Lane { re: self.re.map(Real::wide), im: self.im.map(Real::wide) }
    }
}

impl Lane<f64> {
    pub(super) fn narrow<R: Real>(&self) -> Lane<R> {
        Lane { re: self.re.map(R::narrow), im: self.im.map(R::narrow) }
    }
}

/// Adds Re(conj(a) b).
#[inline(always)]
fn add_inner<S: Simd>(sum: &mut [f64; LANES], a: &Lane<f64>, b: &Lane<f64>) {
    for l in 0..LANES {
        sum[l] = fused::<S, f64>(a.re[l], b.re[l], fused::<S, f64>(a.im[l], b.im[l], sum[l]));
    }
}

/// What the coefficients are multiplied by at one level, each with a number of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Gains<R> {
    /// j = μλ/(μ²λ + σ²).
    pub(super) jacobian: Vec<[R; LANES]>,
    /// (1 − μj)/σ = σ/(μ²λ + σ²).
    pub(super) prior: Vec<[R; LANES]>,
}

/// Fills gains for a level.
pub(super) struct SetGains<'a, R> {
    pub(super) level: Level,
    pub(super) lambda: &'a [[f64; LANES]],
    pub(super) gains: &'a mut Gains<R>,
}

impl<R: Real> WithSimd for SetGains<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Level { mu, sigma } = self.level;
        let Gains { jacobian, prior } = self.gains;
        for ((lambda, j), prior) in self.lambda.iter().zip(jacobian).zip(prior) {
            for l in 0..LANES {
                let over = 1.0 / (mu * mu * lambda[l] + sigma * sigma);
                j[l] = R::narrow(mu * lambda[l] * over);
                prior[l] = R::narrow(sigma * over);
            }
        }
    }
}

/// seen = V (j ∘ x).
pub(super) struct See<'a, R> {
    pub(super) vectors: &'a [Lane<R>],
    pub(super) jacobian: &'a [[R; LANES]],
    pub(super) state: &'a [Lane<R>],
    /// T·C numbers of the kernel's own.
    pub(super) part: &'a mut [Lane<R>],
    pub(super) seen: &'a mut [Lane<f64>],
}

impl<R: Real> See<'_, R> {
    /// Adds N coefficients to `part`.
    #[inline(always)]
    fn add<S: Simd, const N: usize>(&mut self, at: usize) {
        let planes = self.part.len();
        let vectors = &self.vectors[at * planes..(at + N) * planes];
        let mut x = [Lane::<R>::zero(); N];
        for n in 0..N {
            x[n] = self.state[at + n].scaled(&self.jacobian[at + n]);
        }
        for p in 0..planes {
            let mut sum = self.part[p];
            for n in 0..N {
                sum.add_product::<S>(&vectors[n * planes + p], &x[n]);
            }
            self.part[p] = sum;
        }
    }
}

impl<R: Real> WithSimd for See<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        self.seen.fill(Lane::zero());
        let len = self.state.len();
        for first in (0..len).step_by(TOGETHER) {
            self.part.fill(Lane::zero());
            let end = len.min(first + TOGETHER);
            let pairs = first + (end - first) / 2 * 2;
            for at in (first..pairs).step_by(2) {
                self.add::<S, 2>(at);
            }
            if pairs < end {
                self.add::<S, 1>(pairs);
            }
            for (seen, part) in self.seen.iter_mut().zip(&*self.part) {
                for l in 0..LANES {
                    seen.re[l] += part.re[l].wide();
                    seen.im[l] += part.im[l].wide();
                }
            }
        }
    }
}

/// ‖ε̂‖², ‖σg‖² and ⟨ε̂, σg⟩ of every lane.
pub(super) type LaneNorms = [[f64; LANES]; 3];

/// pull = σ j ∘ (Vᴴ w), and the norms.
pub(super) struct Unsee<'a, R> {
    pub(super) vectors: &'a [Lane<R>],
    pub(super) gains: &'a Gains<R>,
    pub(super) sigma: R,
    pub(super) state: &'a [Lane<R>],
    pub(super) weighted: &'a [Lane<R>],
    pub(super) pull: &'a mut [Lane<R>],
}

impl<R: Real> Unsee<'_, R> {
    /// N coefficients.
    #[inline(always)]
    fn set<S: Simd, const N: usize>(&mut self, at: usize, norms: &mut LaneNorms) {
        let planes = self.weighted.len();
        let vectors = &self.vectors[at * planes..(at + N) * planes];
        let mut pull = [Lane::<R>::zero(); N];
        for p in 0..planes {
            let weighted = self.weighted[p];
            for n in 0..N {
                pull[n].add_conjugate_product::<S>(&vectors[n * planes + p], &weighted);
            }
        }
        for n in 0..N {
            let scale = self.gains.jacobian[at + n].map(|j| self.sigma * j);
            let pull = pull[n].scaled(&scale);
            self.pull[at + n] = pull;
            // An exploding state has squares beyond the range of f32.
            let pull = pull.wide();
            let prior = self.state[at + n].wide().scaled(&self.gains.prior[at + n].map(Real::wide));
            let [own, pulled, product] = norms;
            add_inner::<S>(own, &prior, &prior);
            add_inner::<S>(pulled, &pull, &pull);
            add_inner::<S>(product, &prior, &pull);
        }
    }
}

impl<R: Real> WithSimd for Unsee<'_, R> {
    type Output = LaneNorms;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) -> LaneNorms {
        let mut norms = LaneNorms::default();
        let len = self.state.len();
        let pairs = len / 2 * 2;
        for at in (0..pairs).step_by(2) {
            self.set::<S, 2>(at, &mut norms);
        }
        if pairs < len {
            self.set::<S, 1>(pairs, &mut norms);
        }
        norms
    }
}

/// x ← keep · x + along · (ε̂ − factor · σg); ‖x‖² of every lane.
pub(super) struct Advance<'a, R> {
    pub(super) prior: &'a [[R; LANES]],
    pub(super) keep: R,
    pub(super) along: R,
    pub(super) factor: R,
    pub(super) pull: &'a [Lane<R>],
    pub(super) state: &'a mut [Lane<R>],
}

impl<R: Real> WithSimd for Advance<'_, R> {
    type Output = [f64; LANES];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f64; LANES] {
        let mut square = [0.0; LANES];
        let by = -self.along * self.factor;
        for ((x, g), prior) in self.state.iter_mut().zip(self.pull).zip(self.prior) {
            let mut next = x.scaled(&prior.map(|prior| self.keep + self.along * prior));
            for l in 0..LANES {
                next.re[l] = fused::<S, R>(by, g.re[l], next.re[l]);
                next.im[l] = fused::<S, R>(by, g.im[l], next.im[l]);
            }
            *x = next;
            let next = next.wide();
            add_inner::<S>(&mut square, &next, &next);
        }
        square
    }
}

/// x ← x − scale · z; ‖x‖² of every lane.
pub(super) struct Kick<'a, R> {
    pub(super) scale: R,
    pub(super) noise: &'a [Lane<R>],
    pub(super) state: &'a mut [Lane<R>],
}

impl<R: Real> WithSimd for Kick<'_, R> {
    type Output = [f64; LANES];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f64; LANES] {
        let mut square = [0.0; LANES];
        for (x, z) in self.state.iter_mut().zip(self.noise) {
            for l in 0..LANES {
                x.re[l] = fused::<S, R>(-self.scale, z.re[l], x.re[l]);
                x.im[l] = fused::<S, R>(-self.scale, z.im[l], x.im[l]);
            }
            let next = x.wide();
            add_inner::<S>(&mut square, &next, &next);
        }
        square
    }
}
