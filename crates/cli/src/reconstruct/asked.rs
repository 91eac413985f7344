//! Which prior a reconstruction stands on: a file, or a name with its training file.

use super::Arguments;
use super::length::Length;
use crate::failure::usage;
use crate::fitting::{self, Fitting};
use crate::format::duration;
use crate::messages;
use crate::priors::{Priors, listed};
use equipoise_data::{Location, checksum, load};
use equipoise_prior::{DenoiserName, Fields, Prior, Received, Settings};
use equipoise_reconstruction::{Composite, Other, Sampling};
use std::path::{Path, PathBuf};

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
    let setup = sampling.setup;
    let level = setup.schedule.build(setup.eta)?.level(0.5);
    let blank = vec![0.0; other.denoiser.denoiser().dim()];
    let denoise = other.denoiser.probe(other.windows.first().unwrap_or(&blank), level)?.as_secs_f64();
    let seconds = 3.0 * denoise * (setup.steps * sampling.members) as f64;
    if seconds >= SILENT {
        let (threads, members) = (rayon::current_num_threads(), sampling.members);
        note!(
            "about {} on {threads} threads for {members} members under `{}`",
            duration(seconds),
            other.name
        );
    }
    Ok(())
}

/// What a reconstruction stands on.
pub(super) struct Opened {
    pub(super) prior: Prior,
    pub(super) other: Option<Other>,
    pub(super) composite: Option<Composite>,
}

/// A prior and where it comes from.
pub(super) struct Asked {
    pub(super) name: DenoiserName,
    origin: Origin,
    /// What the data are held against in messages.
    pub(super) path: PathBuf,
}

/// What the Gaussian is made from.
enum Origin {
    /// The prior's file.
    Saved,
    /// The training file.
    Train,
    /// What a learned prior says of its fields.
    Learned(Box<Fields>),
}

impl Asked {
    /// # Errors
    /// Bad usage: a name without the training file that it needs, or a file with what it has already.
    pub(super) fn of(arguments: &Arguments) -> anyhow::Result<Self> {
        let Arguments { prior, prior_file, train, fitting, .. } = arguments;
        let Priors { names, file } = Priors::of(prior.as_slice(), prior_file.as_deref())?;
        let prior = file
            .as_ref()
            .map_or_else(|| listed(prior.as_slice()).join(","), |file| file.display().to_string());
        let [name] = &names[..] else {
            return Err(usage(&format!("--prior: found {prior}, expected one prior")));
        };
        let name = name.clone().pinned()?;
        match (file, train) {
            (Some(path), None) => match fitting.given() {
                Some(flag) => {
                    Err(usage(&format!("{flag}: found with --prior-file {prior}, which is fitted already")))
                }
                None => Ok(Self { name, path, origin: Origin::Saved }),
            },
            (Some(_), Some(_)) => {
                let expected = "expected one of them: a prior by name stands on a training file";
                Err(usage(&format!("--train: found with --prior-file {prior}, {expected}")))
            }
            (None, Some(path)) => Ok(Self { name, path: fitting.loading.of(path)?, origin: Origin::Train }),
            (None, None) => match Fields::of(&names, None)? {
                Some(fields) => match fitting.given_beside("--window") {
                    Some(flag) => {
                        Err(usage(&format!("{flag}: found with {prior} without --train, which it fits")))
                    }
                    None => Ok(Self {
                        name,
                        path: fields.about.path.clone(),
                        origin: Origin::Learned(Box::new(fields)),
                    }),
                },
                None => {
                    Err(usage(&format!("--prior: found {prior} without --train, expected its training file")))
                }
            },
        }
    }

    /// The files that are read.
    pub(super) fn files(&self) -> Vec<&Path> {
        match &self.origin {
            Origin::Learned(_) => Vec::new(),
            _ => vec![&self.path],
        }
    }

    /// The Gaussian of a window, the prior that members are drawn under where that is another, and how the
    /// trajectory is composed where it is longer than a window.
    ///
    /// # Errors
    /// A file that cannot be used, or flags that contradict it.
    pub(super) fn open(&self, fitting: &Fitting, length: &Length) -> anyhow::Result<Opened> {
        let (prior, other) = match &self.origin {
            Origin::Saved => {
                let prior = Prior::load(&self.path)?;
                messages::warnings(&self.path, &prior.provenance().warnings);
                length.check(None, prior.shape().frames, &self.path.display().to_string())?;
                (prior, None)
            }
            Origin::Train => self.fitted(fitting, length)?,
            Origin::Learned(fields) => {
                let asked = fitting.change()?.window;
                let frames = match length.frames {
                    Some(_) => self.learned_window(fields, asked, length)?,
                    None => asked.unwrap_or(fields.frames),
                };
                let prior = Prior::standard(fields, frames)?;
                let denoiser = prior.learned(&self.name)?;
                (prior, Some(Other { name: self.name.to_string(), denoiser, windows: Vec::new().into() }))
            }
        };
        let composite = length.composite(prior.shape().frames)?;
        Ok(Opened { prior, other, composite })
    }

    /// The frames of a learned prior's own window, which longer trajectories are composed of.
    fn learned_window(
        &self,
        fields: &Fields,
        asked: Option<usize>,
        length: &Length,
    ) -> anyhow::Result<usize> {
        length.check(asked, fields.frames, &fields.about.path.display().to_string())?;
        Ok(fields.frames)
    }

    fn fitted(&self, fitting: &Fitting, length: &Length) -> anyhow::Result<(Prior, Option<Other>)> {
        let train = load(&self.path, &fitting.loading.options())?;
        messages::warnings(&self.path, train.warnings());
        let change = fitting.change()?;
        let Received { train, defaults, fields, remarks } =
            Fields::received(std::slice::from_ref(&self.name), train, change.normalizer, Settings::of)?;
        remarks.iter().for_each(messages::remark);
        let mut settings = change.apply(defaults);
        if length.frames.is_some() {
            settings.window = match &fields {
                None => length.window(change.window, defaults.window)?,
                Some(fields) => self.learned_window(fields, change.window, length)?,
            };
            length.composite(settings.window)?;
        }
        fitting::announce(&settings, train.shape(settings.window));
        let prior = Prior::fit_in(&train, &settings, fields.as_ref().map(|fields| &fields.normalizer))?;
        if self.name.is_gaussian() {
            return Ok((prior, None));
        }
        let denoiser = prior.denoiser_of(&self.name, &train)?;
        let windows = prior.some_windows(&train, WINDOWS)?.into();
        Ok((prior, Some(Other { name: self.name.to_string(), denoiser, windows })))
    }

    /// As it stands in files and on pages, with its checksum.
    ///
    /// # Errors
    /// A file that cannot be read again.
    pub(super) fn told(&self) -> anyhow::Result<(String, String)> {
        let file = || Location::of(&self.path).name();
        Ok(match &self.origin {
            Origin::Saved => (file(), checksum(&self.path)?),
            Origin::Train => (format!("{} over {}", self.name, file()), checksum(&self.path)?),
            Origin::Learned(_) => {
                (self.name.to_string(), self.name.checksum().unwrap_or_default().to_owned())
            }
        })
    }
}
