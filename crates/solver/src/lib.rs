//! Posterior samplers: from an observation to samples of x | y and the evidence of how they came
//! about. [`Guided`] pairs a guidance with a sampler; methods that own their loop implement
//! [`PosteriorSampler`] themselves. [`Inference`] binds any [`Method`] by name to one problem.
//!
//! ```
//! use equipoise_denoiser::Closure;
//! use equipoise_guidance::ConditionalCovariance;
//! use equipoise_observation::{NoiseVariance, Observed};
//! use equipoise_operator::Mask;
//! use equipoise_sampler::Euler;
//! use equipoise_schedule::{Alpha, Level, Sda, Variance, uniform_grid};
//! use equipoise_solver::{Inference, Member, Problem, Start, Watch};
//! use equipoise_stream::Stream;
//! use std::sync::Arc;
//!
//! // x ~ N(0, I), of which the first of three numbers was read as 0.8 ± 0.1.
//! let gain = |level: Level| level.mu / (level.mu.powi(2) + level.sigma.powi(2));
//! let scale = move |level, v: &[f64], out: &mut [f64]| {
//!     out.iter_mut().zip(v).for_each(|(o, v)| *o = gain(level) * v);
//!     Ok(())
//! };
//! let white = Closure::new(
//!     3,
//!     move |x_t: &[f64], level, x_hat: &mut [f64]| scale(level, x_t, x_hat),
//!     move |_: &[f64], level, v: &[f64], out: &mut [f64]| scale(level, v, out),
//! );
//! let observed = Observed::new(vec![0.8], Mask::new(3, vec![0])?, NoiseVariance::std(0.1))?;
//! let inference = Inference {
//!     problem: Problem::new(ConditionalCovariance::Jacobian(Arc::new(white)), Arc::new(observed))?,
//!     schedule: Arc::new(Sda::new(Alpha::Cos, Variance::Vp, 0.01)?),
//!     sampler: Arc::new(Euler::new(uniform_grid(64)?)?),
//!     start: Start::Normal,
//!     bound: 5.0,
//! };
//! let method = inference.bind(&"mmps:iterations=3".parse()?, None)?;
//! let member = |m| Member { start: Stream::new("start").number(m), langevin: Stream::new("noise").number(m) };
//! let ensemble = method.draw(&[member(0), member(1)], Watch::NONE)?;
//! assert_eq!((ensemble.len(), ensemble.diverged()), (2, 0));
//! assert!(ensemble.fields().all(|x| (x[0] - 0.8).abs() < 0.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The methods, with their parameters, of which the first is the one that is tuned if any is:
//!
//! | method | what it is | parameters | takes | source |
//! |---|---|---|---|---|
//! | `sda` | SDA's Gaussian score under a scaling law | gamma | any prior | Rozet & Louppe 2023, arXiv 2306.10574 |
//! | `exact` | the exact guidance, where it is known |  | a Gaussian prior, or one on finitely many fields | Rozet et al. 2024, arXiv 2405.13712 |
//! | `mmps` | moment matching by conjugate gradients | iterations | any prior | Rozet et al. 2024, arXiv 2405.13712 |
//! | `poly2` | the best quadratic in the innovation covariance |  | a Gaussian prior | docs/laws.md |
//! | `tmpd` | Tweedie moment projection, diagonal |  | any prior | Boys et al. 2024, arXiv 2310.06721 |
//! | `pigdm_score` | the likelihood score of pseudoinverse guidance |  | any prior | Song et al. 2023, ICLR |
//! | `jfps` | moment matching without a Jacobian |  | a Gaussian prior, linear A | azula, azula.guidance.jfps |
//! | `diffpir` | a proximal step on the data at x̂ | lambda | any prior, linear A | Zhu et al. 2023, arXiv 2305.08995 |
//! | `dps` | ancestral step, then a step along the misfit's gradient | zeta | any prior | Chung et al. 2023, arXiv 2209.14687 |
//! | `sda_dps` | SDA's variant of DPS | zeta | any prior | Rozet & Louppe 2023, arXiv 2306.10574 |
//! | `dsg` | a step of fixed length towards the data | weight | any prior | Yang et al. 2024, arXiv 2402.03201 |
//! | `mcg` | DPS, then A x replaced by noisy y | zeta | any prior, linear A | Chung et al. 2022, arXiv 2206.00941 |
//! | `pigdm` | pseudoinverse guidance of a DDIM step | eta | any prior | Song et al. 2023, ICLR |
//! | `ddrm` | a step per singular direction of A | eta | any prior, linear A | Kawar et al. 2022, arXiv 2201.11793 |
//! | `ddnm` | x̂ replaced by y where A sees it | eta | any prior, linear A | Wang et al. 2023, arXiv 2212.00490 |
//! | `pnp_admm` | a point estimate by alternating directions | lambda | any prior, linear A | Venkatakrishnan et al. 2013; Chan et al. 2017, arXiv 1605.01710 |
//! | `red_diff` | a point estimate by stochastic gradient descent | rate, lambda | any prior | Mardani et al. 2024, arXiv 2305.04391 |
//! | `daps` | decoupled annealing, x drawn by Langevin steps | rate, steps, decay, flow_steps | any prior | Zhang et al. 2025, arXiv 2407.01521 |
//! | `daps_exact` | decoupled annealing, x drawn exactly | flow_steps | any prior, linear A | Zhang et al. 2025, arXiv 2407.01521 |

mod draw;
mod ensemble;
mod entries;
mod error;
#[cfg(feature = "gaussian")]
mod gaussian;
mod guidances;
mod guided;
mod inference;
mod loops;
mod method;
mod parameter;
mod probed;
mod problem;
mod recipe;
mod start;

pub use draw::{Independent, Member, PosteriorSampler, Watch};
pub use ensemble::Ensemble;
pub use error::{Result, SolverError};
#[cfg(feature = "gaussian")]
pub use gaussian::ObservedGaussian;
pub use guided::Guided;
pub use inference::Inference;
pub use loops::{Annealing, SdaDps};
pub use method::{JacobianUse, Method, Needs, Spec};
pub use parameter::{Parameter, Range, Value};
pub use probed::ProbedRatios;
pub use problem::Problem;
pub use recipe::Recipe;
pub use start::Start;
