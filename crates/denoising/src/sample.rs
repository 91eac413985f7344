//! Unconditional samples of a denoiser: the reverse diffusion without observations.

use crate::{Flow, Named, Result};
use equipoise_experiment::{Course, Setup, Start};
use equipoise_guidance::Unguided;
use equipoise_locality::{Nearest, Training, memorisation_index, nearest};
use equipoise_prior::DenoiserName;
use equipoise_sampler::Outcome;
use equipoise_stream::Stream;

/// How samples are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// How many.
    pub members: usize,
    /// The seed of all streams.
    pub seed: u64,
    /// How a run advances; η of its schedule is the noise that is left in a sample.
    pub setup: Setup,
    /// The law of x_1.
    pub start: Start,
}

/// A sample and how new it is. In normalised units.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled {
    /// Its index, which names its draw.
    pub member: u64,
    /// (T, C, H, W).
    pub x: Vec<f32>,
    /// The nearest training window.
    pub nearest: Nearest,
    /// That window.
    pub neighbour: Vec<f32>,
    /// Its distance over the median of those of held-out windows: about 1 for one as new as those,
    /// towards 0 for one recalled.
    pub index: f64,
}

/// The samples of one denoiser.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// The denoiser.
    pub denoiser: DenoiserName,
    /// The finite ones, in order.
    pub members: Vec<Sampled>,
    /// How many stopped being finite.
    pub diverged: usize,
    /// The median distance of held-out windows to the training set, root mean square of an entry.
    pub held_out: f64,
}

impl Drawing {
    /// Denoisings of one sample.
    ///
    /// # Errors
    /// As [`draw`](Self::draw).
    pub fn calls(&self) -> Result<usize> {
        Ok(self.setup.build()?.sampler.evaluated().len())
    }

    /// The sampler and its settings, in words.
    pub fn told(&self) -> String {
        let Setup { steps, sampler, spacing, schedule, eta, .. } = self.setup;
        let start = match self.start {
            Start::Normal => "N(0, I)",
            Start::Prior => "N(μm, μ²Σ + σ²I)",
        };
        format!(
            "{sampler}, {steps} steps, spacing {spacing}, schedule {schedule}, η = {eta}, x_1 from {start}"
        )
    }

    /// The samples of a denoiser; member k has the same x_1 and noise for every denoiser.
    ///
    /// `go_on` is asked after each whether to begin another; what is done so far is returned.
    ///
    /// # Errors
    /// [`DenoisingError`](crate::DenoisingError) of the schedule, the sampler or the denoiser.
    pub fn draw(&self, flow: &Flow, named: &Named, go_on: &mut dyn FnMut() -> bool) -> Result<Samples> {
        let Course { schedule, sampler } = self.setup.build()?;
        let first = schedule.level(sampler.grid().first().copied().unwrap_or(1.0));
        let prior = flow.prior();
        let start = self.start.law_of(prior);
        let guidance = Unguided(named.known.denoiser());
        let training = match named.known.training() {
            Some(training) => training.clone(),
            None => prior.training(flow.train(), 1)?,
        };
        let distances = distances(flow, &training)?;
        let held_out = 1.0 / memorisation_index(1.0, &distances);
        let mut samples =
            Samples { denoiser: named.name.clone(), members: Vec::new(), diverged: 0, held_out };
        for member in 0..self.members as u64 {
            let stream = |what| Stream::new(what).text(flow.name()).number(self.seed).number(member);
            let x_1 = start.draw(flow.shape().len(), first, stream("start"));
            match sampler.run(&guidance, &*schedule, x_1, &stream("sample"), f64::INFINITY)? {
                Outcome::Finished { x, .. } => {
                    let nearest = nearest(&training, &x)?;
                    let neighbour = training.sample(nearest.sample, nearest.shift)?;
                    let index = memorisation_index(nearest.distance, &distances);
                    samples.members.push(Sampled { member, x, nearest, neighbour, index });
                }
                Outcome::Diverged { .. } => samples.diverged += 1,
            }
            if !go_on() {
                break;
            }
        }
        Ok(samples)
    }
}

/// How far every held-out window is from the training set.
fn distances(flow: &Flow, training: &Training<f32>) -> Result<Vec<f64>> {
    flow.held_out().iter().map(|held_out| Ok(nearest(training, &held_out.x)?.distance)).collect()
}
