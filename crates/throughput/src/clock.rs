//! Seconds of one call: as many calls as a span of time holds, after one that warms up.

use crate::case::Work;
use crate::{Result, usage};
use std::time::Instant;

/// The least span that is timed, in seconds.
const SPAN: f64 = 0.05;

/// What one call took, as the mean of `calls` in a row.
pub(crate) struct Timed {
    /// Seconds by the clock.
    pub(crate) seconds: f64,
    /// Seconds of all processors, where the system tells.
    pub(crate) cpu: Option<f64>,
    /// How many calls were timed.
    pub(crate) calls: u64,
}

/// Times a call.
pub(crate) fn time(work: &mut Work) -> Result<Timed> {
    let mut calls = 1u64;
    loop {
        let before = usage::processors();
        let clock = Instant::now();
        for _ in 0..calls {
            work()?;
        }
        let span = clock.elapsed().as_secs_f64();
        if span >= SPAN {
            let cpu = usage::processors().zip(before).map(|(after, before)| (after - before) / calls as f64);
            return Ok(Timed { seconds: span / calls as f64, cpu, calls });
        }
        let enough = (1.2 * SPAN / span.max(1e-9) * calls as f64).ceil() as u64;
        calls = enough.clamp(2 * calls, 1000 * calls);
    }
}
