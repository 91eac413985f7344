//! One innovation covariance S, ready for products and solves.

use crate::dense::RowsFactor;
use crate::iterative::Iterative;
use crate::lattice::LatticeFactor;
use crate::observed::Shared;
use crate::woodbury::ModesFactor;
use crate::{ObservedPrior, Result};
use equipoise_blas::require_single_thread;
use equipoise_covariance::Weights;
use equipoise_field::{Length, Real, each, sketched, sum};
use equipoise_observation::Solved;
use ndarray::Array2;

/// S = diag(s²) + A f(Σ) Aᵀ.
pub struct Innovation<R: Real> {
    prior: ObservedPrior<R>,
    weights: Weights<R>,
    factor: Factor<R>,
}

enum Factor<R: Real> {
    Modes(ModesFactor),
    Lattice(LatticeFactor<R>),
    Dense(RowsFactor),
    Iterative(Iterative<R>),
}

sketched!([R: Real] Innovation<R>, "Innovation", |own| prior = own.prior);

impl<R: Real> Innovation<R> {
    pub(crate) fn new(prior: &ObservedPrior<R>, f: &dyn Fn(f64) -> f64) -> Result<Self> {
        require_single_thread()?;
        let factor = match &prior.shared {
            Shared::Modes(modes) => Factor::Modes(modes.factor(f)?),
            Shared::Lattice(lattice) => Factor::Lattice(lattice.factor(f)?),
            Shared::Dense(rows) => Factor::Dense(rows.factor(prior.count(), f)?),
            Shared::Iterative(circulant) => Factor::Iterative(Iterative::new(circulant.as_deref(), f)?),
        };
        Ok(Self { prior: prior.clone(), weights: prior.covariance.weights(f), factor })
    }

    /// out = S r, through the field space whatever the structure.
    ///
    /// # Errors
    /// [`InnovationError::Length`](crate::InnovationError::Length) unless both have length N.
    pub fn apply(&self, r: &[R], out: &mut [R]) -> Result<()> {
        self.check(r, out)?;
        self.prior.sandwich(&self.weights, r, out);
        for (i, (o, &r)) in out.iter_mut().zip(r).enumerate() {
            *o += R::narrow(self.prior.noise.at(i)) * r;
        }
        Ok(())
    }

    /// z = S⁻¹ r. Overwrites `z`.
    ///
    /// # Errors
    /// [`InnovationError::Length`](crate::InnovationError::Length),
    /// [`InnovationError::Indefinite`](crate::InnovationError::Indefinite). An iteration that stops short
    /// of its tolerance is not an error: [`Solved::residual`] says how far it came.
    pub fn solve(&self, r: &[R], z: &mut [R]) -> Result<Solved> {
        self.check(r, z)?;
        let direct = Solved { iterations: 0, residual: None };
        match (&self.factor, &self.prior.shared) {
            (Factor::Modes(factor), Shared::Modes(modes)) => {
                let _ = modes.solve(factor, r, z);
                Ok(direct)
            }
            (Factor::Lattice(factor), Shared::Lattice(lattice)) => {
                lattice.solve(factor, r, z);
                Ok(direct)
            }
            (Factor::Dense(factor), _) => {
                factor.solve(r, z);
                Ok(direct)
            }
            (Factor::Iterative(factor), _) => factor.solve(&|v, out| self.apply(v, out), r, z),
            _ => unreachable!("a factor is made for its own prior"),
        }
    }

    /// z = S⁻¹ r and c = Wᵀz for explicit modes; `None` for other structures.
    pub(crate) fn solve_modes(&self, r: &[R], z: &mut [R], c: &mut [R]) -> Result<Option<Solved>> {
        self.check(r, z)?;
        let (Factor::Modes(factor), Shared::Modes(modes)) = (&self.factor, &self.prior.shared) else {
            return Ok(None);
        };
        let seen = modes.solve(factor, r, z);
        c.iter_mut().zip(seen).for_each(|(c, s)| *c = R::narrow(s));
        Ok(Some(Solved { iterations: 0, residual: None }))
    }

    /// rᵀS⁻¹r. One solve, whose error enters to second order: with explicit modes as
    ///
    /// > min_c Σ_i (r − W c)²_i/a_i + Σ_j c_j²/d_j,
    ///
    /// elsewhere as rᵀz.
    ///
    /// # Errors
    /// As [`solve`](Self::solve).
    pub fn quadratic(&self, r: &[R]) -> Result<f64> {
        let mut z = vec![R::zero(); r.len()];
        self.check(r, &z)?;
        if let (Factor::Modes(factor), Shared::Modes(modes)) = (&self.factor, &self.prior.shared) {
            return Ok(modes.quadratic(factor, r, &mut z));
        }
        self.solve(r, &mut z)?;
        Ok(sum::dot(r, &z))
    }

    /// S⁻¹, N × N in full, where S was written out; `None` elsewhere.
    ///
    /// # Errors
    /// [`InnovationError::Singular`](crate::InnovationError::Singular).
    pub fn inverse(&self) -> Result<Option<Array2<f64>>> {
        match &self.factor {
            Factor::Dense(factor) => factor.inverse().map(Some),
            _ => Ok(None),
        }
    }

    pub(crate) fn prior(&self) -> &ObservedPrior<R> {
        &self.prior
    }

    /// ‖r − S z‖/‖r‖, by a product with S.
    ///
    /// # Errors
    /// [`InnovationError::Length`](crate::InnovationError::Length) unless both have length N.
    pub fn residual(&self, r: &[R], z: &[R]) -> Result<f64> {
        let mut product = vec![R::zero(); z.len()];
        self.apply(z, &mut product)?;
        each::update1(&mut product, r, |p, r| r - p);
        Ok(sum::norm(&product) / sum::norm(r).max(f64::MIN_POSITIVE))
    }

    /// tr(S⁻¹ A g(Σ) Aᵀ) in closed form; `None` where S is written out or solved by iteration.
    pub fn trace_of_solve(&self, g: &dyn Fn(f64) -> f64) -> Option<f64> {
        match (&self.factor, &self.prior.shared) {
            (Factor::Modes(factor), Shared::Modes(modes)) => Some(modes.trace_of_solve(factor, g)),
            (Factor::Lattice(factor), Shared::Lattice(lattice)) => Some(lattice.trace_of_solve(factor, g)),
            _ => None,
        }
    }

    fn check(&self, r: &[R], out: &[R]) -> Result<()> {
        let expected = self.prior.count();
        Length::check("r", r.len(), expected)?;
        Ok(Length::check("out", out.len(), expected)?)
    }
}
