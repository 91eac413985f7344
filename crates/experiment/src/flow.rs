//! One dataset, ready to be observed: its prior, its truth and what to leave out.

use crate::denoisers::Denoisers;
use crate::{BoxError, Boxed, CovarianceSettings, Error, Result, Segment, Source, Units, lattice, require};
use equipoise_data::sensors::MOST_COMPONENTS;
use equipoise_data::{
    Dataset, Described, LoadOptions, Location, Mask, NoiseLevel, Remark, checksum, load, load_beside,
};
use equipoise_field::{Grid, Shape, sketched};
use equipoise_prior::{DenoiserName, Fields, Model, Prior, PriorDenoiser, Received, Settings};
use equipoise_stream::Stream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the prior of a flow comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum PriorSource {
    /// Fitted to a training file.
    Train {
        /// The file.
        path: PathBuf,
        /// Changes to the settings of its kind.
        change: SettingsChange,
    },
    /// Read from a prior's file.
    File {
        /// The file.
        path: PathBuf,
        /// The training file that it was fitted to, for denoisers that stand on training windows.
        train: Option<PathBuf>,
    },
}

/// Settings of a fit that replace the defaults of the data's kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SettingsChange {
    /// T.
    pub window: Option<usize>,
    /// The normalizer.
    pub normalizer: Option<equipoise_data::NormalizerKind>,
    /// The model of the covariance.
    pub model: Option<Model>,
    /// Rank of a low-rank model.
    pub rank: Option<usize>,
    /// Ridge.
    pub ridge: Option<f64>,
}

impl SettingsChange {
    /// `defaults` with the changes. A rank makes the model low rank unless another model is given; another
    /// model brings its own ridge unless one is given.
    #[must_use]
    pub fn apply(&self, defaults: Settings) -> Settings {
        let model = match (self.model, self.rank) {
            (Some(Model::LowRank { .. }) | None, Some(rank)) => Model::LowRank { rank: Some(rank) },
            (model, _) => model.unwrap_or(defaults.model),
        };
        let same = model.name() == defaults.model.name();
        Settings {
            window: self.window.unwrap_or(defaults.window),
            normalizer: self.normalizer.unwrap_or(defaults.normalizer),
            model,
            ridge: self.ridge.unwrap_or(if same { defaults.ridge } else { model.default_ridge() }),
        }
    }
}

/// What is asked of one dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowRequest {
    /// Its name in the results.
    pub name: String,
    /// The file that holds the truth: its first trajectory's first T frames.
    pub data: PathBuf,
    /// The Gaussian prior.
    pub prior: PriorSource,
    /// The denoisers over it and its training windows, each a prior of the experiment.
    pub denoisers: Vec<DenoiserName>,
    /// Axis order and kind, where the files leave them open.
    pub load: LoadOptions,
    /// Standard deviation of the observation noise.
    pub noise: NoiseLevel,
    /// Whether cells inside the cylinder take part in error measures; masked ones never do.
    pub include_solid: bool,
}

impl FlowRequest {
    /// The name of data that are given none: that of their file without its ending.
    pub fn name_of(data: &Path) -> String {
        let file = Location::of(data).file;
        file.file_stem().map_or_else(|| "data".into(), |stem| stem.to_string_lossy().into_owned())
    }

    fn check_name(&self) -> Result<()> {
        if names_a_folder(&self.name) {
            return Ok(());
        }
        let expected = "a name for a folder beside the results, not one of theirs";
        Err(Error::Setting { field: "dataset", found: self.name.clone(), expected })
    }

    fn fault(&self, source: BoxError) -> Error {
        Error::Flow { dataset: self.name.clone(), source }
    }
}

/// A dataset with its prior and truth. Fields are normalised unless said otherwise.
#[derive(Clone)]
pub struct Flow {
    pub(crate) name: String,
    pub(crate) prior: Prior,
    pub(crate) denoisers: Denoisers,
    pub(crate) shape: Shape,
    pub(crate) grid: Grid,
    /// The window of the file that is the truth.
    segment: Segment,
    /// Normalised truth.
    pub(crate) truth: Vec<f32>,
    /// Whether each point of the plane takes part in error measures.
    pub(crate) included: Vec<bool>,
    /// Whether each point of the plane lies inside the body.
    pub(crate) solid: Option<Vec<bool>>,
    /// Noise standard deviation of each channel.
    pub(crate) noise: Vec<f64>,
    source: Source,
    units: Units,
    notes: Vec<String>,
    remarks: Vec<Remark>,
    files: Vec<(String, String)>,
}

sketched!(
    [] Flow, "Flow",
    |own| name = own.name, shape = own.shape, segment = own.segment, priors = own.denoisers.names()
);

impl Flow {
    /// Loads the truth and fits or reads the prior.
    ///
    /// # Errors
    /// [`Error::Flow`] naming the file and what is wrong with it.
    pub fn open(request: &FlowRequest) -> Result<Self> {
        request.check_name()?;
        Self::build(request).map(|(flow, _)| flow).map_err(|source| request.fault(source))
    }

    /// The same flow twice: with the first window of its file for a truth, and with another one to
    /// tune on that shares no frame with it, [`Segment::apart_from_first`].
    ///
    /// # Errors
    /// As [`open`](Self::open), and when the file holds no second window.
    pub fn open_apart(request: &FlowRequest) -> Result<[Self; 2]> {
        request.check_name()?;
        let fault = |source| request.fault(source);
        let (first, file) = Self::build(request).map_err(fault)?;
        let (trajectories, frames, window) = (file.trajectories(), file.frames(), first.shape.frames);
        let none = || {
            let found = format!("{trajectories} trajectory of {frames} frames");
            let enough = 2 * window;
            let expected =
                format!("a second trajectory or {enough} frames: two windows of {window} that share none");
            Error::found(&request.data, found, expected)
        };
        let segment = Segment::apart_from_first(trajectories, frames, window).ok_or_else(none)?;
        let mut truth =
            file.window(segment.trajectory, segment.start, window).map_err(|e| fault(e.into()))?.to_vec();
        first.prior.normalizer().normalise(first.shape, &mut truth).map_err(|e| fault(e.into()))?;
        let second = first.with_truth(segment, truth)?;
        Ok([first, second])
    }

    /// The same flow about another truth, normalised, and where in its file that lies.
    ///
    /// # Errors
    /// [`Error::Setting`] for a field of another length.
    pub fn with_truth(&self, segment: Segment, truth: Vec<f32>) -> Result<Self> {
        let expected = "as many numbers as a field of the prior";
        require("truth", truth.len(), truth.len() == self.shape.len(), expected)?;
        Ok(Self { segment, truth, ..self.clone() })
    }

    /// The same flow under noise of one standard deviation, normalised units.
    #[must_use]
    pub fn with_noise(&self, std: f64) -> Self {
        Self { noise: vec![std; self.shape.channels], ..self.clone() }
    }

    /// What is drawn on it under a seed, by this name. On a second window, to tune on, it is another draw.
    pub fn stream(&self, label: &str, seed: u64) -> Stream {
        let stream = Stream::new(label).number(seed).text(&self.name);
        if self.segment == Segment::default() { stream } else { stream.text("validation") }
    }

    /// The flow, and the file of its truth on the grid and in the units of the prior.
    fn build(request: &FlowRequest) -> Boxed<(Self, Dataset)> {
        let _within = tracing::info_span!("flow", data = %request.data.display()).entered();
        let (origin, path) = Origin::open(request)?;
        let turned = origin.remarks();
        let (reference, window) = origin.described(path)?;
        let test = load_beside(&request.data, &request.load, reference.kind)?;
        let (test, remarks) = reference.receive(test, window)?;
        let channels = test.channels();
        if !(1..=MOST_COMPONENTS).contains(&channels) {
            let (found, expected) = (format!("{channels} channels"), format!("1 to {MOST_COMPONENTS}"));
            return Err(Box::new(Error::found(&request.data, found, expected)));
        }
        let (prior, train) = origin.prior()?;
        let denoisers = Denoisers::open(&request.denoisers, &prior, path, train.as_ref())?;
        let shape = prior.shape();
        let mut truth = test.window(0, 0, shape.frames)?.to_vec();
        prior.normalizer().normalise(shape, &mut truth)?;
        let solid = test.solid();
        let hidden = prior.normalizer().mask().map(Mask::cells);
        let left_out = if request.include_solid { hidden } else { solid.as_deref() };
        let included =
            left_out.map_or_else(|| vec![true; shape.plane()], |out| out.iter().map(|x| !x).collect());
        let noise = request.noise.normalised(prior.normalizer())?;
        if let Some(found) = noise.iter().find(|s| **s <= 0.0) {
            let expected = "a standard deviation above 0";
            return Err(Box::new(Error::Setting { field: "noise", found: found.to_string(), expected }));
        }
        let (data_checksum, train_checksum) = (checksum(&request.data)?, checksum(path)?);
        let of = |file: &Path, found: &str| format!("{}: {found}", file.display());
        let trained = prior.provenance().warnings.iter().map(|found| of(path, found));
        let tested = test.warnings().iter().map(|found| of(test.path(), &found.to_string()));
        let odd = trained.chain(tested).map(Remark::Warning);
        let odd = odd.chain(denoisers.remarks.iter().cloned());
        let remarks = odd.chain(turned).chain(remarks).collect();
        let axes = test.audit().and_then(|a| a.used);
        let source = Source {
            dataset: request.name.clone(),
            data_checksum: data_checksum.clone(),
            train_checksum: train_checksum.clone(),
            kind: test.kind(),
            axes,
        };
        let mut files = vec![(label(&request.data), data_checksum), (label(path), train_checksum)];
        if let Some(train) = train.as_ref().filter(|train| train.path() != path) {
            files.push((label(train.path()), prior.provenance().sha256.clone()));
        }
        let flow = Self {
            name: request.name.clone(),
            shape,
            grid: test.grid(),
            segment: Segment::default(),
            truth,
            included,
            solid,
            noise,
            units: prior.normalizer().told().parse()?,
            source,
            notes: test.notes().to_vec(),
            remarks,
            files,
            prior,
            denoisers,
        };
        Ok((flow, test))
    }

    /// Its name in the results.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The prior.
    pub fn prior(&self) -> &Prior {
        &self.prior
    }

    /// The denoiser of a prior; `None` for `wiener`.
    ///
    /// # Errors
    /// [`Error::UnknownPrior`] for one that was not asked for.
    pub fn denoiser_of(&self, prior: &DenoiserName) -> Result<Option<&PriorDenoiser>> {
        self.denoisers
            .get(prior)
            .ok_or_else(|| Error::UnknownPrior { dataset: self.name.clone(), prior: prior.to_string() })
    }

    /// Normalised training windows at which denoisers are probed; none where only `wiener` is asked for.
    pub fn windows(&self) -> Arc<[Vec<f32>]> {
        Arc::clone(&self.denoisers.windows)
    }

    /// The names of its priors, in the order asked for.
    pub fn priors(&self) -> Vec<DenoiserName> {
        self.denoisers.names()
    }

    /// Where its numbers come from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The units of its prior.
    pub fn units(&self) -> &Units {
        &self.units
    }

    /// How the covariance of its Gaussian is modelled.
    pub fn covariance(&self) -> CovarianceSettings {
        CovarianceSettings::of(&self.prior.settings())
    }

    /// (T, C, H, W).
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The grid of a plane.
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// Whether each point of the plane lies inside the body.
    pub fn solid(&self) -> Option<&[bool]> {
        self.solid.as_deref()
    }

    /// Noise standard deviation of each channel.
    pub fn noise(&self) -> &[f64] {
        &self.noise
    }

    /// The window of the file that is the truth.
    pub fn segment(&self) -> Segment {
        self.segment
    }

    /// The truth, (T, C, H, W), normalised.
    pub fn truth(&self) -> &[f32] {
        &self.truth
    }

    /// Whether each point of the plane takes part in error measures.
    pub fn included(&self) -> &[bool] {
        &self.included
    }

    /// Defaults and overrides that loading took.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What is odd about its files, and what is to be said of both beside each other.
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// (folder/name, SHA-256) of its files.
    pub fn files(&self) -> &[(String, String)] {
        &self.files
    }

    /// The cells that a mask hides, flat (H, W): they are neither observed nor part of errors.
    pub fn hidden(&self) -> Option<&[bool]> {
        self.prior.normalizer().mask().map(Mask::cells)
    }

    /// Whether the grid can be observed at every `sub`-th row and column.
    ///
    /// # Errors
    /// [`Error::Flow`] when the stride is zero or exceeds the smaller side of the grid, or meets masked cells alone.
    pub fn check_sub(&self, sub: usize) -> Result<()> {
        let refused = |source| Error::Flow { dataset: self.name.clone(), source };
        lattice(self.shape, sub, self.hidden()).map(|_| ()).map_err(refused)
    }
}

/// Where a prior comes from, read but not fitted yet.
enum Origin {
    Train { received: Received, settings: Settings },
    File { prior: Box<Prior>, train: Option<Dataset> },
}

impl Origin {
    fn open(request: &FlowRequest) -> Boxed<(Self, &Path)> {
        Ok(match &request.prior {
            PriorSource::Train { path, change } => {
                let train = load(path, &request.load)?;
                let received = Fields::received(&request.denoisers, train, change.normalizer, Settings::of)?;
                let settings = change.apply(received.defaults);
                (Self::Train { received, settings }, path)
            }
            PriorSource::File { path, train } => {
                let prior = Box::new(Prior::load(path)?);
                let beside = |train| load_beside(train, &request.load, prior.kind());
                let train = train.as_deref().map(beside).transpose()?;
                (Self::File { prior, train }, path)
            }
        })
    }

    /// What is to be said of the training file.
    fn remarks(&self) -> Vec<Remark> {
        match self {
            Self::Train { received, .. } => received.remarks.clone(),
            Self::File { .. } => Vec::new(),
        }
    }

    /// What data must agree with, and the frames of a window.
    fn described(&self, path: &Path) -> Boxed<(Described, usize)> {
        Ok(match self {
            Self::Train { received, settings } => (Described::of(&received.train)?, settings.window),
            Self::File { prior, .. } => (prior.described(path), prior.shape().frames),
        })
    }

    /// The Gaussian prior, and its training file where there is one.
    fn prior(self) -> Boxed<(Prior, Option<Dataset>)> {
        match self {
            Self::Train { received, settings } => {
                let prior = Prior::fit_in(&received.train, &settings, received.units())?;
                Ok((prior, Some(received.train)))
            }
            Self::File { prior, train } => Ok((*prior, train)),
        }
    }
}

/// Whether pictures can go into a folder of this name without meeting the files of the results.
fn names_a_folder(name: &str) -> bool {
    let taken = [crate::RESULTS_CSV, crate::RESULTS_JSONL, crate::MANIFEST, crate::REPORT, crate::PLAN_TOML];
    let plain = !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\']);
    plain && !taken.contains(&name)
}

fn label(path: &Path) -> String {
    let at = Location::of(path);
    let name = at.name();
    match at.file.parent().and_then(Path::file_name) {
        Some(folder) => format!("{}/{name}", folder.to_string_lossy()),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::{FlowRequest, names_a_folder};

    #[test]
    fn datasets_in_a_file_bear_the_name_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.b.h5");
        std::fs::write(&file, "").unwrap();
        for within in ["", ":/x", ":/g/Vx,/g/Vy", ":/*/data"] {
            let path = format!("{}{within}", file.display());
            assert_eq!(FlowRequest::name_of(path.as_ref()), "a.b", "{within}");
        }
        assert_eq!(FlowRequest::name_of("..".as_ref()), "data");
    }

    #[test]
    fn a_dataset_cannot_take_the_place_of_a_result_or_leave_the_folder() {
        for name in ["", ".", "..", "a/b", "a\\b", "results.csv", "report.html", "manifest.json"] {
            assert!(!names_a_folder(name), "{name}");
        }
        assert!(names_a_folder("kolmogorov") && names_a_folder("été 2"));
    }
}
