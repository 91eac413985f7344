//! Whether the innovation covariance of moment matching is one: its least eigenvalue.

use crate::{ConditionalCovariance, GuidanceError};
use equipoise_denoiser::{DenoiserError, Linearised, Tape};
use equipoise_field::{Real, each, sum};
use equipoise_observation::Observed;
use equipoise_schedule::Level;
use equipoise_stream::Stream;

/// Change of the least value, relative to the largest, below which it is taken as found, three times on end.
const SETTLED: f64 = 1e-4;
/// Roundings of a number of the size of the largest value that products may be off by.
const ROUNDINGS: f64 = 64.0;
/// A new direction shorter than this, relative to the largest value, has nothing left to say.
const EXHAUSTED: f64 = 1e-10;

/// What Lanczos' iteration found of the symmetric part of M = s²I + A C Aᵀ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Definiteness {
    /// The least Ritz value, vᵀMv of some unit v: the least eigenvalue is no larger.
    pub least: f64,
    /// The largest.
    pub largest: f64,
    /// Products with M.
    pub iterations: usize,
    /// Whether `least` no longer moved; below −`rounding` it need not.
    pub settled: bool,
    /// How far below zero the least value of a positive M may come out: 64 roundings, in the precision of the
    /// fields, of its largest absolute value.
    pub rounding: f64,
}

impl Definiteness {
    /// Whether a direction of negative curvature was found, by more than rounding, which is proof. An M whose least
    /// eigenvalue is closer to zero than that is not told from a positive one.
    pub fn is_indefinite(&self) -> bool {
        self.least < -self.rounding
    }
}

impl<R: Real> ConditionalCovariance<R> {
    /// The extremes of the symmetric part of s²I + A C Aᵀ at the state x_t of one member, by Lanczos' iteration
    /// with full orthogonalisation (Golub & Van Loan, *Matrix Computations*, 10.1), from a start of `stream`.
    /// It ends with a direction of negative curvature, when the least value no longer moves, or after `iterations`
    /// products, each one vjp and, of (σ²/μ)Jᵀ, one jvp. Keeps as many vectors of N numbers.
    ///
    /// # Errors
    /// [`GuidanceError::Length`] unless x_t is a field of the observation's length; the denoiser's, among them
    /// [`DenoiserError::Unknown`] of one without J v.
    pub fn definiteness(
        &self,
        observation: &Observed<R>,
        x_t: &[R],
        level: Level,
        iterations: usize,
        stream: Stream,
    ) -> Result<Definiteness, GuidanceError> {
        let (dim, count) = (observation.dim(), observation.count());
        crate::guide::fit(1, dim, &[("x_t", x_t.len()), ("x_hat", self.denoiser().dim())])?;
        let (mut x_hat, mut tape) = (vec![R::zero(); dim], Tape::new());
        let mut local = self.denoiser().linearise(x_t, level, &mut x_hat, &mut tape)?;
        let [mut spread, mut made, mut other] =
            [const { Vec::new() }; 3].map(|_: Vec<R>| vec![R::zero(); dim]);
        let product = |v: &[R], out: &mut [R]| {
            observation.pull_back(&x_hat, v, &mut spread);
            self.symmetric(&mut *local, level, &spread, [&mut made, &mut other])?;
            observation.push_forward(&x_hat, &made, out);
            observation.add_noise(v, out);
            Ok(())
        };
        extremes(stream.normal(0, count), iterations, product)
    }

    /// The first of `out` ← ½(C + Cᵀ)v.
    fn symmetric(
        &self,
        local: &mut (dyn Linearised<R> + '_),
        level: Level,
        v: &[R],
        [out, other]: [&mut [R]; 2],
    ) -> Result<(), DenoiserError> {
        self.apply(local, level, v, out)?;
        if let Self::Jacobian(_) = self {
            local.jvp(v, other)?;
            let (half, scale) = (R::narrow(0.5), R::narrow(level.sigma * level.sigma / level.mu));
            each::update1(out, other, |a, b| half * (a + scale * b));
        }
        Ok(())
    }
}

/// Lanczos' iteration on a symmetric `product`.
fn extremes<R: Real>(
    start: Vec<R>,
    iterations: usize,
    mut product: impl FnMut(&[R], &mut [R]) -> Result<(), GuidanceError>,
) -> Result<Definiteness, GuidanceError> {
    let (mut diagonal, mut beside, mut basis) = (Vec::new(), Vec::new(), Vec::new());
    let mut found =
        Definiteness { least: f64::INFINITY, largest: 0.0, iterations: 0, settled: false, rounding: 0.0 };
    let (mut next, mut quiet) = (scaled(start), 0);
    while found.iterations < iterations && !next.is_empty() {
        let mut out = vec![R::zero(); next.len()];
        product(&next, &mut out)?;
        diagonal.push(sum::dot(&next, &out));
        basis.push(next);
        // Twice is enough (Parlett, The Symmetric Eigenvalue Problem, 6.9).
        for v in basis.iter().chain(&basis) {
            let along = R::narrow(sum::dot(v, &out));
            each::update1(&mut out, v, |o, v| o - along * v);
        }
        let (least, largest) = ends(&diagonal, &beside);
        let moved = found.least - least;
        let (length, size) = (sum::norm(&out), largest.abs().max(least.abs()));
        let (iterations, rounding) = (found.iterations + 1, ROUNDINGS * R::epsilon().wide() * size);
        found = Definiteness { least, largest, iterations, settled: false, rounding };
        quiet = if moved <= SETTLED * size { quiet + 1 } else { 0 };
        found.settled = quiet == 3 || length <= EXHAUSTED * size;
        if found.settled || found.is_indefinite() || !length.is_finite() {
            break;
        }
        beside.push(length);
        next = scaled(out);
    }
    Ok(found)
}

/// A vector of unit length; none where it has no direction.
fn scaled<R: Real>(mut v: Vec<R>) -> Vec<R> {
    let norm = sum::norm(&v);
    if !(norm.is_finite() && norm > 0.0) {
        return Vec::new();
    }
    let over = R::narrow(1.0 / norm);
    each::update(&mut v, |v| over * v);
    v
}

/// The least and the largest eigenvalue of a symmetric tridiagonal matrix, by counting the negative pivots of
/// T − θI and halving between Gershgorin's bounds (Golub & Van Loan, 8.4).
fn ends(diagonal: &[f64], beside: &[f64]) -> (f64, f64) {
    let reach = |i: usize| {
        let of = |k: Option<usize>| k.and_then(|k| beside.get(k)).copied().unwrap_or(0.0);
        of(i.checked_sub(1)) + of(Some(i))
    };
    let bounds = diagonal.iter().enumerate().map(|(i, d)| (d - reach(i), d + reach(i)));
    let (low, high) = bounds.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), (l, h)| (a.min(l), b.max(h)));
    let below = |theta: f64| {
        let mut pivot = 1.0;
        let negative = |(i, d): (usize, &f64)| {
            let square = if i == 0 { 0.0 } else { beside[i - 1].powi(2) };
            pivot = d - theta - square / if pivot == 0.0 { f64::MIN_POSITIVE } else { pivot };
            usize::from(pivot < 0.0)
        };
        diagonal.iter().enumerate().map(negative).sum::<usize>()
    };
    let halve = |wanted: usize| {
        let (mut low, mut high) = (low, high);
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if below(middle) >= wanted { high = middle } else { low = middle }
        }
        0.5 * (low + high)
    };
    (halve(1), halve(diagonal.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the second difference of 30 points, 2 − 2cos(πk/31), by the matrix itself and by the iteration; and of
    /// it shifted below zero.
    #[test]
    fn the_second_difference_has_its_extremes() {
        let exact = |k: f64| 2.0 - 2.0 * (std::f64::consts::PI * k / 31.0).cos();
        let (least, largest) = ends(&[2.0; 30], &[1.0; 29]);
        assert!((least - exact(1.0)).abs() < 1e-12 && (largest - exact(30.0)).abs() < 1e-12);
        let found = |shift: f64| {
            let product = |v: &[f64], out: &mut [f64]| {
                let at = |i: Option<usize>| i.and_then(|i| v.get(i)).copied().unwrap_or(0.0);
                (0..30).for_each(|i| out[i] = (2.0 + shift) * v[i] - at(i.checked_sub(1)) - at(Some(i + 1)));
                Ok(())
            };
            extremes(Stream::new("start").normal(0, 30), 60, product).unwrap()
        };
        let plain = found(0.0);
        assert!(plain.settled && !plain.is_indefinite() && plain.least < exact(1.0) + 0.02, "{plain:?}");
        assert!(plain.largest > 3.9 && plain.least >= exact(1.0) - 1e-12, "{plain:?}");
        let shifted = found(-0.5);
        assert!(shifted.is_indefinite() && shifted.iterations < 20, "{shifted:?}");
    }

    /// Σ_ij = 100 cos(i − j), of rank two, plus 10⁻⁸I has no eigenvalue below 10⁻⁸; its products in single
    /// precision have some, which prove nothing. Less 0.1 it is indefinite.
    #[test]
    fn rounding_is_no_proof() {
        let found = |shift: f64| {
            let product = |v: &[f32], out: &mut [f32]| {
                let entry = |i: usize, j: usize| 100.0 * (i as f64 - j as f64).cos();
                for (i, out) in out.iter_mut().enumerate() {
                    let row: Vec<f32> = (0..v.len()).map(|j| entry(i, j) as f32).collect();
                    *out = sum::dot(&row, v) as f32 + shift as f32 * v[i];
                }
                Ok(())
            };
            extremes(Stream::new("start").normal(0, 120), 60, product).unwrap()
        };
        let positive = found(1e-8);
        assert!(positive.least < 0.0 && !positive.is_indefinite(), "{positive:?}");
        let shifted = found(-0.1);
        assert!(shifted.is_indefinite(), "{shifted:?}");
    }
}
