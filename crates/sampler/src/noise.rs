//! Where a sampler's random numbers come from.

use equipoise_field::Real;
use equipoise_stream::Stream;

/// A source of standard normal fields, addressed by number.
pub trait Noise<R: Real>: Sync {
    /// Fills `out` with draw number `draw`, the same however often and in whatever order it is asked.
    fn fill(&self, draw: u64, out: &mut [R]);
}

impl<R: Real> Noise<R> for Stream {
    fn fill(&self, draw: u64, out: &mut [R]) {
        self.fill_normal(draw, out);
    }
}

/// Noise that was recorded elsewhere: draw k is the k-th stretch of a field's length.
#[derive(Clone, Debug)]
pub struct Recorded<R>(pub Vec<R>);

impl<R: Real> Noise<R> for Recorded<R> {
    /// # Panics
    /// If fewer draws were recorded.
    fn fill(&self, draw: u64, out: &mut [R]) {
        let start = draw as usize * out.len();
        out.copy_from_slice(&self.0[start..start + out.len()]);
    }
}
