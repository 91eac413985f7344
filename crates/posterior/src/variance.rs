//! The variance of x | y: its mean over the field, and entry by entry.

use crate::{ExactPosterior, PosteriorError, Result};
use equipoise_field::{Real, each, sum};
use equipoise_stream::Stream;

/// The posterior variance averaged over the field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanVariance {
    /// tr Cov[x | y] / D.
    pub value: f64,
    /// Its standard error where it comes from probes; `None` in closed form.
    pub standard_error: Option<f64>,
}

/// The posterior variance of every entry.
#[derive(Clone, Debug, PartialEq)]
pub struct VarianceField<R> {
    /// Var[x_i | y], (T, C, H, W).
    pub values: Vec<R>,
    /// The standard error of each value over the true one where they are estimated, √(2/n) for n
    /// deviations; `None` in closed form.
    pub relative_standard_error: Option<f64>,
}

impl<R: Real> ExactPosterior<R> {
    /// tr Cov[x | y] / D, which does not depend on y. Closed form where S is solved directly; else
    /// from `probes` solves, at least two: the mean of vᵀCov[x | y]v, whose error scales with the posterior's
    /// eigenvalues. (tr Σ less a probed explained part has an error that scales with Σ's: on a
    /// red spectrum that can exceed the posterior variance itself.)
    ///
    /// # Errors
    /// [`PosteriorError::Probes`] for fewer than two where they are needed, [`PosteriorError::Innovation`].
    pub fn mean_variance(&self, probes: usize, stream: Stream) -> Result<MeanVariance> {
        let prior = self.observed.covariance();
        let dim = prior.dim() as f64;
        if let Some(remaining) = self.observed.remaining_trace(&|l| l)? {
            return Ok(MeanVariance { value: remaining / dim, standard_error: None });
        }
        enough("probes", probes, 2)?;
        let remaining = (0..probes as u64)
            .map(|probe| self.remaining(&stream.normal(probe, prior.dim())))
            .collect::<Result<Vec<f64>>>()?;
        let n = probes as f64;
        let mean = remaining.iter().sum::<f64>() / n;
        let spread = remaining.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (n * (n - 1.0));
        Ok(MeanVariance { value: mean / dim, standard_error: Some(spread.sqrt() / dim) })
    }

    /// Var[x_i | y] of every entry, which does not depend on y.
    ///
    /// Closed form for explicit modes seen through a selection of entries (one pass over the
    /// modes) and for stationary priors on dividing lattices (periodic with the stride; no solve).
    /// Elsewhere the mean square of `deviations` exact [`deviation`](Self::deviation)s, draws 0, 1, …
    /// of `stream`: unbiased, positive, a multiple of χ² with that many degrees of freedom at every
    /// entry. (Hutchinson's diagonal, the mean of v ∘ Cov[x | y] v for random signs v, takes as many
    /// solves, and its error Σ_{j≠i} C_ij² exceeds this one's 2 C_ii² wherever entries are
    /// correlated; Bekas, Kokiopoulou & Saad 2007.)
    ///
    /// # Errors
    /// [`PosteriorError::Probes`] without a deviation where they are needed, [`PosteriorError::Innovation`].
    pub fn variance_field(&self, deviations: usize, stream: Stream) -> Result<VarianceField<R>> {
        if let Some(values) = self.observed.remaining_variance(&|l| l)? {
            return Ok(VarianceField { values, relative_standard_error: None });
        }
        enough("deviations", deviations, 1)?;
        let mut squares = vec![0.0; self.prior_mean.len()];
        for draw in 0..deviations as u64 {
            let deviation = self.deviation(stream, draw)?;
            squares.iter_mut().zip(&deviation).for_each(|(s, d)| *s += d.wide().powi(2));
        }
        let n = deviations as f64;
        let values = squares.iter().map(|s| R::narrow(s / n)).collect();
        Ok(VarianceField { values, relative_standard_error: Some((2.0 / n).sqrt()) })
    }

    /// The variance of every entry, one solve for each of the D entries: for small fields, and the
    /// oracle of [`variance_field`](Self::variance_field).
    ///
    /// # Errors
    /// [`PosteriorError::Innovation`].
    pub fn variance(&self) -> Result<Vec<f64>> {
        let mut unit = vec![R::zero(); self.prior_mean.len()];
        (0..unit.len())
            .map(|i| {
                unit[i] = R::one();
                let remaining = self.remaining(&unit);
                unit[i] = R::zero();
                remaining
            })
            .collect()
    }

    /// vᵀCov[x | y]v = uᵀΣu + zᵀdiag(s²)z, z = S⁻¹AΣv, u = v − Aᵀz: two terms that nothing is taken from,
    /// and an error of z enters squared. (vᵀΣv less vᵀΣAᵀS⁻¹AΣv loses in `f32` what observation leaves.)
    ///
    /// One solve and two products with Σ. Source: Joseph's form of the update, Bucy & Joseph 1968.
    fn remaining(&self, v: &[R]) -> Result<f64> {
        let (prior, operator) = (self.observed.covariance(), self.observed.operator());
        let mut field = vec![R::zero(); v.len()];
        prior.apply(&self.covariance, v, &mut field);
        let mut r = vec![R::zero(); self.observed.count()];
        operator.apply(&field, &mut r);
        let mut z = vec![R::zero(); r.len()];
        self.innovation.solve(&r, &mut z)?;
        let mut u = vec![R::zero(); v.len()];
        operator.adjoint(&z, &mut u);
        each::update1(&mut u, v, |spread, v| v - spread);
        prior.apply(&self.covariance, &u, &mut field);
        let noise = self.observed.noise();
        Ok(sum::dot(&u, &field) + sum::of(z.len(), |i| noise.at(i) * z[i].wide().powi(2)))
    }
}

fn enough(what: &'static str, found: usize, least: usize) -> Result<()> {
    if found >= least { Ok(()) } else { Err(PosteriorError::Probes { what, found, least }) }
}
