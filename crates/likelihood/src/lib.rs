//! The fused error, variance and gradient reduction of the Gaussian likelihood.
