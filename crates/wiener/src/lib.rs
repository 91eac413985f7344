//! The analytic denoiser of a Gaussian prior.
