//! The predictor where Σ is diagonal: in one alias block, in the invariant space of explicit modes, beyond it.

use crate::course::{Weight, gain};
use crate::product::Steps;
use crate::{Course, Result};
use equipoise_reduced::{AliasBlock, AliasBlocks, InvariantSpace, PlaneWeight};
use ndarray::{Array2, ArrayView1};
use std::borrow::Cow;

/// K_i v = v − q((I − H)v + ρ²H AᵀWA H v), H = λ/(λ + ρ²).
pub(crate) struct BlockSteps<'a> {
    course: &'a Course,
    /// Of every coordinate; complex coordinates come in two stretches of this length.
    lambda: Cow<'a, [f64]>,
    /// The block, and its weights at the beginning of every step.
    pulls: Pulls<'a>,
    /// The factor on W at the beginning of every step.
    factors: Vec<f64>,
}

/// AᵀWA at the beginning of every step, but for its factor.
enum Pulls<'a> {
    Block(&'a AliasBlock, Vec<PlaneWeight>),
    Matrices(Vec<Array2<f64>>),
    Numbers(Vec<f64>),
}

/// The predictor in one alias block: diagonal plus rank T·C.
pub(crate) fn in_block<'a>(
    lattice: &AliasBlocks,
    block: &'a AliasBlock,
    course: &'a Course,
    weights: &[Weight],
) -> Result<BlockSteps<'a>> {
    let weight = |w: &Weight| lattice.weight(block, &w.weighing, |l| w.covariance(l), |w| w);
    let made = weights.iter().map(weight).collect::<Result<_, _>>()?;
    Ok(BlockSteps::new(course, Cow::Borrowed(&block.lambda), Pulls::Block(block, made), weights))
}

/// The parts of the predictor under explicit modes: 𝒮, what each class sees beyond, what nothing sees.
pub(crate) fn in_space<'a>(
    space: &'a InvariantSpace,
    course: &'a Course,
    weights: &[Weight],
) -> Result<Vec<BlockSteps<'a>>> {
    let made = weights.iter().map(|w| space.pull(&w.weighing, |l| w.covariance(l)));
    let (inner, beyond): (Vec<_>, Vec<_>) = made.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    let of = |lambda, pulls| BlockSteps::new(course, lambda, pulls, weights);
    let number = |pulls: Vec<f64>| of(Cow::Owned(vec![space.complement]), Pulls::Numbers(pulls));
    let mut parts = vec![of(Cow::Borrowed(&space.lambda), Pulls::Matrices(inner))];
    for class in (0..space.beyond.len()).filter(|&k| space.beyond[k] > 0.0) {
        parts.push(number(beyond.iter().map(|beyond: &Vec<f64>| beyond[class]).collect()));
    }
    if space.unseen > 0.0 {
        parts.push(number(vec![0.0; weights.len()]));
    }
    Ok(parts)
}

impl<'a> BlockSteps<'a> {
    fn new(course: &'a Course, lambda: Cow<'a, [f64]>, pulls: Pulls<'a>, weights: &[Weight]) -> Self {
        Self { course, lambda, pulls, factors: weights.iter().map(|w| w.factor).collect() }
    }

    /// Every coordinate of `v` with its λ.
    fn along<'v>(&self, v: &'v mut [f64]) -> impl Iterator<Item = (&'v mut f64, f64)> {
        v.iter_mut().zip(self.lambda.iter().copied().cycle())
    }
}

impl Steps for BlockSteps<'_> {
    fn len(&self) -> usize {
        match self.pulls {
            Pulls::Block(..) => 2 * self.lambda.len(),
            Pulls::Matrices(_) | Pulls::Numbers(_) => self.lambda.len(),
        }
    }

    fn count(&self) -> usize {
        self.course.steps()
    }

    fn step(&self, i: usize, v: &mut [f64]) -> Result<()> {
        let (q, rho) = (self.course.share(i), self.course.ratio(i));
        let mut pull = v.to_vec();
        self.along(&mut pull).for_each(|(v, l)| *v *= gain(l, rho));
        match &self.pulls {
            Pulls::Block(block, weights) => block.pull(&weights[i], &mut pull),
            Pulls::Matrices(matrices) => pull = matrices[i].dot(&ArrayView1::from(&pull)).to_vec(),
            Pulls::Numbers(numbers) => pull.iter_mut().for_each(|v| *v *= numbers[i]),
        }
        let scale = rho * rho * self.factors[i];
        for ((v, l), pull) in self.along(v).zip(&pull) {
            let h = gain(l, rho);
            *v -= q * ((1.0 - h) * *v + scale * h * pull);
        }
        Ok(())
    }

    fn root(&self, i: usize, v: &mut [f64], f: fn(f64) -> f64) -> Result<()> {
        let rho2 = self.course.ratio(i).powi(2);
        self.along(v).for_each(|(v, l)| *v *= f((l + rho2).sqrt()));
        Ok(())
    }
}
