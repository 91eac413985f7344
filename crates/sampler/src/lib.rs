//! Reverse-diffusion samplers: one step and one run.
