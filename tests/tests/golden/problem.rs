//! The Gaussian problem of the golden file.

use equipoise_covariance::{Modes, dense};
use equipoise_field::Shape;
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::{LinearOperator, Subsample};
use equipoise_schedule::{Alpha, Sda, Variance};
use equipoise_tests::Golden;
use equipoise_wiener::Wiener;
use ndarray::ArrayView2;
use std::sync::Arc;

/// (T, C, H, W).
pub(crate) const SHAPE: Shape = Shape::new(1, 2, 12, 12);
/// The subsampling rates of the file.
pub(crate) const SUBS: [usize; 3] = [2, 3, 4];
/// Its diffusion times.
pub(crate) const TIMES: [f64; 4] = [0.05, 0.3, 0.6, 0.9];
/// The standard deviation of the noise in `y`.
pub(crate) const NOISE: f64 = 0.1;
/// Relative error in the 2-norm: ε times the condition number 53.2/1e-3 of Σ, and eight of these for
/// the two codes and for products and solves in a row. The largest found was 3e-12.
pub(crate) const TOLERANCE: f64 = 8.0 * 53.2 / 1e-3 * f64::EPSILON;

/// x ~ N(m, Σ) with all modes of the file's Σ.
pub(crate) struct Problem {
    pub(crate) mean: Vec<f64>,
    pub(crate) covariance: Arc<Modes<f64>>,
    pub(crate) wiener: Arc<Wiener<f64>>,
}

impl Problem {
    pub(crate) fn read(golden: &mut Golden) -> Self {
        let (mean, sigma) = (golden.given("mean"), golden.given("cov"));
        let sigma = ArrayView2::from_shape((SHAPE.len(), SHAPE.len()), &sigma).unwrap();
        let covariance = Arc::new(dense(sigma).unwrap());
        let wiener = Arc::new(Wiener::new(mean.clone(), covariance.clone()).unwrap());
        Self { mean, covariance, wiener }
    }
}

/// The schedule of the SDA part of the file: `vp`, `cos`, η = 0.01.
pub(crate) fn schedule() -> Sda {
    Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap()
}

/// x[..., ::sub, ::sub].
pub(crate) fn operator(sub: usize) -> Arc<dyn LinearOperator<f64>> {
    Arc::new(Subsample::new(SHAPE, sub).unwrap())
}

/// s² of `y`.
pub(crate) fn noise() -> NoiseVariance {
    NoiseVariance::Uniform(NOISE * NOISE)
}

/// y at one subsampling rate.
pub(crate) fn observation(golden: &mut Golden, sub: usize) -> Arc<Observed<f64>> {
    let y = golden.given(&format!("gaussian_score/sub={sub}/y"));
    Arc::new(Observed::shared(y, operator(sub), noise()).unwrap())
}
