//! Posterior sampling with diffusion priors: a denoiser and what was observed in, an ensemble of x | y out.
//!
//! ```
//! use equipoise::prelude::*;
//!
//! // Three signs with equal odds: E[x | x_t] = tanh(μx_t/σ²). The first and the last are read, with noise.
//! let rate = |level: Level| level.mu / level.sigma.powi(2);
//! let denoise = move |x_t: &[f64], level: Level, x_hat: &mut [f64]| {
//!     x_hat.iter_mut().zip(x_t).for_each(|(h, x)| *h = (rate(level) * x).tanh());
//!     Ok(())
//! };
//! let vjp = move |x_t: &[f64], level: Level, v: &[f64], out: &mut [f64]| {
//!     for (i, out) in out.iter_mut().enumerate() {
//!         *out = rate(level) * (rate(level) * x_t[i]).cosh().powi(-2) * v[i];
//!     }
//!     Ok(())
//! };
//! let (dim, readings) = (3, vec![0.9, -1.1]);
//! let operator = Mask::new(dim, vec![0, 2])?;
//! let schedule = "cos".parse::<ScheduleName>()?.build(0.01)?;
//!
//! let prior = Closure::new(dim, denoise, vjp);
//! let seen = Observed::new(readings, operator, Noise::std(0.1))?;
//! let ensemble = Posterior::of(prior, seen).method(Mmps::iterations(3))
//!     .schedule(schedule).sampler(Heun::log_snr(32)).seed(7).draw(16)?;
//!
//! println!("{} finished, χ {:.2}", ensemble.len(), ensemble.misfit());
//! for x in ensemble.fields() {
//!     assert!(x[0] > 0.5 && x[2] < -0.5, "{x:?}");
//! }
//! # assert_eq!(ensemble.len(), 16);
//! # Ok::<(), EquipoiseError>(())
//! ```
//!
//! # Shapes and units
//! A field is a flat slice of D numbers, `f32` or `f64`, in whatever order and units the prior has: nothing is
//! scaled or transposed. x_t, x̂, v and Jᵀv are fields; y has N numbers, those of A x, in the units of A x, and so
//! has the noise's standard deviation s. μ and σ of a [`Level`](schedule::Level) are numbers without units, with
//! x_t = μx + σε, so that x_t has the units of x where σ is taken in them. Times run from 1 (noise) to 0 (clean).
//!
//! # A batch
//! A batch is n fields one after the other, n·D numbers, at one level. Only a denoiser sees batches: one that runs n
//! members at once, as a network does, overrides [`linearise`](denoiser::Denoiser::linearise) and
//! [`batch`](denoiser::Denoiser::batch). The default calls `denoise` and `vjp` member by member.
//!
//! # Threads and bits
//! Members, or batches of them, run side by side on rayon's threads; where a batch or a long field keeps all threads
//! busy, one after the other. A member's bits depend on the seed and on its number, not on the batch, the other
//! members or the number of threads: streams are keyed by what they draw, sums run over a fixed tree. A method whose
//! members interact says so.
//!
//! Without features no library of the system is needed. Feature `gaussian` brings what binds a Gaussian prior
//! (`Posterior::gaussian`: the Wiener denoiser over a covariance, fits, exact guidance, the exact posterior) and
//! with it OpenBLAS, whose own threads would change bits with their number: the program says
//! `equipoise::blas::single_thread()?` first in `main`, and what stands on BLAS refuses to work where it did not.
//!
//! # Beyond the prelude
//! Every crate below is a module of this one, for a denoiser, operator, schedule, guidance, sampler or posterior
//! sampler of your own. A guidance or a sampler in an [`Arc`](std::sync::Arc) goes where a recipe goes; what needs
//! the problem before it is made implements [`MethodOf`].

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod assembly;
mod ensemble;
mod error;
mod law;
pub mod methods;
pub mod prelude;
mod recipe;
pub mod samplers;

pub use assembly::Posterior;
pub use ensemble::Ensemble;
pub use error::EquipoiseError;
pub use law::{Lawful, Probed};
pub use recipe::{Bound, MethodOf, Recipe};

/// The variance of the observations' noise: [`Noise::std`](equipoise_observation::NoiseVariance::std) of one standard
/// deviation, or one value a channel or an observation.
pub use equipoise_observation::NoiseVariance as Noise;

#[doc(inline)]
pub use {
    equipoise_denoiser as denoiser, equipoise_field as field, equipoise_guidance as guidance,
    equipoise_metrics as metrics, equipoise_observation as observation, equipoise_operator as operator,
    equipoise_sampler as sampler, equipoise_scaling as scaling, equipoise_schedule as schedule,
    equipoise_solver as solver, equipoise_stream as stream,
};

#[cfg(feature = "gaussian")]
#[doc(inline)]
pub use {
    equipoise_blas as blas, equipoise_covariance as covariance, equipoise_innovation as innovation,
    equipoise_posterior as posterior, equipoise_wiener as wiener,
};
