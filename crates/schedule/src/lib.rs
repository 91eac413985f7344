//! Signal and noise scales of diffusion schedules: x_t = μ_t x + σ_t ε, t from 0 (clean) to 1.

mod level;

pub use level::{Level, Schedule};
