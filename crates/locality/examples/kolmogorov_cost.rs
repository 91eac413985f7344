//! Times every denoiser of the crate, and its error on one held-out frame, on single frames of the embedded turbulence: 672 stored frames
//! of 2 × 64 × 64 numbers and 16 shifts of each along x, the homogeneous axis.
//!
//! `cargo run --release -p equipoise-locality --example kolmogorov_cost [offset stride]`

use equipoise_covariance::fit_stationary;
use equipoise_data::samples::Sample;
use equipoise_data::{Dataset, LoadOptions, Normalizer, load};
use equipoise_denoiser::{Denoiser, Tape};
use equipoise_field::sum;
use equipoise_locality::{Memory, Optimal, Patch, Pixelwise, Training};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let stride: usize = std::env::args().nth(1).map_or(Ok(4), |text| text.parse())?;
    let train = load(&Sample::KolmogorovTrain.path()?, &LoadOptions::default())?;
    let test = load(&Sample::KolmogorovTest.path()?, &LoadOptions::default())?;
    let normalizer = Normalizer::fit(train.kind().default_normalizer(), &train)?;
    let (shape, frames) = (train.shape(1), normalised(&train, &normalizer)?);
    let fresh = normalised(&test, &normalizer)?;
    let views: Vec<&[f32]> = frames.chunks(shape.len()).collect();
    let (mean, covariance) = fit_stationary(shape, &views, 1e-6)?;
    let covariance = Arc::new(covariance);
    let wiener = Wiener::new(mean, Arc::clone(&covariance) as _)?;
    let stored = Training::new(shape, Arc::new(Memory::new(frames, shape.len())?))?;
    let shifted = stored.shifted(train.grid().x_axis, 16)?;
    let patch = Patch::square(4, train.grid().boundary);
    let masked = |threshold| Pixelwise::locality(shifted.clone(), Arc::clone(&covariance) as _, threshold);
    let (hard, soft) = (masked(0.02)?, masked(0.0)?);
    let equivariant = Pixelwise::equivariant_local(&stored, patch, [stride, stride])?;
    println!(
        "{} samples of {} numbers, {} threads",
        shifted.count(),
        shape.len(),
        rayon::current_num_threads()
    );
    for sigma in [0.05, 0.2, 0.5, 1.0, 2.0] {
        let level = Level { mu: 1.0, sigma };
        let noise: Vec<f32> = Stream::new("cost").normal(0, shape.len());
        let x = &fresh[..shape.len()];
        let x_t: Vec<f32> = x.iter().zip(&noise).map(|(x, e)| x + sigma as f32 * e).collect();
        println!(
            "σ/μ = {sigma}; long runs expected: equivariant {:.2} s, hard {:.2} s, soft {:.2} s",
            equivariant.probe(&x_t, level)?.as_secs_f64(),
            hard.probe(&x_t, level)?.as_secs_f64(),
            soft.probe(&x_t, level)?.as_secs_f64()
        );
        let optimal = Optimal::new(shifted.clone());
        let local = Pixelwise::local(shifted.clone(), patch);
        let named: [(&str, &dyn Denoiser<f32>); 6] = [
            ("wiener", &wiener),
            ("optimal", &optimal),
            ("local 9 x 9", &local),
            ("equivariant 9 x 9", &equivariant),
            ("locality hard 0.02", &hard),
            ("locality soft", &soft),
        ];
        for (name, denoiser) in named {
            time(name, denoiser, x, &x_t, level)?;
        }
    }
    Ok(())
}

fn normalised(data: &Dataset, normalizer: &Normalizer) -> Outcome<Vec<f32>> {
    let (mut values, series) = (data.values().to_vec(), data.shape(data.frames()));
    for trajectory in values.chunks_mut(series.len()) {
        normalizer.normalise(series, trajectory)?;
    }
    Ok(values)
}

fn time(name: &str, denoiser: &dyn Denoiser<f32>, x: &[f32], x_t: &[f32], level: Level) -> Outcome<()> {
    let (mut x_hat, mut product, mut tape) = (vec![0.0; x.len()], vec![0.0; x.len()], Tape::new());
    let start = Instant::now();
    let mut local = denoiser.linearise(x_t, level, &mut x_hat, &mut tape)?;
    let linearised = start.elapsed();
    local.vjp(x, &mut product)?;
    let both = start.elapsed();
    let error = sum::squared_distance(&x_hat, x) / x.len() as f64;
    println!("  {name:20} linearise {linearised:9.1?}  vjp {:9.1?}  error {error:.4}", both - linearised);
    Ok(())
}
