//! The table of priors: each is one entry, which says what the prior is, reads its settings and makes its
//! denoiser.

use crate::learned::{FromFiles, FromProcess, NETWORK, SERVE};
use crate::{Beside, Fields, Prior, PriorDenoiser, PriorError};
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
    fn make(&self, over: &Making<'_>) -> Result<PriorDenoiser, PriorError>;

    /// The fields that it takes, of one that was learned elsewhere, on the grid beside it if it has none of its own.
    fn fields(&self, _beside: Option<Beside>) -> Result<Option<Fields>, PriorError> {
        Ok(None)
    }

    /// The denoiser without training data, of one that was learned elsewhere.
    fn learned(&self, _prior: &Prior) -> Option<Result<PriorDenoiser, PriorError>> {
        None
    }

    /// The files that it is read from, whose checksums belong to its identity.
    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// What whoever keeps results under its name is to know.
    fn remark(&self) -> Result<Option<String>, PriorError> {
        Ok(None)
    }

    /// Whether it is read from elsewhere, so that its name may state a checksum; found or not.
    fn elsewhere(&self) -> bool {
        false
    }

    /// A text beside its files that changes with it, of one that states one.
    fn identity(&self) -> Result<Option<String>, PriorError> {
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
    Entry { spec: &WIENER, read: |s| most(0, s, || Some(WienerFilter)) },
    Entry { spec: &OPTIMAL, read: |s| most(0, s, || Some(OverWindows)) },
    Entry { spec: &LOCAL, read: |s| most(1, s, || Some(ByPatches { radius: whole(s, 0, RADIUS)? })) },
    Entry { spec: &EQUIVARIANT_LOCAL, read: |s| most(2, s, || AnywherePatches::read(s)) },
    Entry { spec: &LOCALITY, read: |s| most(1, s, || ByMask::read(s)) },
    Entry { spec: &NETWORK, read: |s| FromFiles::read(s) },
    Entry { spec: &SERVE, read: |s| FromProcess::read(s) },
];

pub(crate) const WIENER: PriorSpec = PriorSpec {
    name: "wiener",
    settings: "",
    about: "the fitted Gaussian",
    windows: false,
    knows: Knows::Gaussian,
    verbatim: false,
};

const OPTIMAL: PriorSpec = PriorSpec {
    name: "optimal",
    settings: "",
    about: "the training windows themselves, each as likely as the others",
    windows: true,
    knows: Knows::Posterior,
    verbatim: false,
};

const LOCAL: PriorSpec = PriorSpec {
    name: "local",
    settings: "[:RADIUS]",
    about: "patches against the same patch of every window",
    windows: true,
    knows: Knows::Denoiser,
    verbatim: false,
};

const EQUIVARIANT_LOCAL: PriorSpec = PriorSpec {
    name: "equivariant_local",
    settings: "[:RADIUS[:STRIDE]]",
    about: "patches against patches of all positions",
    windows: true,
    knows: Knows::Denoiser,
    verbatim: false,
};

const LOCALITY: PriorSpec = PriorSpec {
    name: "locality",
    settings: "[:THRESHOLD from 0 to 1]",
    about: "what the Wiener filter reads for a pixel, hard above a threshold or soft for 0",
    windows: true,
    knows: Knows::Denoiser,
    verbatim: false,
};

fn most<C: Chosen + 'static>(
    count: usize,
    settings: &[&str],
    read: impl FnOnce() -> Option<C>,
) -> Option<Arc<dyn Chosen>> {
    if settings.len() > count { None } else { Some(Arc::new(read()?)) }
}

fn whole(settings: &[&str], at: usize, default: usize) -> Option<usize> {
    settings.get(at).map_or(Some(default), |s| s.parse().ok())
}

/// Exact for the fitted Gaussian.
#[derive(Debug)]
pub(crate) struct WienerFilter;

impl Chosen for WienerFilter {
    fn make(&self, over: &Making<'_>) -> Result<PriorDenoiser, PriorError> {
        Ok(PriorDenoiser::gaussian(Arc::new(over.prior.denoiser()?)))
    }
}

/// Exact for the training windows.
#[derive(Debug)]
struct OverWindows;

impl Chosen for OverWindows {
    fn make(&self, over: &Making<'_>) -> Result<PriorDenoiser, PriorError> {
        let training = over.training()?;
        let denoiser = Arc::new(Optimal::new(training.clone()));
        let weighing = Arc::clone(&denoiser);
        let weights = move |x_t: &[f32], level| Ok(weighing.weights(x_t, level)?);
        Ok(PriorDenoiser::on_fields(denoiser).over(training).weighing(weights))
    }
}

/// Patches against the same patch of every window.
#[derive(Debug)]
struct ByPatches {
    /// Grid points that a patch reaches from its centre, along H and along W.
    radius: usize,
}

impl Chosen for ByPatches {
    fn settings(&self) -> String {
        format!(":{}", self.radius)
    }

    fn make(&self, over: &Making<'_>) -> Result<PriorDenoiser, PriorError> {
        let training = over.training()?;
        let denoiser = Arc::new(Pixelwise::local(training.clone(), over.patch(self.radius)));
        let timed = Arc::clone(&denoiser);
        let made = PriorDenoiser::new(denoiser).over(training);
        Ok(made.timed(move |x_t, level| Ok(timed.probe(x_t, level)?)))
    }
}

/// Patches against patches of all positions.
#[derive(Debug)]
struct AnywherePatches {
    /// As for [`ByPatches`].
    radius: usize,
    /// Grid points between the positions that are compared, along H and along W.
    stride: usize,
}

impl AnywherePatches {
    fn read(settings: &[&str]) -> Option<Self> {
        let stride = whole(settings, 1, STRIDE).filter(|n| *n > 0)?;
        Some(Self { radius: whole(settings, 0, RADIUS)?, stride })
    }
}

impl Chosen for AnywherePatches {
    fn settings(&self) -> String {
        format!(":{}:{}", self.radius, self.stride)
    }

    fn make(&self, over: &Making<'_>) -> Result<PriorDenoiser, PriorError> {
        let (training, patch) = (over.training()?, over.patch(self.radius));
        let denoiser = Pixelwise::equivariant_local(&training, patch, [self.stride; 2]);
        let denoiser = Arc::new(denoiser.map_err(|source| over.fault(source))?);
        let timed = Arc::clone(&denoiser);
        let made = PriorDenoiser::new(denoiser).over(training);
        Ok(made.timed(move |x_t, level| Ok(timed.probe(x_t, level)?)))
    }
}

/// What the Wiener filter reads for a pixel.
#[derive(Debug)]
struct ByMask {
    /// θ of the mask, 0 for the soft one; `None` takes 0.02 where a hard mask can be made, else 0.
    threshold: Option<f64>,
}

impl ByMask {
    fn read(settings: &[&str]) -> Option<Self> {
        let Some(threshold) = settings.first() else { return Some(Self { threshold: None }) };
        let threshold = threshold.parse().ok().filter(|t| (0.0..=1.0).contains(t))?;
        Some(Self { threshold: Some(threshold) })
    }

    /// θ where none is given: of the hard mask where one can be made, else 0.
    fn default_threshold(prior: &Prior) -> f64 {
        let covariance = prior.covariance();
        let stationary = matches!(covariance.structure(), Structure::Stationary(_));
        if stationary || prior.shape().len() <= ROWS_LIMIT { THRESHOLD } else { 0.0 }
    }
}

impl Chosen for ByMask {
    fn settings(&self) -> String {
        self.threshold.map_or_else(String::new, |threshold| format!(":{threshold}"))
    }

    fn make(&self, over: &Making<'_>) -> Result<PriorDenoiser, PriorError> {
        let threshold = self.threshold.unwrap_or_else(|| Self::default_threshold(over.prior));
        let training = over.training()?;
        let denoiser = Pixelwise::locality(training.clone(), over.prior.covariance(), threshold);
        let denoiser = Arc::new(denoiser.map_err(|source| over.fault(source))?);
        let timed = Arc::clone(&denoiser);
        let made = PriorDenoiser::new(denoiser).over(training);
        Ok(made.timed(move |x_t, level| Ok(timed.probe(x_t, level)?)))
    }
}

impl Making<'_> {
    /// The windows with their shifts.
    fn training(&self) -> Result<Training<f32>, PriorError> {
        match self.stored {
            Some(stored) => self.prior.shifted(Ok(stored.clone()), self.train, self.shifts),
            None => self.prior.training(self.train, self.shifts),
        }
    }

    fn patch(&self, radius: usize) -> Patch {
        Patch::square(radius, self.prior.grid().boundary)
    }

    fn fault(&self, source: LocalityError) -> PriorError {
        self.prior.fault(self.train, source)
    }
}
