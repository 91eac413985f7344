//! How time advances, before there is a schedule: what [`Posterior::sampler`](crate::Posterior::sampler) takes.

use crate::EquipoiseError;
use equipoise_field::Real;
use equipoise_sampler::{Sampler, SamplerName};
use equipoise_schedule::{Schedule, ScheduleError, Spacing};
use std::sync::Arc;

/// What makes a sampler once there is a schedule: the recipes of this module, or a sampler of your own in an
/// [`Arc`].
pub trait SamplerOf<R: Real>: Send + Sync {
    /// The sampler of runs under `schedule`.
    ///
    /// # Errors
    /// [`EquipoiseError`] where the grid cannot be made for the schedule, or is none.
    fn along(&self, schedule: &dyn Schedule) -> Result<Arc<dyn Sampler<R>>, EquipoiseError>;
}

impl<R: Real> SamplerOf<R> for Arc<dyn Sampler<R>> {
    fn along(&self, _: &dyn Schedule) -> Result<Arc<dyn Sampler<R>>, EquipoiseError> {
        Ok(Arc::clone(self))
    }
}

impl<R: Real, S: Sampler<R> + 'static> SamplerOf<R> for Arc<S> {
    fn along(&self, _: &dyn Schedule) -> Result<Arc<dyn Sampler<R>>, EquipoiseError> {
        Ok(Arc::clone(self) as Arc<dyn Sampler<R>>)
    }
}

/// The times of a run, from 1 (noise) to 0 (clean).
#[derive(Clone, Debug, PartialEq)]
enum Times {
    Spaced(Spacing, usize),
    Given(Vec<f64>),
}

/// A sampler with its times.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
    stepping: Stepping,
    times: Times,
}

impl<R: Real> SamplerOf<R> for Steps {
    fn along(&self, schedule: &dyn Schedule) -> Result<Arc<dyn Sampler<R>>, EquipoiseError> {
        let grid = match &self.times {
            Times::Spaced(spacing, steps) => spacing.grid(schedule, *steps)?,
            Times::Given(times) if times.len() < 2 => Err(ScheduleError::NoSteps { what: "time grid" })?,
            Times::Given(times) => times.clone(),
        };
        let Stepping { name, corrections, tau } = self.stepping;
        Ok(name.build(schedule, grid, corrections, tau)?)
    }
}

/// A sampler without its times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stepping {
    name: SamplerName,
    corrections: usize,
    tau: f64,
}

impl Stepping {
    /// The sampler of this name; `predictor_corrector` without corrections.
    pub const fn named(name: SamplerName) -> Self {
        Self { name, corrections: 0, tau: 0.5 }
    }

    /// In `steps` steps, equal in t.
    pub fn uniform(self, steps: usize) -> Steps {
        self.spaced(Spacing::Uniform, steps)
    }

    /// In `steps` steps, equal in log(σ/μ), which must be finite at both ends.
    pub fn log_snr(self, steps: usize) -> Steps {
        self.spaced(Spacing::LogSnr, steps)
    }

    /// In `steps` steps, equal in (σ/μ)^(1/7) (Karras et al. 2022, arXiv 2206.00364, equation 5).
    pub fn edm(self, steps: usize) -> Steps {
        self.spaced(Spacing::Edm, steps)
    }

    /// In `steps` steps, spaced as said.
    pub fn spaced(self, spacing: Spacing, steps: usize) -> Steps {
        Steps { stepping: self, times: Times::Spaced(spacing, steps) }
    }

    /// Along these times, at least two, which descend within [0, 1].
    pub fn times(self, times: Vec<f64>) -> Steps {
        Steps { stepping: self, times: Times::Given(times) }
    }
}

macro_rules! samplers {
    ($($(#[$about:meta])* $sampler:ident = $name:expr;)*) => {
        $(
            $(#[$about])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub struct $sampler;

            impl $sampler {
                /// In `steps` steps, equal in t.
                pub fn uniform(steps: usize) -> Steps {
                    Stepping::named($name).uniform(steps)
                }

                /// In `steps` steps, equal in log(σ/μ), which must be finite at both ends.
                pub fn log_snr(steps: usize) -> Steps {
                    Stepping::named($name).log_snr(steps)
                }

                /// In `steps` steps, equal in (σ/μ)^(1/7) (Karras et al. 2022, arXiv 2206.00364, equation 5).
                pub fn edm(steps: usize) -> Steps {
                    Stepping::named($name).edm(steps)
                }

                /// Along these times, at least two, which descend within [0, 1].
                pub fn times(times: Vec<f64>) -> Steps {
                    Stepping::named($name).times(times)
                }
            }
        )*
    };
}

samplers! {
    /// Heun on the probability flow: order 2, two evaluations a step
    /// ([`sampler::Heun`](equipoise_sampler::Heun)).
    Heun = SamplerName::Heun;
    /// Euler on the probability flow: order 1, one evaluation a step ([`sampler::Euler`](equipoise_sampler::Euler)).
    Euler = SamplerName::Euler;
    /// DDIM, deterministic; [`Ddim::eta`] adds fresh noise ([`sampler::Ddim`](equipoise_sampler::Ddim)).
    Ddim = SamplerName::Ddim { eta: 0.0 };
    /// Ancestral DDPM with variance β̃ ([`sampler::Ddim`](equipoise_sampler::Ddim) with η = 1).
    Ddpm = SamplerName::Ddim { eta: 1.0 };
    /// Ancestral DDPM with variance β ([`sampler::Ancestral`](equipoise_sampler::Ancestral)).
    Ancestral = SamplerName::Ancestral;
    /// SDA's predictor; [`PredictorCorrector::corrections`] adds its corrections
    /// ([`sampler::PredictorCorrector`](equipoise_sampler::PredictorCorrector)).
    PredictorCorrector = SamplerName::PredictorCorrector;
}

impl Ddim {
    /// With η, the share of fresh noise in the variance, at least 0.
    pub const fn eta(eta: f64) -> Stepping {
        Stepping::named(SamplerName::Ddim { eta })
    }
}

impl PredictorCorrector {
    /// With `corrections` Langevin steps of size `tau` > 0 after each step.
    pub const fn corrections(corrections: usize, tau: f64) -> Stepping {
        Stepping { name: SamplerName::PredictorCorrector, corrections, tau }
    }
}

/// Steps whose product is best for Gaussian posteriors, which it places itself
/// ([`sampler::Exponential`](equipoise_sampler::Exponential)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exponential;

impl Exponential {
    /// In `steps` steps, one evaluation each; σ/μ must be finite and above 0 at both ends.
    pub fn steps(steps: usize) -> Steps {
        Stepping::named(SamplerName::Exponential).uniform(steps)
    }
}
