//! χ of used readings under a prior: the one case in which it has a band.

use anyhow::Context;
use equipoise_data::sensors::{PlacingRule, read_sensors};
use equipoise_prior::Prior;
use equipoise_reconstruction::{Misfit, Problem, place};
use equipoise_referee::{Heard, Reading};
use std::path::Path;

/// Adds the band of exact members, and what of the readings the prior does not bear.
///
/// # Errors
/// A prior that cannot be read, or speaks of another window than the members or of other readings.
pub(super) fn check(path: &Path, used: &Path, reading: &Reading, heard: &mut Heard) -> anyhow::Result<()> {
    let prior = Prior::load(path)?;
    let [members, frames, _] = heard.members;
    if prior.shape().frames != frames {
        let found = prior.shape().frames;
        anyhow::bail!(
            "{}: found a window of {found} frames, expected {frames} as of the members",
            path.display()
        );
    }
    let table = read_sensors(used, reading.noise, &prior.components())?;
    table.is_measured_in(used, &prior.described(used).particulars.units)?;
    let rule = PlacingRule { frames, start: heard.start, times: reading.times, outside: reading.outside };
    let placed = place(&prior, used, &table.readings, &rule)?;
    let problem = Problem::new(prior, used, placed, reading.times)
        .with_context(|| format!("{}: under {}", used.display(), path.display()))?;
    let misfit = Misfit::of(&problem)?;
    heard.used_band = Some(misfit.band_of_members(members));
    heard.warnings.extend(misfit.warnings());
    Ok(())
}
