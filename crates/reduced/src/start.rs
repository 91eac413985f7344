//! Where a member comes from.

use equipoise_field::Real;
use equipoise_stream::Stream;

/// The state x_1 of a member at the first time of the grid.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a, R: Real> {
    /// This field, as a run in full space starts from it.
    Field(&'a [R]),
    /// N(0, I), drawn in reduced coordinates.
    Normal(Stream),
    /// N(μm, μ²Σ + σ²I), the exact marginal of the prior, drawn in reduced coordinates.
    Prior(Stream),
}

/// The draws of one member.
#[derive(Clone, Copy, Debug)]
pub struct Draws<'a, R: Real> {
    /// x_1.
    pub start: Start<'a, R>,
    /// Names the noise of the corrections and of what the reduced coordinates leave open.
    pub langevin: Stream,
}
