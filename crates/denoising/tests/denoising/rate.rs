//! The bound on fresh frames.

use crate::made::{flow, frames, settings};
use equipoise_denoising::{Flow, bound};
use equipoise_prior::{Model, Settings};
use equipoise_schedule::Ddpm;

/// Held for every window, with all modes resolved and with a complement.
#[test]
fn no_window_beats_the_exact_density_and_the_curve_descends() {
    let schedule = Ddpm::linear(1e-4, 0.05, 200).unwrap();
    let stationary = flow(500, 6);
    let low_rank = Settings { model: Model::LowRank { rank: Some(20) }, ..settings() };
    let low_rank =
        Flow::new("low", [frames("train", 500), frames("held out", 6)], (&low_rank, None), 6).unwrap();
    for flow in [stationary, low_rank] {
        let found = bound(&flow, &schedule).unwrap();
        assert!(found.least_gap > 0.0 && found.negative_elbo - found.exact >= found.least_gap, "{found:?}");
        assert_eq!(found.curve.len(), 200);
        assert!(found.curve.windows(2).all(|p| p[0].rate <= p[1].rate && p[0].distortion > p[1].distortion));
        // −log N in bits from the covariance itself: ½ log₂ 2πλ + d²/(2λ ln 2), by f(Σ).
        let (prior, covariance) = (flow.prior(), flow.prior().covariance());
        let inverse = covariance.weights(&|l| 1.0 / l);
        let dim = flow.shape().len() as f64;
        let mean = flow.held_out().iter().map(|held_out| {
            let away: Vec<f32> = held_out.x.iter().zip(prior.mean()).map(|(x, m)| x - m).collect();
            let mut weighed = vec![0.0; away.len()];
            covariance.apply(&inverse, &away, &mut weighed);
            equipoise_field::sum::dot(&away, &weighed)
        });
        let squares = mean.sum::<f64>() / 6.0;
        let logs = covariance.trace(&|l| (std::f64::consts::TAU * l).ln());
        let exact = 0.5 * (logs + squares) / (dim * std::f64::consts::LN_2);
        // f32 fields against eigenvalues down to 1e-4.
        assert!((found.exact - exact).abs() < 1e-3 * exact.abs().max(1.0), "{} {exact}", found.exact);
    }
}
