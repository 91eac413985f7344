//! Denoisers over the frames of the embedded turbulence and their shifts along x.

use crate::case::{Case, Work};
use crate::error::{Result, work};
use equipoise_covariance::fit_stationary;
use equipoise_data::samples::Sample;
use equipoise_data::{LoadOptions, Normalizer, load};
use equipoise_denoiser::{Denoiser, Tape};
use equipoise_field::{Axis, Shape};
use equipoise_locality::{Memory, Optimal, Pixelwise, Training};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::sync::Arc;

/// Numbers of a frame.
const FRAME: f64 = 2.0 * 64.0 * 64.0;
/// Stored frames.
const FRAMES: usize = 672;
/// Stored frames of the masked denoiser, which takes a hundred times longer for each.
const FEW: usize = 16;
/// Shifts of each.
const SHIFTS: usize = 16;
/// Members of a batch.
const BATCH: usize = 16;

/// Makes a denoiser.
type Make = fn(&Frames) -> Result<Box<dyn Denoiser<f32>>>;

/// x̂ and then Jᵀv at one state, as a guided step asks for them, or at 16 states of a batch, and x̂ alone, at
/// σ/μ = 0.2 and 1; a state is never seen twice. The least traffic reads the stored frames for the
/// distances, for their mean and for the product, once for all members; the masked denoiser meets them
/// twice.
pub(crate) fn cases() -> Vec<Case> {
    let case = |name: &str, make: Make, frames: usize, passes: f64, sigma: f64, members: usize| {
        let (product, n) = (name != "mean", members as f64);
        let batch = if members == 1 { String::new() } else { format!("/members-{members}") };
        let what = if product { "x̂ and Jᵀv" } else { "x̂" };
        Case::new(
            format!("denoiser/{name}/sigma-{sigma}{batch}"),
            format!("{what} of {members} members over {frames} frames and {SHIFTS} shifts, σ/μ = {sigma}"),
            [4.0 * FRAME * (passes * (frames as f64 + n) + n), 4.0 * FRAME * frames as f64],
            move || prepare(make, sigma, members, product),
        )
    };
    let at = |sigma| {
        [
            case("mean", optimal, FRAMES, 2.0, sigma, 1),
            case("optimal", optimal, FRAMES, 3.0, sigma, 1),
            case("optimal", optimal, FRAMES, 3.0, sigma, BATCH),
        ]
    };
    let masked = [1, BATCH].map(|members| case("locality", locality, FEW, 2.0, 1.0, members));
    [at(0.2), at(1.0)].into_iter().flatten().chain(masked).collect()
}

/// The normalised frames, one after the other.
struct Frames {
    shape: Shape,
    along: Axis,
    values: Vec<f32>,
}

impl Frames {
    fn load() -> Result<Self> {
        let path = Sample::KolmogorovTrain.path().map_err(work)?;
        let train = load(&path, &LoadOptions::default()).map_err(work)?;
        let normalizer = Normalizer::fit(train.kind().default_normalizer(), &train).map_err(work)?;
        let (series, mut values) = (train.shape(train.frames()), train.values().to_vec());
        for trajectory in values.chunks_mut(series.len()) {
            normalizer.normalise(series, trajectory).map_err(work)?;
        }
        Ok(Self { shape: train.shape(1), along: train.grid().x_axis, values })
    }

    /// The first `count` frames with their shifts.
    fn training(&self, count: usize) -> Result<Training<f32>> {
        let values = self.values[..count * self.shape.len()].to_vec();
        let memory = Arc::new(Memory::new(values, self.shape.len()).map_err(work)?);
        let training = Training::new(self.shape, memory).map_err(work)?;
        training.shifted(self.along, SHIFTS).map_err(work)
    }
}

fn optimal(frames: &Frames) -> Result<Box<dyn Denoiser<f32>>> {
    Ok(Box::new(Optimal::new(frames.training(FRAMES)?)))
}

/// With the hard mask of the stationary covariance at the published threshold.
fn locality(frames: &Frames) -> Result<Box<dyn Denoiser<f32>>> {
    let views: Vec<&[f32]> = frames.values.chunks(frames.shape.len()).collect();
    let (_, covariance) = fit_stationary(frames.shape, &views, 1e-6).map_err(work)?;
    Ok(Box::new(Pixelwise::locality(frames.training(FEW)?, Arc::new(covariance), 0.02).map_err(work)?))
}

fn prepare(make: Make, sigma: f64, members: usize, with_product: bool) -> Result<Work> {
    let frames = Frames::load()?;
    let (denoiser, level) = (make(&frames)?, Level { mu: 1.0, sigma });
    let clean = frames.values[..members * frames.shape.len()].to_vec();
    let noise: Vec<f32> = Stream::new("noise").normal(0, clean.len());
    let mut x_t: Vec<f32> = clean.iter().zip(&noise).map(|(x, e)| x + sigma as f32 * e).collect();
    let (mut x_hat, mut product) = (vec![0.0; clean.len()], vec![0.0; clean.len()]);
    let (mut calls, mut tape) = (0, Tape::new());
    Ok(Box::new(move || {
        x_t.chunks_mut(frames.shape.len()).for_each(|x_t| x_t[calls % x_t.len()] += 1e-3);
        calls += 1;
        let mut local = denoiser.linearise(&x_t, level, &mut x_hat, &mut tape).map_err(work)?;
        if with_product { local.vjp(&clean, &mut product).map_err(work) } else { Ok(()) }
    }))
}
