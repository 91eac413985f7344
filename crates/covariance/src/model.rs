//! The covariance trait: an orthonormal basis, its eigenvalues, and functions of them.

use crate::{Modes, Stationary};
use equipoise_field::{Real, each, sketched, sum};

/// The largest D for which a dense covariance is accepted: 128 MiB of eigenvectors in `f64`.
pub const DENSE_LIMIT: usize = 4096;

/// A covariance Σ known by its spectrum.
pub trait Covariance<R: Real>: Send + Sync {
    /// D, the length of a field.
    fn dim(&self) -> usize;

    /// The eigenvalue λ of every resolved coefficient, in coefficient order.
    fn eigenvalues(&self) -> &[f64];

    /// λ_⊥, the eigenvalue on the complement of the resolved modes; `None` when they span the space.
    fn complement(&self) -> Option<f64>;

    /// c = Uᵀ v. Overwrites `coefficients`.
    ///
    /// # Panics
    /// If `v` is not of length D or `coefficients` not of the number of eigenvalues.
    fn analyse(&self, v: &[R], coefficients: &mut [R]);

    /// v = U c. Overwrites `v`.
    ///
    /// # Panics
    /// As [`analyse`](Self::analyse).
    fn synthesise(&self, coefficients: &[R], v: &mut [R]);

    /// The concrete model, for solvers that exploit it.
    fn structure(&self) -> Structure<'_, R>;

    /// f(Λ) − f(λ_⊥) per coefficient, with f(λ_⊥) apart.
    fn weights(&self, f: &dyn Fn(f64) -> f64) -> Weights<R> {
        let complement = self.complement().map_or(0.0, f);
        let resolved = self.eigenvalues().iter().map(|&l| R::narrow(f(l) - complement)).collect();
        Weights { resolved, complement: R::narrow(complement) }
    }

    /// out = f(Σ) v for the weights of f. One analysis, one synthesis.
    ///
    /// # Panics
    /// If a length differs from D, or the weights are another covariance's.
    fn apply(&self, weights: &Weights<R>, v: &[R], out: &mut [R]) {
        let mut c = vec![R::zero(); weights.resolved.len()];
        self.analyse(v, &mut c);
        each::update1(&mut c, &weights.resolved, |c, w| c * w);
        self.synthesise(&c, out);
        if self.complement().is_some() {
            each::update1(out, v, |o, v| o + weights.complement * v);
        }
    }

    /// tr f(Σ).
    fn trace(&self, f: &dyn Fn(f64) -> f64) -> f64 {
        let lambda = self.eigenvalues();
        let values: Vec<f64> = lambda.iter().map(|&l| f(l)).collect();
        let rest = (self.dim() - lambda.len()) as f64;
        sum::of(values.len(), |i| values[i]) + self.complement().map_or(0.0, |l| rest * f(l))
    }
}

sketched!([R: Real] dyn Covariance<R> + '_, "Covariance", |own| dim = own.dim());

/// A spectral function evaluated on one covariance's spectrum.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights<R> {
    /// f(λ_i) − f(λ_⊥), in coefficient order.
    pub resolved: Vec<R>,
    /// f(λ_⊥), zero when the basis is complete.
    pub complement: R,
}

/// The concrete form of a covariance.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Structure<'a, R: Real> {
    /// Explicit modes, low rank or dense.
    Modes(&'a Modes<R>),
    /// One Hermitian block per wavenumber of a periodic grid.
    Stationary(&'a Stationary<R>),
    /// Nothing known.
    General,
}
