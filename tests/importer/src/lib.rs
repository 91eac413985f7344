//! What somebody writes who imports `equipoise` alone: a prior, an operator, a schedule, a guidance, a sampler and a
//! method whose members interact, all of their own.

mod gaussian;
mod golden;
mod lattice;
mod particles;
mod schedules;
mod signs;
mod steps;

pub use gaussian::Gaussian;
pub use golden::Golden;
pub use lattice::Lattice;
pub use particles::Resampled;
pub use schedules::{Cosine, Straight};
pub use signs::{Signs, SignsGuidance};
pub use steps::OwnEuler;
