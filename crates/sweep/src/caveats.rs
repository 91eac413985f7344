//! What the user of a method under a prior is to know before its runs.

use crate::{Flow, Plan, Result};
use equipoise_denoiser::Jacobian;
use std::collections::BTreeSet;

/// One sentence for each method and prior of a plan that ask for one: where the prior is no posterior mean, and the
/// method takes it for one.
///
/// # Errors
/// [`Error::UnknownPrior`](crate::Error::UnknownPrior) for a plan of other flows, and a trial whose method is none.
pub fn caveats(flows: &[Flow], plan: &Plan) -> Result<Vec<String>> {
    let mut said = BTreeSet::new();
    for trial in plan.trials()? {
        let Some(flow) = flows.iter().find(|flow| flow.name() == trial.dataset) else { continue };
        let Some(prior) = flow.denoiser_of(&trial.prior)? else { continue };
        if prior.denoiser().jacobian() == Jacobian::General
            && let Some(caveat) = trial.approach().recipe()?.method().spec().caveat
        {
            said.insert(format!("{} under {}: {caveat}", trial.approach().method, trial.prior));
        }
    }
    Ok(said.into_iter().collect())
}
