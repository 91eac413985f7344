//! What was observed: y = A x + s η.

use crate::GuidanceError;
use equipoise_field::{Real, each};
use equipoise_innovation::NoiseVariance;
use equipoise_operator::{LinearOperator, Selection, Subsample};
use std::sync::Arc;

/// Observed values with their operator and noise.
#[derive(Clone)]
pub struct Observation<R: Real> {
    values: Vec<R>,
    operator: Arc<dyn LinearOperator<R>>,
    noise: NoiseVariance,
    lattice: Option<Subsample>,
}

impl<R: Real> Observation<R> {
    /// y, A and s².
    ///
    /// # Errors
    /// [`GuidanceError::Length`] unless y has the operator's N entries.
    pub fn new(
        values: Vec<R>,
        operator: Arc<dyn LinearOperator<R>>,
        noise: NoiseVariance,
    ) -> Result<Self, GuidanceError> {
        if values.len() != operator.len_out() {
            let (found, expected) = (values.len(), operator.len_out());
            return Err(GuidanceError::Length { what: "y", found, expected });
        }
        let lattice = match operator.selection() {
            Selection::Lattice { shape, stride } => Subsample::new(shape, stride).ok(),
            _ => None,
        };
        Ok(Self { values, operator, noise, lattice })
    }

    /// y.
    pub fn values(&self) -> &[R] {
        &self.values
    }

    /// A.
    pub fn operator(&self) -> &Arc<dyn LinearOperator<R>> {
        &self.operator
    }

    /// s².
    pub fn noise(&self) -> &NoiseVariance {
        &self.noise
    }

    /// N.
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// out = r = y − A x̂.
    pub(crate) fn residual(&self, x_hat: &[R], out: &mut [R]) {
        self.operator.apply(x_hat, out);
        each::update1(out, &self.values, |a, y| y - a);
    }

    /// out += diag(s²) v.
    pub(crate) fn add_noise(&self, v: &[R], out: &mut [R]) {
        out.iter_mut().zip(v).enumerate().for_each(|(i, (o, &v))| *o += R::narrow(self.noise.at(i)) * v);
    }

    /// The regular subsampling that A is, if it is one.
    pub fn lattice(&self) -> Option<Subsample> {
        self.lattice
    }
}
