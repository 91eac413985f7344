//! The innovation covariance against dense matrices.

mod dense;
mod rows;
mod threads;
