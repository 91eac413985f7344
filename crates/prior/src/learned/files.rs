//! A trained network, from its files.

use super::{composed, standard};
use crate::entries::{Chosen, Making, PLAIN};
use crate::{Beside, Fields, Prior, PriorDenoiser, PriorError, PriorSpec, Result};
use equipoise_composition::Fold;
use equipoise_data::{Field, Normalizer, Units};
use equipoise_field::Shape;
use equipoise_network::{Context, Learned, Manifest, NetworkError, Opened};
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) const NETWORK: PriorSpec = PriorSpec {
    name: "network",
    settings: ":PATH",
    about: "a trained network: its folder, its file of weights, or what `network describe` wrote",
    ..PLAIN
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

    /// On its own grid, or else on that of the data beside it; with its units, or those of the Gaussian that it stands
    /// around.
    fn open(&self, beside: Option<Beside>) -> Result<(Learned<f32>, Normalizer)> {
        let opened = match (Opened::read(&self.0, None), beside) {
            (Err(NetworkError::NoGrid { .. }), Some(beside)) => {
                let (manifest, _) = Manifest::find(&self.0).map_err(|source| self.fault(source))?;
                Opened::read(&self.0, Some(beside.sides(manifest.x_axis)))
            }
            (opened, _) => opened,
        };
        let opened = opened.map_err(|source| self.fault(source))?;
        let Opened { manifest, network, grid, context, folder } = opened;
        let (filter, normalizer) = match &manifest.gaussian {
            Some(gaussian) => {
                let prior = Prior::load(&folder.join(&gaussian.file))?;
                (Some(prior.around(&manifest)?), prior.normalizer().clone())
            }
            None => (None, Normalizer::given(manifest.mean.clone(), manifest.std.clone())?),
        };
        let learned = Learned::new(manifest, network, grid, context, filter);
        Ok((learned.map_err(|source| self.fault(source))?, normalizer))
    }

    fn fault(&self, source: NetworkError) -> PriorError {
        PriorError::Network { path: self.0.clone(), source: Box::new(source) }
    }

    fn over(&self, prior: &Prior) -> Result<PriorDenoiser> {
        let Shape { height, width, .. } = prior.shape();
        let beside = Beside { x_axis: prior.grid().x_axis, sides: [height, width] };
        let (learned, normalizer) = self.open(Some(beside))?;
        self.fields_of(&learned, normalizer)?.check(prior)?;
        composed(Arc::new(learned), prior, Fold::Centre)
    }

    /// What the manifest of the network says of its fields.
    fn fields_of(&self, learned: &Learned<f32>, normalizer: Normalizer) -> Result<Fields> {
        let (manifest, window) = (learned.manifest(), learned.shape());
        let kind = manifest.kind.name().parse()?;
        let mut about = standard(self.0.clone(), kind, manifest.x_axis, window);
        let (particulars, data) = (&mut about.particulars, &manifest.data);
        about.grid.boundary = manifest.boundary;
        particulars.stated.insert(Field::Boundary);
        for (field, value, kept) in [
            (Field::Dx, data.dx, &mut about.grid.dx),
            (Field::Dy, data.dy.or(data.dx), &mut about.grid.dy),
            (Field::XFirst, data.x_first, &mut about.coordinates.x_first),
            (Field::YFirst, data.y_first, &mut about.coordinates.y_first),
            (Field::TimeStep, data.dt, &mut about.coordinates.time_step),
        ] {
            if let Some(value) = value {
                *kept = value;
                particulars.stated.insert(field);
            }
        }
        particulars.stride = data.stride;
        particulars.units = Units {
            velocity: data.units.clone(),
            length: data.length_units.clone(),
            time: data.time_units.clone(),
        };
        Ok(Fields { about, frames: window.frames, normalizer })
    }
}

impl Chosen for FromFiles {
    fn settings(&self) -> String {
        format!(":{}", self.0.display())
    }

    fn elsewhere(&self) -> bool {
        true
    }

    fn make(&self, over: &Making<'_>) -> Result<PriorDenoiser> {
        self.over(over.prior)
    }

    fn learned(&self, prior: &Prior) -> Option<Result<PriorDenoiser>> {
        Some(self.over(prior))
    }

    fn fields(&self, beside: Option<Beside>) -> Result<Option<Fields>> {
        let (learned, normalizer) = self.open(beside)?;
        self.fields_of(&learned, normalizer).map(Some)
    }

    /// The manifest in effect, written or not; none where it cannot be found, which is said when it is read.
    fn identity(&self) -> Result<Option<String>> {
        let found = Manifest::find(&self.0).ok();
        Ok(found.and_then(|(manifest, _)| serde_json::to_string(&manifest).ok()))
    }

    /// Weights, context and Gaussian; none where they cannot be found, which is said when they are read.
    fn files(&self) -> Vec<PathBuf> {
        let Ok((manifest, folder)) = Manifest::find(&self.0) else { return Vec::new() };
        let context = match &manifest.context {
            Context::File { name } => Some(folder.join(name)),
            _ => None,
        };
        let gaussian = manifest.gaussian.as_ref().map(|gaussian| folder.join(&gaussian.file));
        let all = [Some(folder.join(&manifest.weights)), context, gaussian];
        all.into_iter().flatten().collect()
    }
}
