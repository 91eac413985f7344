//! Every measured number with its residual, as CSV.

use crate::{Misfit, Problem, Result};
use equipoise_report::write_atomically;
use std::fmt::Write;
use std::path::Path;

/// Writes one line a measured number: `row`, `time`, `x`, `y`, `component`, `value`, `noise`, `mean` in the
/// table's units, mean the posterior mean read there; `residual` (value − mean)/noise and `expected`, the
/// standard deviation that it should have.
///
/// # Errors
/// [`ReconstructionError::Report`](crate::ReconstructionError::Report) naming the path.
pub fn write_sheet(path: &Path, problem: &Problem, misfit: &Misfit) -> Result<()> {
    let mut text = String::from("row,time,x,y,component,value,noise,mean,residual,expected\n");
    for (i, entry) in problem.placed.entries.iter().enumerate() {
        let (noise, residual) = (entry.measured.noise, misfit.residuals[i]);
        let component = if entry.sensor.channel == 0 { "u" } else { "v" };
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "{},{},{},{},{component},{},{noise},{},{residual},{}",
            entry.row,
            entry.time,
            entry.x,
            entry.y,
            entry.measured.value,
            entry.measured.value - noise * residual,
            misfit.expected[i]
        );
    }
    Ok(write_atomically(path, text.as_bytes())?)
}
