//! Posterior samplers: observation in, samples and evidence out.
