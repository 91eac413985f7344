//! A Gaussian prior, dense and without a BLAS: the model in closed form that stands for a trained one.

use equipoise::denoiser::{Linearised, Tape};
use equipoise::field::sum;
use equipoise::prelude::*;

/// x ~ N(m, Σ): x̂ = m + μΣ(μ²Σ + σ²I)⁻¹(x_t − μm). The covariance is factored once a linearisation.
#[derive(Clone, Debug)]
pub struct Gaussian {
    mean: Vec<f64>,
    sigma: Vec<f64>,
}

impl Gaussian {
    /// With m of D numbers and Σ of D·D, row by row.
    pub fn new(mean: Vec<f64>, sigma: Vec<f64>) -> Self {
        Self { mean, sigma }
    }

    fn at(&self, level: Level) -> Local<'_> {
        let d = self.mean.len();
        let mut factor: Vec<f64> = self.sigma.iter().map(|s| level.mu * level.mu * s).collect();
        (0..d).for_each(|i| factor[i * d + i] += level.sigma * level.sigma);
        for i in 0..d {
            for j in 0..=i {
                let (row, column) = (&factor[i * d..i * d + j], &factor[j * d..j * d + j]);
                let left = factor[i * d + j] - sum::dot(row, column);
                factor[i * d + j] = if i == j { left.sqrt() } else { left / factor[j * d + j] };
            }
        }
        Local { prior: self, level, factor }
    }
}

/// J = μΣ(μ²Σ + σ²I)⁻¹, the same at every state.
struct Local<'a> {
    prior: &'a Gaussian,
    level: Level,
    /// L of μ²Σ + σ²I = L Lᵀ, below and on the diagonal.
    factor: Vec<f64>,
}

impl Local<'_> {
    fn apply(&self, v: &[f64], out: &mut [f64]) {
        let (d, l) = (v.len(), &self.factor);
        let mut w = v.to_vec();
        for i in 0..d {
            w[i] = (w[i] - sum::dot(&l[i * d..i * d + i], &w[..i])) / l[i * d + i];
        }
        for i in (0..d).rev() {
            w[i] /= l[i * d + i];
            let pivot = w[i];
            w[..i].iter_mut().zip(&l[i * d..]).for_each(|(w, l)| *w -= l * pivot);
        }
        for (out, row) in out.iter_mut().zip(self.prior.sigma.chunks_exact(d)) {
            *out = self.level.mu * sum::dot(row, &w);
        }
    }

    fn denoise(&self, x_t: &[f64], x_hat: &mut [f64]) {
        let mean = &self.prior.mean;
        let centred: Vec<f64> = x_t.iter().zip(mean).map(|(x, m)| x - self.level.mu * m).collect();
        self.apply(&centred, x_hat);
        x_hat.iter_mut().zip(mean).for_each(|(x, m)| *x += m);
    }
}

impl Linearised<f64> for Local<'_> {
    fn vjp(&mut self, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        let d = self.prior.mean.len();
        v.chunks_exact(d).zip(out.chunks_exact_mut(d)).for_each(|(v, out)| self.apply(v, out));
        Ok(())
    }
}

impl Denoiser<f64> for Gaussian {
    fn dim(&self) -> usize {
        self.mean.len()
    }

    fn denoise(&self, x_t: &[f64], level: Level, x_hat: &mut [f64]) -> Result<(), DenoiserError> {
        self.at(level).denoise(x_t, x_hat);
        Ok(())
    }

    fn vjp(&self, _: &[f64], level: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        self.at(level).apply(v, out);
        Ok(())
    }

    fn batch(&self) -> usize {
        4
    }

    fn linearise<'a>(
        &'a self,
        x_t: &'a [f64],
        level: Level,
        x_hat: &mut [f64],
        _: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<f64> + 'a>, DenoiserError> {
        let (local, d) = (self.at(level), self.mean.len());
        x_t.chunks_exact(d).zip(x_hat.chunks_exact_mut(d)).for_each(|(x, h)| local.denoise(x, h));
        Ok(Box::new(local))
    }
}
