//! Conjugate gradients on S, for every pair of prior and operator that no direct method serves.

use crate::circulant::{Circulant, Preconditioner};
use crate::{InnovationError, Solved};
use equipoise_field::{Real, each, sum};

/// Iterations after which a solve stops and reports its residual.
const LIMIT: usize = 1000;
/// Relative residual asked for in `f64`.
const TOLERANCE: f64 = 1e-10;

/// out = S v.
type Product<'a, R> = &'a dyn Fn(&[R], &mut [R]) -> Result<(), InnovationError>;

/// The preconditioner for one f.
pub(crate) struct Iterative<R: Real> {
    preconditioner: Option<Preconditioner<R>>,
}

/// The relative residual at which iterations in `R` stop: rounding bounds what they can reach.
fn tolerance<R: Real>() -> f64 {
    TOLERANCE.max(64.0 * R::epsilon().wide())
}

impl<R: Real> Iterative<R> {
    pub(crate) fn new(
        circulant: Option<&Circulant<R>>,
        f: &dyn Fn(f64) -> f64,
    ) -> Result<Self, InnovationError> {
        Ok(Self { preconditioner: circulant.map(|c| c.preconditioner(f)).transpose()? })
    }

    fn precondition(&self, r: &[R], z: &mut [R]) {
        match &self.preconditioner {
            Some(p) => p.apply(r, z),
            None => z.copy_from_slice(r),
        }
    }

    /// z = S⁻¹r from a zero start (Hestenes & Stiefel 1952), scalars in `f64`.
    pub(crate) fn solve(
        &self,
        product: Product<'_, R>,
        r: &[R],
        z: &mut [R],
    ) -> Result<Solved, InnovationError> {
        z.fill(R::zero());
        let scale = sum::norm(r);
        if scale == 0.0 {
            return Ok(Solved { iterations: 0, residual: Some(0.0) });
        }
        let mut rest = r.to_vec();
        let mut search = vec![R::zero(); r.len()];
        let (mut along, mut image) = (vec![R::zero(); r.len()], vec![R::zero(); r.len()]);
        let mut power = 0.0;
        let mut residual = 1.0;
        for iteration in 0..LIMIT {
            self.precondition(&rest, &mut along);
            let next = sum::dot(&rest, &along);
            let turn = R::narrow(if iteration == 0 { 0.0 } else { next / power });
            power = next;
            each::update1(&mut search, &along, |d, z| z + turn * d);
            product(&search, &mut image)?;
            let curvature = sum::dot(&search, &image);
            if curvature <= 0.0 || !curvature.is_finite() {
                return Err(InnovationError::Indefinite { iteration, curvature });
            }
            let step = R::narrow(power / curvature);
            each::update1(z, &search, |z, d| z + step * d);
            each::update1(&mut rest, &image, |r, i| r - step * i);
            residual = sum::norm(&rest) / scale;
            if residual <= tolerance::<R>() {
                return Ok(Solved { iterations: iteration + 1, residual: Some(residual) });
            }
        }
        Ok(Solved { iterations: LIMIT, residual: Some(residual) })
    }
}
