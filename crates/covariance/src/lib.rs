//! Spectral functions of field covariances.
