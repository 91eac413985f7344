//! The evidence lower bound (ELBO) of a denoising diffusion model, term by term.
//!
//! The model runs backwards from p(x_T) = N(0, I) by p(x_{t−1} | x_t) = N(μ̃_t(x̂(x_t), x_t), σ_t² I), where μ̃_t
//! is the mean of q(x_{t−1} | x_t, x_0) and x̂ the denoiser's estimate of x_0. Then
//!
//! > −log p(x_0) ≤ L_T + Σ_{t=2…T} L_{t−1} + L_0
//! >
//! > L_T = KL(q(x_T | x_0) ‖ N(0, I))
//! >
//! > L_{t−1} = E KL(q(x_{t−1} | x_t, x_0) ‖ p(x_{t−1} | x_t))
//! >         = a_t² E‖x_0 − x̂(x_t)‖²/(2σ_t²) + (D/2)(β̃_t/σ_t² − 1 − log(β̃_t/σ_t²))
//! >
//! > L_0 = −E log p(x_0 | x_1) = E‖x_0 − x̂(x_1)‖²/(2σ_1²) + (D/2) log 2πσ_1²
//!
//! with a_t = √ᾱ_{t−1} β_t/(1 − ᾱ_t), expectations over q(x_t | x_0) (Ho, Jain and Abbeel 2020, arXiv 2006.11239,
//! equations 5 to 8). Fields are real numbers, not pixel values in 256 steps, so the last step is a
//! density and not the paper's discretized decoder (equation 13): bits per dimension are those of a
//! density in the units of the field and may be negative.
//!
//! [`gaussian`] gives every term in closed form under a Gaussian prior and its Wiener denoiser.

mod error;
pub mod gaussian;
mod rate_distortion;
mod reverse;
mod terms;

pub use error::ElboError;
pub use rate_distortion::{Point, rate_distortion};
pub use reverse::ReverseVariance;
pub use terms::Terms;
