//! The bound of any denoiser for one x_0, by draws of x_t.

use crate::gaussian::assemble;
use crate::{ElboError, ReverseVariance, Terms};
use equipoise_denoiser::Denoiser;
use equipoise_field::{Length, Real, each, sum};
use equipoise_schedule::Ddpm;
use equipoise_stream::Stream;

/// An estimate with its standard error.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The terms with the mean denoising errors in them.
    pub terms: Terms,
    /// Standard errors of `terms.squared_errors`.
    pub standard_errors: Vec<f64>,
    /// Standard error of `terms.total()`; draws at different t are independent.
    pub total_error: f64,
}

impl Estimate {
    /// L_simple = E_t E‖ε − ε̂‖²/D, t uniform over 1 … T (Ho et al. 2020, equation 14, per dimension).
    pub fn simple_loss(&self, schedule: &Ddpm) -> f64 {
        simple_loss(schedule, &self.terms)
    }
}

/// L_simple from the denoising errors: ε − ε̂ = (μ/σ)(x̂ − x_0).
pub fn simple_loss(schedule: &Ddpm, terms: &Terms) -> f64 {
    let of_noise = |t: usize| terms.squared_errors[t - 1] / schedule.level(t).ratio().powi(2);
    (1..=schedule.steps()).map(of_noise).sum::<f64>() / (schedule.steps() * terms.dim) as f64
}

/// The bound for `x_0`, with `draws` of x_t at every t: draw k at t is draw k of `stream.number(t)`.
///
/// Cost: T·draws denoiser calls.
///
/// # Errors
/// [`ElboError::Draws`] for fewer than 2 draws, [`ElboError::Length`], [`ElboError::Denoiser`].
pub fn estimate<R: Real>(
    denoiser: &dyn Denoiser<R>,
    schedule: &Ddpm,
    variance: ReverseVariance,
    x_0: &[R],
    stream: Stream,
    draws: usize,
) -> Result<Estimate, ElboError> {
    let dim = denoiser.dim();
    Length::check("x_0", x_0.len(), dim)?;
    if draws < 2 {
        return Err(ElboError::Draws { found: draws });
    }
    let mut means = Vec::with_capacity(schedule.steps());
    let mut standard_errors = Vec::with_capacity(schedule.steps());
    let (mut x_t, mut x_hat) = (vec![R::zero(); dim], vec![R::zero(); dim]);
    for t in 1..=schedule.steps() {
        let level = schedule.level(t);
        let (mu, sigma) = (R::narrow(level.mu), R::narrow(level.sigma));
        let mut errors = Vec::with_capacity(draws);
        for draw in 0..draws {
            stream.number(t as u64).fill_normal(draw as u64, &mut x_t);
            each::update1(&mut x_t, x_0, |e, x| mu * x + sigma * e);
            let made = denoiser.denoise(&x_t, level, &mut x_hat);
            made.map_err(|source| ElboError::Denoiser { step: t, source })?;
            errors.push(sum::squared_distance(x_0, &x_hat));
        }
        means.push(sum::mean(&errors));
        standard_errors.push(sum::std(&errors) / (draws as f64 - 1.0).sqrt());
    }
    let terms = assemble(schedule, variance, dim, sum::squared_norm(x_0), means);
    let total_error = total_error(schedule, variance, &standard_errors);
    Ok(Estimate { terms, standard_errors, total_error })
}

/// √Σ_t (a_t² s_t/(2σ_t²))², a_1 = 1.
fn total_error(schedule: &Ddpm, variance: ReverseVariance, standard_errors: &[f64]) -> f64 {
    let of = |t: usize| {
        let clean = if t == 1 { 1.0 } else { schedule.reverse(t).clean };
        clean * clean * standard_errors[t - 1] / (2.0 * variance.at(schedule, t))
    };
    (1..=schedule.steps()).map(|t| of(t).powi(2)).sum::<f64>().sqrt()
}
