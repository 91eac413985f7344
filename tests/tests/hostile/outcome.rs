//! What a target did with bytes.

use allocation_counter::measure;
use equipoise_tests::hostile::Target;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// What no reading of a few thousand bytes takes, on a machine with other work.
const LONG: Duration = Duration::from_secs(10);

/// Bytes that a reading may hold whatever it reads.
const BYTES: u64 = 8 << 20;

/// Runs a target on bytes; whether they were accepted.
///
/// # Errors
/// What it should not have done.
pub(crate) fn outcome(target: &Target, bytes: &[u8]) -> Result<bool, String> {
    let (clock, mut ran) = (Instant::now(), Ok(false));
    let held = measure(|| ran = catch_unwind(AssertUnwindSafe(|| (target.run)(bytes)))).bytes_max;
    let read = ran.map_err(|panicked| {
        let said = panicked.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panicked.downcast_ref::<&str>().map(|said| (*said).to_owned()));
        format!("panicked: {}", said.unwrap_or_default())
    })?;
    let most = BYTES + target.swells * bytes.len() as u64;
    if held > most {
        return Err(format!("held {held} bytes for {}, expected at most {most}", bytes.len()));
    }
    let took = clock.elapsed();
    if took > LONG {
        return Err(format!("took {took:.1?}, expected at most {LONG:?}"));
    }
    Ok(read)
}
