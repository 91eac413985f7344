//! A trained network, from its files.

use super::{composed, standard_grid};
use crate::entries::{Chosen, Making};
use crate::{Beside, Fields, Knows, Prior, PriorDenoiser, PriorError, PriorSpec};
use equipoise_composition::Fold;
use equipoise_data::{Coordinates, Field, Normalizer};
use equipoise_field::Shape;
use equipoise_network::{Context, Learned, MANIFEST, Manifest, NetworkError};
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) const NETWORK: PriorSpec = PriorSpec {
    name: "network",
    settings: ":PATH",
    about: "a trained network: its folder, its file of weights, or what `network describe` wrote",
    windows: false,
    knows: Knows::Denoiser,
    verbatim: false,
};

/// A network over windows of its own length.
#[derive(Debug)]
pub(crate) struct FromFiles(PathBuf);

impl FromFiles {
    /// The path, as the parts between its colons.
    pub(crate) fn read(settings: &[&str]) -> Option<Arc<dyn Chosen>> {
        let path = settings.join(":");
        (!path.is_empty()).then(|| Arc::new(Self(path.into())) as Arc<dyn Chosen>)
    }

    /// On its own grid, or else on that of the data beside it.
    fn open(&self, beside: Option<Beside>) -> Result<Learned<f32>, PriorError> {
        let grid = match (Learned::open(&self.0, None), beside) {
            (Err(NetworkError::NoGrid { .. }), Some(beside)) => {
                let (manifest, _) = Manifest::find(&self.0)?;
                beside.sides(manifest.x_axis)
            }
            (opened, _) => return Ok(opened?),
        };
        Ok(Learned::open(&self.0, Some(grid))?)
    }

    fn over(&self, prior: &Prior) -> Result<PriorDenoiser, PriorError> {
        let Shape { height, width, .. } = prior.shape();
        let beside = Beside { x_axis: prior.grid().x_axis, sides: [height, width] };
        if let Some(fields) = self.fields(Some(beside))? {
            fields.check(prior)?;
        }
        composed(Arc::new(self.open(Some(beside))?), prior, Fold::Centre)
    }
}

impl Chosen for FromFiles {
    fn settings(&self) -> String {
        format!(":{}", self.0.display())
    }

    fn make(&self, over: &Making<'_>) -> Result<PriorDenoiser, PriorError> {
        self.over(over.prior)
    }

    fn learned(&self, prior: &Prior) -> Option<Result<PriorDenoiser, PriorError>> {
        Some(self.over(prior))
    }

    fn fields(&self, beside: Option<Beside>) -> Result<Option<Fields>, PriorError> {
        let learned = self.open(beside)?;
        let manifest = learned.manifest();
        let kind = manifest.kind.name().parse()?;
        let (mut grid, mut stated) = standard_grid(kind, manifest.x_axis, learned.shape());
        grid.boundary = manifest.boundary;
        stated.insert(Field::Boundary);
        let mut coordinates = Coordinates { x_first: 0.0, y_first: 0.0, time_step: 1.0 };
        let data = &manifest.data;
        for (field, value, kept) in [
            (Field::Dx, data.dx, &mut grid.dx),
            (Field::Dy, data.dy.or(data.dx), &mut grid.dy),
            (Field::XFirst, data.x_first, &mut coordinates.x_first),
            (Field::YFirst, data.y_first, &mut coordinates.y_first),
            (Field::TimeStep, data.dt, &mut coordinates.time_step),
        ] {
            if let Some(value) = value {
                *kept = value;
                stated.insert(field);
            }
        }
        let normalizer = Normalizer::given(manifest.mean.clone(), manifest.std.clone())?;
        let window = learned.shape();
        Ok(Some(Fields { path: self.0.clone(), window, kind, grid, coordinates, stated, normalizer }))
    }

    /// Weights, manifest and context; none where they cannot be found, which is said when they are read.
    fn files(&self) -> Vec<PathBuf> {
        let Ok((manifest, folder)) = Manifest::find(&self.0) else { return Vec::new() };
        let context = match &manifest.context {
            Context::File { name } => Some(folder.join(name)),
            _ => None,
        };
        let beside = if self.0.extension().is_some_and(|e| e == "json") {
            self.0.clone()
        } else {
            folder.join(MANIFEST)
        };
        let all = [Some(folder.join(&manifest.weights)), Some(beside).filter(|path| path.is_file()), context];
        all.into_iter().flatten().collect()
    }
}
