//! The spectrum of the guidance as the prior and the operator make it: λ(H AᵀA H) by ρ.
//!
//! H = Σ(Σ + ρ²)⁻¹ depends on (μ, σ) through ρ = σ/μ alone, and so does
//!
//! > σ² A J Jᵀ Aᵀ = ρ² A H² Aᵀ.
//!
//! One table over log ρ therefore serves every law whose W is a number at each t, every schedule and
//! every number of steps.

use crate::certifier::Shared;
use crate::course::{Weight, gain};
use crate::field_steps::Weigh;
use crate::{Certifier, Course, Direction, Result};
use equipoise_field::{Real, each, sum};
use equipoise_reduced::{AliasBlock, AliasBlocks, InvariantSpace, eigen, product};
use equipoise_stream::Stream;
use ndarray::Array2;
use std::fmt;

/// Nodes of the table in an octave of ρ: with cubic interpolation of logarithms a test bounds the
/// error of an eigenvalue by a thousandth.
const NODES: f64 = 4.0;
/// Power iterations for the one eigenvalue of a problem without structure.
const ITERATIONS: usize = 60;
/// Relative gain at which those stop.
const TOLERANCE: f64 = 1e-4;

/// One eigenpair of the weighed observation: u = H AᵀW^{½}y, normalised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seen {
    /// The eigenvalue of W^{½}A H² AᵀW^{½}, W = I in tables.
    pub(crate) value: f64,
    /// ĥ = uᵀHu, the gain μĵ in its direction.
    pub(crate) gain: f64,
    /// How many directions share it.
    pub(crate) multiplicity: f64,
}

/// The eigenpairs of one block by falling value, then those of what lies beyond the explicit modes.
pub(crate) type Block = Vec<Seen>;

/// Eigenvalues of A H² Aᵀ over ρ, for one prior and operator.
pub struct Spectra<R: Real> {
    certifier: Certifier<R>,
    /// ln ρ of the first node.
    first: f64,
    /// Steps of ln ρ.
    step: f64,
    /// Blocks at every node.
    nodes: Vec<Vec<Block>>,
}

impl<R: Real> fmt::Debug for Spectra<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spectra").field("certifier", &self.certifier).finish_non_exhaustive()
    }
}

impl<R: Real> Spectra<R> {
    /// The table over all ρ from `lowest` to `highest`, above 0.
    ///
    /// # Errors
    /// [`StabilityError::Reduced`](crate::StabilityError::Reduced).
    ///
    /// # Panics
    /// Unless 0 < lowest ≤ highest.
    pub fn new(certifier: &Certifier<R>, lowest: f64, highest: f64) -> Result<Self> {
        assert!(lowest > 0.0 && highest >= lowest, "spectra: from ρ = {lowest} to {highest}");
        let (first, last) = (lowest.ln(), highest.ln());
        let step = std::f64::consts::LN_2 / NODES;
        // One node more on either side than the range needs, for the cubic.
        let first = first - step;
        let count = ((last - first) / step).ceil() as usize + 2;
        let nodes = (0..count).map(|k| certifier.blocks(&Weight::one((first + k as f64 * step).exp())));
        let nodes = nodes.collect::<Result<_, _>>()?;
        Ok(Self { certifier: certifier.clone(), first, step, nodes })
    }

    /// The table over the ρ of a course.
    ///
    /// # Errors
    /// [`StabilityError::Reduced`](crate::StabilityError::Reduced).
    pub fn along(certifier: &Certifier<R>, course: &Course) -> Result<Self> {
        let positive = (0..=course.steps()).map(|i| course.ratio(i)).filter(|r| *r > 0.0);
        let (low, high) = positive.fold((f64::INFINITY, 0.0f64), |(a, b), r| (a.min(r), b.max(r)));
        Self::new(certifier, low, high)
    }

    /// Prior and operator.
    pub fn certifier(&self) -> &Certifier<R> {
        &self.certifier
    }

    /// The position of ρ among the nodes, where the table covers it.
    pub(crate) fn place(&self, rho: f64) -> Option<Place> {
        let at = (rho.ln() - self.first) / self.step;
        let node = at.floor();
        let inside = node >= 1.0 && node + 2.0 < self.nodes.len() as f64;
        inside.then_some(Place { node: node as usize, share: at - node })
    }

    /// The number of blocks.
    pub(crate) fn blocks(&self) -> usize {
        self.nodes[0].len()
    }

    /// The largest eigenvalue of a block.
    pub(crate) fn top(&self, place: Place, block: usize) -> f64 {
        let rest = self.nodes[place.node][block].len() - self.certifier.rests();
        let rests = (rest..self.nodes[place.node][block].len()).map(|mode| self.value(place, block, mode));
        rests.fold(self.value(place, block, 0), f64::max)
    }

    fn value(&self, Place { node, share }: Place, block: usize, mode: usize) -> f64 {
        let at = |k: usize| self.nodes[k][block][mode].value;
        let values = [at(node - 1), at(node), at(node + 1), at(node + 2)];
        if values.iter().any(|v| *v <= f64::MIN_POSITIVE) {
            return at(node) * (1.0 - share) + at(node + 1) * share;
        }
        cubic(values.map(f64::ln), share).exp()
    }

    /// All eigenpairs of a block.
    pub(crate) fn seen(&self, place: Place, block: usize) -> Block {
        let (below, above) = (&self.nodes[place.node][block], &self.nodes[place.node + 1][block]);
        (0..below.len())
            .map(|mode| Seen {
                value: self.value(place, block, mode),
                gain: below[mode].gain * (1.0 - place.share) + above[mode].gain * place.share,
                multiplicity: below[mode].multiplicity,
            })
            .collect()
    }
}

/// A ρ between two nodes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    node: usize,
    share: f64,
}

/// Catmull and Rom's cubic through the two middle values.
fn cubic([a, b, c, d]: [f64; 4], t: f64) -> f64 {
    let (m, n) = ((c - a) / 2.0, (d - b) / 2.0);
    let (t2, t3) = (t * t, t * t * t);
    (2.0 * t3 - 3.0 * t2 + 1.0) * b + (t3 - 2.0 * t2 + t) * m + (3.0 * t2 - 2.0 * t3) * c + (t3 - t2) * n
}

impl<R: Real> Certifier<R> {
    /// The eigenpairs of W^{½}A H² AᵀW^{½} but for the factor of W, block by block.
    pub(crate) fn blocks(&self, weight: &Weight) -> Result<Vec<Block>> {
        match &self.shared {
            Shared::Lattice(lattice) => {
                let of = |b: usize| alias_block(lattice, &lattice.blocks[b], weight);
                each::made(lattice.blocks.len(), of).into_iter().collect()
            }
            Shared::Modes(space) => Ok(vec![mode_block(space, weight)?]),
            Shared::Field => Ok(vec![vec![self.largest(&Weight { factor: 1.0, ..weight.clone() })?]]),
        }
    }

    /// Whether every eigenpair is known, not the largest alone.
    pub(crate) fn is_complete(&self) -> bool {
        !matches!(self.shared, Shared::Field)
    }

    /// How many entries at the end of a block lie beyond the explicit modes.
    fn rests(&self) -> usize {
        match &self.shared {
            Shared::Modes(space) => space.beyond.iter().filter(|n| **n > 0.0).count(),
            Shared::Lattice(_) | Shared::Field => 0,
        }
    }

    /// What a block stands for.
    pub(crate) fn block_name(&self, block: usize) -> Direction {
        match &self.shared {
            Shared::Lattice(lattice) => {
                Direction::Coarse { wavenumber: lattice.coarse_wavenumber(&lattice.blocks[block]) }
            }
            Shared::Modes(_) | Shared::Field => Direction::Observed,
        }
    }

    /// The largest eigenvalue of H AᵀWA H by power iteration.
    fn largest(&self, weight: &Weight) -> Result<Seen> {
        let (covariance, operator) = (self.observed.covariance(), self.observed.operator());
        let weigh = Weigh::new(&self.observed, weight)?;
        let weights = covariance.weights(&|l| gain(l, weight.rho));
        let mut v: Vec<R> = Stream::new("spectrum").normal(0, covariance.dim());
        let (mut kept, mut spread) = (v.clone(), v.clone());
        let mut seen = vec![R::zero(); operator.len_out()];
        let (mut value, mut gain) = (0.0, 0.0);
        for _ in 0..ITERATIONS {
            let size = sum::norm(&v);
            if size <= 0.0 {
                break;
            }
            v.iter_mut().for_each(|x| *x /= R::narrow(size));
            covariance.apply(&weights, &v, &mut kept);
            gain = sum::dot(&v, &kept);
            operator.apply(&kept, &mut seen);
            weigh.apply(&mut seen)?;
            operator.adjoint(&seen, &mut spread);
            let before = std::mem::replace(&mut value, sum::dot(&kept, &spread));
            covariance.apply(&weights, &spread, &mut v);
            if value - before <= TOLERANCE * value {
                break;
            }
        }
        Ok(Seen { value, gain, multiplicity: 1.0 })
    }
}

fn alias_block(lattice: &AliasBlocks, block: &AliasBlock, weight: &Weight) -> Result<Block> {
    let power = |n: i32| -> Vec<f64> { block.lambda.iter().map(|&l| gain(l, weight.rho).powi(n)).collect() };
    let root = lattice.weight(block, &weight.weighing, |l| weight.covariance(l), f64::sqrt)?.matrix();
    let observed = |n: i32| product(&product(&root, &block.observed(&power(n))), &root);
    let (values, vectors) = eigen(&observed(2), "an observed block")?;
    let images = product(&observed(3), &vectors);
    let seen = (0..values.len()).rev().map(|k| {
        let pairs = vectors.column(k).into_iter().zip(images.column(k));
        let cube: f64 = pairs.map(|(y, m)| y.re * m.re + y.im * m.im).sum();
        Seen { value: values[k].max(0.0), gain: share(cube, values[k]), multiplicity: block.multiplicity }
    });
    Ok(seen.collect())
}

/// a/b within [0, 1], 0 where nothing is seen.
fn share(a: f64, b: f64) -> f64 {
    if b > 0.0 { (a / b).clamp(0.0, 1.0) } else { 0.0 }
}

fn mode_block(space: &InvariantSpace, weight: &Weight) -> Result<Block> {
    let h: Vec<f64> = space.lambda.iter().map(|&l| gain(l, weight.rho)).collect();
    let (inner, beyond) = space.pull(&weight.weighing, |l| weight.covariance(l))?;
    let spread = Array2::from_shape_fn(inner.dim(), |(r, c)| h[r] * inner[[r, c]] * h[c]);
    let (values, vectors) = eigen(&spread, "the observed modes")?;
    let gain_of = |k: usize| vectors.column(k).iter().zip(&h).map(|(y, h)| y * (h * y)).sum::<f64>();
    let seen =
        |k: usize| Seen { value: values[k].max(0.0), gain: gain_of(k).clamp(0.0, 1.0), multiplicity: 1.0 };
    let mut block: Block = (0..values.len()).rev().map(seen).collect();
    let rest = gain(space.complement, weight.rho);
    for (pull, &multiplicity) in beyond.iter().zip(&space.beyond).filter(|(_, n)| **n > 0.0) {
        block.push(Seen { value: rest * rest * pull, gain: rest, multiplicity });
    }
    Ok(block)
}
