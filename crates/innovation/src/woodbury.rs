//! Explicit modes seen through an operator with A Aᵀ = c·I: everything in r × r.
//!
//! With W = A U, d = f(Λ) − f(λ_⊥) and a = s² + c f(λ_⊥),
//!
//! > S = diag(a) + W diag(d) Wᵀ, S⁻¹ = a⁻¹ − a⁻¹ W diag(d) K Wᵀ a⁻¹, K = (I + G diag(d))⁻¹, G = Wᵀ a⁻¹ W,
//!
//! and Wᵀ S⁻¹ = K Wᵀ a⁻¹, which loses no digits where d is large. K comes from the symmetric
//! M = I + E G E, E = diag(√d), whose eigenvalues are at least 1:
//!
//! > K = E⁻¹ M⁻¹ E, det(I + G diag(d)) = det M.
//!
//! Where d_i = 0 row i of K is that of I − G E M⁻¹ E. A mode below the floor, whose d is negative, has no
//! such M: then K is an inverse by LU.

use crate::small::inverse;
use crate::{InnovationError, Result};
use equipoise_covariance::{Covariance, Modes, Panel};
use equipoise_field::{Real, each, sum};
use equipoise_observation::NoiseVariance;
use equipoise_operator::LinearOperator;
use ndarray::{Array2, ArrayView2};
use ndarray_linalg::InverseC;
use ndarray_linalg::error::LinalgError;

/// Observations whose modes are widened and multiplied together.
const BLOCK: usize = 1 << 12;

/// W = A U and what comes of it.
pub(crate) struct ObservedModes<R: Real> {
    count: usize,
    /// W, r × N, one observed mode after the other.
    basis: Vec<R>,
    eigenvalues: Vec<f64>,
    complement: f64,
    /// c of A Aᵀ = c·I.
    gram_scale: f64,
    noise: NoiseVariance,
    /// WᵀW.
    gram: Array2<f64>,
}

/// The factor for one f.
pub(crate) struct ModesFactor {
    /// f(λ_⊥).
    floor: f64,
    /// d.
    excess: Vec<f64>,
    /// K.
    core: Array2<f64>,
    /// G.
    weighted_gram: Array2<f64>,
}

/// What observation leaves of f(Σ), in the modes.
pub(crate) struct RemainingModes<R> {
    /// f(λ_⊥).
    pub(crate) floor: f64,
    /// s²/a of every observation.
    pub(crate) kept: Vec<R>,
    /// B.
    pub(crate) core: Array2<f64>,
}

impl<R: Real> ObservedModes<R> {
    pub(crate) fn new(
        modes: &Modes<R>,
        operator: &dyn LinearOperator<R>,
        gram_scale: f64,
        noise: &NoiseVariance,
    ) -> Self {
        let (count, rank) = (operator.len_out(), modes.rank());
        let mut basis = vec![R::zero(); rank * count];
        for (i, observed) in basis.chunks_mut(count.max(1)).enumerate() {
            operator.apply(modes.mode(i), observed);
        }
        let gram = weighted_gram(&basis, rank, &|_| 1.0);
        Self {
            count,
            basis,
            eigenvalues: modes.eigenvalues().to_vec(),
            complement: modes.complement().unwrap_or(0.0),
            gram_scale,
            noise: noise.clone(),
            gram,
        }
    }

    fn rank(&self) -> usize {
        self.eigenvalues.len()
    }

    /// W, r × N, one observed mode after the other.
    pub(crate) fn basis(&self) -> &[R] {
        &self.basis
    }

    /// W_ik, of observation i and mode k.
    pub(crate) fn entry(&self, mode: usize, i: usize) -> f64 {
        self.basis[mode * self.count + i].wide()
    }

    /// f(λ_⊥), zero when there is no complement, and d.
    pub(crate) fn split(&self, f: &dyn Fn(f64) -> f64) -> (f64, Vec<f64>) {
        let floor = if self.complement > 0.0 { f(self.complement) } else { 0.0 };
        (floor, self.eigenvalues.iter().map(|&l| f(l) - floor).collect())
    }

    fn diagonal(&self, i: usize, floor: f64) -> f64 {
        self.noise.at(i) + self.gram_scale * floor
    }

    /// G.
    fn weighted(&self, floor: f64) -> Array2<f64> {
        match self.noise.uniform() {
            Some(s2) => &self.gram / (s2 + self.gram_scale * floor),
            None => weighted_gram(&self.basis, self.rank(), &|i| 1.0 / self.diagonal(i, floor)),
        }
    }

    pub(crate) fn factor(&self, f: &dyn Fn(f64) -> f64) -> Result<ModesFactor> {
        let (floor, d) = self.split(f);
        let weighted_gram = self.weighted(floor);
        let core = core(&weighted_gram, &d)?;
        Ok(ModesFactor { floor, excess: d, core, weighted_gram })
    }

    /// rᵀS⁻¹r = Σ a_i z_i² + Σ d_j (Wᵀz)_j² with z = S⁻¹r, which is left in `z`.
    pub(crate) fn quadratic(&self, factor: &ModesFactor, r: &[R], z: &mut [R]) -> f64 {
        let seen = self.solve(factor, r, z);
        let across = sum::of(self.count, |i| self.diagonal(i, factor.floor) * z[i].wide().powi(2));
        across + seen.iter().zip(&factor.excess).map(|(s, d)| d * s * s).sum::<f64>()
    }

    /// z = S⁻¹ r in two passes over W, and Wᵀz.
    pub(crate) fn solve(&self, factor: &ModesFactor, r: &[R], z: &mut [R]) -> Vec<f64> {
        let precision = |i: usize| 1.0 / self.diagonal(i, factor.floor);
        let uniform = self.noise.uniform().map(|_| R::narrow(precision(0)));
        let at = |i: usize| uniform.unwrap_or_else(|| R::narrow(precision(i)));
        for (i, (z, &r)) in z.iter_mut().zip(r).enumerate() {
            *z = r * at(i);
        }
        let projected = self.project(z);
        let rank = self.rank();
        let seen: Vec<f64> =
            (0..rank).map(|i| (0..rank).map(|j| factor.core[[i, j]] * projected[j]).sum()).collect();
        let coefficients: Vec<R> = seen.iter().zip(&factor.excess).map(|(s, d)| R::narrow(-s * d)).collect();
        self.combine(&coefficients, |i, _, along| (r[i] + along) * at(i), z);
        seen
    }

    /// Wᵀ r.
    pub(crate) fn project(&self, r: &[R]) -> Vec<f64> {
        Panel::new(&self.basis, self.rank(), self.count).project(r)
    }

    /// out = scale · out + W c.
    pub(crate) fn expand_onto(&self, c: &[R], scale: R, out: &mut [R]) {
        self.combine(c, |_, o, along| scale * o + along, out);
    }

    /// out_i = join(i, out_i, (W c)_i), block by block.
    fn combine(&self, c: &[R], join: impl Fn(usize, R, R) -> R + Sync, out: &mut [R]) {
        let pass = |block: usize, out: &mut [R]| {
            let start = block * BLOCK;
            let mut along = [R::zero(); BLOCK];
            for (i, &c) in c.iter().enumerate() {
                let row = &self.basis[i * self.count + start..][..out.len()];
                along.iter_mut().zip(row).for_each(|(s, &w)| *s += c * w);
            }
            for (j, (o, s)) in out.iter_mut().zip(along).enumerate() {
                *o = join(start + j, *o, s);
            }
        };
        if self.basis.len() >= sum::PARALLEL_FROM {
            each::chunk(out, BLOCK, pass);
        } else {
            out.chunks_mut(BLOCK).enumerate().for_each(|(block, out)| pass(block, out));
        }
    }

    /// diag(s²)/a of every observation, and B = diag(d) K = (diag(d)⁻¹ + G)⁻¹.
    pub(crate) fn remaining(&self, f: &dyn Fn(f64) -> f64) -> Result<RemainingModes<R>> {
        let factor = self.factor(f)?;
        let kept = |i: usize| R::narrow(self.noise.at(i) / self.diagonal(i, factor.floor));
        let scaled = |(i, j): (usize, usize)| factor.excess[i] * factor.core[[i, j]];
        Ok(RemainingModes {
            floor: factor.floor,
            kept: (0..self.count).map(kept).collect(),
            core: Array2::from_shape_fn(factor.core.dim(), scaled),
        })
    }

    /// tr(S⁻¹ (c g_⊥ I + W diag(e) Wᵀ)), e = g(Λ) − g_⊥.
    pub(crate) fn trace_of_solve(&self, factor: &ModesFactor, g: &dyn Fn(f64) -> f64) -> f64 {
        let (floor, e) = self.split(g);
        let gram = &factor.weighted_gram;
        let precision = sum::of(self.count, |i| 1.0 / self.diagonal(i, factor.floor));
        let squared = match self.noise.uniform() {
            Some(_) => gram / self.diagonal(0, factor.floor),
            None => weighted_gram(&self.basis, self.rank(), &|i| self.diagonal(i, factor.floor).powi(-2)),
        };
        // S⁻¹ = P − P W diag(d) K Wᵀ P with P = diag(a)⁻¹; `squared` = Wᵀ P² W; Wᵀ S⁻¹ W = K G.
        let rank = self.rank();
        let loss: f64 = (0..rank)
            .flat_map(|i| (0..rank).map(move |j| (i, j)))
            .map(|(i, j)| factor.excess[i] * factor.core[[i, j]] * squared[[j, i]])
            .sum();
        let isotropic = precision - loss;
        let inner = factor.core.dot(gram);
        let along: f64 = (0..rank).map(|i| e[i] * inner[[i, i]]).sum();
        self.gram_scale * floor * isotropic + along
    }

    /// tr(A g(Σ) Aᵀ).
    pub(crate) fn trace(&self, g: &dyn Fn(f64) -> f64) -> f64 {
        let (floor, e) = self.split(g);
        let along: f64 = e.iter().zip(self.gram.diag()).map(|(e, g)| e * g).sum();
        self.gram_scale * floor * self.count as f64 + along
    }

    /// tr(A g(Σ) Aᵀ A h(Σ) Aᵀ).
    pub(crate) fn trace_product(&self, g: &dyn Fn(f64) -> f64, h: &dyn Fn(f64) -> f64) -> f64 {
        let ((g0, dg), (h0, dh)) = (self.split(g), self.split(h));
        let c = self.gram_scale;
        let single = |d: &[f64]| -> f64 { d.iter().zip(self.gram.diag()).map(|(d, g)| d * g).sum() };
        let pairs: f64 = self.gram.indexed_iter().map(|((i, j), g)| dg[i] * dh[j] * g * g).sum();
        c * c * g0 * h0 * self.count as f64 + c * (g0 * single(&dh) + h0 * single(&dg)) + pairs
    }
}

const SYSTEM: &str = "the Woodbury system";

fn singular(source: LinalgError) -> InnovationError {
    InnovationError::Singular { what: SYSTEM, source }
}

/// E, or `None` where some d is negative.
fn roots(d: &[f64]) -> Option<Vec<f64>> {
    d.iter().all(|d| *d >= 0.0).then(|| d.iter().map(|d| d.sqrt()).collect())
}

/// I + diag(l) G diag(r).
fn plus_identity(gram: &Array2<f64>, l: impl Fn(usize) -> f64, r: impl Fn(usize) -> f64) -> Array2<f64> {
    Array2::from_shape_fn(gram.dim(), |(i, j)| f64::from(u8::from(i == j)) + l(i) * gram[[i, j]] * r(j))
}

/// K = (I + G diag(d))⁻¹.
fn core(gram: &Array2<f64>, d: &[f64]) -> Result<Array2<f64>> {
    let Some(e) = roots(d) else { return inverse(&plus_identity(gram, |_| 1.0, |j| d[j]), SYSTEM) };
    if d.is_empty() {
        return Ok(gram.clone());
    }
    let inverse = plus_identity(gram, |i| e[i], |j| e[j]).invc().map_err(singular)?;
    let entry = |(i, j): (usize, usize)| {
        if e[i] > 0.0 {
            return inverse[[i, j]] * e[j] / e[i];
        }
        let seen: f64 = (0..d.len()).map(|k| gram[[i, k]] * e[k] * inverse[[k, j]]).sum();
        f64::from(u8::from(i == j)) - seen * e[j]
    };
    Ok(Array2::from_shape_fn(gram.dim(), entry))
}

/// Wᵀ diag(w) W over fixed blocks of observations, added in index order.
fn weighted_gram<R: Real>(basis: &[R], rank: usize, weight: &(dyn Fn(usize) -> f64 + Sync)) -> Array2<f64> {
    let count = basis.len() / rank.max(1);
    let partial = each::made(count.div_ceil(BLOCK), |block| {
        let start = block * BLOCK;
        let len = BLOCK.min(count - start);
        let mut plain = Vec::with_capacity(rank * len);
        (0..rank).for_each(|i| {
            plain.extend(basis[i * count + start..][..len].iter().map(|w| w.wide()));
        });
        let scaled: Vec<f64> = plain.iter().enumerate().map(|(k, w)| w * weight(start + k % len)).collect();
        let view = |v| ArrayView2::from_shape((rank, len), v).expect("rank × block values were pushed");
        view(&plain[..]).dot(&view(&scaled[..]).t())
    });
    partial.iter().fold(Array2::zeros((rank, rank)), |sum, p| sum + p)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A positive definite G of four observed modes.
    fn gram() -> Array2<f64> {
        let w = Array2::from_shape_fn((4, 9), |(i, k)| ((3 * i + 1) as f64 * (k as f64 + 0.3)).sin());
        w.dot(&w.t())
    }

    /// max |K (I + G diag(d)) − I|.
    fn defect(gram: &Array2<f64>, d: &[f64]) -> f64 {
        let system = plus_identity(gram, |_| 1.0, |j| d[j]);
        let product = core(gram, d).unwrap().dot(&system) - Array2::<f64>::eye(d.len());
        product.iter().fold(0.0, |a, b| a.max(b.abs()))
    }

    /// Modes at the floor and below it among others.
    #[test]
    fn the_core_is_the_inverse_whatever_the_excess() {
        for d in [[3.0, 1.0, 0.5, 2.0], [3.0, 0.0, 0.5, 0.0], [0.0; 4], [3.0, -0.01, 0.5, 0.0]] {
            assert!(defect(&gram(), &d) < 1e-13, "{d:?}: {}", defect(&gram(), &d));
        }
    }
}
