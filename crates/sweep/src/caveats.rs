//! What the user of a method under a prior is to know before its runs.

use crate::{Approach, Flow, Plan, Result};
use equipoise_prior::DenoiserName;
use std::collections::BTreeSet;

/// What the user of a method under a prior of a flow is to know, in a sentence without its end: where the prior is no
/// posterior mean, and the method takes it for one.
///
/// # Errors
/// For a prior that was not opened.
pub fn caveat(flow: &Flow, prior: &DenoiserName, approach: &Approach) -> Result<Option<String>> {
    let Some(known) = flow.denoiser_of(prior)? else { return Ok(None) };
    let caveat = approach.recipe().method().caveat(known.denoiser().jacobian());
    Ok(caveat.map(|caveat| format!("{} under {prior}: {caveat}", approach.method())))
}

/// All of a plan, each once.
///
/// # Errors
/// As [`caveat`].
pub fn caveats(flows: &[Flow], plan: &Plan) -> Result<Vec<String>> {
    let mut said = BTreeSet::new();
    for trial in plan.trials()? {
        if let Some(flow) = flows.iter().find(|flow| flow.name() == trial.dataset()) {
            said.extend(caveat(flow, &trial.prior, &trial.approach)?);
        }
    }
    Ok(said.into_iter().collect())
}
