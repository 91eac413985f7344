//! The gradient against differences of the loss, and the start around the Wiener filter.

mod golden;

use super::*;
use crate::{LossPart, TrainingError, Weightings};
use equipoise_covariance::Modes;
use equipoise_denoiser::Denoiser;
use equipoise_network::{Architecture, Fresh, Preconditioner, Preconditioning, Predicts, TimeInput};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

const SHAPE: Shape = Shape { frames: 2, channels: 1, height: 4, width: 6 };

pub(crate) fn network<R: Real>() -> Network<R> {
    let azula = r#"{"family": "azula", "in_channels": 2, "out_channels": 2, "mod_features": 4,
        "hid_channels": [4, 6], "hid_blocks": [1, 1], "kernel_size": [3, 3], "stride": [2, 2],
        "padding": ["circular", "zeros"], "norm": "layer", "ffn_factor": 1}"#;
    let architecture: Architecture = serde_json::from_str(azula).unwrap();
    let from = Fresh { stream: Stream::new("weights"), grid: [4, 6], forcing: &[] };
    Network::fresh(&architecture, from).unwrap()
}

fn wiener<R: Real>() -> Wiener<R> {
    let dim = SHAPE.len();
    let root = (2.0 / dim as f64).sqrt();
    let wave = |i: usize| R::narrow(root * (i as f64 * std::f64::consts::TAU / dim as f64).cos());
    let modes = Modes::new(dim, (0..dim).map(wave).collect(), vec![3.0], Some(0.4)).unwrap();
    Wiener::new(Stream::new("mean").normal(0, dim), Arc::new(modes)).unwrap()
}

fn stepper<R: Real>(network: Network<R>, filter: bool, weighting: Weightings) -> Stepper<R> {
    let kind = if filter { Preconditioning::Wiener } else { Preconditioning::Karras };
    let factors = Preconditioner::new(kind, Predicts::X, TimeInput::LogRatio, None, None).unwrap();
    let around = Around { factors, filter: filter.then(|| equipoise_prior::filter(wiener())) };
    let loss = Loss::new(&LossPart { weighting, ..LossPart::default() });
    Stepper::new(network, around, loss, SHAPE, Vec::new()).unwrap()
}

fn drawn<R: Real>(count: usize) -> (Vec<R>, Vec<R>, Vec<Level>) {
    let len = count * SHAPE.len();
    let levels = (0..count).map(|k| crate::levels::preserving(0.3 * 3f64.powi(k as i32))).collect();
    (Stream::new("x").normal(0, len), Stream::new("noise").normal(0, len), levels)
}

#[test]
fn the_gradient_is_that_of_the_loss() {
    let (x, noise, levels) = drawn::<f64>(3);
    let batch = Batch { x: &x, noise: &noise, levels: &levels };
    for (filter, weighting) in
        [(false, Weightings::Target), (true, Weightings::Target), (true, Weightings::MinSnr)]
    {
        let mut of = stepper(network::<f64>(), filter, weighting);
        let theta = of.network().values();
        let mut gradient = vec![0.0; theta.len()];
        of.gradient(batch, &mut gradient).unwrap();
        let direction: Vec<f64> = Stream::new("direction").normal(0, theta.len());
        let along: f64 = gradient.iter().zip(&direction).map(|(g, d)| g * d).sum();
        let mut at = |step: f64| {
            let moved: Vec<f64> = theta.iter().zip(&direction).map(|(t, d)| t + step * d).collect();
            of.network_mut().set_values(&moved).unwrap();
            of.gradient(batch, &mut vec![0.0; theta.len()]).unwrap()
        };
        // Central differences of the fourth order: (h/30) f⁗′ with rounding 1e-16/h.
        let h = 1e-4;
        let slope = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
        assert!(
            (slope - along).abs() < 1e-8 * along.abs().max(1.0),
            "{filter} {weighting:?}: {slope} {along}"
        );
    }
}

/// A silent network's error is the filter's, and the target weighting makes the expected loss of Gaussian data 1.
#[test]
fn around_the_filter_a_silent_network_begins_as_the_filter() {
    let (x, noise, levels) = drawn::<f64>(3);
    let batch = Batch { x: &x, noise: &noise, levels: &levels };
    let mut silent = network::<f64>();
    silent.silence();
    let mut of = stepper(silent, true, Weightings::Target);
    let errors = of.errors(batch).unwrap().to_vec();
    let filter = wiener::<f64>();
    for (k, level) in levels.iter().enumerate() {
        let range = k * SHAPE.len()..(k + 1) * SHAPE.len();
        let pairs = x[range.clone()].iter().zip(&noise[range.clone()]);
        let x_t: Vec<f64> = pairs.map(|(x, e)| level.mu * x + level.sigma * e).collect();
        let mut x_hat = vec![0.0; x_t.len()];
        filter.denoise(&x_t, *level, &mut x_hat).unwrap();
        for ((error, x_hat), x) in errors[range.clone()].iter().zip(&x_hat).zip(&x[range]) {
            assert!((error - (x_hat - x)).abs() < 1e-14);
        }
    }
    // x ~ N(m, Σ) of the filter: Σ^½ on white noise.
    let count = 400;
    let (mut x, noise, _) = drawn::<f64>(count);
    let covariance = filter.prior_covariance();
    let weights = covariance.weights(&f64::sqrt);
    for x in x.chunks_exact_mut(SHAPE.len()) {
        let white = x.to_vec();
        covariance.apply(&weights, &white, x);
        x.iter_mut().zip(filter.mean()).for_each(|(x, m)| *x += m);
    }
    let levels: Vec<Level> = (0..count).map(|k| crate::levels::preserving([0.1, 1.0, 10.0][k % 3])).collect();
    let batch = Batch { x: &x, noise: &noise, levels: &levels };
    let loss = of.gradient(batch, &mut vec![0.0; of.network().parameter_count()]).unwrap();
    // Five standard errors of the mean of 400·48 squares, of which those of single modes are few.
    assert!((loss - 1.0).abs() < 0.06, "{loss}");
}

#[test]
fn bits_depend_on_no_thread_and_lengths_are_checked() {
    let (x, noise, levels) = drawn::<f32>(5);
    let batch = Batch { x: &x, noise: &noise, levels: &levels };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut of = stepper(network::<f32>(), true, Weightings::Target);
        let mut gradient = vec![0.0; of.network().parameter_count()];
        let loss = pool.install(|| of.gradient(batch, &mut gradient).unwrap());
        (loss.to_bits(), gradient)
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(3));
    let mut of = stepper(network::<f32>(), false, Weightings::Target);
    let short = Batch { x: &x[1..], ..batch };
    assert!(matches!(of.errors(short), Err(TrainingError::Length { .. })));
    assert!(of.gradient(batch, &mut []).is_err());
}
