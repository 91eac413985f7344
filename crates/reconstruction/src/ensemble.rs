//! Mean, deviation and members in physical units.

use crate::{Choice, Drawn, Problem, ReconstructionError, Result};
use equipoise_field::{Real, sum};
use equipoise_metrics::{Inclusion, MISFIT_HIGH, MISFIT_LOW, rmse};
use equipoise_report::significant;
use equipoise_sampler::Outcome;
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
    /// What each member counts, in all 1; `None` where all count the same.
    pub weights: Option<Vec<f64>>,
    /// What the mean is of.
    pub centre: Centre,
    /// The mean and the standard deviation; `None` for one member, which is its own mean.
    about: Option<(Vec<f32>, Vec<f32>)>,
    /// χ = ‖(reading − member)/noise‖/√N, the root mean square over members, each with its weight.
    pub chi: f64,
}

impl Ensemble {
    /// Whether [`std`](Self::std) is that of the posterior itself, and not of the members.
    pub fn is_exact(&self, problem: &Problem) -> bool {
        self.centre == Centre::ClosedForm && problem.composite.is_some()
    }

    /// Of what was drawn. The mean is the closed form where members are drawn from it.
    ///
    /// # Errors
    /// [`ReconstructionError::Diverged`] without a member that finished, [`ReconstructionError::Weightless`] where
    /// none of them weighs anything; those of the posterior mean and of the normalizer.
    pub fn of(problem: &Problem, choice: &Choice, drawn: Drawn) -> Result<Self> {
        let (closed, exact) = match choice {
            Choice::Posterior if problem.composite.is_some() => {
                let (mean, mut std) = problem.along()?.mean_and_std()?;
                scaled(problem, &mut std);
                (Some(mean), Some(std))
            }
            Choice::Posterior => {
                (Some(problem.closed()?.posterior.mean(problem.observation().values())?), None)
            }
            Choice::Diffusion(_) => (None, None),
        };
        let weights = weights(choice, &drawn)?;
        let (indices, members) = finished(drawn);
        let squares: Vec<f64> = members.iter().map(|x| misfit(problem, x)).collect();
        let chi = weighted(weights.as_deref(), squares.iter().copied()).sqrt();
        let members = members.into_iter().map(|x| problem.restored(x)).collect::<Result<Vec<_>>>()?;
        let centre = if closed.is_some() { Centre::ClosedForm } else { Centre::Members };
        let mean = match closed {
            Some(mean) => Some(problem.restored(mean)?),
            None if members.len() == 1 => None,
            None => Some(average(&members, weights.as_deref())),
        };
        let about = mean.map(|mean| {
            let std = exact.unwrap_or_else(|| deviation(&members, weights.as_deref(), &mean, centre));
            (mean, std)
        });
        Ok(Self { indices, members, weights, centre, about, chi })
    }

    /// The mean.
    pub fn mean(&self) -> &[f32] {
        self.about.as_ref().map_or_else(|| self.members[0].as_slice(), |(mean, _)| mean)
    }

    /// The standard deviation of the members about the mean: over their number about the closed form, over one less
    /// about their own; `None` for one member about its own. With weights w over 1, and 1 − Σ w². That of the
    /// posterior itself along a Gauss–Markov prior.
    pub fn std(&self) -> Option<&[f32]> {
        self.about.as_ref().map(|(_, std)| std.as_slice())
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

    /// The root of the mean of std² over the fluid; NaN where there is none.
    ///
    /// # Errors
    /// [`ReconstructionError::Metrics`](crate::ReconstructionError::Metrics).
    pub fn spread(&self, problem: &Problem) -> Result<f64> {
        let (fluid, Some(std)) = (problem.fluid(), self.std()) else { return Ok(f64::NAN) };
        Ok(rmse(std, &vec![0.0; std.len()], Inclusion::Plane(&fluid))?)
    }

    /// The root mean square distance of the mean from a truth in physical units, over the fluid.
    ///
    /// # Errors
    /// [`ReconstructionError::Metrics`](crate::ReconstructionError::Metrics) for a truth of another length.
    pub fn error(&self, problem: &Problem, truth: &[f32]) -> Result<f64> {
        let fluid = problem.fluid();
        Ok(rmse(self.mean(), truth, Inclusion::Plane(&fluid))?)
    }
}

/// ‖(reading − member)/noise‖²/N of a normalised member.
fn misfit(problem: &Problem, x: &[f32]) -> f64 {
    let (entries, seen) = (&problem.placed.entries, problem.read(x));
    let residual = |i: usize| (entries[i].measured.value - seen[i]) / entries[i].measured.noise;
    sum::of(seen.len(), |i| residual(i).powi(2)) / seen.len() as f64
}

/// Deviations in physical units.
fn scaled(problem: &Problem, std: &mut [f32]) {
    let (plane, channels) = (problem.shape.plane(), problem.shape.channels);
    let scale = problem.prior.normalizer().scale();
    for (p, plane) in std.chunks_exact_mut(plane.max(1)).enumerate() {
        plane.iter_mut().for_each(|s| *s = f32::narrow(scale[p % channels] * s.wide()));
    }
}

/// Index and field of every member that finished, in order.
fn finished(drawn: Drawn) -> (Vec<u64>, Vec<Vec<f32>>) {
    let indices: Vec<u64> = drawn.members().iter().map(|k| *k as u64).collect();
    let ended = indices.into_iter().zip(drawn.into_outcomes());
    let field = |(index, outcome)| match outcome {
        Outcome::Finished { x, .. } => Some((index, x)),
        Outcome::Diverged { .. } => None,
    };
    ended.filter_map(field).unzip()
}

/// What each member that finished counts; `None` where all count the same.
fn weights(choice: &Choice, drawn: &Drawn) -> Result<Option<Vec<f64>>> {
    let method = choice.to_string();
    if drawn.is_empty() {
        return Err(ReconstructionError::Diverged { method, members: drawn.diverged() });
    }
    let Some(logs) = drawn.log_weights() else { return Ok(None) };
    if logs.iter().all(|w| w.is_infinite()) {
        return Err(ReconstructionError::Weightless { method, members: logs.len() });
    }
    let differ = logs.iter().any(|w| w.to_bits() != logs[0].to_bits());
    Ok(differ.then(|| normalised(logs)))
}

/// Weights that sum to 1, from logarithms of which one is finite.
fn normalised(log_weights: Vec<f64>) -> Vec<f64> {
    let peak = log_weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = log_weights.iter().map(|w| (w - peak).exp()).collect();
    let total = weights.iter().sum::<f64>();
    weights.into_iter().map(|w| w / total).collect()
}

/// Σ w v, or Σ v where all count the same.
fn total(weights: Option<&[f64]>, values: impl Iterator<Item = f64>) -> f64 {
    match weights {
        Some(weights) => values.zip(weights).map(|(v, w)| w * v).sum(),
        None => values.sum(),
    }
}

/// The mean, with weights that sum to 1.
fn weighted(weights: Option<&[f64]>, values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = if weights.is_some() { 1.0 } else { values.len() as f64 };
    total(weights, values) / count
}

fn average(members: &[Vec<f32>], weights: Option<&[f64]>) -> Vec<f32> {
    let mut mean = vec![0.0f32; members[0].len()];
    mean.par_iter_mut().enumerate().for_each(|(i, mean)| {
        *mean = f32::narrow(weighted(weights, members.iter().map(|x| x[i].wide())));
    });
    mean
}

fn deviation(members: &[Vec<f32>], weights: Option<&[f64]>, mean: &[f32], centre: Centre) -> Vec<f32> {
    let own = centre == Centre::Members;
    let count = match weights {
        None => (members.len() - usize::from(own)) as f64,
        Some(weights) if own => 1.0 - weights.iter().map(|w| w * w).sum::<f64>(),
        Some(_) => 1.0,
    };
    let mut std = vec![0.0f32; mean.len()];
    std.par_iter_mut().enumerate().for_each(|(i, std)| {
        let squares = members.iter().map(|x| (x[i].wide() - mean[i].wide()).powi(2));
        *std = f32::narrow((total(weights, squares) / count).sqrt());
    });
    std
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weights ¼ and ¾ of two members: mean and χ² are Σ w v, and Σ w (x − m)² over 1 − Σ w² is unbiased,
    /// which for two members is half their squared distance whatever the weights.
    #[test]
    fn weights_reach_mean_and_deviation() {
        let members = [vec![1.0f32, -2.0], vec![3.0, 6.0]];
        let weights = normalised(vec![-700.0, -700.0 + 3f64.ln()]);
        assert!((weights[0] - 0.25).abs() < 1e-13 && (weights[1] - 0.75).abs() < 1e-13, "{weights:?}");
        let weights = Some(&weights[..]);
        let mean = average(&members, weights);
        assert_eq!(mean, [2.5, 4.0]);
        let std = deviation(&members, weights, &mean, Centre::Members);
        for (found, expected) in std.iter().zip([2f64.sqrt(), 32f64.sqrt()]) {
            assert!((f64::from(*found) - expected).abs() < 1e-6 * expected, "{std:?}");
        }
        let about = deviation(&members, weights, &[2.0, 2.0], Centre::ClosedForm);
        assert_eq!(about, [1.0, 4.0]);
    }

    /// Members of one weight have none; those that finished without any are none at all.
    #[test]
    fn weights_are_those_of_members_that_count() {
        let finished = |x| Outcome::Finished { x: vec![x], trace: Default::default() };
        let diverged =
            || Outcome::Diverged { x: vec![f32::NAN], t: 0.5, non_finite: 1, trace: Default::default() };
        let of = |outcomes, logs: [f64; 2]| {
            weights(&Choice::Posterior, &Drawn::new(outcomes).weighted(logs.to_vec()).unwrap())
        };
        let told = |outcomes, logs| of(outcomes, logs).unwrap_err().to_string();
        assert_eq!(of(vec![finished(1.0), finished(2.0)], [-7.0; 2]).unwrap(), None);
        assert_eq!(of(vec![finished(1.0), finished(2.0)], [-700.0, -1e9]).unwrap(), Some(vec![1.0, 0.0]));
        let weightless = "method posterior: found no weight for the 1 members that finished, expected some";
        assert_eq!(told(vec![finished(1.0), diverged()], [f64::NEG_INFINITY, 0.0]), weightless);
        let none = "method posterior: all 2 members diverged";
        assert_eq!(told(vec![diverged(), diverged()], [0.0; 2]), none);
    }

    /// A member of weight 0 counts as one that is not there.
    #[test]
    fn a_member_without_weight_is_none() {
        let members = [vec![1.0f32], vec![3.0], vec![50.0]];
        let weights = normalised(vec![0.0, 0.0, f64::NEG_INFINITY]);
        let two = average(&members[..2], None);
        let std = deviation(&members[..2], None, &two, Centre::Members);
        assert_eq!(average(&members, Some(&weights)), two);
        assert_eq!(deviation(&members, Some(&weights), &two, Centre::Members), std);
    }
}
