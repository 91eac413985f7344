//! The posterior mean over the training set itself.

use crate::error::check;
use crate::recent::{Recent, Size};
use crate::sums::{self, AddProduct, AddScaled, SquaredDistance};
use crate::{LocalityError, Training};
use equipoise_denoiser::{Denoiser, DenoiserError, Empirical, ExactCovariance, LogLikelihood, Moments};
use equipoise_field::{Real, sum};
use equipoise_schedule::Level;
use pulp::Arch;
use std::sync::Arc;

/// E[x | x_t] when x is one of the training samples, each as likely as the others or with the
/// probabilities p_i that [`Empirical::given`] gives them.
///
/// > x̂ = Σ_i w_i x_i, w = softmax(ln p_i − ‖x_t − μx_i‖²/2σ²), J = (μ/σ²) Cov_w(x), V = Cov_w(x)
///
/// Distances are taken directly, term by term in `f64`: the logits carry no cancellation, and err by
/// some 1e-16 of their own size at any σ (2⁻²⁴ of it, at most, if x_t was rounded to `f32`). Logits of
/// all samples stand in memory, so the softmax is exact; weights below 1e-308 are zero and their
/// samples are not read again.
///
/// Cost: `denoise` two passes over the samples of 3D operations each, `vjp` one of 5D, after a
/// `denoise` at the same x_t, else three.
/// Source: Karras et al. 2022, eq. 57; Kamb & Ganguli 2024, eq. 3.
///
/// ```
/// use equipoise_denoiser::Denoiser;
/// use equipoise_field::Shape;
/// use equipoise_locality::{Memory, Optimal, Training};
/// use equipoise_schedule::Level;
/// use std::sync::Arc;
///
/// // Two samples ±1 of one number: x̂ = tanh(μx_t/σ²).
/// let samples = Arc::new(Memory::new(vec![-1.0f64, 1.0], 1)?);
/// let optimal = Optimal::new(Training::new(Shape::new(1, 1, 1, 1), samples)?);
/// let mut x_hat = [0.0];
/// optimal.denoise(&[0.4], Level { mu: 0.6, sigma: 0.8 }, &mut x_hat)?;
/// assert!((x_hat[0] - (0.6f64 * 0.4 / 0.64).tanh()).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Optimal<R: Real> {
    training: Training<R>,
    /// ln p_i up to a constant, shift by shift; empty where all are equal.
    log_prior: Vec<f64>,
    recent: Recent<R, Posterior>,
}

/// Adds w·f(x) to a sum, given (sum, w, x).
type AddTerm<'a, R> = dyn Fn(&mut [f64], f64, &[R]) + Sync + 'a;

/// The weights of all samples with their shifts, and their mean.
#[derive(Debug)]
struct Posterior {
    weights: Vec<f64>,
    mean: Vec<f64>,
}

impl Size for Posterior {
    fn bytes(&self) -> usize {
        size_of_val(&self.weights[..]) + size_of_val(&self.mean[..])
    }
}

impl<R: Real> Optimal<R> {
    /// Over a training set.
    pub fn new(training: Training<R>) -> Self {
        Self { training, log_prior: Vec::new(), recent: Recent::default() }
    }

    /// The training set.
    pub fn training(&self) -> &Training<R> {
        &self.training
    }

    /// w_i at x_t, sample by sample and within a sample shift by shift.
    ///
    /// # Errors
    /// [`LocalityError::Data`] when samples cannot be read, [`LocalityError::Length`].
    pub fn weights(&self, x_t: &[R], level: Level) -> Result<Vec<f64>, LocalityError> {
        check("x_t", x_t.len(), self.dim())?;
        let arch = Arch::new();
        let logit = |x: &[R]| {
            let squares = arch.dispatch(SquaredDistance { x_t, mu: level.mu, x });
            -squares / (2.0 * level.sigma * level.sigma)
        };
        Ok(softmax(&self.plus_prior(&logit)?))
    }

    /// p_i, sample by sample and within a sample shift by shift.
    pub fn probabilities(&self) -> Vec<f64> {
        match &self.log_prior[..] {
            [] => vec![1.0 / self.training.count() as f64; self.training.count()],
            log_prior => softmax(log_prior),
        }
    }

    /// ln p_i + f(x_i).
    fn plus_prior(&self, f: &(dyn Fn(&[R]) -> f64 + Sync)) -> Result<Vec<f64>, LocalityError> {
        let shifts = self.training.shifts().len();
        let prior = |at: usize| self.log_prior.get(at).copied().unwrap_or(0.0);
        self.training.fold(
            &|_| true,
            &Vec::new,
            &|sums: &mut Vec<f64>, i, k, x| sums.push(prior(i * shifts + k) + f(x)),
            &mut |all, group| all.extend(group),
        )
    }

    /// Σ w_i f(x_i), f added by `add`.
    fn average(&self, weights: &[f64], add: &AddTerm<'_, R>) -> Result<Vec<f64>, LocalityError> {
        let shifts = self.training.shifts().len();
        self.training.fold(
            &|i| weights[i] != 0.0,
            &|| vec![0.0; self.dim()],
            &|out, i, k, x| add(out, weights[i * shifts + k], x),
            &mut |all, group| sums::add(all, &group),
        )
    }

    fn posterior(&self, x_t: &[R], level: Level) -> Result<Posterior, LocalityError> {
        let weights = self.weights(x_t, level)?;
        let arch = Arch::new();
        let mean = self.average(&weights, &|out, w, x| arch.dispatch(AddScaled { out, w, x }))?;
        Ok(Posterior { weights, mean })
    }

    /// Cov_w(x) v.
    fn covered(&self, x_t: &[R], level: Level, v: &[R]) -> Result<Vec<f64>, LocalityError> {
        check("v", v.len(), self.dim())?;
        let posterior = self.recent.get(x_t, level, || self.posterior(x_t, level))?;
        let Posterior { weights, mean } = posterior.as_ref();
        let arch = Arch::new();
        self.average(weights, &|out, w, x| arch.dispatch(AddProduct { out, w, x, mean, v }))
    }
}

/// exp(l_i)/Σ exp(l_i), with zero for what is below the normal numbers.
fn softmax(logits: &[f64]) -> Vec<f64> {
    let peak = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut weights: Vec<f64> = logits.iter().map(|l| (l - peak).exp()).collect();
    let total = sum::of(weights.len(), |i| weights[i]);
    weights.iter_mut().for_each(|w| *w = if *w < f64::MIN_POSITIVE { 0.0 } else { *w / total });
    weights
}

fn write<R: Real>(out: &mut [R], scale: f64, values: &[f64]) -> Result<(), DenoiserError> {
    check("out", out.len(), values.len())?;
    out.iter_mut().zip(values).for_each(|(o, v)| *o = R::narrow(scale * v));
    Ok(())
}

impl<R: Real> Denoiser<R> for Optimal<R> {
    fn dim(&self) -> usize {
        self.training.shape().len()
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError> {
        check("x_hat", x_hat.len(), self.dim())?;
        let posterior = self.recent.get(x_t, level, || self.posterior(x_t, level))?;
        x_hat.iter_mut().zip(&posterior.mean).for_each(|(x, &m)| *x = R::narrow(m));
        Ok(())
    }

    /// J is symmetric: (μ/σ²) Cov_w(x).
    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        let covered = self.covered(x_t, level, v)?;
        write(out, level.mu / (level.sigma * level.sigma), &covered)
    }

    fn covariance(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        let covered = self.covered(x_t, level, v)?;
        write(out, 1.0, &covered)
    }
}

impl<R: Real> ExactCovariance<R> for Optimal<R> {}

impl<R: Real> Empirical<R> for Optimal<R> {
    /// Two samples with the same likelihood keep the ratio of their probabilities, to the bit of a sum
    /// of logarithms. A likelihood of zero, −∞, rules a sample out; one sample at least must be left.
    fn given(&self, log_likelihood: &LogLikelihood<'_, R>) -> Result<Arc<dyn Empirical<R>>, DenoiserError> {
        let log_prior = self.plus_prior(log_likelihood)?;
        let ruled_out = log_prior.iter().all(|l| *l == f64::NEG_INFINITY);
        let broken = |l: &f64| ruled_out || l.is_nan() || *l == f64::INFINITY;
        if let Some(sample) = log_prior.iter().position(broken) {
            return Err(LocalityError::Likelihood { sample, found: log_prior[sample] }.into());
        }
        Ok(Arc::new(Self { training: self.training.clone(), log_prior, recent: Recent::default() }))
    }

    fn moments(&self) -> Result<Moments, DenoiserError> {
        let (probabilities, arch) = (self.probabilities(), Arch::new());
        let mean = self.average(&probabilities, &|out, w, x| arch.dispatch(AddScaled { out, w, x }))?;
        let square = |out: &mut [f64], w: f64, x: &[R]| {
            for ((o, x), m) in out.iter_mut().zip(x).zip(&mean) {
                *o += w * (x.wide() - m).powi(2);
            }
        };
        let variance = self.average(&probabilities, &square)?;
        Ok(Moments { mean, variance })
    }
}
