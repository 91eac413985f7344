//! Members of an ensemble in the alias blocks.

use super::block::{Gains, Split, Weight};
use super::hermitian::Cholesky;
use super::{AliasBlock, LatticeData, LatticeSpace};
use crate::dynamics::{Dynamics, Move, Norms};
use crate::likelihood::Weighing;
use crate::{Draws, ReducedError, Start, error};
use equipoise_field::Real;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::gain;
use rayon::prelude::*;

/// The states of all members, block by block.
pub(crate) struct LatticeRun<'a, R: Real> {
    space: &'a LatticeSpace<R>,
    data: &'a LatticeData,
    blocks: Vec<BlockRun>,
    members: usize,
}

/// One block of all members.
struct BlockRun {
    states: Vec<Split>,
    /// σg of the last evaluation.
    pulls: Vec<Split>,
    gains: Gains,
    /// The factor of S of the last level.
    factor: Option<(Level, Cholesky)>,
}

impl<'a, R: Real> LatticeRun<'a, R> {
    /// Members at `level`, the first of the run.
    pub(crate) fn new(
        space: &'a LatticeSpace<R>,
        data: &'a LatticeData,
        members: &[Draws<'_, R>],
        level: Level,
    ) -> Result<Self, ReducedError> {
        let blank = |block: &AliasBlock| BlockRun {
            states: vec![Split::zero(block.lambda.len()); members.len()],
            pulls: vec![Split::zero(block.lambda.len()); members.len()],
            gains: Gains { jacobian: Vec::new(), prior: Vec::new(), sigma: 0.0 },
            factor: None,
        };
        let blocks = space.blocks.iter().map(blank).collect();
        let mut run = Self { space, data, blocks, members: members.len() };
        for (m, draws) in members.iter().enumerate() {
            let start = run.start(draws.start, level)?;
            for (block, held) in space.blocks.iter().zip(&mut run.blocks) {
                block.gather(&start, &mut held.states[m]);
            }
        }
        Ok(run)
    }

    /// Uᵀ(x_1 − μm).
    fn start(&self, start: Start<'_, R>, level: Level) -> Result<Vec<f64>, ReducedError> {
        let (dim, mean) = (self.space.dim(), &self.space.mean);
        let centred = |x: f64, m: &f64| x - level.mu * m;
        Ok(match start {
            Start::Field(field) => {
                error::expect("start", field.len(), dim)?;
                let mut packed = vec![R::zero(); dim];
                self.space.observed.covariance().analyse(field, &mut packed);
                packed.iter().zip(mean).map(|(x, m)| centred(x.wide(), m)).collect()
            }
            Start::Normal(stream) => {
                let white: Vec<f64> = stream.normal(0, dim);
                white.into_iter().zip(mean).map(|(x, m)| centred(x, m)).collect()
            }
            Start::Prior(stream) => {
                let white: Vec<f64> = stream.normal(0, dim);
                let marginal = |l: &f64| (level.mu * level.mu * l + level.sigma * level.sigma).sqrt();
                let lambda = self.space.observed.covariance().eigenvalues();
                white.into_iter().zip(lambda).map(|(x, l)| marginal(l) * x).collect()
            }
        })
    }

    /// Uᵀ(x − μm) of a member.
    pub(crate) fn end(&self, member: usize) -> Vec<f64> {
        let mut packed = vec![0.0; self.space.dim()];
        for (block, held) in self.space.blocks.iter().zip(&self.blocks) {
            block.scatter(&held.states[member], &mut packed);
        }
        packed
    }
}

impl BlockRun {
    /// Gains and, for the exact guidance, the factor of S at a level.
    fn prepare(
        &mut self,
        block: &AliasBlock,
        level: Level,
        noise: Option<&[f64]>,
    ) -> Result<(), ReducedError> {
        let gains = &mut self.gains;
        gains.sigma = level.sigma;
        gains.jacobian.clear();
        gains.jacobian.extend(block.lambda.iter().map(|&l| gain::jacobian(level, l)));
        gains.prior.clear();
        let over = 1.0 / level.sigma;
        gains.prior.extend(gains.jacobian.iter().map(|j| (1.0 - level.mu * j) * over));
        let Some(noise) = noise else { return Ok(()) };
        if self.factor.as_ref().is_none_or(|(at, _)| *at != level) {
            let v: Vec<f64> = block.lambda.iter().map(|&l| gain::covariance(level, l)).collect();
            let factor = block.innovation(noise, &v).map_err(|fault| ReducedError::Indefinite {
                mu: level.mu,
                sigma: level.sigma,
                row: fault.row,
                pivot: fault.pivot,
            })?;
            self.factor = Some((level, factor));
        }
        Ok(())
    }
}

impl<R: Real> Dynamics for LatticeRun<'_, R> {
    fn evaluate(&mut self, level: Level, weighing: &Weighing) -> Result<Vec<Norms>, ReducedError> {
        let (over, noise) = match weighing {
            Weighing::Diagonal(v) => {
                (self.space.by_plane(v)?.iter().map(|v| 1.0 / v).collect::<Vec<_>>(), None)
            }
            Weighing::Innovation => (Vec::new(), Some(self.space.by_plane(self.space.observed.noise())?)),
        };
        let blocks = self.blocks.par_iter_mut().zip(&self.space.blocks).zip(&self.data.0);
        let norms = blocks.map(|((held, block), data)| {
            held.prepare(block, level, noise.as_deref())?;
            let weight = match &held.factor {
                Some((_, factor)) if noise.is_some() => Weight::Factor(factor),
                _ => Weight::Planes(&over),
            };
            let members = held.states.iter().zip(&mut held.pulls);
            Ok(members.map(|(x, g)| block.evaluate(&held.gains, &weight, data, x, g)).collect())
        });
        let norms: Vec<Vec<Norms>> = norms.collect::<Result<_, ReducedError>>()?;
        let mut total = vec![Norms::default(); self.members];
        for part in &norms {
            total.iter_mut().zip(part).for_each(|(total, part)| *total += *part);
        }
        Ok(total)
    }

    fn advance(&mut self, moves: &[Move]) {
        self.blocks.par_iter_mut().for_each(|held| {
            for ((x, g), step) in held.states.iter_mut().zip(&held.pulls).zip(moves) {
                let pass = |x: &mut [f64], g: &[f64]| {
                    for ((x, g), prior) in x.iter_mut().zip(g).zip(&held.gains.prior) {
                        *x = step.keep * *x + step.along * (prior * *x - step.factor * g);
                    }
                };
                pass(&mut x.re, &g.re);
                pass(&mut x.im, &g.im);
            }
        });
    }

    fn kick(&mut self, scales: &[f64], draw: u64, streams: &[Stream]) {
        let white: Vec<Vec<f64>> = (scales.par_iter().zip(streams))
            .map(
                |(&scale, stream)| {
                    if scale > 0.0 { stream.normal(draw, self.space.dim()) } else { Vec::new() }
                },
            )
            .collect();
        self.blocks.par_iter_mut().zip(&self.space.blocks).for_each(|(held, block)| {
            let mut z = Split::zero(block.lambda.len());
            for ((x, white), &scale) in held.states.iter_mut().zip(&white).zip(scales) {
                if white.is_empty() {
                    continue;
                }
                block.gather(white, &mut z);
                x.re.iter_mut().zip(&z.re).for_each(|(x, z)| *x += scale * z);
                x.im.iter_mut().zip(&z.im).for_each(|(x, z)| *x += scale * z);
            }
        });
    }

    fn squared_norms(&self) -> Vec<f64> {
        let of = |(held, block): (&BlockRun, &AliasBlock)| -> Vec<f64> {
            held.states.iter().map(|x| block.squared_norm(x)).collect()
        };
        let parts: Vec<Vec<f64>> = self.blocks.par_iter().zip(&self.space.blocks).map(of).collect();
        let mut total = vec![0.0; self.members];
        parts.iter().for_each(|part| total.iter_mut().zip(part).for_each(|(t, p)| *t += p));
        total
    }

    fn clear(&mut self, member: usize) {
        for held in &mut self.blocks {
            let x = &mut held.states[member];
            x.re.fill(0.0);
            x.im.fill(0.0);
        }
    }
}
