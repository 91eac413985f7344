//! The threads of a run.

use anyhow::Context;

/// Starts rayon's threads, `None` for all of the machine.
///
/// # Errors
/// If the system refuses them, or they run already.
pub(crate) fn use_threads(threads: Option<usize>) -> anyhow::Result<()> {
    // Zero is rayon's word for all of the machine.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0));
    pool.build_global().with_context(|| match threads {
        Some(threads) => format!("cannot start {threads} threads"),
        None => "cannot start threads".to_owned(),
    })?;
    detail!("{} threads", rayon::current_num_threads());
    Ok(())
}
