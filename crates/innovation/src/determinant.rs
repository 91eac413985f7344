//! log det S: closed form, dense, or by stochastic Lanczos quadrature.

use crate::circulant::{Circulant, Preconditioner};
use crate::lanczos::log_quadrature;
use crate::observed::Shared;
use crate::{Innovation, InnovationError, ObservedPrior, Result};
use equipoise_field::{Real, each, sum};
use equipoise_observation::NoiseVariance;
use equipoise_stream::Stream;
use ndarray::Array2;
use ndarray_linalg::DeterminantC;

/// The largest N at which S is written out where no closed form serves.
const DENSE: usize = 1024;

/// log det S, exact or estimated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogDeterminant {
    /// The value.
    pub value: f64,
    /// Its standard error where it comes from probes; `None` where it is exact.
    pub standard_error: Option<f64>,
    /// By how much the last Lanczos step changed it, the most over probes: an estimate of the bias
    /// that ending there left. Zero where it is exact.
    pub truncation: f64,
}

impl LogDeterminant {
    fn exact(value: f64) -> Self {
        Self { value, standard_error: None, truncation: 0.0 }
    }
}

impl<R: Real> ObservedPrior<R> {
    /// log det S of S = diag(s²) + A f(Σ) Aᵀ, f non-negative on the spectrum.
    ///
    /// Exact for explicit modes with A Aᵀ = c·I, by the determinant lemma
    ///
    /// > log det S = Σ_i log a_i + log det(I + G diag(d)), a = s² + c f(λ_⊥), d = f(Λ) − f(λ_⊥), G = Wᵀ diag(a)⁻¹ W, W = A U;
    ///
    /// for stationary priors on dividing lattices, the sum of the blocks' log determinants; where S
    /// is written out; and elsewhere up to N = 1024, from S written out by N products. Past that, stochastic Lanczos
    /// quadrature with `probes` directions uᵢ from `stream`, uniform on the unit sphere:
    ///
    /// > log det S = log det P + E[N uᵀ log(P^{−½} S P^{−½}) u],
    ///
    /// P the nearest circulant on lattices, diag(s²) elsewhere; at most 128 products with S a probe.
    ///
    /// # Errors
    /// [`InnovationError::Singular`] and [`InnovationError::Indefinite`] when f is negative somewhere,
    /// [`InnovationError::Sign`] where det S comes out negative (an even number of negative eigenvalues of S
    /// does not show there); [`InnovationError::Probes`] for fewer than two where they are needed.
    ///
    /// Reference: Ubaru, Chen & Saad 2017, "Fast estimation of tr(f(A)) via stochastic Lanczos
    /// quadrature", SIAM J. Matrix Anal. Appl. 38.
    pub fn log_determinant(
        &self,
        f: &dyn Fn(f64) -> f64,
        probes: usize,
        stream: Stream,
    ) -> Result<LogDeterminant> {
        match &self.shared {
            Shared::Modes(modes) => modes.log_determinant(f).map(LogDeterminant::exact),
            Shared::Lattice(lattice) => lattice.log_determinant(f).map(LogDeterminant::exact),
            Shared::Dense(_) => {
                let value = self.innovation(f)?.dense_log_determinant();
                Ok(LogDeterminant::exact(value.expect("a factor is made for its own prior")))
            }
            Shared::Iterative(_) if self.count() <= DENSE => {
                self.dense_log_determinant(f).map(LogDeterminant::exact)
            }
            Shared::Iterative(circulant) => {
                self.probed_log_determinant(circulant.as_deref(), f, probes, stream)
            }
        }
    }

    /// By Cholesky's factor of S, column by column.
    fn dense_log_determinant(&self, f: &dyn Fn(f64) -> f64) -> Result<f64> {
        let innovation = self.innovation(f)?;
        let n = self.count();
        let (mut unit, mut column) = (vec![R::zero(); n], vec![R::zero(); n]);
        let mut s = Array2::zeros((n, n));
        for i in 0..n {
            unit[i] = R::one();
            innovation.apply(&unit, &mut column)?;
            unit[i] = R::zero();
            s.column_mut(i).iter_mut().zip(&column).for_each(|(s, c)| *s = c.wide());
        }
        let symmetric = (&s + &s.t()) / 2.0;
        symmetric.ln_detc().map_err(|source| InnovationError::Singular { what: "S", source })
    }

    pub(crate) fn probed_log_determinant(
        &self,
        circulant: Option<&Circulant<R>>,
        f: &dyn Fn(f64) -> f64,
        probes: usize,
        stream: Stream,
    ) -> Result<LogDeterminant> {
        if probes < 2 {
            return Err(InnovationError::Probes { found: probes, least: 2 });
        }
        let whitened = Whitened::new(self, circulant, f)?;
        let n = self.count() as f64;
        let quadratures = (0..probes as u64)
            .map(|probe| {
                let mut u: Vec<R> = stream.normal(probe, self.count());
                let scale = R::narrow(1.0 / sum::norm(&u));
                each::update(&mut u, |u| scale * u);
                log_quadrature(|v, out| whitened.apply(v, out), u)
            })
            .collect::<Result<Vec<_>>>()?;
        let count = probes as f64;
        let mean = quadratures.iter().map(|q| q.value).sum::<f64>() / count;
        let spread = quadratures.iter().map(|q| (q.value - mean).powi(2)).sum::<f64>();
        Ok(LogDeterminant {
            value: whitened.log_determinant + n * mean,
            standard_error: Some(n * (spread / (count * (count - 1.0))).sqrt()),
            truncation: n * quadratures.iter().map(|q| q.last_change).fold(0.0, f64::max),
        })
    }
}

/// P^{−½} S P^{−½}.
struct Whitened<R: Real> {
    innovation: Innovation<R>,
    root: Root<R>,
    /// log det P.
    log_determinant: f64,
}

/// P^{−½}.
enum Root<R: Real> {
    Circulant(Box<Preconditioner<R>>),
    Diagonal(Vec<R>),
}

impl<R: Real> Whitened<R> {
    fn new(
        prior: &ObservedPrior<R>,
        circulant: Option<&Circulant<R>>,
        f: &dyn Fn(f64) -> f64,
    ) -> Result<Self> {
        let innovation = prior.innovation(f)?;
        let (root, log_determinant) = match circulant {
            Some(circulant) => {
                let (root, log_determinant) = circulant.inverse_root(f)?;
                (Root::Circulant(Box::new(root)), log_determinant)
            }
            None => diagonal(prior.noise(), prior.count()),
        };
        Ok(Self { innovation, root, log_determinant })
    }

    fn apply(&self, v: &[R], out: &mut [R]) -> Result<()> {
        let (mut a, mut b) = (vec![R::zero(); v.len()], vec![R::zero(); v.len()]);
        self.root.apply(v, &mut a);
        self.innovation.apply(&a, &mut b)?;
        self.root.apply(&b, out);
        Ok(())
    }
}

impl<R: Real> Root<R> {
    fn apply(&self, v: &[R], out: &mut [R]) {
        match self {
            Self::Circulant(root) => root.apply(v, out),
            Self::Diagonal(root) => each::map2(out, v, root, |v, d| v * d),
        }
    }
}

fn diagonal<R: Real>(noise: &NoiseVariance, count: usize) -> (Root<R>, f64) {
    let root = (0..count).map(|i| R::narrow(noise.at(i).sqrt().recip())).collect();
    (Root::Diagonal(root), noise.log_determinant(count, 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_covariance::{Spectrum, Stationary};
    use equipoise_field::Shape;
    use equipoise_operator::Subsample;
    use std::sync::Arc;

    /// A smooth prior, amplitudes 30 (1 + |k|²/3)^{−3/2}, on a grid that the stride of 3 does not divide.
    fn smooth_prior() -> (Stationary<f64>, Subsample) {
        let shape = Shape::new(1, 1, 32, 32);
        let spectrum = Spectrum::<f64>::new(shape.height, shape.width);
        let eigenvalues = (0..spectrum.wavenumbers()).map(|k| {
            let (kh, kw) = spectrum.wavenumber(k);
            let square = (kh.min(32 - kh).pow(2) + kw * kw) as f64;
            1e-4 + 900.0 * (1.0 + square / 3.0).powi(-3)
        });
        let vectors = vec![1.0.into(); spectrum.wavenumbers()];
        (Stationary::new(shape, vectors, eigenvalues.collect()).unwrap(), Subsample::new(shape, 3).unwrap())
    }

    /// One probe has no spread, and none no mean.
    #[test]
    fn too_few_probes_are_refused() {
        let (covariance, lattice) = smooth_prior();
        let prior = ObservedPrior::new(Arc::new(covariance), Arc::new(lattice), NoiseVariance::Uniform(0.01))
            .unwrap();
        let found = |probes| prior.probed_log_determinant(None, &|l| l, probes, Stream::new("probes"));
        for probes in [0, 1] {
            let error = found(probes).unwrap_err().to_string();
            assert_eq!(error, format!("probes: found {probes}, expected at least 2"));
        }
        assert!(found(2).unwrap().standard_error.is_some_and(f64::is_finite));
    }

    /// Probes agree with the dense value within four standard errors and what truncation left, and
    /// the circulant divides that error by three at least: it is worth nine times the probes.
    #[test]
    fn quadrature_agrees_with_the_dense_determinant() {
        let (covariance, lattice) = smooth_prior();
        let noise = NoiseVariance::Uniform(0.01);
        let circulant = Circulant::new(&covariance, 3, &noise);
        let prior = ObservedPrior::new(Arc::new(covariance), Arc::new(lattice), noise).unwrap();
        let exact = prior.log_determinant(&|l| l, 0, Stream::new("unused")).unwrap();
        assert_eq!((exact.standard_error, exact.truncation), (None, 0.0));
        let errors = [Some(&circulant), None].map(|circulant| {
            let probes = Stream::new("probes");
            let found = prior.probed_log_determinant(circulant, &|l| l, 40, probes).unwrap();
            let error = found.standard_error.unwrap();
            let off = (found.value - exact.value).abs();
            assert!(off < 4.0 * error + found.truncation, "{found:?} {exact:?}");
            error
        });
        assert!(3.0 * errors[0] < errors[1], "{errors:?}");
    }
}
