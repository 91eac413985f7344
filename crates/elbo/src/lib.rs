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
//! [`gaussian`] gives every term in closed form under a Gaussian prior and its Wiener denoiser,
//! [`estimate`] by draws for any denoiser.
//!
//! # The same bound where everything is countable
//! A die's probabilities θ ~ Dir(α) are inferred from counts x by q(θ) = Dir(γ). The bound
//!
//! > ELBO(γ) = log M(x) + Σ_k (x_k + α_k − γ_k)(ψ(γ_k) − ψ(γ_0)) + log B(γ) − log B(α)
//!
//! with M the multinomial coefficient and γ_0 = Σγ, has its maximum at γ = x + α, where it is the
//! log-evidence log M(x) + log B(x + α) − log B(α) itself:
//!
//! ```
//! use libm::lgamma;
//! /// ψ by its recurrence up to 10 and its asymptotic series there.
//! fn digamma(mut z: f64) -> f64 {
//!     let mut below = 0.0;
//!     while z < 10.0 {
//!         below += 1.0 / z;
//!         z += 1.0;
//!     }
//!     let s = 1.0 / (z * z);
//!     z.ln() - 0.5 / z - s * (1.0 / 12.0 - s * (1.0 / 120.0 - s / 252.0)) - below
//! }
//! fn log_beta(a: &[f64]) -> f64 {
//!     a.iter().map(|a| lgamma(*a)).sum::<f64>() - lgamma(a.iter().sum())
//! }
//! let (x, alpha) = ([7.0, 0.0, 2.0], [0.5, 1.5, 3.0]);
//! let coefficient = lgamma(10.0) - x.iter().map(|x| lgamma(x + 1.0)).sum::<f64>();
//! let elbo = |gamma: [f64; 3]| -> f64 {
//!     let all = digamma(gamma.iter().sum());
//!     let expected: f64 = (0..3).map(|k| (x[k] + alpha[k] - gamma[k]) * (digamma(gamma[k]) - all)).sum();
//!     coefficient + expected + log_beta(&gamma) - log_beta(&alpha)
//! };
//! // Climb by coordinates, from far away and without knowing the answer.
//! let (mut gamma, mut step) = ([1.0; 3], 1.0);
//! while step > 1e-9 {
//!     let tried = (0..3).flat_map(|k| [1.0 + step, 1.0 / (1.0 + step)].map(|f| (k, f)));
//!     let better = tried.map(|(k, f)| {
//!         let mut moved = gamma;
//!         moved[k] *= f;
//!         moved
//!     });
//!     let best = better.max_by(|a, b| elbo(*a).total_cmp(&elbo(*b))).unwrap();
//!     if elbo(best) > elbo(gamma) { gamma = best } else { step /= 2.0 }
//! }
//! let conjugate = [7.5, 1.5, 5.0]; // x + α
//! // The maximum is flat: ε in the bound is √ε in γ.
//! assert!(gamma.iter().zip(conjugate).all(|(g, c)| (g - c).abs() < 1e-5));
//! let evidence = coefficient + log_beta(&conjugate) - log_beta(&alpha);
//! assert!((elbo(conjugate) - evidence).abs() < 1e-9 && elbo(gamma) <= evidence + 1e-9);
//! ```

mod error;
pub mod estimate;
pub mod gaussian;
mod rate_distortion;
mod reverse;
mod terms;

pub use error::ElboError;
pub use rate_distortion::{Point, rate_distortion};
pub use reverse::ReverseVariance;
pub use terms::Terms;
