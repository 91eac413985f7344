//! The analytic denoiser of a Gaussian prior x ~ N(m, Σ): the Wiener filter.
//!
//! > x̂ = m + μΣ(μ²Σ + σ²I)⁻¹(x_t − μm), J = μΣ(μ²Σ + σ²I)⁻¹, V = σ²Σ(μ²Σ + σ²I)⁻¹ = (σ²/μ)J
//!
//! Per mode of eigenvalue λ the gain is j = μλ/(μ²λ + σ²); in the variable x_t/μ it is the Wiener
//! filter λ/(λ + (σ/μ)²) (Wiener 1949; Bishop, *Pattern Recognition and Machine Learning*, eq. 2.116).

mod denoiser;
pub mod gain;

pub use denoiser::Wiener;
