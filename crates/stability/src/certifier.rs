//! The certificate of an affine run, by whatever structure prior and operator share.

use crate::block_steps::{in_block, in_space};
use crate::certificate::{Certificate, Direction, Scope};
use crate::field_steps::FieldSteps;
use crate::product::{Amplification, Steps, THOROUGH, amplify};
use crate::{Course, Likelihood, Result};
use equipoise_field::{Real, each, sketched};
use equipoise_innovation::{self as innovation, ObservedPrior};
use equipoise_reduced::{AliasBlocks, InvariantSpace, ReducedError};
use equipoise_stream::Stream;
use std::sync::Arc;

/// Power iterations after which blocks are compared.
const GLANCES: usize = 3;
/// How many blocks are looked at thoroughly: those with the largest ends and those with the largest
/// peaks after a glance. An exploding block stands out by orders of magnitude after one pass; among
/// blocks that stay near 1 a few per cent decide nothing.
const CHOSEN: usize = 12;

/// A prior seen through an operator, ready to certify runs.
#[derive(Clone)]
pub struct Certifier<R: Real> {
    pub(crate) observed: ObservedPrior<R>,
    pub(crate) shared: Shared,
}

/// What all certificates of one prior and operator share.
#[derive(Clone)]
pub(crate) enum Shared {
    /// Stationary prior, dividing lattice.
    Lattice(Arc<AliasBlocks>),
    /// Explicit modes, A Aᵀ = c·I.
    Modes(Arc<InvariantSpace>),
    /// Nothing known.
    Field,
}

/// How a certificate is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Power iteration in each alias block.
    AliasBlocks,
    /// Power iteration in the invariant space of the observed modes, scalars beyond it.
    ObservedModes,
    /// Power iteration on fields.
    Fields,
}

sketched!([R: Real] Certifier<R>, "Certifier", |own| observed = own.observed);

impl<R: Real> Certifier<R> {
    /// Finds the structure that prior and operator share and prepares what no law changes.
    ///
    /// Explicit modes cost one pass over A U for their Gram matrices.
    ///
    /// # Errors
    /// [`StabilityError::Reduced`](crate::StabilityError::Reduced).
    pub fn new(observed: ObservedPrior<R>) -> Result<Self> {
        let shared = match observed.method() {
            innovation::Method::Lattice => {
                AliasBlocks::new(&observed).map(|blocks| Shared::Lattice(Arc::new(blocks)))
            }
            innovation::Method::Modes => {
                InvariantSpace::new(&observed).map(|space| Shared::Modes(Arc::new(space)))
            }
            innovation::Method::Dense | innovation::Method::Iterative => Ok(Shared::Field),
        };
        let shared = match shared {
            Err(ReducedError::Structure { .. } | ReducedError::Variances { .. }) => Shared::Field,
            shared => shared?,
        };
        Ok(Self { observed, shared })
    }

    /// How certificates are computed.
    pub fn method(&self) -> Method {
        match self.shared {
            Shared::Lattice(_) => Method::AliasBlocks,
            Shared::Modes(_) => Method::ObservedModes,
            Shared::Field => Method::Fields,
        }
    }

    /// σ_W = ‖∏ P̃_t‖ and its peak over t, for the predictor
    /// x ← (μ′/μ)x + (σ′ − (μ′/μ)σ) ε_y(x, t) along `course`, whitened by the prior's marginal:
    ///
    /// > P̃ = (Σ + ρ′²)^{−½} [I − q((I − H) + ρ²H AᵀWA H)] (Σ + ρ²)^{½}, H = Σ(Σ + ρ²)⁻¹,
    ///
    /// ρ = σ/μ, q = 1 − ρ′/ρ. Norms are lower bounds from power iteration, good to a few per cent.
    /// The verdict is on fields of element type R. A course that [holds](Course::holding) factors makes a local
    /// certificate.
    ///
    /// # Errors
    /// [`StabilityError::StateDependent`](crate::StabilityError::StateDependent) for `adaptive` without factors,
    /// [`StabilityError::Reduced`](crate::StabilityError::Reduced) when the law has no strength at a level or its
    /// variances do not fit,
    /// [`StabilityError::Innovation`](crate::StabilityError::Innovation).
    pub fn certificate(&self, course: &Course, likelihood: &Likelihood) -> Result<Certificate> {
        let weights = course.weights(likelihood)?;
        let scope = if course.holds() { Scope::Local } else { Scope::Global };
        let stream = Stream::new("amplification");
        let (log, field, direction) = match &self.shared {
            Shared::Lattice(lattice) => {
                let steps = |b: usize| in_block(lattice, &lattice.blocks[b], course, &weights);
                let found = all_blocks(lattice.blocks.len(), &steps, stream)?;
                let (block, log) = join(&found);
                let field = total(&found, |b| lattice.blocks[b].multiplicity);
                (log, field, wavenumber(lattice, block, &found[block].direction))
            }
            Shared::Modes(space) => {
                let parts = in_space(space, course, &weights)?;
                let found = amplify_all(&parts, stream)?;
                let (part, log) = join(&found);
                let field = total(&found, |part| multiplicity(space, part));
                (log, field, mode(space, part, &found[part].direction))
            }
            Shared::Field => {
                let steps = FieldSteps::new(&self.observed, course, &weights)?;
                let found = amplify(&steps, stream, THOROUGH)?;
                (found.log, found.field, field(&found.direction))
            }
        };
        let prior = self.observed.covariance().trace(&|l| l).sqrt();
        let epsilon = R::epsilon().wide();
        Ok(Certificate::new(course, &log, field.exp() / prior, direction, epsilon, scope))
    }
}

/// Directions that a part of the predictor stands for: 𝒮, each class beyond, the unseen rest.
fn multiplicity(space: &InvariantSpace, part: usize) -> f64 {
    let beyond = space.beyond.iter().copied().filter(|n| *n > 0.0);
    std::iter::once(1.0).chain(beyond).nth(part).unwrap_or(space.unseen)
}

fn amplify_all<S: Steps>(parts: &[S], stream: Stream) -> Result<Vec<Amplification>> {
    parts.iter().enumerate().map(|(i, p)| amplify(p, stream.number(i as u64), THOROUGH)).collect()
}

/// The entrywise largest amplification, and the block that has its peak.
fn join(found: &[Amplification]) -> (usize, Vec<f64>) {
    let mut log = found[0].log.clone();
    let mut best = 0;
    for (block, one) in found.iter().enumerate() {
        log.iter_mut().zip(&one.log).for_each(|(a, b)| *a = a.max(*b));
        if one.log[one.peak()] > found[best].log[found[best].peak()] {
            best = block;
        }
    }
    (best, log)
}

/// ln √(Σ m e^{2f}) over blocks of multiplicity m with fields of size e^f.
fn total(found: &[Amplification], multiplicity: impl Fn(usize) -> f64) -> f64 {
    let largest = found.iter().map(|one| one.field).fold(f64::NEG_INFINITY, f64::max);
    if !largest.is_finite() {
        return largest;
    }
    let term = |(b, one): (usize, &Amplification)| multiplicity(b) * (2.0 * (one.field - largest)).exp();
    largest + found.iter().enumerate().map(term).sum::<f64>().ln() / 2.0
}

/// Glances at all blocks, then looks at those that could have the largest end or peak.
fn all_blocks<'a, S: Steps + 'a>(
    count: usize,
    steps: &(dyn Fn(usize) -> Result<S> + Sync),
    stream: Stream,
) -> Result<Vec<Amplification>> {
    let look = |b: usize, iterations| amplify(&steps(b)?, stream.number(b as u64), iterations);
    let all = |blocks: &[usize], iterations| -> Result<Vec<Amplification>> {
        each::made(blocks.len(), |i| look(blocks[i], iterations)).into_iter().collect()
    };
    let mut found = all(&(0..count).collect::<Vec<_>>(), GLANCES)?;
    let end = |a: &Amplification| a.log.last().copied().unwrap_or(0.0);
    let peak = |a: &Amplification| a.log[a.peak()];
    let leading = |size: &dyn Fn(&Amplification) -> f64| {
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|&a, &b| size(&found[b]).total_cmp(&size(&found[a])));
        order.truncate(CHOSEN);
        order
    };
    let mut close = leading(&end);
    close.extend(leading(&peak));
    close.sort_unstable();
    close.dedup();
    let thorough = all(&close, THOROUGH)?;
    close.into_iter().zip(thorough).for_each(|(b, one)| found[b] = one);
    Ok(found)
}

fn largest(v: impl Iterator<Item = f64>) -> usize {
    v.enumerate().fold((0, 0.0), |best, (i, size)| if size > best.1 { (i, size) } else { best }).0
}

fn wavenumber(lattice: &AliasBlocks, block: usize, v: &[f64]) -> Direction {
    let block = &lattice.blocks[block];
    let (re, im) = v.split_at(block.lambda.len());
    let i = largest(re.iter().zip(im).map(|(a, b)| a * a + b * b));
    let (wavenumber, mode) = lattice.wavenumber(block, i);
    Direction::Wavenumber { wavenumber, mode, lambda: block.lambda[i] }
}

fn mode(space: &InvariantSpace, part: usize, v: &[f64]) -> Direction {
    let classes = space.beyond.iter().filter(|n| **n > 0.0).count();
    if part > classes {
        return Direction::UnobservedRest;
    }
    if part > 0 {
        return Direction::ObservedRest;
    }
    let mode = largest(v.iter().map(|x| x.abs()));
    if mode < space.rank {
        Direction::Mode { mode, lambda: space.lambda[mode] }
    } else {
        Direction::ObservedRest
    }
}

fn field(v: &[f64]) -> Direction {
    Direction::Field { index: largest(v.iter().map(|x| x.abs())) }
}
