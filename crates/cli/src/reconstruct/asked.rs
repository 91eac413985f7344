//! Which prior a reconstruction stands on: a file, or a name with its training file.

use super::Arguments;
use crate::failure::usage;
use crate::fitting::{self, Fitting};
use crate::format::duration;
use crate::priors::Priors;
use crate::warnings;
use equipoise_data::load;
use equipoise_prior::{DenoiserName, Prior, Settings};
use equipoise_reconstruction::{Other, Sampling};
use std::path::PathBuf;

/// Training windows at which a denoiser is probed.
const WINDOWS: usize = 4;

/// Seconds below which nothing is said before a run.
const SILENT: f64 = 30.0;

/// Says what members under another prior than the Gaussian will take, from a timed part of a denoise; a
/// vjp is two more.
///
/// # Errors
/// Those of the denoiser.
pub(super) fn announce(other: &Other, sampling: &Sampling) -> anyhow::Result<()> {
    let level = sampling.schedule.build(sampling.eta)?.level(0.5);
    let Some(window) = other.windows.first() else { return Ok(()) };
    let denoise = other.denoiser.probe(window, level)?.as_secs_f64();
    let seconds = 3.0 * denoise * (sampling.steps * sampling.members) as f64;
    if seconds >= SILENT {
        let (threads, members) = (rayon::current_num_threads(), sampling.members);
        eprintln!(
            "about {} on {threads} threads for {members} members under `{}`",
            duration(seconds),
            other.name
        );
    }
    Ok(())
}

/// A prior and where it comes from.
pub(super) struct Asked {
    pub(super) name: DenoiserName,
    /// The prior's file, or the training file.
    pub(super) path: PathBuf,
    saved: bool,
}

impl Asked {
    /// # Errors
    /// Bad usage: a name without a training file, or a file with what it has already.
    pub(super) fn of(arguments: &Arguments) -> anyhow::Result<Self> {
        let Arguments { prior, train, fitting, .. } = arguments;
        let Priors { names, file } = Priors::of(std::slice::from_ref(prior))?;
        let name = names.into_iter().next().unwrap_or_else(DenoiserName::wiener);
        match (file, train) {
            (Some(path), None) => match fitting.given() {
                Some(flag) => {
                    Err(usage(&format!("{flag}: found with the file {prior}, which is fitted already")))
                }
                None => Ok(Self { name, path, saved: true }),
            },
            (Some(_), Some(_)) => {
                let expected = "expected one of them: a prior by name stands on a training file";
                Err(usage(&format!("--train: found with the file {prior} for --prior, {expected}")))
            }
            (None, Some(path)) => Ok(Self { name, path: path.clone(), saved: false }),
            (None, None) => {
                Err(usage(&format!("--prior: found {prior} without --train, expected its training file")))
            }
        }
    }

    /// The Gaussian, and the prior that members are drawn under where that is another.
    ///
    /// # Errors
    /// A file that cannot be used.
    pub(super) fn open(&self, fitting: &Fitting) -> anyhow::Result<(Prior, Option<Other>)> {
        if self.saved {
            let prior = Prior::load(&self.path)?;
            warnings::tell(&self.path, &prior.provenance().warnings);
            return Ok((prior, None));
        }
        let train = load(&self.path, &fitting.load_options())?;
        warnings::tell(&self.path, train.warnings());
        let settings = fitting.change()?.apply(Settings::of(train.kind(), train.grid()));
        fitting::announce(&settings, train.shape(settings.window));
        let prior = Prior::fit(&train, &settings)?;
        if self.name.is_gaussian() {
            return Ok((prior, None));
        }
        let name = self.name.clone().pinned()?;
        let denoiser = prior.denoiser_of(&name, &train)?;
        let windows = prior.some_windows(&train, WINDOWS)?.into();
        Ok((prior, Some(Other { name: name.to_string(), denoiser, windows })))
    }

    /// As it stands in files and on pages.
    pub(super) fn told(&self, file: &str) -> String {
        if self.saved { file.to_owned() } else { format!("{} over {file}", self.name) }
    }
}
