//! A prior, an operator and a noise: what every innovation covariance of one problem shares.

use crate::dense::{DENSE_LIMIT, ObservedRows};
use crate::lattice::Lattice;
use crate::woodbury::ObservedModes;
use crate::{Innovation, Result};
use equipoise_blas::require_single_thread;
use equipoise_covariance::{Covariance, Structure};
use equipoise_field::{Length, Real, sketched};
use equipoise_observation::NoiseVariance;
use equipoise_operator::{Gram, LinearOperator, Selection};
use std::sync::Arc;

/// How systems are solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Woodbury identity in the span of the observed modes.
    Modes,
    /// Block-diagonal over the wavenumbers of the observed lattice.
    Lattice,
    /// Cholesky's factor of S written out.
    Dense,
    /// Conjugate gradients.
    Iterative,
}

/// A prior covariance Σ seen through A, with noise s².
#[derive(Clone)]
pub struct ObservedPrior<R: Real> {
    pub(crate) covariance: Arc<dyn Covariance<R>>,
    pub(crate) operator: Arc<dyn LinearOperator<R>>,
    pub(crate) noise: Arc<NoiseVariance>,
    pub(crate) shared: Shared<R>,
}

#[derive(Clone)]
pub(crate) enum Shared<R: Real> {
    Modes(Arc<ObservedModes<R>>),
    Lattice(Arc<Lattice<R>>),
    Dense(Arc<ObservedRows<R>>),
    /// With the lattice that a preconditioner is built on, if there is one.
    Iterative(Option<Arc<crate::circulant::Circulant<R>>>),
}

sketched!(
    [R: Real] ObservedPrior<R>, "ObservedPrior",
    |own| dim = own.covariance.dim(), observations = own.count()
);

impl<R: Real> ObservedPrior<R> {
    /// Finds the structure that Σ and A share and prepares what does not depend on f.
    ///
    /// Operators that have their rows at hand are written out up to N = [`DENSE_LIMIT`](crate::DENSE_LIMIT).
    /// Explicit modes cost r applications of A and an r × r Gram matrix.
    ///
    /// # Errors
    /// [`InnovationError::Length`](crate::InnovationError::Length),
    /// [`InnovationError::Observation`](crate::InnovationError::Observation);
    /// [`InnovationError::Blas`](crate::InnovationError::Blas) unless BLAS has one
    /// thread.
    pub fn new(
        covariance: Arc<dyn Covariance<R>>,
        operator: Arc<dyn LinearOperator<R>>,
        noise: NoiseVariance,
    ) -> Result<Self> {
        require_single_thread()?;
        Length::check("fields of the operator", operator.len_in(), covariance.dim())?;
        noise.check_positive(operator.len_out())?;
        let rows = operator.rows().filter(|rows| rows.count() <= DENSE_LIMIT);
        let shared = match (covariance.structure(), operator.gram(), operator.selection()) {
            (Structure::Modes(modes), Gram::Scaled(c), _) => {
                Shared::Modes(Arc::new(ObservedModes::new(modes, &*operator, c, &noise)))
            }
            (Structure::Stationary(prior), _, Selection::Lattice { shape, stride }) => {
                if Lattice::<R>::fits(shape, stride, &noise) {
                    Shared::Lattice(Arc::new(Lattice::new(prior, stride, &noise)))
                } else {
                    Shared::Iterative(Some(Arc::new(crate::circulant::Circulant::new(prior, stride, &noise))))
                }
            }
            (structure, ..) => match (structure, rows) {
                (Structure::Modes(modes), Some(rows)) => {
                    Shared::Dense(Arc::new(ObservedRows::of_modes(modes, &*operator, rows, &noise)))
                }
                (Structure::Stationary(prior), Some(rows)) => {
                    Shared::Dense(Arc::new(ObservedRows::of_stationary(prior, rows, &noise)))
                }
                _ => Shared::Iterative(None),
            },
        };
        Ok(Self { covariance, operator, noise: Arc::new(noise), shared })
    }

    /// How systems are solved.
    pub fn method(&self) -> Method {
        match self.shared {
            Shared::Modes(_) => Method::Modes,
            Shared::Lattice(_) => Method::Lattice,
            Shared::Dense(_) => Method::Dense,
            Shared::Iterative(_) => Method::Iterative,
        }
    }

    /// N.
    pub fn count(&self) -> usize {
        self.operator.len_out()
    }

    /// Σ.
    pub fn covariance(&self) -> &Arc<dyn Covariance<R>> {
        &self.covariance
    }

    /// A.
    pub fn operator(&self) -> &Arc<dyn LinearOperator<R>> {
        &self.operator
    }

    /// s².
    pub fn noise(&self) -> &NoiseVariance {
        &self.noise
    }

    /// S = diag(s²) + A f(Σ) Aᵀ, ready to be solved. f must be non-negative on the spectrum.
    ///
    /// Runs on the calling thread; the factors of several f can be made in parallel.
    ///
    /// # Errors
    /// [`InnovationError::Singular`](crate::InnovationError::Singular);
    /// [`InnovationError::Blas`](crate::InnovationError::Blas) if BLAS was given threads since.
    pub fn innovation(&self, f: &dyn Fn(f64) -> f64) -> Result<Innovation<R>> {
        Innovation::new(self, f)
    }

    /// W = A U, r × N, one observed mode after the other, where systems are solved in its span
    /// ([`Method::Modes`]).
    pub fn observed_basis(&self) -> Option<&[R]> {
        match &self.shared {
            Shared::Modes(modes) => Some(modes.basis()),
            _ => None,
        }
    }

    /// W, where there are explicit modes and it is kept.
    pub(crate) fn observed_modes(&self) -> Option<&ObservedModes<R>> {
        match &self.shared {
            Shared::Modes(modes) => Some(modes),
            Shared::Dense(rows) => rows.modes(),
            Shared::Lattice(_) | Shared::Iterative(_) => None,
        }
    }

    /// out = A f(Σ) Aᵀ r for the weights of f, through the field space.
    pub(crate) fn sandwich(&self, weights: &equipoise_covariance::Weights<R>, r: &[R], out: &mut [R]) {
        let mut field = vec![R::zero(); self.covariance.dim()];
        let mut spread = vec![R::zero(); self.covariance.dim()];
        self.operator.adjoint(r, &mut spread);
        self.covariance.apply(weights, &spread, &mut field);
        self.operator.apply(&field, out);
    }
}
