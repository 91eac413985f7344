//! A stationary Gauss–Markov chain that is valid by construction.

use crate::matrix::{adjoint, conjugated, eigen, hermitian};
use crate::{Clipped, MarkovError, Number, Result};
use ndarray::{Array1, Array2};
use num_complex::Complex64;

/// By how much a covariance may differ from its adjoint, over its largest entry, and how far below zero an
/// eigenvalue may lie, over the largest one: what sums in `f64` of data in `f32` leave.
const ROUNDING: f64 = 1e-10;

/// x_{τ+1} = A x_τ + w_τ over d numbers a frame, with the same covariance C₀ of every frame.
///
/// Given are C₀ and the whitened lag-1 correlation K = C₀^{−½} Cov(x_{τ+1}, x_τ) C₀^{−½}, and
///
/// > A = C₀^½ K C₀^{−½}, Q = Cov(w) = C₀^½ (I − K Kᴴ) C₀^½,
///
/// so that A C₀ Aᴴ + Q = C₀, and Q is a covariance wherever the singular values of K are below 1. (A least-squares fit
/// of A and Q apart from each other has neither property.) C₀ may be singular: eigenvalues up to 2d·2⁻⁵² of the largest
/// count as zero, C₀^{−½} is then the pseudo-inverse, and K is taken between the remaining directions.
///
/// Complex numbers are circular: E[x xᵀ] = 0. Memory: six d × d matrices.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain<S> {
    c0: Array2<S>,
    k: Array2<S>,
    transition: Array2<S>,
    innovation: Array2<S>,
    /// C₀^½, Hermitian.
    root: Array2<S>,
    /// B with B Bᴴ = Q.
    innovation_root: Array2<S>,
}

impl<S: Number> Chain<S> {
    /// From C₀ and K, both d × d.
    ///
    /// # Errors
    /// [`MarkovError::Size`], [`MarkovError::NotFinite`], [`MarkovError::NotHermitian`] and
    /// [`MarkovError::NotPositive`] for what is no covariance, [`MarkovError::Refused`] for a singular value of 1 or
    /// more.
    pub fn new(c0: Array2<S>, k: Array2<S>) -> Result<Self> {
        Ok(Self::made(c0, k, None)?.0)
    }

    /// The same with the singular values of K cut at `limit`, and what was cut: K ← U min(S, limit) Vᴴ.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`MarkovError::Refused`] unless 0 ≤ `limit` < 1.
    pub fn clipped(c0: Array2<S>, k: Array2<S>, limit: f64) -> Result<(Self, Clipped)> {
        Self::made(c0, k, Some(limit))
    }

    /// As [`clipped`](Self::clipped), from C₀ and the covariance C₁ = Cov(x_{τ+1}, x_τ) of neighbouring frames.
    ///
    /// # Errors
    /// As [`clipped`](Self::clipped).
    pub fn of_lag(c0: Array2<S>, c1: &Array2<S>, limit: f64) -> Result<(Self, Clipped)> {
        check(&c0, c1, "lag-1 covariance C₁")?;
        let (values, vectors) = spectrum(&c0)?;
        let inverse = conjugated(&vectors, &values.mapv(inverse_root));
        Self::made(c0, inverse.dot(c1).dot(&inverse), Some(limit))
    }

    fn made(c0: Array2<S>, k: Array2<S>, limit: Option<f64>) -> Result<(Self, Clipped)> {
        check(&c0, &k, "whitened lag-1 correlation K")?;
        if let Some(found) = limit.filter(|l| !(0.0..1.0).contains(l)) {
            return Err(MarkovError::refused(
                "limit of the singular values of K",
                found,
                "at least 0 and below 1",
            ));
        }
        let c0 = hermitian(&c0);
        let (values, vectors) = spectrum(&c0)?;
        let root = conjugated(&vectors, &values.mapv(f64::sqrt));
        let inverse = conjugated(&vectors, &values.mapv(inverse_root));
        let mut k = k;
        if values.iter().any(|&l| l == 0.0) {
            let kept = conjugated(&vectors, &values.mapv(|l| if l > 0.0 { 1.0 } else { 0.0 }));
            k = kept.dot(&k).dot(&kept);
        }
        // K Kᴴ = U S² Uᴴ, and U min(S, limit) Vᴴ = U min(1, limit/S) Uᴴ K.
        let (squares, left) = eigen(&hermitian(&k.dot(&adjoint(&k))), "K Kᴴ")?;
        let mut singular = squares.mapv(|s| s.max(0.0).sqrt());
        let largest = singular.iter().fold(0.0f64, |a, &b| a.max(b));
        let mut clip = Clipped::none(limit.unwrap_or(1.0));
        (clip.of, clip.largest) = (values.len(), largest);
        clip.total = c0.diag().iter().map(|z| z.re()).sum();
        match limit {
            None if largest >= 1.0 => {
                let (what, found) =
                    ("whitened lag-1 correlation K", format!("a singular value of {largest}"));
                let expected = "all below 1; clip it (`Chain::clipped`), or no Q is a covariance";
                return Err(MarkovError::refused(what, found, expected));
            }
            Some(limit) if largest > limit => {
                k = conjugated(&left, &singular.mapv(|s| if s > limit { limit / s } else { 1.0 })).dot(&k);
                for (i, s) in singular.iter_mut().enumerate().filter(|(_, s)| **s > limit) {
                    let u = left.column(i).to_owned();
                    let spread = c0.dot(&u);
                    clip.variance += u.iter().zip(&spread).map(|(u, c)| (u.conj() * *c).re()).sum::<f64>();
                    clip.count += 1;
                    *s = limit;
                }
            }
            _ => {}
        }
        let transition = root.dot(&k).dot(&inverse);
        let innovation_root = root.dot(&conjugated(&left, &singular.mapv(|s| (1.0 - s * s).sqrt())));
        let innovation = hermitian(&innovation_root.dot(&adjoint(&innovation_root)));
        Ok((Self { c0, k, transition, innovation, root, innovation_root }, clip))
    }

    /// d, the numbers of a frame.
    pub fn dim(&self) -> usize {
        self.c0.nrows()
    }

    /// C₀ = Cov(x_τ).
    pub fn c0(&self) -> &Array2<S> {
        &self.c0
    }

    /// K, after clipping and between the directions that C₀ has.
    pub fn k(&self) -> &Array2<S> {
        &self.k
    }

    /// A.
    pub fn transition(&self) -> &Array2<S> {
        &self.transition
    }

    /// Q = Cov(w_τ).
    pub fn innovation(&self) -> &Array2<S> {
        &self.innovation
    }

    /// C₀^½, Hermitian.
    pub fn root(&self) -> &Array2<S> {
        &self.root
    }

    /// B with B Bᴴ = Q.
    pub fn innovation_root(&self) -> &Array2<S> {
        &self.innovation_root
    }

    /// Cov(x_{τ+lag}, x_τ) = A^lag C₀ = C₀^½ K^lag C₀^½, by repeated squaring.
    ///
    /// # Errors
    /// [`MarkovError::Blas`] when BLAS has several threads.
    pub fn lagged(&self, lag: usize) -> Result<Array2<S>> {
        equipoise_blas::require_single_thread()?;
        let (mut power, mut square, mut left) = (self.root.clone(), self.k.clone(), lag);
        while left > 0 {
            if left % 2 == 1 {
                power = square.dot(&power);
            }
            square = square.dot(&square);
            left /= 2;
        }
        Ok(if lag == 0 { self.c0.clone() } else { self.root.dot(&power) })
    }
}

impl Chain<f64> {
    /// AR(1): one number a frame of this `variance`, neighbouring frames correlated by `rho`.
    ///
    /// # Errors
    /// [`MarkovError::Refused`] unless |ρ| < 1, [`MarkovError::NotPositive`] for a variance below 0,
    /// [`MarkovError::NotFinite`].
    pub fn scalar(rho: f64, variance: f64) -> Result<Self> {
        Self::new(Array2::from_elem((1, 1), variance), Array2::from_elem((1, 1), rho))
    }
}

impl Chain<Complex64> {
    /// The chain of the 2d real numbers (√2 Re x, √2 Im x).
    ///
    /// These are the numbers of the packed transform of a real field at a pair of wavenumbers k, −k
    /// (`equipoise_covariance::Spectrum`): orthonormal, so that their variances sum to that of both.
    pub fn real(&self) -> Chain<f64> {
        Chain {
            c0: real(&self.c0),
            k: real(&self.k),
            transition: real(&self.transition),
            innovation: real(&self.innovation),
            root: real(&self.root),
            innovation_root: real(&self.innovation_root),
        }
    }
}

/// ((Re M, −Im M), (Im M, Re M)): products and adjoints go over into products and transposes.
fn real(m: &Array2<Complex64>) -> Array2<f64> {
    let (rows, columns) = m.dim();
    Array2::from_shape_fn((2 * rows, 2 * columns), |(i, j)| {
        let z = m[[i % rows, j % columns]];
        match (i < rows, j < columns) {
            (true, true) | (false, false) => z.re,
            (true, false) => -z.im,
            (false, true) => z.im,
        }
    })
}

fn inverse_root(l: f64) -> f64 {
    if l > 0.0 { 1.0 / l.sqrt() } else { 0.0 }
}

/// The eigenvalues of a covariance, with 0 for those that rounding cannot tell from it, and its eigenvectors.
fn spectrum<S: Number>(c0: &Array2<S>) -> Result<(Array1<f64>, Array2<S>)> {
    let (values, vectors) = eigen(&hermitian(c0), "C₀")?;
    let fold = |f: fn(f64, f64) -> f64| values.iter().fold(0.0, |a, &b| f(a, b));
    let (least, largest) = (fold(f64::min), fold(f64::max));
    if least < -ROUNDING * largest {
        return Err(MarkovError::NotPositive { what: "C₀", least, largest });
    }
    let zero = 2.0 * values.len() as f64 * f64::EPSILON * largest;
    Ok((values.mapv(|l| if l > zero { l } else { 0.0 }), vectors))
}

fn check<S: Number>(c0: &Array2<S>, k: &Array2<S>, name: &'static str) -> Result<()> {
    let expected = c0.nrows();
    let sizes = [("columns of C₀", c0.ncols()), (name, k.nrows()), (name, k.ncols())];
    if let Some(&(what, found)) = sizes.iter().find(|(_, found)| *found != expected) {
        return Err(MarkovError::Size { what, found, expected });
    }
    for (what, m) in [("C₀", c0), (name, k)] {
        if let Some(index) = m.iter().position(|z| !(z.re().is_finite() && z.im().is_finite())) {
            return Err(MarkovError::NotFinite { what, index });
        }
    }
    let scale = c0.iter().fold(0.0f64, |a, z| a.max(z.abs()));
    for ((row, column), z) in c0.indexed_iter() {
        let off = (*z - c0[[column, row]].conj()).abs();
        if off > ROUNDING * scale {
            return Err(MarkovError::NotHermitian { what: "C₀", row, column, off });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
