//! The optimal denoiser over the frames of the embedded turbulence and their shifts along x.

use crate::case::{Case, Work};
use crate::error::{Result, work};
use equipoise_data::samples::Sample;
use equipoise_data::{LoadOptions, Normalizer, load};
use equipoise_denoiser::Denoiser;
use equipoise_locality::{Memory, Optimal, Training};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::sync::Arc;

/// Numbers of a frame.
const FRAME: f64 = 2.0 * 64.0 * 64.0;
/// Stored frames.
const FRAMES: f64 = 672.0;
/// Shifts of each.
const SHIFTS: usize = 16;

/// x̂ and then Jᵀv at one state, as a guided step asks for them, and x̂ alone, at σ/μ = 0.2 and 1; a state
/// is never seen twice. The least traffic reads the stored frames for the distances, for their mean and
/// for the product.
pub(crate) fn cases() -> Vec<Case> {
    let case = |name: &str, what: &str, passes: f64, sigma: f64, with_product: bool| Case {
        id: format!("denoiser/{name}/sigma-{sigma}"),
        what: format!("{what} of a frame over {FRAMES} frames and {SHIFTS} shifts, σ/μ = {sigma}"),
        bytes: 4.0 * FRAME * (passes * (FRAMES + 1.0) + 1.0),
        arrays: 4.0 * FRAME * FRAMES,
        operations: None,
        prepare: Box::new(move || optimal(sigma, with_product)),
    };
    let at = |sigma| [case("mean", "x̂", 2.0, sigma, false), case("optimal", "x̂ and Jᵀv", 3.0, sigma, true)];
    [at(0.2), at(1.0)].into_iter().flatten().collect()
}

fn optimal(sigma: f64, with_product: bool) -> Result<Work> {
    let path = Sample::KolmogorovTrain.path().map_err(work)?;
    let train = load(&path, &LoadOptions::default()).map_err(work)?;
    let normalizer = Normalizer::fit(train.kind().default_normalizer(), &train).map_err(work)?;
    let (shape, series) = (train.shape(1), train.shape(train.frames()));
    let mut frames = train.values().to_vec();
    for trajectory in frames.chunks_mut(series.len()) {
        normalizer.normalise(series, trajectory).map_err(work)?;
    }
    let frame = frames[..shape.len()].to_vec();
    let memory = Arc::new(Memory::new(frames, shape.len()).map_err(work)?);
    let training = Training::new(shape, memory).map_err(work)?;
    let shifted = training.shifted(train.grid().x_axis, SHIFTS).map_err(work)?;
    let optimal = Optimal::new(shifted);
    let level = Level { mu: 1.0, sigma };
    let noise: Vec<f32> = Stream::new("noise").normal(0, shape.len());
    let mut x_t: Vec<f32> = frame.iter().zip(&noise).map(|(x, e)| x + sigma as f32 * e).collect();
    let (mut x_hat, mut product) = (vec![0.0; shape.len()], vec![0.0; shape.len()]);
    let mut calls = 0;
    Ok(Box::new(move || {
        x_t[calls % shape.len()] += 1e-3;
        calls += 1;
        optimal.denoise(&x_t, level, &mut x_hat).map_err(work)?;
        if with_product { optimal.vjp(&x_t, level, &frame, &mut product).map_err(work) } else { Ok(()) }
    }))
}
