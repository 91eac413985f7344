//! Conjugate gradients on S, for every pair of prior and operator that no direct method serves.

use crate::circulant::{Circulant, Preconditioner};
use crate::{InnovationError, Result};
use equipoise_field::Real;
use equipoise_observation::{Breakdown, ConjugateGradients, Solved};

/// out = S v.
type Product<'a, R> = &'a dyn Fn(&[R], &mut [R]) -> Result<()>;

/// The preconditioner for one f.
pub(crate) struct Iterative<R: Real> {
    preconditioner: Option<Preconditioner<R>>,
}

impl<R: Real> Iterative<R> {
    pub(crate) fn new(circulant: Option<&Circulant<R>>, f: &dyn Fn(f64) -> f64) -> Result<Self> {
        Ok(Self { preconditioner: circulant.map(|c| c.preconditioner(f)).transpose()? })
    }

    fn precondition(&self, r: &[R], z: &mut [R]) {
        match &self.preconditioner {
            Some(p) => p.apply(r, z),
            None => z.copy_from_slice(r),
        }
    }

    /// z = S⁻¹r.
    pub(crate) fn solve(&self, product: Product<'_, R>, r: &[R], z: &mut [R]) -> Result<Solved> {
        let precondition = |r: &[R], z: &mut [R]| self.precondition(r, z);
        let descent = ConjugateGradients::default().solve_preconditioned(product, precondition, r, z)?;
        match descent.breakdown {
            None => Ok(descent.solved),
            Some(Breakdown { iteration, curvature, .. }) => {
                Err(InnovationError::Indefinite { iteration, curvature })
            }
        }
    }
}
