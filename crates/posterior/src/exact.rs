//! x | y: its mean and its samples.

use crate::Result;
use equipoise_covariance::Weights;
use equipoise_field::{Length, Real, each, sketched};
use equipoise_innovation::{Innovation, ObservedPrior};
use equipoise_stream::Stream;

/// x | y for a prior N(m, Σ) seen through one operator with one noise, for any y.
pub struct ExactPosterior<R: Real> {
    pub(crate) observed: ObservedPrior<R>,
    pub(crate) prior_mean: Vec<R>,
    pub(crate) innovation: Innovation<R>,
    pub(crate) covariance: Weights<R>,
}

impl<R: Real> ExactPosterior<R> {
    /// Factors S once.
    ///
    /// # Errors
    /// [`crate::PosteriorError::Length`] for a mean of another dimension, [`crate::PosteriorError::Innovation`].
    pub fn new(observed: ObservedPrior<R>, prior_mean: Vec<R>) -> Result<Self> {
        let expected = observed.covariance().dim();
        Length::check("prior mean", prior_mean.len(), expected)?;
        let innovation = observed.innovation(&|l| l)?;
        let covariance = observed.covariance().weights(&|l| l);
        Ok(Self { observed, prior_mean, innovation, covariance })
    }

    /// E[x | y]. One solve and one product with Σ.
    ///
    /// # Errors
    /// [`crate::PosteriorError::Length`] unless y has length N; [`crate::PosteriorError::Innovation`].
    pub fn mean(&self, y: &[R]) -> Result<Vec<R>> {
        let mut mean = self.update_from(&self.prior_mean, y)?;
        each::update1(&mut mean, &self.prior_mean, |u, m| u + m);
        Ok(mean)
    }

    /// A sample of x | y: a prior sample moved by the update of its own data (Matheron's rule;
    /// Journel & Huijbregts 1978). Draws 2·`draw` and 2·`draw` + 1 of the stream.
    ///
    /// One product with Σ^½, one solve and one product with Σ.
    ///
    /// # Errors
    /// As [`mean`](Self::mean).
    pub fn sample(&self, y: &[R], stream: Stream, draw: u64) -> Result<Vec<R>> {
        Length::check("y", y.len(), self.observed.count())?;
        let mut x = self.prior_deviation(stream, draw);
        each::update1(&mut x, &self.prior_mean, |x, m| x + m);
        self.conditioned(x, y, stream, draw)
    }

    /// A sample of x − E[x | y], whose law N(0, Cov[x | y]) is the same for every y:
    /// [`sample`](Self::sample) from the same draws is [`mean`](Self::mean) plus this.
    ///
    /// # Errors
    /// As [`mean`](Self::mean).
    pub fn deviation(&self, stream: Stream, draw: u64) -> Result<Vec<R>> {
        let x = self.prior_deviation(stream, draw);
        self.conditioned(x, &vec![R::zero(); self.observed.count()], stream, draw)
    }

    /// Σ^½ z.
    fn prior_deviation(&self, stream: Stream, draw: u64) -> Vec<R> {
        let prior = self.observed.covariance();
        let white: Vec<R> = stream.normal(2 * draw, prior.dim());
        let mut x = vec![R::zero(); prior.dim()];
        prior.apply(&prior.weights(&f64::sqrt), &white, &mut x);
        x
    }

    /// x + ΣAᵀS⁻¹(y − s η − A x).
    fn conditioned(&self, mut x: Vec<R>, y: &[R], stream: Stream, draw: u64) -> Result<Vec<R>> {
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

    /// y − A x.
    fn residual(&self, x: &[R], y: &[R]) -> Result<Vec<R>> {
        Length::check("y", y.len(), self.observed.count())?;
        let mut r = vec![R::zero(); y.len()];
        self.observed.operator().apply(x, &mut r);
        each::update1(&mut r, y, |a, y| y - a);
        Ok(r)
    }

    /// ΣAᵀS⁻¹(y − A x).
    fn update_from(&self, x: &[R], y: &[R]) -> Result<Vec<R>> {
        let r = self.residual(x, y)?;
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

sketched!(
    [R: Real] ExactPosterior<R>, "ExactPosterior",
    |own| dim = own.prior_mean.len(), observations = own.observed.count()
);
