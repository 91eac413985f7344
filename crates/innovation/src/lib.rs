//! The innovation covariance of a prior seen through an operator.
