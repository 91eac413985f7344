//! Members of an ensemble in the alias blocks.

use super::block::{Gains, Split, Weight};
use super::hermitian::Cholesky;
use super::{AliasBlock, LatticeData, LatticeSpace, Planes};
use crate::dynamics::{Dynamics, Move, Norms, Seen, Step};
use crate::likelihood::Weighing;
use crate::{Draws, ReducedError, Start, error};
use equipoise_field::Real;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::gain;
use num_complex::Complex;
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
    fn prepare(&mut self, block: &AliasBlock, level: Level, planes: &Planes) -> Result<(), ReducedError> {
        let gains = &mut self.gains;
        gains.sigma = level.sigma;
        gains.jacobian.clear();
        gains.jacobian.extend(block.lambda.iter().map(|&l| gain::jacobian(level, l)));
        gains.prior.clear();
        let over = 1.0 / level.sigma;
        gains.prior.extend(gains.jacobian.iter().map(|j| (1.0 - level.mu * j) * over));
        let Planes::Noise(noise) = planes else { return Ok(()) };
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

    fn evaluate(
        &mut self,
        block: &AliasBlock,
        data: &[Complex<f64>],
        level: Level,
        planes: &Planes,
    ) -> Result<Vec<Norms>, ReducedError> {
        self.prepare(block, level, planes)?;
        let weight = match (planes, &self.factor) {
            (Planes::Precision(over), _) => Weight::Planes(over),
            (Planes::Noise(_), Some((_, factor))) => Weight::Factor(factor),
            (Planes::Noise(_), None) => unreachable!("the factor was prepared"),
        };
        let members = self.states.iter().zip(&mut self.pulls);
        Ok(members.map(|(x, g)| block.evaluate(&self.gains, &weight, data, x, g)).collect())
    }

    fn advance(&mut self, member: usize, step: Move) {
        let (x, g) = (&mut self.states[member], &self.pulls[member]);
        let pass = |x: &mut [f64], g: &[f64]| {
            for ((x, g), prior) in x.iter_mut().zip(g).zip(&self.gains.prior) {
                *x = step.keep * *x + step.along * (prior * *x - step.factor * g);
            }
        };
        pass(&mut x.re, &g.re);
        pass(&mut x.im, &g.im);
    }

    fn squared_norms(&self, block: &AliasBlock) -> Vec<f64> {
        self.states.iter().map(|x| block.squared_norm(x)).collect()
    }
}

impl<R: Real> Dynamics for LatticeRun<'_, R> {
    fn evaluate(&mut self, level: Level, weighing: &Weighing) -> Result<Vec<Norms>, ReducedError> {
        let planes = self.space.planes(weighing)?;
        let blocks = self.blocks.par_iter_mut().zip(&self.space.blocks).zip(&self.data.0);
        let norms = blocks.map(|((held, block), data)| held.evaluate(block, data, level, &planes));
        let norms: Vec<Vec<Norms>> = norms.collect::<Result<_, ReducedError>>()?;
        let mut total = vec![Norms::default(); self.members];
        for part in &norms {
            total.iter_mut().zip(part).for_each(|(total, part)| *total += *part);
        }
        Ok(total)
    }

    fn advance(&mut self, moves: &[Move]) {
        self.blocks.par_iter_mut().for_each(|held| {
            moves.iter().enumerate().for_each(|(m, step)| held.advance(m, *step));
        });
    }

    /// Every block takes all steps at once, while it is in cache.
    fn walk(&mut self, steps: &[Step]) -> Result<Vec<Vec<Seen>>, ReducedError> {
        let planes =
            steps.iter().map(|step| self.space.planes(&step.weighing)).collect::<Result<Vec<_>, _>>()?;
        let members = self.members;
        let blocks = self.blocks.par_iter_mut().zip(&self.space.blocks).zip(&self.data.0);
        let seen = blocks.map(|((held, block), data)| {
            let one = |(step, planes): (&Step, &Planes)| {
                let norms = held.evaluate(block, data, step.level, planes)?;
                (0..members).for_each(|m| held.advance(m, step.movement));
                Ok(norms.into_iter().zip(held.squared_norms(block)).collect::<Vec<Seen>>())
            };
            steps.iter().zip(&planes).map(one).collect::<Result<Vec<_>, ReducedError>>()
        });
        let seen: Vec<Vec<Vec<Seen>>> = seen.collect::<Result<_, _>>()?;
        let mut total = vec![vec![Seen::default(); members]; steps.len()];
        for block in &seen {
            for (total, part) in total.iter_mut().flatten().zip(block.iter().flatten()) {
                total.0 += part.0;
                total.1 += part.1;
            }
        }
        Ok(total)
    }

    fn kick(&mut self, scales: &[f64], draw: u64, streams: &[Stream]) {
        let blocks = self.blocks.par_iter_mut().zip(&self.space.blocks).enumerate();
        blocks.for_each(|(q, (held, block))| {
            let mut deviates = vec![0.0; 2 * block.lambda.len()];
            for ((x, stream), &scale) in held.states.iter_mut().zip(streams).zip(scales) {
                if scale > 0.0 {
                    stream.number(q as u64).fill_normal(draw, &mut deviates);
                    block.add_white(&deviates, scale, x);
                }
            }
        });
    }

    fn squared_norms(&self) -> Vec<f64> {
        let blocks = self.blocks.par_iter().zip(&self.space.blocks);
        let parts: Vec<Vec<f64>> = blocks.map(|(held, block)| held.squared_norms(block)).collect();
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
