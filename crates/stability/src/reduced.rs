//! Explicit modes seen through an operator with A Aᵀ = c·I: everything in a small invariant space.
//!
//! With Π_κ the projector on what the observations of class κ see (all of them, or one channel of a
//! noise that differs by channel), U and the Π_κ generate an algebra that leaves
//! 𝒮 = span(U, Π_κU), of dimension at most (classes + 1)·r, and its complement invariant. On the
//! complement Σ = λ_⊥ and every Π_κ is 0 or 1: what is seen there by class κ, and what is not seen,
//! are scalars. In the orthonormal basis (U, E) of 𝒮, E = [Π_κU − U G_κ] Y h^{−½} with
//! G_κ = UᵀΠ_κU and Y h Yᵀ the Gram matrix of the brackets, everything follows from the G_κ.

use crate::StabilityError;
use crate::lattice_steps::gain;
use crate::likelihood::Precision;
use crate::small::Hermitian;
use equipoise_covariance::{Covariance, Modes};
use equipoise_field::Real;
use equipoise_observation::NoiseVariance;
use equipoise_operator::LinearOperator;
use rayon::prelude::*;

/// Modes up to which the invariant space is formed; its matrices have (classes + 1)·r rows.
pub(crate) const RANK_LIMIT: usize = 128;

/// Multiples of the fields' ε that a bracket's squared norm must exceed to be a direction of its own:
/// the modes are orthonormal to a few ε.
const INDEPENDENT: f64 = 64.0;

/// The invariant space of a prior's modes and an operator.
pub(crate) struct Reduced {
    /// λ in the basis (U, E): of every mode, then λ_⊥.
    pub(crate) lambda: Vec<f64>,
    /// λ_⊥; zero where the modes are complete.
    pub(crate) complement: f64,
    /// How many basis vectors are modes.
    pub(crate) rank: usize,
    /// c Π_κ of every class.
    pub(crate) seen: Vec<Hermitian>,
    /// c of A Aᵀ = c·I.
    pub(crate) scale: f64,
    /// Directions beyond 𝒮 that class κ sees.
    pub(crate) beyond: Vec<f64>,
    /// Directions beyond 𝒮 that nothing sees.
    pub(crate) unseen: f64,
    /// Noise variance of every class.
    pub(crate) noise: Vec<f64>,
}

/// The classes of observations that a noise tells apart: one variance each; `None` where they are
/// more than channels.
fn classes(noise: &NoiseVariance) -> Option<(Vec<f64>, usize)> {
    match (noise.uniform(), noise) {
        (Some(v), _) => Some((vec![v], 0)),
        (None, NoiseVariance::PerChannel { values, plane }) => Some((values.clone(), *plane)),
        (None, _) => None,
    }
}

impl Reduced {
    /// `None` where the space would be large or the noise is no matter of channels.
    pub(crate) fn new<R: Real>(
        modes: &Modes<R>,
        operator: &dyn LinearOperator<R>,
        scale: f64,
        noise: &NoiseVariance,
    ) -> Result<Option<Self>, StabilityError> {
        let Some((noise, plane)) = classes(noise).filter(|_| modes.rank() <= RANK_LIMIT) else {
            return Ok(None);
        };
        let class = |i: usize| i.checked_div(plane).map_or(0, |p| p % noise.len());
        let (rank, count) = (modes.rank(), operator.len_out());
        let observed: Vec<Vec<R>> = (0..rank)
            .into_par_iter()
            .map(|i| {
                let mut row = vec![R::zero(); count];
                operator.apply(modes.mode(i), &mut row);
                row
            })
            .collect();
        let grams = grams(&observed, noise.len(), &class, scale);
        let mut sizes = vec![0.0; noise.len()];
        (0..count).for_each(|i| sizes[class(i)] += 1.0);
        let (basis, kept) = brackets(&grams, R::epsilon().wide() * INDEPENDENT)?;
        let seen: Vec<Hermitian> = (0..noise.len()).map(|k| projector(&grams, &basis, k, scale)).collect();
        let complement = modes.complement().unwrap_or(0.0);
        let lambda: Vec<f64> =
            modes.eigenvalues().iter().copied().chain(std::iter::repeat_n(complement, kept)).collect();
        // What 𝒮 holds of class κ is the trace of its projector there.
        let inside = |k: usize| (0..lambda.len()).map(|i| seen[k].at(i, i).re).sum::<f64>() / scale;
        let beyond: Vec<f64> = (0..noise.len()).map(|k| (sizes[k] - inside(k)).round().max(0.0)).collect();
        let unseen = (modes.dim() - lambda.len()) as f64 - beyond.iter().sum::<f64>();
        let (beyond, unseen) = if modes.complement().is_some() {
            (beyond, unseen.max(0.0))
        } else {
            (vec![0.0; noise.len()], 0.0)
        };
        Ok(Some(Self { lambda, complement, rank, seen, scale, beyond, unseen, noise }))
    }

    /// Directions that a part of the predictor stands for: 𝒮, each class beyond, the unseen rest.
    pub(crate) fn multiplicity(&self, part: usize) -> f64 {
        let beyond = self.beyond.iter().copied().filter(|n| *n > 0.0);
        std::iter::once(1.0).chain(beyond).nth(part).unwrap_or(self.unseen)
    }

    /// w of every class.
    pub(crate) fn weights(&self, precision: &NoiseVariance) -> Result<Vec<f64>, StabilityError> {
        let classes = self.noise.len();
        match (precision.uniform(), precision) {
            (Some(w), _) => Ok(vec![w; classes]),
            (None, NoiseVariance::PerChannel { values, .. }) if values.len() == classes => Ok(values.clone()),
            _ => Err(StabilityError::Weights {
                found: "weights that vary otherwise of",
                expected: " a channel, or one for all,",
            }),
        }
    }

    /// AᵀWA on 𝒮, and on what each class sees beyond.
    pub(crate) fn weighed(
        &self,
        precision: &Precision,
        rho: f64,
    ) -> Result<(Hermitian, Vec<f64>), StabilityError> {
        let sum = |w: &[f64]| {
            let mut out = Hermitian::zero(self.lambda.len());
            self.seen.iter().zip(w).for_each(|(seen, &w)| out.add(seen, w));
            out
        };
        match precision {
            Precision::Diagonal(diagonal) => {
                let w = self.weights(diagonal)?;
                Ok((sum(&w), w.iter().map(|w| self.scale * w).collect()))
            }
            Precision::Innovation => {
                // Aᵀ(N + A F Aᵀ)⁻¹A = R(I + R F R)⁻¹R with R² = AᵀN⁻¹A.
                let over: Vec<f64> = self.noise.iter().map(|s| 1.0 / s).collect();
                let root = sum(&over).function("the observed modes", |l| l.max(0.0).sqrt())?;
                let v = |l: f64| rho * rho * gain(l, rho);
                let values: Vec<f64> = self.lambda.iter().map(|&l| v(l)).collect();
                let mut inner = Hermitian::diagonal(&values).sandwiched(&root);
                inner.add_diagonal(&vec![1.0; self.lambda.len()]);
                let inverse = inner.function("the innovation of the observed modes", |l| 1.0 / l)?;
                let beyond = self.noise.iter().map(|s| self.scale / (s + self.scale * v(self.complement)));
                Ok((inverse.sandwiched(&root), beyond.collect()))
            }
        }
    }
}

/// G_κ = UᵀΠ_κU.
fn grams<R: Real>(
    observed: &[Vec<R>],
    classes: usize,
    class: &(dyn Fn(usize) -> usize + Sync),
    scale: f64,
) -> Vec<Vec<Vec<f64>>> {
    let rank = observed.len();
    let entry = |i: usize, j: usize| {
        let mut sums = vec![0.0; classes];
        let products = observed[i].iter().zip(&observed[j]).enumerate();
        products.for_each(|(n, (a, b))| sums[class(n)] += a.wide() * b.wide() / scale);
        sums
    };
    let pairs: Vec<Vec<Vec<f64>>> =
        (0..rank).into_par_iter().map(|i| (0..=i).map(|j| entry(i, j)).collect()).collect();
    let at = |k: usize, i: usize, j: usize| if j <= i { pairs[i][j][k] } else { pairs[j][i][k] };
    (0..classes).map(|k| (0..rank).map(|i| (0..rank).map(|j| at(k, i, j)).collect()).collect()).collect()
}

type Matrix = Vec<Vec<f64>>;

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    a.iter()
        .map(|row| {
            let column = |c: usize| row.iter().zip(b).map(|(x, b)| x * b[c]).sum();
            (0..b.first().map_or(0, Vec::len)).map(column).collect()
        })
        .collect()
}

/// Y h^{−½}, one kept direction after the other, each over classes × modes; and how many are kept.
fn brackets(grams: &[Matrix], least: f64) -> Result<(Matrix, usize), StabilityError> {
    let (classes, rank) = (grams.len(), grams[0].len());
    // (Π_aU − UG_a)ᵀ(Π_bU − UG_b) = δ_ab G_a − G_a G_b.
    let mut gram = Hermitian::zero(classes * rank);
    for (a, b) in (0..classes).flat_map(|a| (0..=a).map(move |b| (a, b))) {
        let both = product(&grams[a], &grams[b]);
        for (i, j) in (0..rank).flat_map(|i| (0..rank).map(move |j| (i, j))) {
            let own = if a == b { grams[a][i][j] } else { 0.0 };
            gram.set(a * rank + i, b * rank + j, (own - both[i][j]).into());
        }
    }
    let (values, vectors) = gram.eigen("the unobserved share of the modes")?;
    let kept: Matrix = values
        .iter()
        .zip(&vectors)
        .filter(|(h, _)| **h > least)
        .map(|(h, y)| real(y).iter().map(|y| y / h.sqrt()).collect())
        .collect();
    let count = kept.len();
    Ok((kept, count))
}

/// An eigenvector of a real symmetric matrix, which a complex solver returns up to a phase.
fn real(y: &[num_complex::Complex<f64>]) -> Vec<f64> {
    let largest = y.iter().copied().max_by(|a, b| a.norm_sqr().total_cmp(&b.norm_sqr())).unwrap_or_default();
    let phase = largest.conj() / largest.norm();
    y.iter().map(|z| (z * phase).re).collect()
}

/// c Π_κ in the basis (U, E).
fn projector(grams: &[Matrix], basis: &Matrix, class: usize, scale: f64) -> Hermitian {
    let (classes, rank) = (grams.len(), grams[0].len());
    let g = &grams[class];
    let mut out = Hermitian::zero(rank + basis.len());
    let mut put = |r: usize, c: usize, value: f64| out.set(r, c, (scale * value).into());
    for (i, j) in (0..rank).flat_map(|i| (0..=i).map(move |j| (i, j))) {
        put(i, j, g[i][j]);
    }
    // UᵀΠ_κ(Π_bU − UG_b) = δ_κb G_κ − G_κG_b; between brackets
    // δ_aκδ_bκ G_κ − δ_aκ G_κG_b − δ_bκ G_aG_κ + G_aG_κG_b.
    let to: Vec<Matrix> = grams.iter().map(|b| product(g, b)).collect();
    let one = |b: usize, i: usize, j: usize| {
        let own = if b == class { g[i][j] } else { 0.0 };
        own - to[b][i][j]
    };
    for (e, y) in basis.iter().enumerate() {
        for i in 0..rank {
            let terms = (0..classes).flat_map(|b| (0..rank).map(move |j| (b, j)));
            put(rank + e, i, terms.map(|(b, j)| one(b, i, j) * y[b * rank + j]).sum());
        }
    }
    let triple = |a: usize, b: usize| product(&grams[a], &to[b]);
    let mut between: Matrix = vec![vec![0.0; classes * rank]; classes * rank];
    for (a, b) in (0..classes).flat_map(|a| (0..classes).map(move |b| (a, b))) {
        let three = triple(a, b);
        for (i, j) in (0..rank).flat_map(|i| (0..rank).map(move |j| (i, j))) {
            let mut value = three[i][j];
            if a == class {
                value += one(b, i, j);
            }
            if b == class {
                value -= to[a][j][i];
            }
            between[a * rank + i][b * rank + j] = value;
        }
    }
    let spread: Matrix = basis
        .iter()
        .map(|y| between.iter().map(|row| row.iter().zip(y).map(|(b, y)| b * y).sum()).collect())
        .collect();
    for (e, y) in basis.iter().enumerate() {
        for f in 0..=e {
            put(rank + e, rank + f, spread[f].iter().zip(y).map(|(s, y)| s * y).sum());
        }
    }
    out
}
