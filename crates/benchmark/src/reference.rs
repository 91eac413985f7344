//! Exact posterior samples that ensembles are put beside.

use equipoise_experiment::{Boxed, Flow};
use equipoise_field::{Real, each};
use equipoise_metrics::{Ensemble, Inclusion, Projections, SamplingFloor, gaussian_crps, mae};
use equipoise_posterior::ExactPosterior;
use equipoise_stream::Stream;

/// Random directions of the sliced distance.
const DIRECTIONS: usize = 32;

/// Splits of the exact samples that its sampling floor is averaged over.
const SPLITS: usize = 32;

/// Exact samples that coverage is averaged over, each in the truth's place.
const IN_PLACE_OF_TRUTH: usize = 4;

/// Samples of x − E[x | y] with the sampler's last noise σ(0) in them. Their law is the same for
/// every y, so that one set serves every seed.
pub(crate) struct ExactSamples {
    projections: Projections,
    floor: SamplingFloor,
    directions: Stream,
    samples: Vec<Vec<f32>>,
    /// Of each sample the CRPS of the exact law for it, which is the half mean distance to others but for a
    /// constant.
    own: Vec<f64>,
    members: usize,
}

impl ExactSamples {
    /// Twice as many samples as an ensemble has members, for a distance between halves.
    pub(crate) fn new(
        flow: &Flow,
        (posterior, variance): (&ExactPosterior<f32>, &[f32]),
        sigma: f64,
        members: usize,
        stream: Stream,
    ) -> Boxed<Self> {
        let (exact, last) = (stream.text("reference"), stream.text("last noise"));
        let sigma = f32::narrow(sigma);
        let mut samples = Vec::with_capacity(2 * members);
        for draw in 0..2 * members as u64 {
            let mut x = posterior.deviation(exact, draw)?;
            let noise: Vec<f32> = last.normal(draw, x.len());
            each::update1(&mut x, &noise, |x, z| x + sigma * z);
            samples.push(x);
        }
        let directions = Stream::new("directions").text(flow.name());
        let included = Inclusion::Plane(flow.included());
        let all = project(&samples, included, directions)?;
        let floor = all.sampling_floor(members, SPLITS, stream.text("splits"))?;
        let centre = vec![0.0; flow.shape().len()];
        let own = |x: &Vec<f32>| gaussian_crps(&centre, variance, x, included);
        let own = samples.iter().map(own).collect::<Result<Vec<f64>, _>>()?;
        let projections = all.part(0..members)?;
        Ok(Self { projections, floor, directions, samples, own, members })
    }

    /// The first samples.
    pub(crate) fn in_place_of_truth(&self) -> &[Vec<f32>] {
        &self.samples[..self.samples.len().min(IN_PLACE_OF_TRUTH)]
    }

    /// The standard error of the fair CRPS of as many exact samples on a truth, to first order in 1/M: the
    /// score is a U-statistic, to which member x adds
    ///
    ///   h(x) = mean|x − truth| − E mean|x − X|, E mean|x − X| = CRPS(N(m, v), x) + constant
    ///
    /// so that its variance is Var h/M (Hoeffding 1948, Ann. Math. Stat. 19, theorem 5.2), here with the
    /// variance of h over the exact samples.
    pub(crate) fn crps_error(&self, (mean, truth): (&[f32], &[f32]), included: Inclusion<'_>) -> Boxed<f64> {
        let mut off = truth.to_vec();
        each::update1(&mut off, mean, |t, m| t - m);
        let mut terms = Vec::with_capacity(self.samples.len());
        for (x, own) in self.samples.iter().zip(&self.own) {
            terms.push(mae(x, &off, included)? - own);
        }
        let count = terms.len() as f64;
        let centre = terms.iter().sum::<f64>() / count;
        let variance = terms.iter().map(|h| (h - centre).powi(2)).sum::<f64>() / (count - 1.0);
        Ok((variance / self.members as f64).sqrt())
    }

    /// The sliced Wasserstein-2 distance of deviations from the posterior mean to exact ones, and what
    /// it is on average between two exact ensembles.
    pub(crate) fn distance(&self, deviations: &[Vec<f32>], included: Inclusion<'_>) -> Boxed<(f64, f64)> {
        let found = project(deviations, included, self.directions)?.sliced_wasserstein(&self.projections)?;
        Ok((found, self.floor.mean))
    }
}

fn project(fields: &[Vec<f32>], included: Inclusion<'_>, directions: Stream) -> Boxed<Projections> {
    let slices: Vec<&[f32]> = fields.iter().map(Vec::as_slice).collect();
    let ensemble = Ensemble::new(&slices)?;
    Ok(Projections::new(&ensemble, DIRECTIONS, directions, included)?)
}
