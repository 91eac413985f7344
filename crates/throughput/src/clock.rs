//! Seconds of one call: as many calls as a span of time holds, after one that warms up.

use crate::Result;
use crate::case::Work;
use std::time::Instant;

/// The least span that is timed, in seconds.
const SPAN: f64 = 0.05;

/// Seconds per call, and the number of calls that were timed.
pub(crate) fn seconds(work: &mut Work) -> Result<(f64, u64)> {
    let mut calls = 1u64;
    loop {
        let clock = Instant::now();
        for _ in 0..calls {
            work()?;
        }
        let span = clock.elapsed().as_secs_f64();
        if span >= SPAN {
            return Ok((span / calls as f64, calls));
        }
        let enough = (1.2 * SPAN / span.max(1e-9) * calls as f64).ceil() as u64;
        calls = enough.clamp(2 * calls, 1000 * calls);
    }
}
