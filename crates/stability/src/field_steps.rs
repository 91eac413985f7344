//! The predictor through the field space: for priors and operators without common structure.

use crate::course::{Weight, gain};
use crate::product::Steps;
use crate::{Course, Result};
use equipoise_covariance::Weights;
use equipoise_field::Real;
use equipoise_innovation::{Innovation, ObservedPrior};
use equipoise_observation::NoiseVariance;
use equipoise_reduced::Weighing;

/// W at one level, ready to be applied to N numbers.
pub(crate) enum Weigh<R: Real> {
    /// factor/v.
    Diagonal(NoiseVariance, f64),
    Innovation(Box<Innovation<R>>),
}

impl<R: Real> Weigh<R> {
    pub(crate) fn new(observed: &ObservedPrior<R>, weight: &Weight) -> Result<Self> {
        Ok(match &weight.weighing {
            Weighing::Diagonal(v) => Self::Diagonal(v.clone(), weight.factor),
            Weighing::Innovation => {
                Self::Innovation(Box::new(observed.innovation(&|l| weight.covariance(l))?))
            }
        })
    }

    /// r ← W r.
    pub(crate) fn apply(&self, r: &mut [R]) -> Result<()> {
        match self {
            Self::Diagonal(v, factor) => {
                r.iter_mut().enumerate().for_each(|(i, r)| *r *= R::narrow(factor / v.at(i)));
            }
            Self::Innovation(innovation) => {
                let mut z = vec![R::zero(); r.len()];
                innovation.solve(r, &mut z)?;
                r.copy_from_slice(&z);
            }
        }
        Ok(())
    }
}

/// A Gaussian prior by products with f(Σ), A and Aᵀ.
pub(crate) struct FieldSteps<'a, R: Real> {
    observed: &'a ObservedPrior<R>,
    course: &'a Course,
    weigh: Vec<Weigh<R>>,
    gains: Vec<Weights<R>>,
}

impl<'a, R: Real> FieldSteps<'a, R> {
    pub(crate) fn new(
        observed: &'a ObservedPrior<R>,
        course: &'a Course,
        weights: &[Weight],
    ) -> Result<Self> {
        let weigh = weights.iter().map(|weight| Weigh::new(observed, weight));
        let gains = weights.iter().map(|at| observed.covariance().weights(&|l| gain(l, at.rho)));
        Ok(Self { observed, course, weigh: weigh.collect::<Result<_, _>>()?, gains: gains.collect() })
    }
}

impl<R: Real> Steps for FieldSteps<'_, R> {
    fn len(&self) -> usize {
        self.observed.covariance().dim()
    }

    fn count(&self) -> usize {
        self.course.steps()
    }

    /// v ← v − q((I − H)v + ρ²H AᵀWA H v), with H the gain of the prior.
    fn step(&self, i: usize, v: &mut [f64]) -> Result<()> {
        let (q, rho) = (self.course.share(i), self.course.ratio(i));
        let (covariance, operator) = (self.observed.covariance(), self.observed.operator());
        let mut pull: Vec<R> = v.iter().map(|&v| R::narrow(v)).collect();
        let (mut kept, mut pulled) = (pull.clone(), pull.clone());
        covariance.apply(&self.gains[i], &pull, &mut kept);
        let mut seen = vec![R::zero(); operator.len_out()];
        operator.apply(&kept, &mut seen);
        self.weigh[i].apply(&mut seen)?;
        operator.adjoint(&seen, &mut pulled);
        covariance.apply(&self.gains[i], &pulled, &mut pull);
        for ((v, kept), pull) in v.iter_mut().zip(&kept).zip(&pull) {
            *v -= q * (*v - kept.wide() + rho * rho * pull.wide());
        }
        Ok(())
    }

    fn root(&self, i: usize, v: &mut [f64], f: fn(f64) -> f64) -> Result<()> {
        let rho2 = self.course.ratio(i).powi(2);
        let covariance = self.observed.covariance();
        let weights = covariance.weights(&|l| f((l + rho2).sqrt()));
        let field: Vec<R> = v.iter().map(|&v| R::narrow(v)).collect();
        let mut out = vec![R::zero(); v.len()];
        covariance.apply(&weights, &field, &mut out);
        v.iter_mut().zip(&out).for_each(|(v, o)| *v = o.wide());
        Ok(())
    }
}
