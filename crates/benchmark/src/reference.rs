//! Exact posterior samples that ensembles are put beside.

use crate::Scene;
use equipoise_field::{Real, each};
use equipoise_metrics::{Ensemble, Inclusion, Projections, SamplingFloor};
use equipoise_posterior::ExactPosterior;
use equipoise_stream::Stream;
use equipoise_sweep::BoxError;

/// Random directions of the sliced distance.
const DIRECTIONS: usize = 32;

/// Splits of the exact samples that its sampling floor is averaged over.
const SPLITS: usize = 32;

/// Exact samples that coverage is averaged over, each in the truth's place.
const IN_PLACE_OF_TRUTH: usize = 4;

/// Samples of x − E[x | y] with the sampler's last noise σ(0) in them. Their law is the same for
/// every y, so that one set serves every seed.
pub(crate) struct Reference {
    projections: Projections,
    floor: SamplingFloor,
    directions: Stream,
    /// The first of them.
    pub(crate) in_place_of_truth: Vec<Vec<f32>>,
}

impl Reference {
    /// Twice as many samples as an ensemble has members, for a distance between halves.
    pub(crate) fn new(
        scene: &Scene,
        posterior: &ExactPosterior<f32>,
        sigma: f64,
        members: usize,
        stream: Stream,
    ) -> Result<Self, BoxError> {
        let (exact, last) = (stream.text("reference"), stream.text("last noise"));
        let sigma = f32::narrow(sigma);
        let mut samples = Vec::with_capacity(2 * members);
        for draw in 0..2 * members as u64 {
            let mut x = posterior.deviation(exact, draw)?;
            let noise: Vec<f32> = last.normal(draw, x.len());
            each::update1(&mut x, &noise, |x, z| x + sigma * z);
            samples.push(x);
        }
        let directions = Stream::new("directions").text(&scene.name);
        let all = project(&samples, scene, directions)?;
        let floor = all.sampling_floor(members, SPLITS, stream.text("splits"))?;
        samples.truncate(IN_PLACE_OF_TRUTH);
        Ok(Self { projections: all.part(0..members)?, floor, directions, in_place_of_truth: samples })
    }

    /// The sliced Wasserstein-2 distance of deviations from the posterior mean to exact ones, and what
    /// it is on average between two exact ensembles.
    pub(crate) fn distance(&self, deviations: &[Vec<f32>], scene: &Scene) -> Result<(f64, f64), BoxError> {
        let found = project(deviations, scene, self.directions)?.sliced_wasserstein(&self.projections)?;
        Ok((found, self.floor.mean))
    }
}

fn project(fields: &[Vec<f32>], scene: &Scene, directions: Stream) -> Result<Projections, BoxError> {
    let slices: Vec<&[f32]> = fields.iter().map(Vec::as_slice).collect();
    let ensemble = Ensemble::new(&slices)?;
    Ok(Projections::new(&ensemble, DIRECTIONS, directions, Inclusion::Plane(&scene.included))?)
}
