//! Samples whose law is known, and their file.

use crate::made::flow;
use equipoise_data::{LoadOptions, load, store::Existing};
use equipoise_denoising::{Drawing, check_free, sample_results, spectra, write_samples};
use equipoise_experiment::{Setup, Start};
use equipoise_sampler::SamplerName;
use equipoise_schedule::{ScheduleName, Spacing};

fn drawing(members: usize, eta: f64) -> Drawing {
    Drawing {
        members,
        seed: 3,
        setup: Setup {
            schedule: "cos".parse::<ScheduleName>().unwrap(),
            eta,
            sampler: SamplerName::Exponential,
            spacing: Spacing::Uniform,
            steps: 16,
            corrections: 0,
            tau: Setup::TAU,
        },
        start: Start::Prior,
    }
}

/// From the exact marginal the flow of the Wiener filter ends in N(m, Σ + η²I), to the 1e-6 of 16
/// exponential steps.
#[test]
fn samples_of_the_wiener_filter_have_its_covariance() {
    let flow = flow(500, 4);
    let wiener = flow.denoisers(&["wiener".parse().unwrap()]).unwrap();
    let (members, eta) = (150, 0.01);
    let drawn = drawing(members, eta).draw(&flow, &wiener[0], &mut || true).unwrap();
    assert_eq!((drawn.members.len(), drawn.diverged), (members, 0));
    let covariance = flow.prior().covariance();
    let lambda = covariance.eigenvalues();
    let mut squares = vec![0.0; lambda.len()];
    for member in &drawn.members {
        let away: Vec<f32> = member.x.iter().zip(flow.prior().mean()).map(|(x, m)| x - m).collect();
        let mut coefficients = vec![0.0f32; lambda.len()];
        covariance.analyse(&away, &mut coefficients);
        for ((square, c), l) in squares.iter_mut().zip(coefficients).zip(lambda) {
            *square += f64::from(c).powi(2) / (l + eta * eta);
        }
    }
    // χ² of members × D = 19,200 and of 150 degrees of freedom, five standard deviations √(2/n).
    let all = squares.iter().sum::<f64>() / (members * lambda.len()) as f64;
    assert!((all - 1.0).abs() < 5.0 * (2.0 / (members * lambda.len()) as f64).sqrt(), "{all}");
    for square in squares.iter().map(|square| square / members as f64) {
        assert!((square - 1.0).abs() < 5.0 * (2.0 / members as f64).sqrt(), "{square}");
    }
    // Fresh draws of 128 numbers are about as far from 500 others as other fresh draws.
    assert!(drawn.members.iter().all(|m| (0.7..1.4).contains(&m.index)));
}

#[test]
fn samples_of_the_optimal_denoiser_are_training_frames() {
    let flow = flow(30, 4);
    let optimal = flow.denoisers(&["optimal@2".parse().unwrap()]).unwrap();
    let drawn = drawing(3, 1e-4).draw(&flow, &optimal[0], &mut || true).unwrap();
    for member in &drawn.members {
        // What is left is the noise η of the schedule over distances of order 1.
        assert!(member.index < 1e-3, "{} {:?}", member.index, member.nearest);
    }
    let training = optimal[0].known.training().unwrap();
    let first = &drawn.members[0];
    assert_eq!(training.sample(first.nearest.sample, first.nearest.shift).unwrap(), first.neighbour);
}

#[test]
fn a_run_that_is_stopped_writes_what_it_has() {
    let flow = flow(30, 2);
    let wiener = flow.denoisers(&["wiener".parse().unwrap()]).unwrap();
    let drawing = drawing(5, 0.01);
    let samples = drawing.draw(&flow, &wiener[0], &mut crate::made::before(2)).unwrap();
    assert_eq!(samples.members.len(), 2);
    let folder = tempfile::tempdir().unwrap();
    let facts = [("seed".to_owned(), "3".to_owned())];
    let path =
        write_samples((folder.path(), Existing::Refuse), &[], (&flow, &samples), &facts).unwrap().unwrap();
    let options = LoadOptions { axes: Some("NTCHW".parse().unwrap()), ..LoadOptions::default() };
    let back = load(&path, &options).unwrap();
    assert_eq!((back.trajectories(), back.shape(1)), (2, flow.shape()));
    // No normalizer: physical and normalised units are the same.
    assert_eq!(back.window(1, 0, 1).unwrap(), samples.members[1].x);
    assert!(write_samples((folder.path(), Existing::Refuse), &[], (&flow, &samples), &facts).is_err());
    let spectra = spectra(&flow, std::slice::from_ref(&samples)).unwrap();
    assert_eq!(spectra.iter().map(|s| s.windows).collect::<Vec<_>>(), [2, 30, 2]);
    let drawn = equipoise_denoising::Drawn { flow: &flow, samples: vec![samples], spectra };
    let results = sample_results(&[drawn], &drawing, Vec::new()).unwrap();
    let out = folder.path().join("out");
    results.write(&out).unwrap();
    assert!(out.join("sample.html").is_file() && out.join("spectrum.csv").is_file());
    let refused = check_free(&out, false).unwrap_err().to_string();
    assert!(refused.contains("pass --force") && check_free(&out, true).is_ok(), "{refused}");
}
