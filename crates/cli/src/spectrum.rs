//! A fitted prior in numbers: its settings and the spectrum of its covariance.

use equipoise_data::{Kind, NormalizerKind};
use equipoise_field::Shape;
use equipoise_prior::{Model, Prior};
use equipoise_report::significant;
use equipoise_report::{Cell, Table};
use serde::Serialize;
use std::fmt;

/// How many of the leading eigenvalues are told.
const LEADING: usize = 5;

/// A prior's settings and spectrum. Eigenvalues are variances in normalised units.
#[derive(Clone, Serialize)]
pub(crate) struct Spectrum {
    kind: Kind,
    /// (T, C, H, W) of a field.
    shape: Shape,
    /// D = T·C·H·W.
    dimension: usize,
    /// Windows that entered the fit.
    windows: usize,
    normalizer: NormalizerKind,
    model: &'static str,
    rank: Option<usize>,
    ridge: f64,
    /// Eigenvalues that the model resolves.
    resolved: usize,
    /// The largest of them.
    leading: Vec<f64>,
    /// The smallest of them.
    smallest: Option<f64>,
    /// λ_⊥, the eigenvalue of every direction that is not resolved.
    complement: Option<f64>,
    /// tr Σ/D.
    mean_variance: f64,
}

impl Spectrum {
    pub(crate) fn of(prior: &Prior) -> Self {
        let (values, complement) = prior.spectrum();
        let settings = prior.settings();
        let (rest, multiplicity) = complement.unwrap_or((0.0, 0));
        let dimension = prior.shape().len();
        let trace = values.iter().sum::<f64>() + rest * multiplicity as f64;
        Self {
            kind: prior.kind(),
            shape: prior.shape(),
            dimension,
            windows: prior.provenance().windows,
            normalizer: settings.normalizer,
            model: settings.model.name(),
            rank: match settings.model {
                Model::LowRank { rank } => rank,
                Model::Dense | Model::Stationary => None,
            },
            ridge: settings.ridge,
            resolved: values.len(),
            leading: values.iter().take(LEADING).copied().collect(),
            smallest: values.last().copied(),
            complement: complement.map(|(value, _)| value),
            mean_variance: trace / dimension as f64,
        }
    }

    /// λ_max, unless the model resolves nothing and has no rest.
    pub(crate) fn largest(&self) -> Option<f64> {
        self.leading.first().copied().or(self.complement)
    }

    /// As names and values.
    pub(crate) fn table(&self) -> Table {
        let leading: Vec<String> = self.leading.iter().map(|value| significant(*value, 6)).collect();
        Table::facts([
            ("kind", self.kind.to_string().into()),
            ("(T, C, H, W)", self.shape.to_string().into()),
            ("D", self.dimension.into()),
            ("windows", self.windows.into()),
            ("normalizer", self.normalizer.to_string().into()),
            ("model", self.model.into()),
            ("rank", self.rank.into()),
            ("ridge", self.ridge.into()),
            ("eigenvalues resolved", self.resolved.into()),
            ("leading eigenvalues", leading.join(", ").into()),
            ("smallest eigenvalue", self.smallest.into()),
            ("λ_⊥", self.complement.map_or(Cell::Absent, Cell::Number)),
            ("tr Σ/D", self.mean_variance.into()),
        ])
    }
}

/// One line.
impl fmt::Display for Spectrum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.model)?;
        if let Some(rank) = self.rank {
            write!(f, " rank {rank}")?;
        }
        if let Some(largest) = self.largest() {
            write!(f, ", λ_max {}", significant(largest, 4))?;
        }
        match self.complement {
            Some(complement) => write!(f, ", λ_⊥ {}", significant(complement, 4))?,
            None => write!(f, ", no complement")?,
        }
        let Self { dimension, windows, normalizer, .. } = self;
        write!(f, ", D = {dimension}, {windows} windows, normalizer {normalizer}")
    }
}
