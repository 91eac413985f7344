//! Scaling laws of the likelihood term, as functions of numbers.
