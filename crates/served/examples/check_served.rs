//! Holds whatever a command serves to what every denoiser passes:
//! `cargo run --release -p equipoise-served --example check_served -- COMMAND`.

use equipoise_denoiser::{Denoiser, asymmetry, check_batch, check_denoiser, check_jvp};
use equipoise_field::sum;
use equipoise_schedule::Level;
use equipoise_served::Served;
use equipoise_stream::Stream;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let command = std::env::args().nth(1).ok_or("found no argument, expected the command of a child")?;
    let served = Served::start(&command)?;
    println!("{:?}", served.hello());
    let [lowest, highest] = served.hello().levels;
    for ratio in [0.1, 1.0, 10.0].map(|ratio: f64| ratio.clamp(lowest, highest)) {
        let size = ratio.hypot(1.0);
        check(&served, Level { mu: 1.0 / size, sigma: ratio / size })?;
    }
    Ok(())
}

/// At states of white noise and a constant, whose size is that of normalised data.
fn check(served: &Served, level: Level) -> Result<(), Box<dyn Error>> {
    println!("σ/μ = {:.4}", level.sigma / level.mu);
    let dim = served.dim();
    let members = served.batch() + 1;
    let draw = |name: &str| -> Vec<f32> { Stream::new(name).normal(0, members * dim) };
    let (x_t, v) = (draw("state"), draw("cotangent"));
    let (one, mut x_hat) = (&x_t[..dim], vec![0.0; dim]);
    let begun = Instant::now();
    served.denoise(one, level, &mut x_hat)?;
    let rms = |values: &[f32]| sum::norm(values) / (dim as f64).sqrt();
    println!("  x̂: rms {:.3} of x_t with rms {:.3}, in {:.3?}", rms(&x_hat), rms(one), begun.elapsed());
    let begun = Instant::now();
    check_batch(served, &x_t, level, &v)?;
    println!("  {members} members keep their bits in every batch, in {:.1?}", begun.elapsed());
    let begun = Instant::now();
    let conformance = check_denoiser(served, one, level, served.window())?;
    println!("  Jᵀv is the slope of x̂, in {:.1?}; untested: {:?}", begun.elapsed(), conformance.untested);
    println!("  {}", if check_jvp(served, one, level)? { "J v is its adjoint" } else { "no J v" });
    let skew = asymmetry(served, one, level, 8, Stream::new("probe"))?;
    println!("  ‖J − Jᵀ‖/‖J‖ = {:.3}, by {} probes", skew.ratio, skew.probes);
    Ok(())
}
