//! A fitted Gaussian prior of a flow: normalizer, covariance, mean and provenance.
