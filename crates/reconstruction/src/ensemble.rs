//! Mean, deviation and members in physical units.

use crate::{Choice, Drawn, Problem, Result};
use equipoise_field::{Real, sum};
use equipoise_metrics::{Inclusion, MISFIT_HIGH, MISFIT_LOW, rmse};
use equipoise_report::significant;
use rayon::prelude::*;

/// The squared χ of exact members, 1 − B and residuals on average, below which it is rounding: readings whose
/// noise is so far above the prior's spread say nothing of any member.
const ROUNDING: f64 = 1e-12;

/// What a mean is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Centre {
    /// The posterior, in closed form.
    ClosedForm,
    /// The members.
    Members,
}

/// An ensemble in physical units, each field (T, C, H, W).
#[derive(Clone, Debug, PartialEq)]
pub struct Ensemble {
    /// Index of every member, which names its draw.
    pub indices: Vec<u64>,
    /// The members.
    pub members: Vec<Vec<f32>>,
    /// The mean.
    pub mean: Vec<f32>,
    /// What it is the mean of.
    pub centre: Centre,
    /// The standard deviation of the members about the mean: over their number about the closed form,
    /// over one less about their own; NaN for one member about its own.
    pub std: Vec<f32>,
    /// χ = ‖(reading − member)/noise‖/√N, the root mean square over members.
    pub chi: f64,
}

impl Ensemble {
    /// Of what was drawn. The mean is the closed form where members are drawn from it.
    ///
    /// # Errors
    /// Those of the posterior mean and of the normalizer.
    pub fn of(problem: &Problem, choice: Choice, drawn: Drawn) -> Result<Self> {
        let closed = match choice {
            Choice::Posterior => Some(problem.posterior.mean(problem.observation.values())?),
            Choice::Diffusion(_) => None,
        };
        let (indices, members): (Vec<u64>, Vec<Vec<f32>>) = drawn.members.into_iter().unzip();
        let squares: Vec<f64> = members.iter().map(|x| misfit(problem, x)).collect();
        let chi = (squares.iter().sum::<f64>() / members.len() as f64).sqrt();
        let members = members.into_iter().map(|x| problem.restored(x)).collect::<Result<Vec<_>>>()?;
        let centre = if closed.is_some() { Centre::ClosedForm } else { Centre::Members };
        let mean = match closed {
            Some(mean) => problem.restored(mean)?,
            None => average(&members),
        };
        let std = deviation(&members, &mean, members.len() - usize::from(centre == Centre::Members));
        Ok(Self { indices, members, mean, centre, std, chi })
    }

    /// A sentence, if the members are further from the readings, or nearer, than exact ones by more
    /// than the bounds of [`MISFIT_LOW`] and [`MISFIT_HIGH`]. Nothing where the noise is so large that the χ of
    /// exact members is lost to rounding.
    pub fn warning(&self, exact: f64) -> Option<String> {
        if exact.powi(2) < ROUNDING {
            return None;
        }
        let (low, high) = (MISFIT_LOW * exact, MISFIT_HIGH * exact);
        (!(low..=high).contains(&self.chi)).then(|| {
            let found = significant(self.chi, 3);
            format!(
                "χ of the members: found {found}, expected {} to {}, those of the exact posterior have {}: \
                 the method has not sampled this posterior",
                significant(low, 3),
                significant(high, 3),
                significant(exact, 3)
            )
        })
    }

    /// The root of the mean of std² over the fluid.
    ///
    /// # Errors
    /// [`ReconstructionError::Metrics`](crate::ReconstructionError::Metrics).
    pub fn spread(&self, problem: &Problem) -> Result<f64> {
        let fluid = problem.fluid();
        Ok(rmse(&self.std, &vec![0.0; self.std.len()], Inclusion::Plane(&fluid))?)
    }

    /// The root mean square distance of the mean from a truth in physical units, over the fluid.
    ///
    /// # Errors
    /// [`ReconstructionError::Metrics`](crate::ReconstructionError::Metrics) for a truth of another length.
    pub fn error(&self, problem: &Problem, truth: &[f32]) -> Result<f64> {
        let fluid = problem.fluid();
        Ok(rmse(&self.mean, truth, Inclusion::Plane(&fluid))?)
    }
}

/// ‖(reading − member)/noise‖²/N of a normalised member.
fn misfit(problem: &Problem, x: &[f32]) -> f64 {
    let (entries, seen) = (&problem.placed.entries, problem.read(x));
    let residual = |i: usize| (entries[i].measured.value - seen[i]) / entries[i].measured.noise;
    sum::of(seen.len(), |i| residual(i).powi(2)) / seen.len() as f64
}

fn average(members: &[Vec<f32>]) -> Vec<f32> {
    let mut mean = vec![0.0f32; members[0].len()];
    mean.par_iter_mut().enumerate().for_each(|(i, mean)| {
        *mean = f32::narrow(members.iter().map(|x| x[i].wide()).sum::<f64>() / members.len() as f64);
    });
    mean
}

fn deviation(members: &[Vec<f32>], mean: &[f32], count: usize) -> Vec<f32> {
    let mut std = vec![0.0f32; mean.len()];
    std.par_iter_mut().enumerate().for_each(|(i, std)| {
        let squares: f64 = members.iter().map(|x| (x[i].wide() - mean[i].wide()).powi(2)).sum();
        *std = f32::narrow((squares / count as f64).sqrt());
    });
    std
}
