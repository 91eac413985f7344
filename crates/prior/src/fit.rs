//! Fitting a prior to overlapping windows of training data.

use crate::error::Fault;
use crate::hidden::Hidden;
use crate::{Model, PriorError, Result, Settings};
use equipoise_covariance::{
    Covariance, ErrorBound, Modes, Randomised, Stationary, fit_dense, fit_low_rank, fit_stationary,
};
use equipoise_data::{
    Coordinates, CylinderGeometry, Dataset, Described, Kind, Location, Normalizer, Particulars, checksum,
    solid,
};
use equipoise_field::{Boundary, Grid, Shape, sketched};
use equipoise_wiener::Wiener;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// The rank of a low-rank model unless another is given.
pub(crate) const DEFAULT_RANK: usize = 20;

/// What a prior was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Name of the training file, without its folder.
    pub file: String,
    /// Its SHA-256.
    pub sha256: String,
    /// Axis order the loader used.
    pub axes: String,
    /// Windows that entered the fit.
    pub windows: usize,
    /// Every default and override that went into reading the file, one sentence each.
    pub notes: Vec<String>,
    /// What is odd about its numbers, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// How modes were found that were sampled; `None` for those of the whole Gram matrix.
    #[serde(default)]
    pub sampled: Option<Sampled>,
}

/// A randomised fit and what it cannot have missed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampled {
    /// How many directions and passes it took.
    pub method: Randomised,
    /// The bound, in normalised units.
    pub bound: ErrorBound,
}

/// x ~ N(m, Σ) in normalised units, with everything needed to use it on physical data.
#[derive(Clone)]
pub struct Prior {
    pub(crate) shape: Shape,
    /// Its training data; a mask is the normalizer's.
    pub(crate) about: Described,
    pub(crate) settings: Settings,
    pub(crate) normalizer: Normalizer,
    pub(crate) mean: Vec<f32>,
    pub(crate) fitted: Fitted,
    pub(crate) provenance: Provenance,
}

/// The concrete covariance.
#[derive(Clone)]
pub(crate) enum Fitted {
    Modes(Arc<Modes<f32>>),
    Stationary(Arc<Stationary<f32>>),
}

sketched!(
    [] Prior, "Prior",
    |own| shape = own.shape, kind = own.about.kind, settings = own.settings, file = own.provenance.file
);

impl Prior {
    /// Fits normalizer, mean and covariance to all overlapping windows of the training data.
    ///
    /// # Errors
    /// [`PriorError::Data`] for a window longer than the series or a normalizer that does not fit,
    /// [`PriorError::Refused`], [`PriorError::Covariance`].
    pub fn fit(train: &Dataset, settings: &Settings) -> Result<Self> {
        Self::fit_in(train, settings, None)
    }

    /// As [`fit`](Self::fit), in the units of a normalizer that is known already, as those of a learned prior are.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_in(train: &Dataset, settings: &Settings, known: Option<&Normalizer>) -> Result<Self> {
        if settings.model == Model::Stationary && train.grid().boundary != Boundary::Periodic {
            return Err(PriorError::not_periodic(train.path()));
        }
        let windows = train.windows(settings.window)?.count();
        let _within = tracing::info_span!("fit", model = settings.model.name(), windows).entered();
        let normalizer = match known {
            Some(known) => known.clone().masked(train.mask().cloned()),
            None => Normalizer::fit(settings.normalizer, train)?,
        };
        let settings = &Settings { normalizer: normalizer.kind(), ..*settings };
        let mut values = train.values().to_vec();
        let series = train.shape(train.frames());
        for trajectory in values.chunks_mut(series.len()) {
            normalizer.normalise(series, trajectory)?;
        }
        let (shape, about) = (train.shape(settings.window), Described::of(train)?);
        let hidden = Hidden::of(settings.model, &normalizer, shape, &about.particulars.moments)?;
        hidden.iter().for_each(|hidden| hidden.fill(&mut values));
        let snapshots: Vec<&[f32]> = values
            .chunks(series.len())
            .flat_map(|trajectory| trajectory.windows(shape.len()).step_by(shape.frame()))
            .collect();
        let (mut mean, fitted, settings) = fit_covariance(shape, &snapshots, *settings)
            .map_err(|source| Fault::from(source).of(train.path()))?;
        hidden.iter().for_each(|hidden| hidden.restore(&mut mean));
        let at = Location::of(train.path());
        let (file, in_file) = (at.name(), at.exists());
        let (_, defaults) = Coordinates::of(train)?;
        let provenance = Provenance {
            file,
            sha256: if in_file { checksum(train.path())? } else { String::new() },
            axes: train
                .audit()
                .map_or_else(|| "NTCHW".into(), |a| a.used.map_or_else(String::new, |o| o.to_string())),
            windows,
            notes: train.notes().iter().cloned().chain(defaults).collect(),
            warnings: train.warnings().iter().map(ToString::to_string).collect(),
            sampled: None,
        };
        Ok(Self { shape, about, settings, normalizer, mean, fitted, provenance })
    }

    /// (T, C, H, W) of a field.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The kind of flow.
    pub fn kind(&self) -> Kind {
        self.about.kind
    }

    /// The orientation of the grid.
    pub fn grid(&self) -> Grid {
        self.about.grid
    }

    /// Where the first grid point lies, and the time between two frames.
    pub fn coordinates(&self) -> Coordinates {
        self.about.coordinates
    }

    /// The cylinder of a wake, when the training file describes one.
    pub fn geometry(&self) -> Option<&CylinderGeometry> {
        self.about.geometry.as_ref()
    }

    /// Whether each point of an (H, W) plane is masked or lies inside the cylinder; `None` where nothing says so.
    pub fn solid(&self) -> Option<Vec<bool>> {
        solid(self.normalizer.mask(), self.about.geometry.as_ref(), self.shape)
    }

    /// Whether a place, in rows and columns that need not be whole, lies inside the cylinder, or one of the cells that a
    /// number there is interpolated from, with a weight that an `f32` feels, is masked.
    pub fn is_solid(&self, row: f64, column: f64) -> bool {
        self.normalizer.mask().is_some_and(|mask| mask.touches(row, column))
            || self.about.geometry.is_some_and(|cylinder| cylinder.encloses(row, column))
    }

    /// What its components are called.
    pub fn components(&self) -> Vec<String> {
        self.about.particulars.components(self.shape.channels)
    }

    /// The channels of the velocity along x and along y, where it has both.
    pub fn velocities(&self) -> Option<[usize; 2]> {
        self.about.particulars.velocities(self.shape.channels)
    }

    /// Its training data as those see them who hold other data against the prior, which `path` names.
    pub fn described(&self, path: &Path) -> Described {
        Described { path: path.into(), mask: self.normalizer.mask().cloned(), ..self.about.clone() }
    }

    /// What the training file says of itself.
    pub fn particulars(&self) -> &Particulars {
        &self.about.particulars
    }

    /// How it was fitted, with the rank that was used.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// Between physical and normalised units.
    pub fn normalizer(&self) -> &Normalizer {
        &self.normalizer
    }

    /// m, normalised units.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// Σ, normalised units.
    // As `PriorDenoiser::denoiser`.
    #[inline(never)]
    pub fn covariance(&self) -> Arc<dyn Covariance<f32>> {
        match &self.fitted {
            Fitted::Modes(modes) => Arc::clone(modes) as Arc<dyn Covariance<f32>>,
            Fitted::Stationary(blocks) => Arc::clone(blocks) as Arc<dyn Covariance<f32>>,
        }
    }

    /// What it was made from.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The Wiener denoiser.
    ///
    /// # Errors
    /// [`PriorError::Denoiser`] when mean and covariance do not fit each other.
    pub fn denoiser(&self) -> Result<Wiener<f32>> {
        Ok(Wiener::new(self.mean.clone(), self.covariance())?)
    }

    /// The resolved eigenvalues in descending order, and λ_⊥ with its multiplicity.
    pub fn spectrum(&self) -> (Vec<f64>, Option<(f64, usize)>) {
        let covariance = self.covariance();
        let mut values = covariance.eigenvalues().to_vec();
        values.sort_by(|a, b| b.total_cmp(a));
        let rest = covariance.dim() - values.len();
        (values, covariance.complement().map(|l| (l, rest)))
    }
}

fn fit_covariance(
    shape: Shape,
    snapshots: &[&[f32]],
    settings: Settings,
) -> Result<(Vec<f32>, Fitted, Settings), equipoise_covariance::CovarianceError> {
    match settings.model {
        Model::Dense => {
            let (mean, modes) = fit_dense(snapshots, settings.ridge)?;
            Ok((mean, Fitted::Modes(Arc::new(modes)), settings))
        }
        Model::LowRank { rank } => {
            let rank = rank.unwrap_or_else(|| DEFAULT_RANK.min(snapshots.len().saturating_sub(1)));
            let fit = fit_low_rank(snapshots, rank, settings.ridge)?;
            let settings = Settings { model: Model::LowRank { rank: Some(rank) }, ..settings };
            Ok((fit.mean, Fitted::Modes(Arc::new(fit.covariance)), settings))
        }
        Model::Stationary => {
            let (mean, blocks) = fit_stationary(shape, snapshots, settings.ridge)?;
            Ok((mean, Fitted::Stationary(Arc::new(blocks)), settings))
        }
    }
}
