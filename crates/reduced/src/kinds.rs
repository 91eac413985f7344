//! Explicit modes under an operator with A Aᵀ = c·I: the classes of observations, and what each sees of the modes.

use crate::{ReducedError, Result};
use equipoise_covariance::{Modes, Structure};
use equipoise_field::Real;
use equipoise_innovation::ObservedPrior;
use equipoise_observation::NoiseVariance;
use equipoise_operator::Gram;
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

/// Entries of all modes that are widened and multiplied together.
const BLOCK: usize = 1 << 12;

/// The modes U of a prior, A U, and c of A Aᵀ = c·I.
pub(crate) struct Explicit<'a, R: Real> {
    pub(crate) modes: &'a Modes<R>,
    pub(crate) observed: &'a [R],
    pub(crate) scale: f64,
}

impl<'a, R: Real> Explicit<'a, R> {
    pub(crate) fn of(observed: &'a ObservedPrior<R>) -> Result<Self> {
        let found = |found| ReducedError::Structure { found };
        let Structure::Modes(modes) = observed.covariance().structure() else {
            return Err(found("a covariance without explicit modes"));
        };
        let basis = observed.observed_basis().ok_or(found("modes seen through another operator"))?;
        let Gram::Scaled(scale) = observed.operator().gram() else {
            return Err(found("an operator without A Aᵀ = c·I"));
        };
        Ok(Self { modes, observed: basis, scale })
    }

    /// UᵀΠ_κU of every class κ, Π_κ the projector on what its observations see.
    pub(crate) fn seen(&self, kinds: &Kinds) -> Vec<Array2<f64>> {
        let mut seen = grams(self.observed, self.modes.rank(), kinds.noise.len(), &|i| kinds.class(i));
        seen.iter_mut().for_each(|gram| *gram /= self.scale);
        seen
    }
}

/// The classes that a noise tells apart: all observations, or those of each channel.
#[derive(Clone, Debug)]
pub(crate) struct Kinds {
    /// s² of every class.
    pub(crate) noise: Vec<f64>,
    /// Observations side by side that are of one class, at least 1.
    pub(crate) plane: usize,
    /// How many are of each class.
    pub(crate) sizes: Vec<usize>,
}

impl Kinds {
    /// Of `count` observations.
    pub(crate) fn of(noise: &NoiseVariance, count: usize) -> Result<Self> {
        let (noise, plane) = match (noise.uniform(), noise) {
            (Some(v), _) => (vec![v], count),
            (None, NoiseVariance::PerChannel { values, plane }) => (values.clone(), *plane),
            (None, _) => return Err(ReducedError::Variances { found: "one an observation" }),
        };
        let mut kinds = Self { sizes: vec![0; noise.len()], noise, plane: plane.max(1) };
        for i in 0..count {
            let class = kinds.class(i);
            kinds.sizes[class] += 1;
        }
        Ok(kinds)
    }

    fn class(&self, i: usize) -> usize {
        i / self.plane % self.noise.len()
    }

    /// Adds f(v) for every class, from a variance v for each of them.
    pub(crate) fn by_class(
        &self,
        variance: &NoiseVariance,
        f: impl Fn(f64) -> f64,
        out: &mut Vec<f64>,
    ) -> Result<()> {
        let kinds = self.noise.len();
        match (variance.uniform(), variance) {
            (Some(v), _) => out.extend(std::iter::repeat_n(f(v), kinds)),
            (None, NoiseVariance::PerChannel { values, plane })
                if *plane == self.plane && values.len() == kinds =>
            {
                out.extend(values.iter().map(|&v| f(v)));
            }
            (None, NoiseVariance::PerChannel { .. }) => {
                return Err(ReducedError::Variances { found: "other channels" });
            }
            (None, _) => return Err(ReducedError::Variances { found: "one an observation" }),
        }
        Ok(())
    }
}

/// Σ_{i in class} B_ji B_ki for the `kinds` classes of the columns of a row-major r × n matrix B, over
/// fixed blocks, added in index order.
pub(crate) fn grams<R: Real>(
    basis: &[R],
    rank: usize,
    kinds: usize,
    class: &(dyn Fn(usize) -> usize + Sync),
) -> Vec<Array2<f64>> {
    let count = basis.len() / rank.max(1);
    let starts: Vec<usize> = (0..count).step_by(BLOCK).collect();
    let partial = |&start: &usize| -> Vec<Array2<f64>> {
        let len = BLOCK.min(count - start);
        let mut plain = Vec::with_capacity(rank * len);
        (0..rank).for_each(|j| plain.extend(basis[j * count + start..][..len].iter().map(|u| u.wide())));
        let square = |values: &[f64]| {
            let block = ArrayView2::from_shape((rank, len), values).expect("rank × block values were pushed");
            block.dot(&block.t())
        };
        let of = |kind: usize| {
            if kinds == 1 {
                return square(&plain);
            }
            let one = |(k, u): (usize, &f64)| if class(start + k % len) == kind { *u } else { 0.0 };
            square(&plain.iter().enumerate().map(one).collect::<Vec<_>>())
        };
        (0..kinds).map(of).collect()
    };
    let partial: Vec<Vec<Array2<f64>>> = starts.par_iter().map(partial).collect();
    let zero = vec![Array2::zeros((rank, rank)); kinds];
    partial.iter().fold(zero, |sum, p| sum.into_iter().zip(p).map(|(s, p)| s + p).collect())
}
