//! Operators with few entries a row, such as scattered sensors: S written out, N × N, and factored.
//!
//! Of a stationary covariance only the N(N + 1)/2 numbers cov(x_a, x_b) = K_pq(a − b) that the rows
//! touch are looked up, in a table K of f(Σ) that T·C products make; of explicit modes
//!
//! > A f(Σ) Aᵀ = W diag(d) Wᵀ + f(λ_⊥) A Aᵀ, W = A U, d = f(Λ) − f(λ_⊥).
//!
//! Everything is in `f64`: S keeps the digits of a noise far below the prior.

use crate::woodbury::ObservedModes;
use crate::{InnovationError, Result};
use equipoise_covariance::{Covariance, Modes, Stationary};
use equipoise_field::{Real, Shape, each, sum};
use equipoise_observation::NoiseVariance;
use equipoise_operator::{LinearOperator, Rows};
use ndarray::Array2;
use ndarray_linalg::{Cholesky, CholeskyFactorized, InverseC, UPLO};
use std::collections::BTreeMap;

/// The largest N for which S is written out: a factor then takes 64 MiB.
pub const DENSE_LIMIT: usize = 4096;

/// What does not depend on f.
pub(crate) struct ObservedRows<R: Real> {
    noise: NoiseVariance,
    prior: Prior<R>,
}

enum Prior<R: Real> {
    /// W, and A Aᵀ where it is not zero, i ≥ j.
    Modes(Box<ObservedModes<R>>, Vec<(usize, usize, f64)>),
    /// Σ in `f64`, and the field entries of every row as (plane, h, w, weight).
    Stationary(Box<Stationary<f64>>, Vec<Vec<Entry>>),
}

type Entry = (usize, usize, usize, f64);

/// Cholesky's factor L of one S = L Lᵀ.
pub(crate) struct RowsFactor {
    /// L row by row, i + 1 numbers in row i.
    lower: Vec<f64>,
    count: usize,
}

impl<R: Real> ObservedRows<R> {
    pub(crate) fn of_modes(
        modes: &Modes<R>,
        operator: &dyn LinearOperator<R>,
        rows: &Rows,
        noise: &NoiseVariance,
    ) -> Self {
        // The scale of A Aᵀ enters the Woodbury identity alone, which is not used here.
        let observed = ObservedModes::new(modes, operator, 0.0, noise);
        Self { noise: noise.clone(), prior: Prior::Modes(Box::new(observed), gram(rows)) }
    }

    pub(crate) fn of_stationary(prior: &Stationary<R>, rows: &Rows, noise: &NoiseVariance) -> Self {
        let shape = prior.shape();
        let wavenumbers = 0..prior.spectrum().wavenumbers();
        let vectors = wavenumbers.clone().flat_map(|k| prior.block_vectors(k).to_vec()).collect();
        let values = wavenumbers.flat_map(|k| prior.block_eigenvalues(k).to_vec()).collect();
        let wide = Stationary::new(shape, vectors, values).expect("blocks of a covariance of this shape");
        let place = |&(index, weight): &(usize, f64)| {
            let (t, c, h, w) = shape.position(index);
            (t * shape.channels + c, h, w, weight)
        };
        let entries = (0..rows.count()).map(|k| rows.row(k).iter().map(place).collect()).collect();
        Self { noise: noise.clone(), prior: Prior::Stationary(Box::new(wide), entries) }
    }

    /// W, for explicit modes.
    pub(crate) fn modes(&self) -> Option<&ObservedModes<R>> {
        match &self.prior {
            Prior::Modes(observed, _) => Some(observed),
            Prior::Stationary(..) => None,
        }
    }

    pub(crate) fn factor(&self, count: usize, f: &dyn Fn(f64) -> f64) -> Result<RowsFactor> {
        let mut s = match &self.prior {
            Prior::Modes(observed, gram) => of_modes(observed, gram, count, f),
            Prior::Stationary(prior, rows) => of_stationary(prior, rows, f),
        };
        for i in 0..count {
            s[[i, i]] += self.noise.at(i);
        }
        let singular = |source| InnovationError::Singular { what: "S", source };
        let l = s.cholesky(UPLO::Lower).map_err(singular)?;
        let lower = (0..count).flat_map(|i| l.row(i).iter().take(i + 1).copied().collect::<Vec<_>>());
        Ok(RowsFactor { lower: lower.collect(), count })
    }
}

/// The lower triangle of A f(Σ) Aᵀ.
fn of_modes<R: Real>(
    observed: &ObservedModes<R>,
    gram: &[(usize, usize, f64)],
    count: usize,
    f: &dyn Fn(f64) -> f64,
) -> Array2<f64> {
    let (floor, excess) = observed.split(f);
    let scaled = Array2::from_shape_fn((count, excess.len()), |(i, k)| observed.entry(k, i) * excess[k]);
    let plain = Array2::from_shape_fn((excess.len(), count), |(k, i)| observed.entry(k, i));
    let mut s = scaled.dot(&plain);
    for &(i, j, g) in gram {
        s[[i, j]] += floor * g;
    }
    s
}

/// The lower triangle of A f(Σ) Aᵀ.
fn of_stationary(prior: &Stationary<f64>, rows: &[Vec<Entry>], f: &dyn Fn(f64) -> f64) -> Array2<f64> {
    let (shape, weights) = (prior.shape(), prior.weights(f));
    let table: Vec<Vec<f64>> = each::made(shape.planes(), |plane| {
        let (mut unit, mut column) = (vec![0.0; shape.len()], vec![0.0; shape.len()]);
        unit[plane * shape.plane()] = 1.0;
        prior.apply(&weights, &unit, &mut column);
        column
    });
    let mut s = Array2::zeros((rows.len(), rows.len()));
    let mut lines: Vec<_> = s.rows_mut().into_iter().collect();
    each::entry(&mut lines, |i, line| {
        for (j, s) in line.iter_mut().enumerate().take(i + 1) {
            *s = between(&rows[i], &rows[j], &table, shape);
        }
    });
    s
}

/// Σ_a Σ_b w_a w_b K_pq(a − b) over the entries of two rows.
fn between(a: &[Entry], b: &[Entry], table: &[Vec<f64>], shape: Shape) -> f64 {
    let (height, width) = (shape.height, shape.width);
    let less = |x: usize, y: usize, length: usize| if x < y { x + length - y } else { x - y };
    let mut total = 0.0;
    for &(p, h, w, weight) in a {
        for &(q, g, v, other) in b {
            let lag = (p * height + less(h, g, height)) * width + less(w, v, width);
            total += weight * other * table[q][lag];
        }
    }
    total
}

/// A Aᵀ where it is not zero, i ≥ j.
fn gram(rows: &Rows) -> Vec<(usize, usize, f64)> {
    let mut entries = BTreeMap::new();
    let (_, readers) = rows.transpose();
    for column in 0..readers.count() {
        for &(i, a) in readers.row(column) {
            for &(j, b) in readers.row(column).iter().filter(|(j, _)| *j <= i) {
                *entries.entry((i, j)).or_insert(0.0) += a * b;
            }
        }
    }
    entries.into_iter().map(|((i, j), g)| (i, j, g)).collect()
}

impl RowsFactor {
    fn row(&self, i: usize) -> &[f64] {
        &self.lower[i * (i + 1) / 2..][..=i]
    }

    /// z = S⁻¹r.
    pub(crate) fn solve<R: Real>(&self, r: &[R], z: &mut [R]) {
        let mut x: Vec<f64> = r.iter().map(|r| r.wide()).collect();
        for i in 0..self.count {
            let row = self.row(i);
            x[i] = (x[i] - sum::dot(&row[..i], &x[..i])) / row[i];
        }
        for i in (0..self.count).rev() {
            let row = self.row(i);
            let value = x[i] / row[i];
            x[i] = value;
            x[..i].iter_mut().zip(row).for_each(|(x, l)| *x -= l * value);
        }
        z.iter_mut().zip(x).for_each(|(z, x)| *z = R::narrow(x));
    }

    /// S⁻¹.
    pub(crate) fn inverse(&self) -> Result<Array2<f64>> {
        let factor =
            Array2::from_shape_fn(
                (self.count, self.count),
                |(i, j)| {
                    if j <= i { self.row(i)[j] } else { 0.0 }
                },
            );
        let factorized = CholeskyFactorized { factor, uplo: UPLO::Lower };
        factorized.invc().map_err(|source| InnovationError::Singular { what: "S", source })
    }
}
