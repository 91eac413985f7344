//! How strongly a law weighs the likelihood: v(t) per observation, and factors on g.

use crate::{GuidanceError, LevelTable, ProbedTraces, Probes, Result};
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_scaling::TraceRatio;
use equipoise_scaling::{Base, Law, adaptive};
use equipoise_schedule::Level;
#[cfg(feature = "gaussian")]
use equipoise_stream::Stream;
#[cfg(feature = "gaussian")]
use equipoise_wiener::gain;
use std::sync::Arc;

/// Hutchinson probes per level where the traces of a law have no closed form.
#[cfg(feature = "gaussian")]
const PROBES: usize = 64;

/// The part of v(t) beyond the law's std².
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Excess {
    /// γ(σ/μ)².
    Gamma(f64),
    /// A number per level, such as the matched law's ratio of traces.
    Levels(Arc<LevelTable<TraceRatio>>),
}

/// v(t) = std² + excess(t), with the law's factors on g.
#[derive(Clone, Debug)]
pub struct Strength {
    /// std² under the law.
    pub variance: NoiseVariance,
    /// The part of v that depends on t.
    pub excess: Excess,
    /// What g is multiplied by.
    pub factor: f64,
    /// ξ of the adaptive law.
    pub adaptive: Option<f64>,
}

/// A law whose traces were probed.
#[derive(Clone, Debug)]
pub struct ProbedStrength {
    /// v(t).
    pub strength: Strength,
    /// The levels at which `active` has no certain weight and stands on the ratio of `matched`.
    pub replaced: Vec<Level>,
}

impl Strength {
    /// A law that is a function of (std, γ, N, N_ref).
    ///
    /// `std` is the base standard deviation of each observation, squared in `noise`.
    ///
    /// # Errors
    /// [`GuidanceError::Traced`] for `matched` and `active`, whose traces come from
    /// [`Strength::traced`].
    pub fn of_law(law: Law, noise: &NoiseVariance, gamma: f64, n_obs: usize, n_ref: usize) -> Result<Self> {
        if matches!(law, Law::Matched | Law::Active) {
            return Err(GuidanceError::Traced { law });
        }
        let std =
            |variance: f64| law.parameters(Base { std: variance.sqrt(), gamma }, n_obs, n_ref).std.powi(2);
        let scaled = law.parameters(Base { std: 1.0, gamma }, n_obs, n_ref);
        Ok(Self {
            variance: map(noise, std),
            excess: Excess::Gamma(scaled.gamma),
            factor: law.gradient_factor(n_obs),
            adaptive: (law == Law::Adaptive).then_some(adaptive::XI),
        })
    }

    /// s² plus a ratio of traces per level: the laws without a tuning parameter.
    pub fn traced(noise: &NoiseVariance, ratios: Arc<LevelTable<TraceRatio>>) -> Self {
        Self { variance: noise.clone(), excess: Excess::Levels(ratios), factor: 1.0, adaptive: None }
    }

    /// `matched` or `active` for a denoiser that is known by its vjp only: their traces with
    /// V = (σ²/μ)J, averaged over the states and vectors of `probes`, and J for its own transpose where it is that
    /// of a posterior mean.
    ///
    /// Of any other J ([`Jacobian::General`](equipoise_denoiser::Jacobian)) B = A J JᵀAᵀ, B′ = A(½(J + Jᵀ) − μJ Jᵀ)Aᵀ,
    /// and of V its symmetric part. That need not be positive: a ratio below zero makes no law
    /// ([`GuidanceError::Indefinite`]), and `active` takes that of `matched`.
    ///
    /// A Gaussian prior has μJ ≤ I; one of several modes has not where x_t decides between them, and
    /// the weight J(I − μJ) of `active` can then lose its sign. At a level whose v is not two standard
    /// errors above zero, `active` takes the ratio of `matched`.
    ///
    /// Costs what [`ProbedTraces`] do. The ratios and their standard errors are in [`Excess::Levels`]; a level beyond
    /// `levels` is probed when it is met.
    ///
    /// # Errors
    /// [`GuidanceError::Untraced`] for another law, [`GuidanceError::Probes`] for too few states or
    /// vectors, [`GuidanceError::Traces`] and [`GuidanceError::Indefinite`] where `matched` has no variance
    /// either, and those of the denoiser.
    pub fn probed<R: Real>(
        law: Law,
        denoiser: &Arc<dyn Denoiser<R>>,
        observation: &Arc<Observed<R>>,
        levels: &[Level],
        probes: &Probes<R>,
    ) -> Result<ProbedStrength> {
        let traces = Arc::new(ProbedTraces::new(denoiser, observation, probes));
        Self::of_probed(law, observation.noise(), &traces, levels)
    }

    /// The same of traces that may be those of the other law too.
    ///
    /// # Errors
    /// As [`probed`](Self::probed).
    pub fn of_probed(
        law: Law,
        noise: &NoiseVariance,
        traces: &Arc<ProbedTraces>,
        levels: &[Level],
    ) -> Result<ProbedStrength> {
        if !matches!(law, Law::Matched | Law::Active) {
            return Err(GuidanceError::Untraced { law });
        }
        traces.prepare(levels)?;
        let traces = Arc::clone(traces);
        let probed = Arc::new(LevelTable::new(move |level| traces.ratio(law, level)));
        probed.prepare(levels)?;
        let replaced = |level: &Level| probed.get(*level).is_ok_and(|p| p.replaced);
        let replaced = levels.iter().copied().filter(replaced).collect();
        let ratios = LevelTable::new(move |level| Ok(probed.get(level)?.ratio)).prepared(levels)?;
        Ok(ProbedStrength { strength: Self::traced(noise, Arc::new(ratios)), replaced })
    }

    /// tr(B·A V Aᵀ)/tr B at every level, B = A J Jᵀ Aᵀ for `matched` and A J(I − μJ) Aᵀ for
    /// `active`. `probes` come from `stream` where the traces have no closed form. A level beyond `levels`
    /// is made when it is met.
    #[cfg(feature = "gaussian")]
    pub fn trace_ratios<R: Real>(
        law: Law,
        observed: &equipoise_innovation::ObservedPrior<R>,
        levels: &[Level],
        stream: Stream,
    ) -> Arc<LevelTable<TraceRatio>> {
        let observed = observed.clone();
        let ratio = move |level: Level| {
            let j = move |l: f64| gain::jacobian(level, l);
            let weight = move |l: f64| match law {
                Law::Active => j(l) * (1.0 - level.mu * j(l)),
                _ => j(l) * j(l),
            };
            let v = move |l: f64| gain::covariance(level, l);
            let stream = stream.real(level.mu).real(level.sigma);
            observed.trace_ratio(&weight, &v, PROBES, stream)
        };
        let table = LevelTable::new(move |level| Ok(ratio(level)));
        // Nothing can fail: what is not prepared here is made when it is met.
        let _ = table.prepare(levels);
        Arc::new(table)
    }

    /// The excess of v over std² at a level.
    ///
    /// # Errors
    /// Those of making the ratio of traces of a level that was not prepared.
    pub fn excess_at(&self, level: Level) -> Result<f64> {
        match &self.excess {
            Excess::Gamma(gamma) => Ok(gamma * level.ratio().powi(2)),
            Excess::Levels(table) => Ok(table.get(level)?.value),
        }
    }

    /// v(t) for every observation.
    ///
    /// # Errors
    /// As [`excess_at`](Self::excess_at).
    pub fn variance_at(&self, level: Level) -> Result<NoiseVariance> {
        let excess = self.excess_at(level)?;
        Ok(map(&self.variance, |v| v + excess))
    }
}

fn map(noise: &NoiseVariance, f: impl Fn(f64) -> f64) -> NoiseVariance {
    match noise {
        NoiseVariance::Uniform(v) => NoiseVariance::Uniform(f(*v)),
        NoiseVariance::PerChannel { values, plane } => {
            NoiseVariance::PerChannel { values: values.iter().map(|v| f(*v)).collect(), plane: *plane }
        }
        NoiseVariance::PerObservation(values) => {
            NoiseVariance::PerObservation(values.iter().map(|v| f(*v)).collect())
        }
    }
}
