//! What takes part: the laws of `sda`, and the parameter that is tuned.

use crate::Result;
use equipoise_experiment::{Approach, Error, traced};
use equipoise_scaling::Law;
use equipoise_solver::Parameter;

/// The laws of `sda` that take part: the published one, and those without a parameter.
pub(crate) const LAWS: [Law; 3] = [Law::Sum, Law::Matched, Law::Active];

/// What is tuned of an approach: nothing that its recipe states, and nothing for the laws whose v comes from traces.
///
/// # Errors
/// For a law that does not take part.
pub(crate) fn parameter(approach: &Approach) -> Result<Option<&'static Parameter>> {
    let recipe = approach.recipe();
    if recipe.method().spec().lawful {
        let law = approach.scaling().ok().flatten().filter(|law| LAWS.contains(law));
        let found = format!("{recipe} {}", approach.label());
        let expected = "sda with sum, matched or active";
        if traced(law.ok_or(Error::Setting { field: "method", found, expected })?) {
            return Ok(None);
        }
    }
    Ok(recipe.method().tuned().filter(|tuned| recipe.given(tuned.name).is_none()))
}
