//! What decides the bits of a long run, so that its state serves no other.

use super::Arguments;
use super::asked::Asked;
use equipoise_experiment::Setup;
use equipoise_reconstruction::{Problem, Sampling};

/// Every name with its value, in the order in which a difference is told.
///
/// # Errors
/// A file that cannot be read again.
pub(super) fn identity(
    arguments: &Arguments,
    asked: &Asked,
    problem: &Problem,
    sampling: &Sampling,
    readings: &str,
) -> anyhow::Result<Vec<(String, String)>> {
    let (prior, checksum) = asked.told()?;
    let Sampling { choice, seed, setup, .. } = sampling;
    let Setup { steps, sampler, spacing, schedule, eta, .. } = setup;
    let mut all = vec![
        ("prior", format!("{prior} {checksum}")),
        ("readings", readings.to_owned()),
        ("method", choice.to_string()),
        ("seed", seed.to_string()),
        ("steps", steps.to_string()),
        ("sampler", sampler.to_string()),
        ("spacing", spacing.to_string()),
        ("schedule", schedule.to_string()),
        ("eta", eta.to_string()),
        ("frames", problem.shape.frames.to_string()),
    ];
    if let Some((composite, _)) = &problem.composite {
        all.extend([("window", composite.window.to_string()), ("fold", composite.fold.to_string())]);
    }
    let prior = &problem.prior;
    all.extend([
        ("start", arguments.start_time.to_string()),
        ("fit of the prior", format!("{:?}", prior.settings())),
        ("numbers of prior and readings", format!("{:016x}", problem.fingerprint())),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("sources", option_env!("EQUIPOISE_SOURCES").unwrap_or("unknown").to_owned()),
        ("kernels of BLAS", equipoise_blas::core()),
    ]);
    Ok(all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
