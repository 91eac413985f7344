//! A denoiser of your own, as two closures, under `mmps` and `active`.
//!
//! The prior is not Gaussian: 32 points of a smooth field that swings about +m or about −m, with equal
//! odds. Its posterior mean and the transposed Jacobian are all that the methods are told; a network
//! with a vjp stands in the same place.

use equipoise_denoiser::{Closure, Denoiser};
use equipoise_field::sum;
use equipoise_guidance::{ConditionalCovariance, Guidance, Mmps, Probes, Sda, Strength, forward_noised};
use equipoise_observation::Observed;
use equipoise_observation::{ConjugateGradients, NoiseVariance};
use equipoise_operator::{LinearOperator, Mask};
use equipoise_sampler::{Outcome, PredictorCorrector, Sampler};
use equipoise_scaling::Law;
use equipoise_schedule::{Alpha, Level, Schedule, Sda as Cosine, Variance, uniform_grid};
use equipoise_stream::Stream;
use std::error::Error;
use std::f64::consts::TAU;
use std::sync::Arc;

const DIM: usize = 32;
const EVERY: usize = 4;
const STD: f64 = 0.1;
const MEMBERS: u64 = 8;

/// Row `k` of an orthonormal basis of smooth functions on a circle, and the variance along it.
fn mode(k: usize) -> (Vec<f64>, f64) {
    let wave = |i: usize| TAU * (k.div_ceil(2) * i) as f64 / DIM as f64;
    let row: Vec<f64> = (0..DIM).map(|i| if k % 2 == 1 { wave(i).sin() } else { wave(i).cos() }).collect();
    let norm = sum::norm(&row);
    (row.iter().map(|r| r / norm).collect(), 8.0 / (1.0 + k.div_ceil(2).pow(2) as f64).powi(2))
}

/// m, a wave of amplitude 2.
fn centre() -> Vec<f64> {
    (0..DIM).map(|i| 2.0 * (TAU * i as f64 / DIM as f64).cos()).collect()
}

/// f(Σ)v.
fn spectral(v: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut out = vec![0.0; DIM];
    for (row, variance) in (0..DIM).map(mode) {
        let along = f(variance) * sum::dot(&row, v);
        out.iter_mut().zip(&row).for_each(|(o, r)| *o += along * r);
    }
    out
}

/// Fields x = ±m + Σ^{1/2}z.
fn draw(number: u64) -> Vec<f64> {
    let z = Stream::new("field").number(number).normal(0, DIM);
    let side = if number.is_multiple_of(2) { 1.0 } else { -1.0 };
    spectral(&z, f64::sqrt).iter().zip(centre()).map(|(x, m)| x + side * m).collect()
}

/// With S = μ²Σ + σ²I and h = tanh(μ mᵀS⁻¹x_t):
///
/// > x̂ = μΣS⁻¹x_t + hσ²S⁻¹m, J = μΣS⁻¹ + (1 − h²)μσ²S⁻¹m mᵀS⁻¹.
pub(crate) fn denoiser() -> Arc<dyn Denoiser<f64>> {
    let whitened = |level: Level| spectral(&centre(), |l| 1.0 / (level.mu.powi(2) * l + level.sigma.powi(2)));
    let filter = |level: Level, v: &[f64]| {
        spectral(v, |l| level.mu * l / (level.mu.powi(2) * l + level.sigma.powi(2)))
    };
    let side = |level: Level, w: &[f64], x_t: &[f64]| (level.mu * sum::dot(w, x_t)).tanh();
    let denoise = move |x_t: &[f64], level: Level, x_hat: &mut [f64]| {
        let w = whitened(level);
        let pull = side(level, &w, x_t) * level.sigma.powi(2);
        x_hat.copy_from_slice(&filter(level, x_t));
        x_hat.iter_mut().zip(&w).for_each(|(x, w)| *x += pull * w);
        Ok(())
    };
    let vjp = move |x_t: &[f64], level: Level, v: &[f64], out: &mut [f64]| {
        let w = whitened(level);
        let slope = (1.0 - side(level, &w, x_t).powi(2)) * level.mu * level.sigma.powi(2) * sum::dot(&w, v);
        out.copy_from_slice(&filter(level, v));
        out.iter_mut().zip(&w).for_each(|(o, w)| *o += slope * w);
        Ok(())
    };
    Arc::new(Closure::new(DIM, denoise, vjp))
}

/// How a method did: the error of the mean of its members, and χ = ‖y − Ax‖/(s√N) over them.
#[derive(Debug)]
pub(crate) struct Score {
    /// The method.
    pub(crate) name: &'static str,
    /// √(Σ(mean − truth)²/D).
    pub(crate) rmse: f64,
    /// √(mean χ²).
    pub(crate) chi: f64,
}

/// Every fourth point of a field that no closure has seen, reconstructed by both methods.
///
/// # Errors
/// Whatever goes wrong.
pub(crate) fn scores() -> Result<Vec<Score>, Box<dyn Error>> {
    let (denoiser, truth) = (denoiser(), draw(1));
    let operator = Arc::new(Mask::new(DIM, (0..DIM).step_by(EVERY).collect())?);
    let mut y = vec![0.0; DIM / EVERY];
    operator.apply(&truth, &mut y);
    let noise: Vec<f64> = Stream::new("observation").normal(0, y.len());
    y.iter_mut().zip(noise).for_each(|(y, n)| *y += STD * n);
    let observation = Arc::new(Observed::shared(y, operator, NoiseVariance::Uniform(STD * STD))?);

    let schedule = Cosine::new(Alpha::Cos, Variance::Vp, 0.01)?;
    let sampler = PredictorCorrector::new(uniform_grid(64)?, 1, 0.2)?;
    let levels: Vec<Level> = Sampler::<f64>::evaluated(&sampler).iter().map(|t| schedule.level(*t)).collect();

    let fields: Vec<Vec<f64>> = (100..116).map(draw).collect();
    let states = forward_noised(fields.into(), Stream::new("states"));
    let probes = Probes { states, count: 64, stream: Stream::new("probes") };
    let active = Strength::probed(Law::Active, &denoiser, &observation, &levels, &probes)?;
    let methods: [(&'static str, Box<dyn Guidance<f64>>); 2] = [
        ("active", Box::new(Sda::new(denoiser.clone(), observation.clone(), active.strength))),
        ("mmps", {
            let covariance = ConditionalCovariance::Jacobian(denoiser);
            Box::new(Mmps::new(covariance, observation.clone(), ConjugateGradients::default()))
        }),
    ];
    let mut scores = Vec::new();
    for (name, method) in methods {
        let mut members = Vec::new();
        for member in 0..MEMBERS {
            let start = Stream::new("start").number(member).normal(0, DIM);
            let noise = Stream::new("langevin").number(member);
            match sampler.run(&*method, &schedule, start, &noise, 10.0)? {
                Outcome::Finished { x, .. } => members.push(x),
                Outcome::Diverged { t, .. } => return Err(format!("{name} diverged at t = {t}").into()),
            }
        }
        scores.push(score(name, &members, &truth, &observation));
    }
    Ok(scores)
}

fn score(name: &'static str, members: &[Vec<f64>], truth: &[f64], observation: &Observed<f64>) -> Score {
    let mean = |i: usize| members.iter().map(|x| x[i]).sum::<f64>() / members.len() as f64;
    let square = sum::of(DIM, |i| (mean(i) - truth[i]).powi(2)) / DIM as f64;
    let misfit = |x: &Vec<f64>| {
        let mut r = vec![0.0; observation.count()];
        observation.residual(x, &mut r);
        sum::squared_norm(&r) / (STD * STD * r.len() as f64)
    };
    let chi = (members.iter().map(misfit).sum::<f64>() / members.len() as f64).sqrt();
    Score { name, rmse: square.sqrt(), chi }
}

#[allow(dead_code, reason = "the test of this example has its own")]
fn main() -> Result<(), Box<dyn Error>> {
    for Score { name, rmse, chi } in scores()? {
        println!("{name:8} RMSE {rmse:.3}   chi {chi:.3}");
    }
    Ok(())
}
