//! The table of priors: each is one entry, which says what the prior is, reads its settings and makes its
//! denoiser.

use crate::learned::{FromFiles, FromProcess, NETWORK, SERVE};
use crate::{Beside, Fields, Prior, PriorDenoiser, Result};
use equipoise_covariance::Structure;
use equipoise_data::Dataset;
use equipoise_locality::{LocalityError, Optimal, Patch, Pixelwise, ROWS_LIMIT, Training};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// θ of the hard mask in the authors' code.
const THRESHOLD: f64 = 0.02;
/// Radius of a patch unless another is given: 9 × 9 points.
const RADIUS: usize = 4;
/// Stride between positions unless another is given.
const STRIDE: usize = 4;

/// What is known of a prior from its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Knows {
    /// Its denoiser.
    Denoiser,
    /// Its posterior under any observation, as one on finitely many fields.
    Posterior,
    /// Everything: it is Gaussian.
    Gaussian,
}

/// What is known of a prior without its data.
#[derive(Debug, PartialEq, Eq)]
pub struct PriorSpec {
    /// The name that the command line and the results use.
    pub name: &'static str,
    /// How settings follow the name: `[:RADIUS]`.
    pub settings: &'static str,
    /// What it is, in half a line.
    pub about: &'static str,
    /// Whether it stands on training windows, which may be shifted along x.
    pub windows: bool,
    /// What is known of its distribution.
    pub knows: Knows,
    /// Whether its setting is all that follows, commas and colons too.
    pub verbatim: bool,
}

/// A prior with its settings.
pub(crate) trait Chosen: fmt::Debug + Send + Sync {
    /// The settings as they follow the name, each after a colon.
    fn settings(&self) -> String {
        String::new()
    }

    /// The denoiser.
    fn make(&self, over: &Making<'_>) -> Result<PriorDenoiser>;

    /// The fields that it takes, of one that was learned elsewhere, on the grid beside it if it has none of its own.
    fn fields(&self, _beside: Option<Beside>) -> Result<Option<Fields>> {
        Ok(None)
    }

    /// The denoiser without training data, of one that was learned elsewhere.
    fn learned(&self, _prior: &Prior) -> Option<Result<PriorDenoiser>> {
        None
    }

    /// The files that it is read from, whose checksums belong to its identity.
    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// What whoever keeps results under its name is to know.
    fn remark(&self) -> Result<Option<String>> {
        Ok(None)
    }

    /// Whether it is read from elsewhere, so that its name may state a checksum; found or not.
    fn elsewhere(&self) -> bool {
        false
    }

    /// A text beside its files that changes with it, of one that states one.
    fn identity(&self) -> Result<Option<String>> {
        Ok(None)
    }
}

/// What a denoiser is made from.
pub(crate) struct Making<'a> {
    pub(crate) prior: &'a Prior,
    pub(crate) train: &'a Dataset,
    /// The windows of `train`, where one of the priors asked for stands on them.
    pub(crate) stored: Option<&'a Training<f32>>,
    /// Cyclic shifts of every window along x.
    pub(crate) shifts: usize,
}

/// One prior; `None` for settings that it does not have.
pub(crate) struct Entry {
    pub(crate) spec: &'static PriorSpec,
    pub(crate) read: fn(&[&str]) -> Option<Arc<dyn Chosen>>,
}

/// Every prior, in the order of the documentation.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry { spec: &WIENER, read: |s| most(0, s, || Some(OfData::Wiener)) },
    Entry { spec: &OPTIMAL, read: |s| most(0, s, || Some(OfData::Windows)) },
    Entry { spec: &LOCAL, read: |s| most(1, s, || Some(OfData::Patches { radius: whole(s, 0, RADIUS)? })) },
    Entry { spec: &EQUIVARIANT_LOCAL, read: |s| most(2, s, || OfData::anywhere(s)) },
    Entry { spec: &LOCALITY, read: |s| most(1, s, || OfData::by_mask(s)) },
    Entry { spec: &NETWORK, read: |s| FromFiles::read(s) },
    Entry { spec: &SERVE, read: |s| FromProcess::read(s) },
];

/// What a prior is unless its entry says otherwise.
pub(crate) const PLAIN: PriorSpec =
    PriorSpec { name: "", settings: "", about: "", windows: false, knows: Knows::Denoiser, verbatim: false };

pub(crate) const WIENER: PriorSpec =
    PriorSpec { name: "wiener", about: "the fitted Gaussian", knows: Knows::Gaussian, ..PLAIN };

const OPTIMAL: PriorSpec = PriorSpec {
    name: "optimal",
    about: "the training windows themselves, each as likely as the others",
    windows: true,
    knows: Knows::Posterior,
    ..PLAIN
};

const LOCAL: PriorSpec = PriorSpec {
    name: "local",
    settings: "[:RADIUS]",
    about: "patches against the same patch of every window",
    windows: true,
    ..PLAIN
};

const EQUIVARIANT_LOCAL: PriorSpec = PriorSpec {
    name: "equivariant_local",
    settings: "[:RADIUS[:STRIDE]]",
    about: "patches against patches of all positions",
    windows: true,
    ..PLAIN
};

const LOCALITY: PriorSpec = PriorSpec {
    name: "locality",
    settings: "[:THRESHOLD from 0 to 1]",
    about: "what the Wiener filter reads for a pixel, hard above a threshold or soft for 0",
    windows: true,
    ..PLAIN
};

fn most(count: usize, settings: &[&str], read: impl FnOnce() -> Option<OfData>) -> Option<Arc<dyn Chosen>> {
    if settings.len() > count { None } else { Some(Arc::new(read()?)) }
}

fn whole(settings: &[&str], at: usize, default: usize) -> Option<usize> {
    settings.get(at).map_or(Some(default), |s| s.parse().ok())
}

/// A denoiser that weighs the samples of a training set for every pixel by itself.
type ByPixel<'a> = dyn Fn(&Training<f32>) -> Result<Pixelwise<f32>, LocalityError> + 'a;

/// A prior that is made from the data alone.
#[derive(Debug)]
pub(crate) enum OfData {
    /// Exact for the fitted Gaussian.
    Wiener,
    /// Exact for the training windows.
    Windows,
    /// Patches against the same patch of every window; grid points from its centre along H and along W.
    Patches { radius: usize },
    /// Patches against patches of all positions, which are `stride` points apart along H and along W.
    Anywhere { radius: usize, stride: usize },
    /// What the Wiener filter reads for a pixel. θ of the mask, 0 for the soft one; `None` takes 0.02 where a hard
    /// mask can be made, else 0.
    Mask { threshold: Option<f64> },
}

impl OfData {
    fn anywhere(settings: &[&str]) -> Option<Self> {
        let stride = whole(settings, 1, STRIDE).filter(|n| *n > 0)?;
        Some(Self::Anywhere { radius: whole(settings, 0, RADIUS)?, stride })
    }

    fn by_mask(settings: &[&str]) -> Option<Self> {
        let Some(threshold) = settings.first() else { return Some(Self::Mask { threshold: None }) };
        let threshold = threshold.parse().ok().filter(|t| (0.0..=1.0).contains(t))?;
        Some(Self::Mask { threshold: Some(threshold) })
    }
}

/// θ where none is given: of the hard mask where one can be made, else 0.
fn default_threshold(prior: &Prior) -> f64 {
    let covariance = prior.covariance();
    let stationary = matches!(covariance.structure(), Structure::Stationary(_));
    if stationary || prior.shape().len() <= ROWS_LIMIT { THRESHOLD } else { 0.0 }
}

impl Chosen for OfData {
    fn settings(&self) -> String {
        match self {
            Self::Wiener | Self::Windows | Self::Mask { threshold: None } => String::new(),
            Self::Patches { radius } => format!(":{radius}"),
            Self::Anywhere { radius, stride } => format!(":{radius}:{stride}"),
            Self::Mask { threshold: Some(threshold) } => format!(":{threshold}"),
        }
    }

    fn make(&self, over: &Making<'_>) -> Result<PriorDenoiser> {
        let training = || match over.stored {
            Some(stored) => over.prior.shifted(Ok(stored.clone()), over.train, over.shifts),
            None => over.prior.training(over.train, over.shifts),
        };
        let by_pixel = |made: &ByPixel<'_>| {
            let training = training()?;
            let denoiser = made(&training).map_err(|source| over.prior.fault(over.train, source))?;
            Ok(PriorDenoiser::by_pixel(denoiser, training))
        };
        let patch = |radius: usize| Patch::square(radius, over.prior.grid().boundary);
        match *self {
            Self::Wiener => Ok(PriorDenoiser::gaussian(Arc::new(over.prior.denoiser()?))),
            Self::Windows => Ok(PriorDenoiser::on_windows(Optimal::new(training()?))),
            Self::Patches { radius } => by_pixel(&|set| Ok(Pixelwise::local(set.clone(), patch(radius)))),
            Self::Anywhere { radius, stride } => {
                by_pixel(&|set| Pixelwise::equivariant_local(set, patch(radius), [stride; 2]))
            }
            Self::Mask { threshold } => {
                let threshold = threshold.unwrap_or_else(|| default_threshold(over.prior));
                by_pixel(&|set| Pixelwise::locality(set.clone(), over.prior.covariance(), threshold))
            }
        }
    }
}
