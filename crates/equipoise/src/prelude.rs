//! What one imports to draw: `use equipoise::prelude::*`. Names of methods and samplers are those of recipes; the
//! types that take their steps are in [`guidance`](crate::guidance), [`sampler`](crate::sampler) and
//! [`solver`](crate::solver).

pub use crate::methods::{
    Daps, DapsExact, Ddnm, Ddrm, DiffPir, Dps, Dsg, Exact, Jfps, Mcg, Mmps, Pigdm, PigdmScore, PnpAdmm,
    Poly2, RedDiff, Sda, SdaDps, Tmpd,
};
pub use crate::samplers::{
    Ancestral, Ddim, Ddpm, Euler, Exponential, Heun, PredictorCorrector, SamplerOf, Stepping, Steps,
};
pub use crate::{Ensemble, EquipoiseError, MethodOf, Noise, Posterior, Recipe};
pub use equipoise_denoiser::{Closure, Denoiser, DenoiserError, Pullback, check_batch, check_denoiser};
pub use equipoise_field::{Real, Shape};
pub use equipoise_observation::Observed;
pub use equipoise_operator::{Dense, LinearOperator, Mask, NonlinearOperator, Subsample};
pub use equipoise_scaling::Law;
pub use equipoise_schedule::{Level, Schedule, ScheduleName};
pub use equipoise_solver::{Method, Start};

#[cfg(feature = "gaussian")]
pub use {
    equipoise_covariance::{Covariance, Modes, Stationary},
    equipoise_posterior::ExactPosterior,
    equipoise_wiener::Wiener,
};
