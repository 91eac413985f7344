//! What is odd about data files, on standard error.

use std::fmt::Display;
use std::path::Path;

/// Prints a line for each of the warnings about a file.
pub(crate) fn tell(path: &Path, warnings: &[impl Display]) {
    for warning in warnings {
        eprintln!("warning: {}: {warning}", path.display());
    }
}
