//! Explicit modes seen through an operator with A Aᵀ = c·I: Σ and AᵀWA in a small space that both leave invariant.
//!
//! With Π_κ the projector on what the observations of class κ see (all of them, or one channel of a noise that
//! differs by channel), U and the Π_κ generate an algebra that leaves 𝒮 = span(U, Π_κU), of dimension at most
//! (classes + 1)·r, and its complement invariant. On the complement Σ = λ_⊥ and every Π_κ is 0 or 1: what is seen
//! there by class κ, and what is not seen, are scalars. In the orthonormal basis (U, E) of 𝒮 Σ is diagonal, and
//!
//! > E = Σ_κ (Π_κU − U G_κ) Y_κ, G_κ = UᵀΠ_κU, Π_κ = L_κᵀ G_κ L_κ, L_κ = (I, Y_κ − Σ_b G_b Y_b),
//!
//! where Y = (Y_κ) are eigenvectors of the brackets' Gram matrix δ_ab G_a − G_a G_b over the roots of its eigenvalues.

use crate::kinds::{Explicit, Kinds};
use crate::matrix::{eigen, function};
use crate::{ReducedError, Result, Weighing};
use equipoise_covariance::Covariance;
use equipoise_field::Real;
use equipoise_innovation::ObservedPrior;
use ndarray::{Array2, Axis, concatenate};

/// Modes up to which the space is formed; its matrices have (classes + 1)·r rows.
const RANK_LIMIT: usize = 128;

/// Multiples of the fields' ε that a bracket's squared norm must exceed to be a direction of its own: the modes
/// are orthonormal to a few ε.
const INDEPENDENT: f64 = 64.0;

/// The invariant space of a prior's modes and an operator.
#[derive(Clone, Debug)]
pub struct InvariantSpace {
    /// λ in the basis (U, E): of every mode, then λ_⊥.
    pub lambda: Vec<f64>,
    /// λ_⊥; zero where the modes are complete.
    pub complement: f64,
    /// How many basis vectors are modes.
    pub rank: usize,
    /// Directions beyond 𝒮 that class κ sees.
    pub beyond: Vec<f64>,
    /// Directions beyond 𝒮 that nothing sees.
    pub unseen: f64,
    /// Π_κ of every class.
    seen: Vec<Array2<f64>>,
    /// c of A Aᵀ = c·I.
    scale: f64,
    kinds: Kinds,
}

impl InvariantSpace {
    /// # Errors
    /// [`ReducedError::Structure`] but for at most 128 explicit modes under A Aᵀ = c·I, [`ReducedError::Variances`]
    /// for a noise that differs otherwise than by channel, [`ReducedError::Factor`].
    pub fn new<R: Real>(observed: &ObservedPrior<R>) -> Result<Self> {
        let explicit = Explicit::of(observed)?;
        let (modes, scale) = (explicit.modes, explicit.scale);
        if modes.rank() > RANK_LIMIT {
            return Err(ReducedError::Structure { found: "more than 128 modes" });
        }
        let kinds = Kinds::of(observed.noise(), observed.count())?;
        let seen = projectors(&explicit.seen(&kinds), modes.rank(), R::epsilon().wide() * INDEPENDENT)?;
        let complement = modes.complement().unwrap_or(0.0);
        let mut lambda = modes.eigenvalues().to_vec();
        lambda.resize(seen[0].nrows(), complement);
        // What 𝒮 holds of class κ is the trace of its projector there.
        let left = |(size, seen): (&usize, &Array2<f64>)| (*size as f64 - seen.diag().sum()).round().max(0.0);
        let mut beyond: Vec<f64> = kinds.sizes.iter().zip(&seen).map(left).collect();
        let mut unseen = ((modes.dim() - lambda.len()) as f64 - beyond.iter().sum::<f64>()).max(0.0);
        if modes.complement().is_none() {
            beyond.fill(0.0);
            unseen = 0.0;
        }
        Ok(Self { lambda, complement, rank: modes.rank(), beyond, unseen, seen, scale, kinds })
    }

    /// AᵀWA on 𝒮, and on what each class sees beyond, where Cov[x | x_t] has the eigenvalues v(λ).
    ///
    /// # Errors
    /// [`ReducedError::Variances`], [`ReducedError::Factor`].
    pub fn pull(&self, weighing: &Weighing, v: impl Fn(f64) -> f64) -> Result<(Array2<f64>, Vec<f64>)> {
        let mut over = Vec::new();
        match weighing {
            Weighing::Diagonal(variance) => {
                self.kinds.by_class(variance, |v| self.scale / v, &mut over)?;
                Ok((self.sum(&over), over))
            }
            Weighing::Innovation => {
                // Aᵀ(N + A F Aᵀ)⁻¹A = R(I + R F R)⁻¹R with R² = AᵀN⁻¹A.
                over.extend(self.kinds.noise.iter().map(|s2| self.scale / s2));
                let root = function(&self.sum(&over), "the observed modes", |l| l.max(0.0).sqrt())?;
                let spread = Array2::from_shape_fn(root.dim(), |at| root[at] * v(self.lambda[at.1]));
                let inner = spread.dot(&root) + Array2::<f64>::eye(root.nrows());
                let inverse = function(&inner, "the innovation of the observed modes", |l| 1.0 / l)?;
                let floor = v(self.complement);
                let beyond = over.iter().map(|over| over / (1.0 + over * floor));
                Ok((root.dot(&inverse).dot(&root), beyond.collect()))
            }
        }
    }

    /// Σ w Π_κ.
    fn sum(&self, w: &[f64]) -> Array2<f64> {
        let mut out = Array2::zeros(self.seen[0].dim());
        self.seen.iter().zip(w).for_each(|(seen, &w)| out.scaled_add(w, seen));
        out
    }
}

/// Π_κ in the basis (U, E), E of the brackets whose squared norm is more than `least`.
fn projectors(grams: &[Array2<f64>], rank: usize, least: f64) -> Result<Vec<Array2<f64>>> {
    let views: Vec<_> = grams.iter().map(|gram| gram.view()).collect();
    // The matrices are of one height.
    let joined: Array2<f64> = concatenate(Axis(1), &views).unwrap_or_default();
    let mut brackets = -joined.t().dot(&joined);
    for (class, gram) in grams.iter().enumerate() {
        gram.indexed_iter().for_each(|((i, j), g)| brackets[[class * rank + i, class * rank + j]] += g);
    }
    let (norms, vectors) = eigen(&brackets, "the unobserved share of the modes")?;
    let kept = norms.iter().rev().take_while(|norm| **norm > least).count();
    let column = |e: usize| norms.len() - 1 - e;
    let length = |e: usize| {
        // An eigenvector is one up to its sign.
        let entries = vectors.column(column(e)).into_iter().copied();
        let largest = entries.max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(1.0);
        norms[column(e)].sqrt() * largest.signum()
    };
    let lengths: Vec<f64> = (0..kept).map(length).collect();
    let y = Array2::from_shape_fn((norms.len(), kept), |(i, e)| vectors[[i, column(e)]] / lengths[e]);
    let shared = joined.dot(&y);
    let projector = |(class, gram): (usize, &Array2<f64>)| {
        let entry = |(i, j): (usize, usize)| match j.checked_sub(rank) {
            None => f64::from(u8::from(i == j)),
            Some(e) => y[[class * rank + i, e]] - shared[[i, e]],
        };
        let l = Array2::from_shape_fn((rank, rank + kept), entry);
        l.t().dot(gram).dot(&l)
    };
    Ok(grams.iter().enumerate().map(projector).collect())
}
