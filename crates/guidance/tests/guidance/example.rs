//! The example of a denoiser of one's own: its closures are what they say, and its methods work.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

#[path = "../../examples/own_denoiser.rs"]
mod own_denoiser;

use equipoise_denoiser::check_denoiser;
use equipoise_field::Shape;
use equipoise_schedule::Level;
use equipoise_stream::Stream;

#[test]
fn its_closures_conform() {
    let x_t: Vec<f64> = Stream::new("x_t").normal(0, 32);
    for (mu, sigma) in [(0.1, 0.99), (0.7, 0.7), (0.99, 0.1)] {
        let level = Level { mu, sigma };
        let found = check_denoiser(&*own_denoiser::denoiser(), &x_t, level, Shape::new(1, 1, 1, 32));
        assert_eq!(found.unwrap().untested, [""; 0]);
    }
}

/// The field swings by √(Σλ/32) = 0.64 about ±m; eight readings of noise 0.1 on a field of a few modes
/// leave less than a third of that. χ² over eight readings has a standard deviation of about ½.
#[test]
fn both_methods_reconstruct_the_field() {
    for score in own_denoiser::scores().unwrap() {
        assert!(score.rmse < 0.21, "{score:?}");
        assert!((0.5..1.5).contains(&score.chi), "{score:?}");
    }
}
