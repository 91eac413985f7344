//! A Gaussian problem with a closed form, for the tests of this crate.

use crate::Sampler;
use equipoise_denoiser::{Denoiser, DenoiserError};
use equipoise_guidance::{Evidence, Guidance, GuidanceError, Scratch, States};
use equipoise_schedule::{Alpha, Level, Schedule, Sda, Variance, edm_grid, log_snr_grid, uniform_grid};
use equipoise_stream::Stream;

/// x ~ N(0, v I) without observations, or with a gradient that is a multiple of x_t.
pub(crate) struct Scalar {
    pub(crate) prior: f64,
    pub(crate) pull: f64,
    pub(crate) dim: usize,
}

impl Denoiser<f64> for Scalar {
    fn dim(&self) -> usize {
        self.dim
    }
    fn denoise(&self, x: &[f64], l: Level, out: &mut [f64]) -> Result<(), DenoiserError> {
        let gain = l.mu * self.prior / (l.mu * l.mu * self.prior + l.sigma * l.sigma);
        out.iter_mut().zip(x).for_each(|(o, x)| *o = gain * x);
        Ok(())
    }
    fn vjp(&self, _: &[f64], l: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        self.denoise(v, l, out)
    }
}

impl Guidance<f64> for Scalar {
    fn denoiser(&self) -> &dyn Denoiser<f64> {
        self
    }
    fn gradients(
        &self,
        at: &mut States<'_, '_, f64>,
        g: &mut [f64],
        evidence: &mut [Evidence],
        _: &mut Scratch<f64>,
    ) -> Result<(), GuidanceError> {
        g.iter_mut().zip(at.x_t).for_each(|(g, x)| *g = self.pull * x);
        evidence.fill(Evidence::default());
        Ok(())
    }
}

impl Scalar {
    /// μ²v + σ².
    pub(crate) fn marginal(&self, level: Level) -> f64 {
        level.mu * level.mu * self.prior + level.sigma * level.sigma
    }

    /// The probability flow from t = 1 to 0 keeps x/√(μ²v + σ²): what it multiplies x by.
    pub(crate) fn flow(&self, schedule: &dyn Schedule) -> f64 {
        (self.marginal(schedule.level(0.0)) / self.marginal(schedule.level(1.0))).sqrt()
    }

    /// The error at t = 0 of a run from x_1 = 1 against the flow.
    pub(crate) fn error(&self, sampler: &dyn Sampler<f64>, schedule: &dyn Schedule) -> f64 {
        let out = sampler.run(self, schedule, vec![1.0], &Stream::new("unused"), 10.0);
        let out = out.expect("every level of a grid of the flow has noise");
        (out.x()[0] - self.flow(schedule)).abs()
    }
}

pub(crate) fn schedule() -> Sda {
    Sda::new(Alpha::Cos, Variance::Vp, 0.01).expect("0.01 lies in (0, 1)")
}

/// The three time grids.
pub(crate) fn grids(schedule: &dyn Schedule, steps: usize) -> [(&'static str, Vec<f64>); 3] {
    [
        ("uniform", uniform_grid(steps).expect("there are steps")),
        ("log-SNR", log_snr_grid(schedule, steps).expect("σ/μ rises from above 0")),
        ("EDM", edm_grid(schedule, steps).expect("σ/μ rises")),
    ]
}
