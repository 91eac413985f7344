//! Fits of trajectories that a known prior drew, and priors read off their own windows.

use super::*;
use crate::matrix::{conjugated, eigen};
use crate::tests::fixtures::{modes, waves, waves_about};
use equipoise_stream::Stream;

fn largest(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    a.iter().zip(b).fold(0.0f64, |s, (a, b)| s.max((a - b).abs()))
}

/// Cov(x_{τ+lag}, x_τ) of whole frames.
fn lagged(markov: &Markov, lag: usize) -> Array2<f64> {
    let d = markov.shape().frame();
    let covariance = markov.window::<f64>(lag + 1).unwrap();
    let (weights, mut out) = (covariance.weights(&|l| l), Array2::zeros((d, d)));
    for i in 0..d {
        let (mut unit, mut column) = (vec![0.0; covariance.dim()], vec![0.0; covariance.dim()]);
        unit[i] = 1.0;
        covariance.apply(&weights, &unit, &mut column);
        out.column_mut(i).iter_mut().zip(&column[lag * d..]).for_each(|(o, c)| *o = *c);
    }
    out
}

/// The window that belongs to a prior says the same prior, whatever its length.
#[test]
fn a_prior_is_read_off_its_own_windows() {
    let shape = Shape::new(1, 2, 3, 4);
    for (markov, rank) in
        [(modes(shape, 3, 0.2), Some(3)), (modes(shape, 2, 0.0), Some(2)), (waves(shape), None)]
    {
        for frames in [2, 4] {
            let covariance = markov.window::<f64>(frames).unwrap();
            let mean: Vec<f64> = markov.repeated(frames);
            let window = Shape { frames, ..shape };
            let (found, clip) = Markov::of_window(window, &mean, covariance.as_ref(), rank, 0.999).unwrap();
            assert_eq!(clip.count, 0);
            assert!(found.mean().iter().zip(markov.mean()).all(|(a, b)| (a - b).abs() < 1e-14));
            for lag in 0..4 {
                let off = largest(&lagged(&found, lag), &lagged(&markov, lag));
                assert!(off < 1e-10, "{frames} frames, lag {lag}: {off:e}");
            }
        }
    }
    let markov = waves(shape);
    let single = markov.window::<f64>(1).unwrap();
    let found = Markov::of_window(shape, markov.mean(), single.as_ref(), None, 0.9).unwrap_err().to_string();
    assert_eq!(
        found,
        "window of the prior: found 1 frame, expected at least 2: one does not tell how frames follow"
    );
}

/// The root mean square of x_{τ+1} − E[x_{τ+1} | x_τ], of x_{τ+1} − x_τ and of x_{τ+1} − m, densely.
fn foretold(markov: &Markov, series: &[f64]) -> [f64; 3] {
    let (values, vectors) = eigen(&lagged(markov, 0), "C₀").unwrap();
    let least = 1e-10 * values.iter().fold(0.0f64, |a, &b| a.max(b));
    let inverse = conjugated(&vectors, &values.mapv(|l| if l > least { 1.0 / l } else { 0.0 }));
    let step = lagged(markov, 1).dot(&inverse);
    let mean = ndarray::Array1::from(markov.mean().to_vec());
    let frames: Vec<_> =
        series.chunks(mean.len()).map(|x| ndarray::Array1::from(x.to_vec()) - &mean).collect();
    let mut squares = [0.0; 3];
    for pair in frames.windows(2) {
        let guesses = [step.dot(&pair[0]), pair[0].clone(), ndarray::Array1::zeros(mean.len())];
        squares
            .iter_mut()
            .zip(guesses)
            .for_each(|(sum, guess)| *sum += (&pair[1] - &guess).mapv(|d| d * d).sum());
    }
    squares.map(|sum| (sum / ((frames.len() - 1) * mean.len()) as f64).sqrt())
}

/// Fits to what a prior drew foretell as it does, and better than persistence; the noise of the fit is some 1/√T.
#[test]
fn fits_find_the_prior_that_drew() {
    let shape = Shape::new(1, 2, 3, 4);
    for (markov, which) in [(modes(shape, 3, 0.05), 0), (waves_about(shape, vec![0.5; 24]), 1)] {
        let draw =
            |k: u64, frames: usize| -> Vec<f64> { markov.sample(frames, Stream::new("fit"), k).unwrap() };
        let series: Vec<Vec<f64>> = (0..4).map(|k| draw(k, 700 + 50 * k as usize)).collect();
        let series: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
        let (found, clip) = match which {
            0 => Markov::fit_modes(shape, &series, 3).unwrap(),
            _ => Markov::fit_wavenumbers(shape, &series, 0.0).unwrap(),
        };
        assert!((clip.limit - (1.0 - 1.0 / 3100.0)).abs() < 1e-12 && clip.count == 0, "{clip:?}");
        assert_eq!(clip.of, if which == 0 { 3 } else { 24 });
        let scale = lagged(&markov, 0).diag().iter().fold(0.0f64, |a, &b| a.max(b));
        for lag in 0..2 {
            let off = largest(&lagged(&found, lag), &lagged(&markov, lag)) / scale;
            // Correlated over some ten frames: an error of 5√(10/3100).
            assert!(off < 0.3, "lag {lag}: {off}");
        }
        let held = draw(9, 500);
        let ([truth, persistence, mean], [fitted, ..]) = (foretold(&markov, &held), foretold(&found, &held));
        assert!(fitted < 1.03 * truth && truth < persistence && truth < mean, "{fitted} {truth} {mean}");
    }
}

/// A wave that goes round and does not decay, without noise: K of modulus 1, which no stationary chain has.
#[test]
fn what_never_forgets_is_clipped_and_told() {
    let shape = Shape::new(1, 1, 1, 8);
    let series: Vec<f64> = (0..16 * 8)
        .map(|i| (std::f64::consts::TAU * ((i % 8) as f64 / 8.0 - (i / 8) as f64 / 16.0)).cos())
        .collect();
    let (waves, clip) = Markov::fit_wavenumbers(shape, &[&series], 1e-9).unwrap();
    assert_eq!((clip.count, clip.of), (2, 8));
    assert!((clip.share() - 1.0).abs() < 1e-6 && (clip.largest - 1.0).abs() < 1e-6, "{clip:?}");
    // The clip takes 1/16 of what comes.
    let [error, persistence, mean] = foretold(&waves, &series);
    assert!((error / mean - 1.0 / 16.0).abs() < 1e-6 && persistence > 3.0 * error);
    let (modes, clip) = Markov::fit_modes(shape, &[&series], 2).unwrap();
    assert!(clip.count > 0 && clip.share() > 0.4, "{clip:?}");
    assert!(foretold(&modes, &series)[0] < 0.1);
}

#[test]
fn series_that_fit_nothing_are_refused_by_name() {
    let shape = Shape::new(1, 1, 2, 2);
    let message = |series: &[&[f64]]| Markov::fit_wavenumbers(shape, series, 0.0).unwrap_err().to_string();
    assert_eq!(message(&[&[0.0; 7]]), "numbers of a series: found 7, expected 4");
    assert_eq!(message(&[&[0.0; 4]]), "frames of the longest series: found 1, expected 2");
    assert_eq!(message(&[&[f64::NAN; 8]]), "series: entry 0 is not finite");
    let found = Markov::fit_modes(shape, &[&[0.0, 1.0, 2.0, 3.0, 1.0, 0.0, 0.0, 2.0]], 2).unwrap_err();
    assert_eq!(found.to_string(), "rank: found 2, expected 1 to 1 with 2 snapshots");
}
