//! Plans in files, in the place of flags.

use anyhow::Context;
use equipoise_experiment::{FlowRequest, PlanFile};
use std::path::Path;

/// What a plan's file asks, and the flows that it names.
///
/// # Errors
/// A file that is no plan of the verb, or a dataset of it that cannot be asked for.
pub(crate) fn read<F: PlanFile>(path: &Path) -> anyhow::Result<(F, Vec<FlowRequest>)> {
    let asked = F::read(path)?;
    let requests = asked.requests().with_context(|| path.display().to_string())?;
    Ok((asked, requests))
}
