//! The exact posterior of a Gaussian prior.
