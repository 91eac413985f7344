//! Mean, variance and samples of x | y.

use crate::PosteriorError;
use equipoise_covariance::Weights;
use equipoise_field::{Real, each, sum};
use equipoise_innovation::{Innovation, ObservedPrior};
use equipoise_stream::Stream;

/// x | y for a prior N(m, Σ) seen through one operator with one noise, for any y.
pub struct ExactPosterior<R: Real> {
    observed: ObservedPrior<R>,
    prior_mean: Vec<R>,
    innovation: Innovation<R>,
    covariance: Weights<R>,
}

/// The posterior variance averaged over the field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanVariance {
    /// tr Cov[x | y] / D.
    pub value: f64,
    /// Its standard error where it comes from probes; `None` in closed form.
    pub standard_error: Option<f64>,
}

impl<R: Real> ExactPosterior<R> {
    /// Factors S once.
    ///
    /// # Errors
    /// [`PosteriorError::Length`] for a mean of another dimension, [`PosteriorError::Innovation`].
    pub fn new(observed: ObservedPrior<R>, prior_mean: Vec<R>) -> Result<Self, PosteriorError> {
        let expected = observed.covariance().dim();
        check("prior mean", prior_mean.len(), expected)?;
        let innovation = observed.innovation(&|l| l)?;
        let covariance = observed.covariance().weights(&|l| l);
        Ok(Self { observed, prior_mean, innovation, covariance })
    }

    /// E[x | y]. One solve and one product with Σ.
    ///
    /// # Errors
    /// [`PosteriorError::Length`] unless y has length N; [`PosteriorError::Innovation`].
    pub fn mean(&self, y: &[R]) -> Result<Vec<R>, PosteriorError> {
        let mut mean = self.update_from(&self.prior_mean, y)?;
        each::update1(&mut mean, &self.prior_mean, |u, m| u + m);
        Ok(mean)
    }

    /// A sample of x | y: a prior sample moved by the update of its own data (Matheron's rule;
    /// Journel & Huijbregts 1978). Draws 2·`draw` and 2·`draw` + 1 of the stream.
    ///
    /// # Errors
    /// As [`mean`](Self::mean).
    pub fn sample(&self, y: &[R], stream: Stream, draw: u64) -> Result<Vec<R>, PosteriorError> {
        let prior = self.observed.covariance();
        let white: Vec<R> = stream.normal(2 * draw, prior.dim());
        let mut x = vec![R::zero(); prior.dim()];
        prior.apply(&prior.weights(&f64::sqrt), &white, &mut x);
        each::update1(&mut x, &self.prior_mean, |x, m| x + m);
        let noise: Vec<R> = stream.normal(2 * draw + 1, y.len());
        let variance = self.observed.noise();
        let perturbed: Vec<R> = y
            .iter()
            .zip(&noise)
            .enumerate()
            .map(|(i, (&y, &n))| y - R::narrow(variance.at(i).sqrt()) * n)
            .collect();
        let update = self.update_from(&x, &perturbed)?;
        each::update1(&mut x, &update, |x, u| x + u);
        Ok(x)
    }

    /// tr Cov[x | y] / D, which does not depend on y. Closed form where S is solved directly; else
    /// from `probes` solves: the mean of vᵀCov[x | y]v, whose error scales with the posterior's
    /// eigenvalues. (tr Σ less a probed explained part has an error that scales with Σ's: on a
    /// red spectrum that can exceed the posterior variance itself.)
    ///
    /// # Errors
    /// [`PosteriorError::Innovation`].
    pub fn mean_variance(&self, probes: usize, stream: Stream) -> Result<MeanVariance, PosteriorError> {
        let prior = self.observed.covariance();
        let dim = prior.dim() as f64;
        let total = prior.trace(&|l| l);
        if let Some(explained) = self.innovation.trace_of_solve(&|l| l * l) {
            return Ok(MeanVariance { value: (total - explained) / dim, standard_error: None });
        }
        let mut column = vec![R::zero(); prior.dim()];
        let remaining: Vec<f64> = (0..probes as u64)
            .map(|probe| {
                let v: Vec<R> = stream.normal(probe, prior.dim());
                prior.apply(&self.covariance, &v, &mut column);
                Ok(sum::dot(&v, &column) - self.explained(&v)?)
            })
            .collect::<Result<_, PosteriorError>>()?;
        let n = probes as f64;
        let mean = remaining.iter().sum::<f64>() / n;
        let spread = remaining.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (n * (n - 1.0));
        Ok(MeanVariance { value: mean / dim, standard_error: Some(spread.sqrt() / dim) })
    }

    /// The variance of every entry, one solve for each of the D entries: for small fields.
    ///
    /// # Errors
    /// [`PosteriorError::Innovation`].
    pub fn variance(&self) -> Result<Vec<f64>, PosteriorError> {
        let prior = self.observed.covariance();
        let mut unit = vec![R::zero(); prior.dim()];
        let mut column = vec![R::zero(); prior.dim()];
        (0..prior.dim())
            .map(|i| {
                unit[i] = R::one();
                prior.apply(&self.covariance, &unit, &mut column);
                let explained = self.explained(&unit)?;
                unit[i] = R::zero();
                Ok(column[i].wide() - explained)
            })
            .collect()
    }

    /// vᵀΣAᵀS⁻¹AΣv.
    fn explained(&self, v: &[R]) -> Result<f64, PosteriorError> {
        let mut field = vec![R::zero(); v.len()];
        self.observed.covariance().apply(&self.covariance, v, &mut field);
        let mut r = vec![R::zero(); self.observed.count()];
        self.observed.operator().apply(&field, &mut r);
        let mut z = vec![R::zero(); r.len()];
        self.innovation.solve(&r, &mut z)?;
        Ok(sum::dot(&r, &z))
    }

    /// ΣAᵀS⁻¹(y − A x).
    fn update_from(&self, x: &[R], y: &[R]) -> Result<Vec<R>, PosteriorError> {
        check("y", y.len(), self.observed.count())?;
        let mut r = vec![R::zero(); y.len()];
        self.observed.operator().apply(x, &mut r);
        each::update1(&mut r, y, |a, y| y - a);
        let mut z = vec![R::zero(); y.len()];
        let mut c = vec![R::zero(); self.observed.coefficients()];
        self.innovation.solve_with_coefficients(&r, &mut z, &mut c)?;
        let mut spread = vec![R::zero(); x.len()];
        self.observed.operator().adjoint(&z, &mut spread);
        let mut update = vec![R::zero(); x.len()];
        self.observed.lift(&self.covariance, &c, &spread, &mut update);
        Ok(update)
    }
}

fn check(what: &'static str, found: usize, expected: usize) -> Result<(), PosteriorError> {
    if found == expected { Ok(()) } else { Err(PosteriorError::Length { what, found, expected }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_covariance::{Modes, fit_stationary};
    use equipoise_field::Shape;
    use equipoise_innovation::NoiseVariance;
    use equipoise_operator::Subsample;
    use std::sync::Arc;

    /// One observed number of two: Σ = [[2, 1], [1, 2]], y = x_0 + noise of variance 2.
    #[test]
    fn two_numbers_by_hand() {
        let h = std::f64::consts::FRAC_1_SQRT_2;
        let modes = Modes::new(2, vec![h, h, h, -h], vec![3.0, 1.0], None).unwrap();
        let operator = equipoise_operator::Mask::new(2, vec![0]).unwrap();
        let observed =
            ObservedPrior::new(Arc::new(modes), Arc::new(operator), NoiseVariance::Uniform(2.0)).unwrap();
        let posterior = ExactPosterior::new(observed, vec![1.0, 0.0]).unwrap();
        // Gain (2, 1)/4; innovation 5 − 1.
        let mean = posterior.mean(&[5.0]).unwrap();
        assert!((mean[0] - 3.0).abs() < 1e-14 && (mean[1] - 1.0).abs() < 1e-14, "{mean:?}");
        let variance = posterior.variance().unwrap();
        assert!((variance[0] - 1.0).abs() < 1e-14 && (variance[1] - 1.75).abs() < 1e-14, "{variance:?}");
        let average = posterior.mean_variance(0, Stream::new("unused")).unwrap();
        assert!((average.value - 1.375).abs() < 1e-14 && average.standard_error.is_none());
        assert!(matches!(posterior.mean(&[1.0, 2.0]), Err(PosteriorError::Length { what: "y", .. })));
    }

    /// Samples have the posterior's mean and variance within four standard errors, and the closed
    /// form, the entry-wise form and the probed form of the mean variance agree.
    #[test]
    fn samples_have_the_exact_moments() {
        let shape = Shape::new(1, 2, 4, 4);
        let data: Vec<Vec<f64>> = (0..5).map(|s| Stream::new("s").number(s).normal(0, 32)).collect();
        let views: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
        let covariance = Arc::new(fit_stationary(shape, &views, 0.1).unwrap().1);
        let operator = Arc::new(Subsample::new(shape, 2).unwrap());
        let observed = ObservedPrior::new(covariance, operator, NoiseVariance::Uniform(0.3)).unwrap();
        let posterior = ExactPosterior::new(observed, vec![0.5; 32]).unwrap();
        let y: Vec<f64> = Stream::new("y").normal(0, 8);
        let (mean, variance) = (posterior.mean(&y).unwrap(), posterior.variance().unwrap());
        let average = posterior.mean_variance(0, Stream::new("unused")).unwrap().value;
        assert!((average - sum::mean(&variance)).abs() < 1e-12, "{average}");

        let n = 4000;
        let mut moments = vec![(0.0, 0.0); 32];
        for draw in 0..n {
            let x = posterior.sample(&y, Stream::new("posterior"), draw).unwrap();
            for (m, (x, mean)) in moments.iter_mut().zip(x.iter().zip(&mean)) {
                m.0 += (x - mean) / n as f64;
                m.1 += (x - mean).powi(2) / n as f64;
            }
        }
        for ((bias, square), v) in moments.iter().zip(&variance) {
            assert!(bias.abs() < 4.5 * (v / n as f64).sqrt(), "bias {bias}, variance {v}");
            assert!((square - v).abs() < 4.5 * v * (2.0 / n as f64).sqrt(), "variance {square} {v}");
        }
    }

    /// A red spectrum seen so densely that the posterior variance is a thousandth of the prior's,
    /// with a stride that does not divide the grid: eight probes agree with the entry-wise variance
    /// within five standard errors, and that error is a tenth of the value at most.
    #[test]
    fn probes_resolve_a_posterior_far_narrower_than_the_prior() {
        let shape = Shape::new(1, 1, 9, 9);
        let data: Vec<Vec<f64>> = (0..4)
            .map(|s| {
                let a: Vec<f64> = Stream::new("red").number(s).normal(0, 3);
                let wave = |i: usize| std::f64::consts::TAU * i as f64 / 9.0;
                (0..81).map(|i| 10.0 * (a[0] + a[1] * wave(i / 9).sin() + a[2] * wave(i % 9).cos())).collect()
            })
            .collect();
        let views: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
        let covariance = Arc::new(fit_stationary(shape, &views, 1e-2).unwrap().1);
        let operator = Arc::new(Subsample::new(shape, 2).unwrap());
        let observed = ObservedPrior::new(covariance, operator, NoiseVariance::Uniform(1e-2)).unwrap();
        let posterior = ExactPosterior::new(observed, vec![0.0; 81]).unwrap();
        let exact = sum::mean(&posterior.variance().unwrap());
        let probed = posterior.mean_variance(8, Stream::new("probes")).unwrap();
        let error = probed.standard_error.unwrap();
        assert!(error < 0.1 * exact, "{probed:?}, {exact}");
        assert!((probed.value - exact).abs() < 5.0 * error, "{probed:?}, {exact}");
    }
}
