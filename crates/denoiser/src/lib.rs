//! The denoiser trait x̂(x_t) = E[x | x_t] with its Jacobian product, and the conformance suite
//! that every implementor runs.
