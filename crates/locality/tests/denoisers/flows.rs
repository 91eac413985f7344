//! On held-out frames of the embedded turbulence.

use crate::{denoise, over};
use equipoise_covariance::fit_stationary;
use equipoise_data::samples::Sample;
use equipoise_data::{LoadOptions, Normalizer, load};
use equipoise_denoiser::Denoiser;
use equipoise_field::{Shape, sum};
use equipoise_locality::{
    Border, Optimal, Patch, Pixelwise, Training, locality_radius, nearest, sensitivity,
};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::sync::Arc;

/// Every fourth training frame and one held-out frame, normalised.
fn frames() -> (Shape, Vec<f32>, Vec<f32>) {
    let read = |sample: Sample| load(&sample.path().unwrap(), &LoadOptions::default()).unwrap();
    let (train, test) = (read(Sample::KolmogorovTrain), read(Sample::KolmogorovTest));
    let normalizer = Normalizer::fit(train.kind().default_normalizer(), &train).unwrap();
    let shape = train.shape(1);
    let normalised = |frame: &[f32]| {
        let mut frame = frame.to_vec();
        normalizer.normalise(shape, &mut frame).unwrap();
        frame
    };
    let kept = train.values().chunks(shape.len()).step_by(4).flat_map(normalised).collect();
    (shape, kept, normalised(test.window(1, 7, 1).unwrap()))
}

#[test]
fn local_denoisers_generalise_where_the_optimal_one_recalls() {
    let (shape, train, fresh) = frames();
    let views: Vec<&[f32]> = train.chunks(shape.len()).collect();
    let covariance = Arc::new(fit_stationary(shape, &views, 1e-6).unwrap().1);
    let training: Training<f32> = over(shape, train.clone());
    let optimal = Optimal::new(training.clone());
    let patch = Patch { radius: [3, 3], border: [Border::Periodic; 2] };
    let local = Pixelwise::local(training.clone(), patch);
    let masked = Pixelwise::locality(training.clone(), covariance, 0.02).unwrap();
    let noise: Vec<f32> = Stream::new("flows").normal(0, shape.len());
    let error = |denoiser: &dyn Denoiser<f32>, sigma: f64| {
        let x_t: Vec<f32> = fresh.iter().zip(&noise).map(|(x, e)| x + sigma as f32 * e).collect();
        let x_hat = denoise(denoiser, &x_t, Level { mu: 1.0, sigma });
        (sum::squared_distance(&x_hat, &fresh) / sum::squared_norm(&fresh), x_hat)
    };
    // Fresh turbulence lies about as far from every training frame as two frames from each other.
    let away = nearest(&training, &fresh).unwrap();
    assert!(away.distance > 0.5, "{away:?}");
    let (recalled, x_hat) = error(&optimal, 0.1);
    assert_eq!(nearest(&training, &x_hat).unwrap().distance, 0.0);
    for (name, denoiser) in [("local", &local as &dyn Denoiser<f32>), ("masked", &masked)] {
        let (found, _) = error(denoiser, 0.1);
        assert!(found < 0.5 * recalled, "{name}: {found} where the optimal one has {recalled}");
    }
    let radius = |sigma: f64| {
        let x_t: Vec<f32> = fresh.iter().zip(&noise).map(|(x, e)| x + sigma as f32 * e).collect();
        let pixel = shape.index(0, 0, 20, 30);
        let row = sensitivity(&masked, &x_t, Level { mu: 1.0, sigma }, &[pixel]).unwrap().swap_remove(0);
        locality_radius(shape, [Border::Periodic; 2], pixel, &row, 0.9).unwrap()
    };
    let (low, high) = (radius(0.1), radius(3.0));
    assert!(low < high, "the field of a pixel has radius {low} at σ = 0.1 and {high} at σ = 3");
}
