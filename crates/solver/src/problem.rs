//! One inverse problem: a prior and what was observed of it, which belong together.

#[cfg(feature = "gaussian")]
use crate::ObservedGaussian;
use crate::{Result, SolverError};
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_guidance::ConditionalCovariance;
use equipoise_observation::Observed;
use std::sync::Arc;

/// A prior p(x) and an observation y = A x + s η of fields of its length: the one owner of both.
#[derive(Clone, Debug)]
pub struct Problem<R: Real> {
    prior: ConditionalCovariance<R>,
    observation: Arc<Observed<R>>,
    #[cfg(feature = "gaussian")]
    gaussian: Option<Arc<ObservedGaussian<R>>>,
}

impl<R: Real> Problem<R> {
    /// A prior by its denoiser, with what that knows of Cov[x | x_t].
    ///
    /// # Errors
    /// [`SolverError::Mismatch`] unless A takes fields of the prior's length.
    pub fn new(prior: ConditionalCovariance<R>, observation: Arc<Observed<R>>) -> Result<Self> {
        let (left, right) = (prior.denoiser().dim(), observation.dim());
        if left != right {
            return Err(SolverError::Mismatch {
                prior: format!("fields of {left} numbers"),
                observation: format!("an operator on fields of {right}"),
            });
        }
        Ok(Self {
            prior,
            observation,
            #[cfg(feature = "gaussian")]
            gaussian: None,
        })
    }

    /// A Gaussian prior with the tables that its runs share, for readings of the operator and the noise that
    /// it is seen through: those of other seeds share the tables too.
    ///
    /// # Errors
    /// [`SolverError::Mismatch`] unless the observation is through that same operator, with those s².
    #[cfg(feature = "gaussian")]
    pub fn gaussian(gaussian: Arc<ObservedGaussian<R>>, observation: Arc<Observed<R>>) -> Result<Self> {
        gaussian.is_seen_by(&observation)?;
        let prior = ConditionalCovariance::Exact(Arc::clone(gaussian.wiener()) as _);
        Ok(Self { gaussian: Some(gaussian), ..Self::new(prior, observation)? })
    }

    /// The prior's denoiser, with what it knows of Cov[x | x_t].
    pub fn prior(&self) -> &ConditionalCovariance<R> {
        &self.prior
    }

    /// The denoiser as any method takes it.
    pub fn denoiser(&self) -> Arc<dyn Denoiser<R>> {
        self.prior.shared()
    }

    /// y, A and s².
    pub fn observation(&self) -> &Arc<Observed<R>> {
        &self.observation
    }

    /// What only a Gaussian prior has, where the prior is one.
    #[cfg(feature = "gaussian")]
    pub fn as_gaussian(&self) -> Option<&Arc<ObservedGaussian<R>>> {
        self.gaussian.as_ref()
    }

    /// D.
    pub fn dim(&self) -> usize {
        self.observation.dim()
    }
}
