//! A reconstruction against the exact posterior.

use crate::{Ensemble, Inclusion, Result};
use equipoise_field::{Length, Real};

/// √(mean((posterior mean − truth)²) + mean posterior variance + σ(0)²): the RMSE that exact
/// posterior samples reach.
///
/// `sigma_zero` is the noise that the sampler leaves in its result, σ(0) of the schedule.
///
/// # Errors
/// If a length differs, the mask does not fit or nothing is included.
pub fn floor_rmse<R: Real>(
    posterior_mean: &[R],
    posterior_variance: &[R],
    truth: &[R],
    sigma_zero: f64,
    inclusion: Inclusion<'_>,
) -> Result<f64> {
    Length::check("posterior mean", posterior_mean.len(), truth.len())?;
    Length::check("posterior variance", posterior_variance.len(), truth.len())?;
    let mean = inclusion.mean("floor rmse", truth.len(), |i| {
        (posterior_mean[i].wide() - truth[i].wide()).powi(2) + posterior_variance[i].wide()
    })?;
    Ok((mean + sigma_zero * sigma_zero).sqrt())
}

/// ‖E[x given y] − posterior mean‖/‖posterior std‖, with E estimated by the ensemble mean x̄.
///
/// The sampling error of x̄ is taken out: the squared bias is mean((x̄ − posterior mean)²) −
/// mean(s²)/M, s² the unbiased ensemble variance, and at least 0; with weights the variance of x̄ is
/// Σ w²(x − x̄)²/(1 − Σ w²) (Owen 2013, section 9.2, over 1 − Σ w²), right to first order in 1/M. None
/// with one member, whose sampling error cannot be told from bias.
///
/// # Errors
/// If a length differs, the mask does not fit or nothing is included.
pub fn bias_over_posterior_std<R: Real>(
    ensemble: &Ensemble<'_, R>,
    posterior_mean: &[R],
    posterior_variance: &[R],
    inclusion: Inclusion<'_>,
) -> Result<Option<f64>> {
    Length::check("posterior mean", posterior_mean.len(), ensemble.field_len())?;
    Length::check("posterior variance", posterior_variance.len(), ensemble.field_len())?;
    if ensemble.size() < 2 {
        return Ok(None);
    }
    let square = inclusion.mean("bias", posterior_mean.len(), |i| {
        (ensemble.mean_at(i) - posterior_mean[i].wide()).powi(2) - ensemble.variance_of_mean_at(i)
    })?;
    let variance = inclusion.mean("bias", posterior_mean.len(), |i| posterior_variance[i].wide())?;
    // f64::max would turn NaN into 0.
    let square = if square < 0.0 { 0.0 } else { square };
    Ok(Some((square / variance).sqrt()))
}

/// √(mean(s²)/mean(posterior variance)), s² the unbiased ensemble variance, Σ w (x − x̄)²/(1 − Σ w²) with
/// weights. None with one member.
///
/// Samples of SDA carry σ(0)² besides the posterior variance; add it to `posterior_variance` where
/// it matters.
///
/// # Errors
/// If a length differs, the mask does not fit or nothing is included.
pub fn spread_ratio<R: Real>(
    ensemble: &Ensemble<'_, R>,
    posterior_variance: &[R],
    inclusion: Inclusion<'_>,
) -> Result<Option<f64>> {
    Length::check("posterior variance", posterior_variance.len(), ensemble.field_len())?;
    if ensemble.size() < 2 {
        return Ok(None);
    }
    let len = posterior_variance.len();
    let spread = inclusion.mean("spread ratio", len, |i| ensemble.variance_at(i))?;
    let exact = inclusion.mean("spread ratio", len, |i| posterior_variance[i].wide())?;
    Ok(Some((spread / exact).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rmse;
    use equipoise_field::sum;
    use equipoise_stream::Stream;

    const N: usize = 100_000;

    /// Posterior N(1, 0.25); members from N(1 + shift, (0.5·scale)²).
    fn members(count: u64, shift: f64, scale: f64) -> Vec<Vec<f64>> {
        let draw = |k| Stream::new("member").normal::<f64>(k, N);
        (0..count).map(|k| draw(k).into_iter().map(|z| 1.0 + shift + 0.5 * scale * z).collect()).collect()
    }

    fn fit(count: u64, shift: f64, scale: f64) -> (Option<f64>, Option<f64>) {
        let fields = members(count, shift, scale);
        let slices: Vec<&[f64]> = fields.iter().map(Vec::as_slice).collect();
        let ensemble = Ensemble::new(&slices).unwrap();
        let (mean, variance) = (vec![1.0; N], vec![0.25; N]);
        let bias = bias_over_posterior_std(&ensemble, &mean, &variance, Inclusion::All).unwrap();
        (bias, spread_ratio(&ensemble, &variance, Inclusion::All).unwrap())
    }

    #[test]
    fn exact_samples_have_no_bias_and_the_right_spread() {
        for count in [2, 4] {
            let (bias, spread) = fit(count, 0.0, 1.0);
            let m = count as f64;
            // (x̄ − m)² − s²/M has variance (2/M²)(1 + 1/(M − 1)) in posterior variances: its mean
            // over N entries lies within five standard errors, and bias is its root.
            let squared = 5.0 * (2.0 / (m * m) * (1.0 + 1.0 / (m - 1.0)) / N as f64).sqrt();
            assert!(bias.unwrap().powi(2) <= squared, "{bias:?}");
            // s² has variance 2/(M − 1); the root halves the relative error.
            let relative = 2.5 * (2.0 / (m - 1.0) / N as f64).sqrt();
            assert!((spread.unwrap() - 1.0).abs() <= relative, "{spread:?}");
        }
    }

    #[test]
    fn a_shift_and_a_narrowing_are_found() {
        let (bias, spread) = fit(2, 0.5, 0.6);
        // Standard error of x̄ over N entries: 0.6/√(2N) posterior stds, five of them.
        assert!((bias.unwrap() - 1.0).abs() <= 5.0 * 0.6 / (2.0 * N as f64).sqrt(), "{bias:?}");
        assert!((spread.unwrap() - 0.6).abs() <= 0.6 * 2.5 * (2.0 / N as f64).sqrt(), "{spread:?}");
    }

    #[test]
    fn one_member_tells_neither() {
        assert_eq!(fit(1, 0.5, 1.0), (None, None));
    }

    #[test]
    fn exact_samples_reach_the_floor() {
        let (mean, variance) = (vec![1.0; N], vec![0.25; N]);
        let truth: Vec<f64> = members(1, 0.3, 0.0).remove(0);
        let floor = floor_rmse(&mean, &variance, &truth, 0.0, Inclusion::All).unwrap();
        // Equal terms: one lane of a block adds BLOCK/LANES of them before the tree.
        let roundings = (sum::BLOCK / sum::LANES) as f64;
        assert!((floor - (0.09f64 + 0.25).sqrt()).abs() <= roundings * f64::EPSILON);
        let found = rmse(&members(1, 0.0, 1.0)[0], &truth, Inclusion::All).unwrap();
        // (−0.3 + ½z)² has variance 4·0.09·0.25 + 2·0.0625; the root divides its error by 2·floor.
        let bound = 5.0 * ((0.09 + 0.125) / N as f64).sqrt() / (2.0 * floor);
        assert!((found - floor).abs() <= bound, "{found} {floor}");
        let noisy = floor_rmse(&truth, &vec![0.0; N], &truth, 0.01, Inclusion::All).unwrap();
        assert!((noisy - 0.01).abs() <= f64::EPSILON);
    }

    #[test]
    fn a_non_finite_member_makes_the_bias_nan() {
        let members: [&[f64]; 2] = [&[f64::NAN], &[0.0]];
        let ensemble = Ensemble::new(&members).unwrap();
        let bias = bias_over_posterior_std(&ensemble, &[0.0], &[1.0], Inclusion::All).unwrap();
        assert!(bias.unwrap().is_nan());
    }
}
