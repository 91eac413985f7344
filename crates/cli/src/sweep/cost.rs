//! What a sweep under denoisers over training windows will take, said before it runs.

use crate::format::duration;
use equipoise_sweep::{Cost, Output};

/// Seconds below which nothing is said.
const SILENT: f64 = 30.0;

/// One line for each dataset and prior whose pending trials take longer.
pub(super) fn announce(cost: &Cost, output: &Output) -> anyhow::Result<()> {
    for (dataset, prior, seconds) in cost.told(&output.pending())? {
        if seconds >= SILENT {
            let threads = rayon::current_num_threads();
            note!("{dataset}: about {} on {threads} threads for `{prior}`", duration(seconds));
        }
    }
    Ok(())
}
