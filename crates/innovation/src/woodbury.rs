//! Explicit modes seen through an operator with A Aᵀ = c·I: everything in r × r.
//!
//! With W = A U, d = f(Λ) − f(λ_⊥) and a = s² + c f(λ_⊥),
//!
//! > S = diag(a) + W diag(d) Wᵀ, S⁻¹ = a⁻¹ − a⁻¹ W diag(d) K Wᵀ a⁻¹, K = (I + G diag(d))⁻¹, G = Wᵀ a⁻¹ W,
//!
//! and Wᵀ S⁻¹ = K Wᵀ a⁻¹, which loses no digits where d is large.

use crate::small::inverse;
use crate::{InnovationError, NoiseVariance};
use equipoise_covariance::{Covariance, Modes, Panel};
use equipoise_field::{Real, sum};
use equipoise_operator::LinearOperator;
use ndarray::{Array2, ArrayView2};
use ndarray_linalg::Determinant;
use rayon::prelude::*;

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

    /// I + G diag(d), and G.
    fn system(&self, floor: f64, d: &[f64]) -> (Array2<f64>, Array2<f64>) {
        let weighted_gram = match self.noise.uniform() {
            Some(s2) => &self.gram / (s2 + self.gram_scale * floor),
            None => weighted_gram(&self.basis, self.rank(), &|i| 1.0 / self.diagonal(i, floor)),
        };
        let system = Array2::from_shape_fn(weighted_gram.dim(), |(i, j)| {
            f64::from(u8::from(i == j)) + weighted_gram[[i, j]] * d[j]
        });
        (system, weighted_gram)
    }

    pub(crate) fn factor(&self, f: &dyn Fn(f64) -> f64) -> Result<ModesFactor, InnovationError> {
        let (floor, d) = self.split(f);
        let (system, weighted_gram) = self.system(floor, &d);
        let core = inverse(&system, "the Woodbury core")?;
        Ok(ModesFactor { floor, excess: d, core, weighted_gram })
    }

    /// Σ log a + log det(I + G diag(d)).
    pub(crate) fn log_determinant(&self, f: &dyn Fn(f64) -> f64) -> Result<f64, InnovationError> {
        let (floor, d) = self.split(f);
        let (_, log_determinant) = self
            .system(floor, &d)
            .0
            .sln_det()
            .map_err(|source| InnovationError::Singular { what: "the Woodbury system", source })?;
        Ok(self.noise.log_determinant(self.count, self.gram_scale * floor) + log_determinant)
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
        let pass = |(block, out): (usize, &mut [R])| {
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
            out.par_chunks_mut(BLOCK).enumerate().for_each(pass);
        } else {
            out.chunks_mut(BLOCK).enumerate().for_each(pass);
        }
    }

    /// diag(s²)/a of every observation, and B = diag(d) K = (diag(d)⁻¹ + G)⁻¹.
    pub(crate) fn remaining(&self, f: &dyn Fn(f64) -> f64) -> Result<RemainingModes<R>, InnovationError> {
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

/// Wᵀ diag(w) W over fixed blocks of observations, added in index order.
fn weighted_gram<R: Real>(basis: &[R], rank: usize, weight: &(dyn Fn(usize) -> f64 + Sync)) -> Array2<f64> {
    let count = basis.len() / rank.max(1);
    let starts: Vec<usize> = (0..count).step_by(BLOCK).collect();
    let partial: Vec<Array2<f64>> = starts
        .par_iter()
        .map(|&start| {
            let len = BLOCK.min(count - start);
            let mut plain = Vec::with_capacity(rank * len);
            (0..rank).for_each(|i| {
                plain.extend(basis[i * count + start..][..len].iter().map(|w| w.wide()));
            });
            let scaled: Vec<f64> =
                plain.iter().enumerate().map(|(k, w)| w * weight(start + k % len)).collect();
            let view = |v| ArrayView2::from_shape((rank, len), v).expect("rank × block values were pushed");
            view(&plain[..]).dot(&view(&scaled[..]).t())
        })
        .collect();
    partial.iter().fold(Array2::zeros((rank, rank)), |sum, p| sum + p)
}
