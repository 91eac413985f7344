//! The posterior mean over the training set itself.

mod posterior;

use crate::sums;
use crate::training::{Pass, members_at_once};
use crate::{LocalityError, Result, Training};
use equipoise_denoiser::{
    Denoiser, DenoiserError, Empirical, ExactCovariance, Linearised, LogLikelihood, Moments, Tape,
};
use equipoise_field::{Length, Real, sketched};
use equipoise_schedule::Level;
use posterior::{Posteriors, softmax};
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
/// Cost: `linearise` two passes over the samples, of 3D operations for each sample and member, and each
/// product one more, of 5D. A pass reads and shifts every sample once for all members of a batch; `vjp` by
/// itself takes three.
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
}

/// Adds w·f(x) to a sum, given (sum, w, x).
type AddTerm<'a, R> = dyn Fn(&mut [f64], f64, &[R]) + Sync + 'a;

sketched!([R: Real] Optimal<R>, "Optimal", |own| training = own.training);

impl<R: Real> Optimal<R> {
    /// Over a training set.
    pub fn new(training: Training<R>) -> Self {
        Self { training, log_prior: Vec::new() }
    }

    /// The training set.
    pub fn training(&self) -> &Training<R> {
        &self.training
    }

    /// w_i at x_t, sample by sample and within a sample shift by shift.
    ///
    /// # Errors
    /// [`LocalityError::Samples`] when samples cannot be read, [`LocalityError::Length`].
    pub fn weights(&self, x_t: &[R], level: Level) -> Result<Vec<f64>> {
        Length::check("x_t", x_t.len(), self.dim())?;
        Ok(self.weights_of(x_t, level)?.swap_remove(0))
    }

    /// p_i, sample by sample and within a sample shift by shift.
    pub fn probabilities(&self) -> Vec<f64> {
        match &self.log_prior[..] {
            [] => vec![1.0 / self.training.count() as f64; self.training.count()],
            log_prior => softmax(log_prior),
        }
    }

    fn log_prior(&self, id: usize) -> f64 {
        self.log_prior.get(id).copied().unwrap_or(0.0)
    }

    /// ln p_i + f(x_i).
    fn plus_prior(&self, f: &(dyn Fn(&[R]) -> f64 + Sync)) -> Result<Vec<f64>> {
        self.training.fold(
            &Pass { wanted: &|_| true, block: 1, bytes: 0 },
            &Vec::new,
            &|sums: &mut Vec<f64>, one| sums.push(self.log_prior(one.ids[0]) + f(one.values)),
            &mut |all, group| all.extend(group),
        )
    }

    /// Σ w_i f(x_i), f added by `add`.
    fn average(&self, weights: &[f64], add: &AddTerm<'_, R>) -> Result<Vec<f64>> {
        self.training.fold(
            &Pass { wanted: &|i| weights[i] != 0.0, block: 1, bytes: size_of::<f64>() * self.dim() },
            &|| vec![0.0; self.dim()],
            &|out, one| add(out, weights[one.ids[0]], one.values),
            &mut |all, group| sums::add(all, &group),
        )
    }

    fn alone(
        &self,
        x_t: &[R],
        level: Level,
        scale: f64,
        v: &[R],
        out: &mut [R],
    ) -> Result<(), DenoiserError> {
        for (what, found) in [("x_t", x_t.len()), ("v", v.len()), ("out", out.len())] {
            Length::check(what, found, self.dim())?;
        }
        Ok(self.covered(&self.posteriors(x_t, level)?, scale, v, out)?)
    }
}

/// (μ/σ²), the ratio of J to Cov_w(x).
fn slope(level: Level) -> f64 {
    level.mu / (level.sigma * level.sigma)
}

impl<R: Real> Denoiser<R> for Optimal<R> {
    fn dim(&self) -> usize {
        self.training.shape().len()
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError> {
        Length::check("x_hat", x_hat.len(), self.dim())?;
        Length::check("x_t", x_t.len(), self.dim())?;
        self.posteriors(x_t, level)?.write(x_hat, self.dim());
        Ok(())
    }

    /// J is symmetric: (μ/σ²) Cov_w(x).
    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.alone(x_t, level, slope(level), v, out)
    }

    fn jvp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.alone(x_t, level, slope(level), v, out)
    }

    fn covariance(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.alone(x_t, level, 1.0, v, out)
    }

    /// 16, whose states stay in the second-level cache while a run of a few samples in the first serves all
    /// of them; fewer where a field is so long (D > 2¹⁸) that their partial sums would not leave room.
    fn batch(&self) -> usize {
        members_at_once(size_of::<f64>() * self.dim())
    }

    fn linearise<'a>(
        &'a self,
        x_t: &'a [R],
        level: Level,
        x_hat: &mut [R],
        _tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<R> + 'a>, DenoiserError> {
        let (dim, portion) = (self.dim(), self.dim() * self.batch());
        Length::members("x_t", x_t.len(), dim)?;
        Length::check("x_hat", x_hat.len(), x_t.len())?;
        let mut batches = Vec::new();
        for (x_t, x_hat) in x_t.chunks(portion).zip(x_hat.chunks_mut(portion)) {
            let posteriors = self.posteriors(x_t, level)?;
            posteriors.write(x_hat, dim);
            batches.push(posteriors);
        }
        Ok(Box::new(Covariances { optimal: self, level, batches, len: x_t.len() }))
    }
}

/// Cov_w(x) at the states of a batch.
struct Covariances<'a, R: Real> {
    optimal: &'a Optimal<R>,
    level: Level,
    batches: Vec<Posteriors>,
    /// n·D.
    len: usize,
}

impl<R: Real> Covariances<'_, R> {
    fn product(&self, scale: f64, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        Length::check("v", v.len(), self.len)?;
        Length::check("out", out.len(), self.len)?;
        let portion = self.optimal.dim() * self.optimal.batch();
        let vectors = v.chunks(portion).zip(out.chunks_mut(portion));
        for (posteriors, (v, out)) in self.batches.iter().zip(vectors) {
            self.optimal.covered(posteriors, scale, v, out)?;
        }
        Ok(())
    }
}

impl<R: Real> Linearised<R> for Covariances<'_, R> {
    fn vjp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.product(slope(self.level), v, out)
    }

    fn jvp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.product(slope(self.level), v, out)
    }

    fn covariance(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.product(1.0, v, out)
    }
}

impl<R: Real> ExactCovariance<R> for Optimal<R> {}

impl<R: Real> Empirical<R> for Optimal<R> {
    /// Two samples with the same likelihood keep the ratio of their probabilities, to the bit of a sum
    /// of logarithms. A likelihood of zero, −∞, rules a sample out; one sample at least must be left.
    fn given(&self, log_likelihood: &LogLikelihood<'_, R>) -> Result<Arc<dyn Empirical<R>>, DenoiserError> {
        let log_prior = self.plus_prior(log_likelihood)?;
        if log_prior.iter().all(|l| *l == f64::NEG_INFINITY) {
            return Err(LocalityError::RuledOut { count: log_prior.len() }.into());
        }
        let broken = |l: &f64| l.is_nan() || *l == f64::INFINITY;
        if let Some(sample) = log_prior.iter().position(broken) {
            return Err(LocalityError::Likelihood { sample, found: log_prior[sample] }.into());
        }
        Ok(Arc::new(Self { training: self.training.clone(), log_prior }))
    }

    fn moments(&self) -> Result<Moments, DenoiserError> {
        let probabilities = self.probabilities();
        let mean = self.means(std::slice::from_ref(&probabilities))?.swap_remove(0);
        let square = |out: &mut [f64], w: f64, x: &[R]| {
            for ((o, x), m) in out.iter_mut().zip(x).zip(&mean) {
                *o += w * (x.wide() - m).powi(2);
            }
        };
        let variance = self.average(&probabilities, &square)?;
        Ok(Moments { mean, variance })
    }
}
