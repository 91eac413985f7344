//! What was observed, with its operator and the variance of its noise.

use crate::{NoiseVariance, ObservationError, Result};
use equipoise_field::{Length, Real, each, sketched, sum};
use equipoise_operator::{Gram, Linear, LinearOperator, NonlinearOperator, Selection, Subsample};
use std::sync::Arc;

/// Observed values with their operator and noise.
#[derive(Clone)]
pub struct Observed<R: Real> {
    values: Vec<R>,
    operator: Arc<dyn NonlinearOperator<R>>,
    /// The same, if it was given as linear.
    linear: Option<Arc<dyn LinearOperator<R>>>,
    noise: NoiseVariance,
    lattice: Option<Subsample>,
}

impl<R: Real> Observed<R> {
    /// y, A and s².
    ///
    /// # Errors
    /// [`ObservationError::Length`] unless y has the operator's N entries, [`ObservationError::Value`] for
    /// one that is no finite number; [`ObservationError::Length`] and [`ObservationError::Noise`] unless
    /// s² is that of N observations, finite and nowhere below 0.
    pub fn new(
        values: Vec<R>,
        operator: impl LinearOperator<R> + 'static,
        noise: NoiseVariance,
    ) -> Result<Self> {
        Self::shared(values, Arc::new(operator), noise)
    }

    /// The same with an A that others hold too.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn shared(
        values: Vec<R>,
        operator: Arc<dyn LinearOperator<R>>,
        noise: NoiseVariance,
    ) -> Result<Self> {
        check(&values, operator.len_out(), &noise)?;
        let lattice = match operator.selection() {
            Selection::Lattice { shape, stride } => Subsample::new(shape, stride).ok(),
            _ => None,
        };
        let (nonlinear, linear) = (Arc::new(Linear(Arc::clone(&operator))), Some(operator));
        Ok(Self { values, operator: nonlinear, linear, noise, lattice })
    }

    /// y, s² and an A that need not be linear.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn nonlinear(
        values: Vec<R>,
        operator: Arc<dyn NonlinearOperator<R>>,
        noise: NoiseVariance,
    ) -> Result<Self> {
        check(&values, operator.len_out(), &noise)?;
        Ok(Self { values, operator, linear: None, noise, lattice: None })
    }

    /// y.
    pub fn values(&self) -> &[R] {
        &self.values
    }

    /// A, for a method that is made for a linear one.
    ///
    /// # Errors
    /// [`ObservationError::Nonlinear`], which names the method.
    pub fn linear(&self, method: &'static str) -> Result<&Arc<dyn LinearOperator<R>>> {
        self.linear.as_ref().ok_or(ObservationError::Nonlinear { method })
    }

    /// Whether A was given as linear.
    pub fn is_linear(&self) -> bool {
        self.linear.is_some()
    }

    /// s².
    pub fn noise(&self) -> &NoiseVariance {
        &self.noise
    }

    /// D, the length of the fields that A takes.
    pub fn dim(&self) -> usize {
        self.operator.len_in()
    }

    /// N.
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// out = A(x). Overwrites `out`, of length N.
    ///
    /// # Panics
    /// If a length does not fit the operator; so do the products below.
    pub fn predict(&self, x: &[R], out: &mut [R]) {
        self.operator.apply(x, out);
    }

    /// out = r = y − A(x̂). Overwrites `out`, of length N.
    pub fn residual(&self, x_hat: &[R], out: &mut [R]) {
        self.predict(x_hat, out);
        each::update1(out, &self.values, |a, y| y - a);
    }

    /// ln p(y | x) = −Σ_i (y_i − A(x)_i)²/2s_i², up to a constant; −∞ where an exact observation is
    /// missed.
    pub fn log_likelihood(&self, x: &[R]) -> f64 {
        let mut residual = vec![R::zero(); self.count()];
        self.residual(x, &mut residual);
        let term = |i: usize| match residual[i].wide() {
            0.0 => 0.0,
            r => r * r / self.noise.at(i),
        };
        -0.5 * sum::of(residual.len(), term)
    }

    /// out = A′(x̂)ᵀ v, A′ = ∂A/∂x. Overwrites `out`, of length D.
    pub fn pull_back(&self, x_hat: &[R], v: &[R], out: &mut [R]) {
        self.operator.vjp(x_hat, v, out);
    }

    /// part = (Aᵀ v)_start…, as many entries as it holds, of a linear A. Overwrites `part`.
    ///
    /// # Errors
    /// [`ObservationError::Nonlinear`], which names the method.
    pub fn pull_back_part(&self, method: &'static str, v: &[R], start: usize, part: &mut [R]) -> Result<()> {
        self.linear(method)?.adjoint_part(v, start, part);
        Ok(())
    }

    /// out = A′(x̂) v. Overwrites `out`, of length N.
    pub fn push_forward(&self, x_hat: &[R], v: &[R], out: &mut [R]) {
        self.operator.jvp(x_hat, v, out);
    }

    /// A Aᵀ, as far as a linear A says.
    pub fn gram(&self) -> Gram<'_> {
        self.linear.as_ref().map_or(Gram::General, |operator| operator.gram())
    }

    /// out += diag(s²) v.
    pub fn add_noise(&self, v: &[R], out: &mut [R]) {
        out.iter_mut().zip(v).enumerate().for_each(|(i, (o, &v))| *o += R::narrow(self.noise.at(i)) * v);
    }

    /// The regular subsampling that A is, if it is one.
    pub fn lattice(&self) -> Option<Subsample> {
        self.lattice
    }
}

sketched!(
    [R: Real] Observed<R>, "Observed",
    |own| count = own.count(), dim = own.dim(), linear = own.is_linear()
);

fn check<R: Real>(values: &[R], expected: usize, noise: &NoiseVariance) -> Result<()> {
    Length::check("y", values.len(), expected)?;
    if let Some(index) = values.iter().position(|y| !y.wide().is_finite()) {
        return Err(ObservationError::Value { index, found: values[index].wide() });
    }
    noise.check(expected)
}
