//! The strength of a law on a problem, with what results say of it.

use crate::{Approach, Boxed, Course, Flow, Problem, Setup, lattice, traced};
use equipoise_guidance::{Excess, Strength};
use equipoise_observation::NoiseVariance;
use equipoise_prior::DenoiserName;
use equipoise_scaling::{Law, NConvention, PUBLISHED_REFERENCE_SUB, lattice_count};
use equipoise_stream::Stream;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a law scales: the observation noise with γ = 0.01, or the law's published base where it has one of
/// its own (`clamped_linear`), unless it is stated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// Standard deviation, normalised units.
    pub std: Option<f64>,
    /// γ.
    pub gamma: Option<f64>,
    /// N_ref; the data's own N at sub 4 unless given.
    pub n_ref: Option<usize>,
    /// How observations are counted.
    pub n_convention: NConvention,
}

/// The strength of a law with what the results say of it.
#[derive(Clone, Debug)]
pub struct Scaled {
    /// v(t).
    pub strength: Strength,
    /// Remarks; empty without any.
    pub note: String,
}

impl Scaled {
    /// The law of an approach, where its method takes one, on what a run [saw](Seen); a γ among the method's
    /// settings takes the place of the law's, where the base is what the law makes one of.
    ///
    /// # Errors
    /// Those of the approach, of the counts and of the traces.
    pub fn of(approach: &Approach, base: Base, seen: &Seen<'_>) -> Boxed<Option<Self>> {
        let Some(law) = approach.scaling()? else { return Ok(None) };
        let mut scaled = strength(law, base, seen)?;
        let given = approach.recipe().given("gamma");
        if let (Some(given), Excess::Gamma(of_law)) = (given, &mut scaled.strength.excess) {
            *of_law = given.number();
        }
        Ok(Some(scaled))
    }

    /// γ, for a law that has one.
    pub fn gamma(&self) -> Option<f64> {
        match self.strength.excess {
            Excess::Gamma(gamma) => Some(gamma),
            _ => None,
        }
    }
}

/// What a law is made for: a run on a flow under an operator, of a prior and a seed.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The flow.
    pub flow: &'a Flow,
    /// The flow under its operator.
    pub problem: &'a Problem,
    /// The prior.
    pub prior: &'a DenoiserName,
    /// The seed.
    pub seed: u64,
    /// The names of the run.
    pub setup: &'a Setup,
    /// The run.
    pub course: &'a Course,
    /// Times beside those of the run at which v(t) is asked for: none under a prior without exact guidance.
    pub curve: &'a [f64],
    /// The stream of the probes of traces under another prior than the Gaussian.
    pub probes: Stream,
}

fn strength(law: Law, base: Base, seen: &Seen<'_>) -> Boxed<Scaled> {
    let published = law.published_base();
    let own = law == Law::ClampedLinear;
    let noise = match base.std.or(own.then_some(published.std)) {
        Some(std) => NoiseVariance::Uniform(std * std),
        None => seen.problem.noise().clone(),
    };
    if traced(law) {
        return from_traces(law, &noise, seen);
    }
    let gamma = base.gamma.unwrap_or(published.gamma);
    let (n_obs, n_ref) = counts(base, seen.flow, seen.problem.sub())?;
    Ok(Scaled { strength: Strength::of_law(law, &noise, gamma, n_obs, n_ref)?, note: String::new() })
}

fn from_traces(law: Law, noise: &NoiseVariance, seen: &Seen<'_>) -> Boxed<Scaled> {
    let Seen { flow, problem, prior, seed, setup, course, curve, probes } = *seen;
    if let Some(denoiser) = flow.denoiser_of(prior)? {
        // Without exact guidance there is no curve to draw.
        let levels = course.levels_and(if denoiser.empirical().is_some() { curve } else { &[] });
        let traces = problem.traces((law, setup), flow, (prior, seed), (&levels, denoiser), probes)?;
        let strength = Strength::traced(noise, Arc::clone(traces.table()));
        return Ok(Scaled { strength, note: traces.to_string() });
    }
    let levels = course.levels_and(curve);
    let ratios = problem.gaussian.ratios(law, &levels);
    let worst = levels.iter().filter_map(|&l| {
        let ratio = ratios.get(l).ok()?;
        ratio.standard_error.map(|e| e / ratio.value)
    });
    let note = worst
        .reduce(f64::max)
        .map_or_else(String::new, |e| format!("traces by probes, relative standard error up to {e:.1e}"));
    Ok(Scaled { strength: Strength::traced(noise, ratios), note })
}

/// N and N_ref of a flow at a stride; N_ref is the N of sub 4 unless given. Under a mask N is what is observed,
/// whatever the convention.
///
/// # Errors
/// For a stride that the grid does not allow.
pub fn counts(base: Base, flow: &Flow, sub: usize) -> Boxed<(usize, usize)> {
    let s = flow.shape;
    let count = |sub| match flow.hidden() {
        Some(hidden) => lattice(s, sub, Some(hidden)).map(|operator| operator.len_out()),
        None => Ok(lattice_count(s.frames, s.channels, s.height, s.width, sub, base.n_convention)?),
    };
    let n_ref = match base.n_ref {
        Some(n) => n,
        None => count(PUBLISHED_REFERENCE_SUB.min(s.height).min(s.width))?,
    };
    Ok((count(sub)?, n_ref))
}
