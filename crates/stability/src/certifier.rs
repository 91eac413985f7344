//! The certificate of an affine run, by whatever structure prior and operator share.

use crate::alias::AliasBlocks;
use crate::certificate::{Certificate, Direction, Scope};
use crate::field_steps::FieldSteps;
use crate::lattice_steps::{LatticeSteps, planes_of};
use crate::product::{Amplification, Steps, THOROUGH, amplify};
use crate::reduced::Reduced;
use crate::reduced_steps::parts;
use crate::{Course, Likelihood, StabilityError};
use equipoise_covariance::Structure;
use equipoise_field::Real;
use equipoise_innovation::ObservedPrior;
use equipoise_operator::{Gram, Selection};
use equipoise_stream::Stream;
use rayon::prelude::*;
use std::fmt;
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
    /// Stationary prior, dividing lattice; with the noise of each plane.
    Lattice(Arc<AliasBlocks>, Arc<Vec<f64>>),
    /// Explicit modes, A Aᵀ = c·I.
    Modes(Arc<Reduced>),
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

impl<R: Real> fmt::Debug for Certifier<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certifier").field("observed", &self.observed).finish_non_exhaustive()
    }
}

impl<R: Real> Certifier<R> {
    /// Finds the structure that prior and operator share and prepares what no law changes.
    ///
    /// Explicit modes cost r applications of A and an r × r Gram matrix.
    ///
    /// # Errors
    /// [`StabilityError::Eigen`].
    pub fn new(observed: ObservedPrior<R>) -> Result<Self, StabilityError> {
        let (covariance, operator, noise) = (observed.covariance(), observed.operator(), observed.noise());
        let shared = match (covariance.structure(), operator.gram(), operator.selection()) {
            (Structure::Stationary(prior), _, Selection::Lattice { shape, stride })
                if shape.height.is_multiple_of(stride) && shape.width.is_multiple_of(stride) =>
            {
                let blocks = AliasBlocks::new(prior, stride);
                match planes_of(noise, shape.planes()) {
                    Ok(noise) => Shared::Lattice(Arc::new(blocks), Arc::new(noise)),
                    Err(_) => Shared::Field,
                }
            }
            (Structure::Modes(modes), Gram::Scaled(c), _) => Reduced::new(modes, &**operator, c, noise)?
                .map_or(Shared::Field, |r| Shared::Modes(Arc::new(r))),
            _ => Shared::Field,
        };
        Ok(Self { observed, shared })
    }

    /// How certificates are computed.
    pub fn method(&self) -> Method {
        match self.shared {
            Shared::Lattice(..) => Method::AliasBlocks,
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
    /// The verdict is on fields of element type R. `Likelihood::Frozen` makes a local certificate.
    ///
    /// # Errors
    /// [`StabilityError::StateDependent`] for `adaptive` without factors,
    /// [`StabilityError::Guidance`] when the law has no strength at a level,
    /// [`StabilityError::Weights`], [`StabilityError::Innovation`].
    pub fn certificate(
        &self,
        course: &Course,
        likelihood: &Likelihood<'_>,
    ) -> Result<Certificate, StabilityError> {
        let precisions = likelihood.precisions(course)?;
        let scope =
            if matches!(likelihood, Likelihood::Frozen { .. }) { Scope::Local } else { Scope::Global };
        let stream = Stream::new("amplification");
        let (log, field, direction) = match &self.shared {
            Shared::Lattice(lattice, noise) => {
                let steps = |b: usize| LatticeSteps::new(&lattice.blocks[b], course, &precisions, noise);
                let found = all_blocks(lattice.blocks.len(), &steps, stream)?;
                let (block, log) = join(&found);
                let field = total(&found, |b| lattice.blocks[b].multiplicity);
                (log, field, wavenumber(lattice, block, &found[block].direction))
            }
            Shared::Modes(space) => {
                let parts = parts(space, course, &precisions)?;
                let found = amplify_all(&parts, stream)?;
                let (part, log) = join(&found);
                let field = total(&found, |part| space.multiplicity(part));
                (log, field, mode(space, part, &found[part].direction))
            }
            Shared::Field => {
                let steps = FieldSteps::new(&self.observed, course, &precisions)?;
                let found = amplify(&steps, stream, THOROUGH)?;
                (found.log, found.field, field(&found.direction))
            }
        };
        let prior = self.observed.covariance().trace(&|l| l).sqrt();
        let epsilon = R::epsilon().wide();
        Ok(Certificate::new(course, &log, field.exp() / prior, direction, epsilon, scope))
    }
}

fn amplify_all<S: Steps>(parts: &[S], stream: Stream) -> Result<Vec<Amplification>, StabilityError> {
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
    steps: &(dyn Fn(usize) -> Result<S, StabilityError> + Sync),
    stream: Stream,
) -> Result<Vec<Amplification>, StabilityError> {
    let look = |b: usize, iterations| amplify(&steps(b)?, stream.number(b as u64), iterations);
    let mut found: Vec<Amplification> =
        (0..count).into_par_iter().map(|b| look(b, GLANCES)).collect::<Result<_, _>>()?;
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
    let thorough: Vec<Amplification> =
        close.par_iter().map(|&b| look(b, THOROUGH)).collect::<Result<_, _>>()?;
    close.into_iter().zip(thorough).for_each(|(b, one)| found[b] = one);
    Ok(found)
}

fn largest(v: impl Iterator<Item = f64>) -> usize {
    v.enumerate().fold((0, 0.0), |best, (i, size)| if size > best.1 { (i, size) } else { best }).0
}

fn wavenumber(lattice: &AliasBlocks, block: usize, v: &[f64]) -> Direction {
    let block = &lattice.blocks[block];
    let (re, im) = v.split_at(block.len());
    let i = largest(re.iter().zip(im).map(|(a, b)| a * a + b * b));
    let (wavenumber, mode) = lattice.wavenumber(block, i);
    Direction::Wavenumber { wavenumber, mode, lambda: block.lambda[i] }
}

fn mode(space: &Reduced, part: usize, v: &[f64]) -> Direction {
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

pub(crate) fn field(v: &[f64]) -> Direction {
    Direction::Field { index: largest(v.iter().map(|x| x.abs())) }
}
