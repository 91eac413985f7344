//! What a denoiser looks like through an operator, from vjp products with keyed random probes.

use crate::GuidanceError;
use equipoise_observation::Observed;
use equipoise_denoiser::Denoiser;
use equipoise_field::{Real, each, sum};
use equipoise_scaling::TraceRatio;
use equipoise_scaling::{Law, ScalingError, active, matched};
use equipoise_schedule::Level;
use equipoise_stream::Stream;

/// Standard errors that the v of `active` must lie above zero.
const CERTAIN: f64 = 2.0;

/// Where the Jacobian of a denoiser is probed, and how often.
#[derive(Clone, Copy)]
pub struct Probes<'a, R> {
    /// Representative states x_t of a level, at least one, such as [`forward_noised`] fields or those
    /// of an earlier run.
    pub states: &'a (dyn Fn(Level) -> Vec<Vec<R>> + Sync),
    /// Random vectors a level, at least two. Number i meets the states' number i mod their count, so
    /// that standard errors hold the spread over states too.
    pub count: usize,
    /// Named by what is observed; the level is added to its key.
    pub stream: Stream,
}

/// x_t = μx + σε for each field x, with the same ε ~ N(0, I) at every level: draw i of `stream` for
/// field i.
pub fn forward_noised<R: Real>(clean: &[Vec<R>], stream: Stream) -> impl Fn(Level) -> Vec<Vec<R>> + Sync {
    move |level| {
        let (mu, sigma) = (R::narrow(level.mu), R::narrow(level.sigma));
        let noised = |(i, x): (usize, &Vec<R>)| {
            let mut x_t: Vec<R> = stream.normal(i as u64, x.len());
            each::update1(&mut x_t, x, |e, x| mu * x + sigma * e);
            x_t
        };
        clean.iter().enumerate().map(noised).collect()
    }
}

/// A denoiser with the operator that its fields are seen through.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a, R: Real> {
    pub(crate) denoiser: &'a dyn Denoiser<R>,
    pub(crate) observation: &'a Observed<R>,
}

/// One state.
pub(crate) struct Site<'a, R: Real> {
    seen: Seen<'a, R>,
    level: Level,
    pub(crate) x_t: Vec<R>,
    pub(crate) x_hat: Vec<R>,
}

impl<'a, R: Real> Seen<'a, R> {
    /// The states of a level.
    pub(crate) fn sites(
        self,
        level: Level,
        probes: &Probes<'_, R>,
    ) -> Result<Vec<Site<'a, R>>, GuidanceError> {
        let states = (probes.states)(level);
        for (what, found, least) in [("states", states.len(), 1), ("random vectors", probes.count, 2)] {
            if found < least {
                return Err(GuidanceError::Probes { what, found, least });
            }
        }
        let site = |x_t: Vec<R>| {
            let mut x_hat = vec![R::zero(); x_t.len()];
            self.denoiser.denoise(&x_t, level, &mut x_hat)?;
            Ok(Site { seen: self, level, x_t, x_hat })
        };
        states.into_iter().map(site).collect()
    }

    /// tr(B·A V Aᵀ)/tr B at a level, with J for its own transpose and V = (σ²/μ)J: two vjps a probe.
    pub(crate) fn trace_ratio(
        self,
        law: Law,
        level: Level,
        probes: &Probes<'_, R>,
    ) -> Result<ProbedRatio, GuidanceError> {
        let sites = self.sites(level, probes)?;
        let stream = probes.stream.real(level.mu).real(level.sigma);
        let pairs = |probe: usize| {
            sites[probe % sites.len()].pairs(&stream.normal(probe as u64, self.observation.count()))
        };
        let pairs = (0..probes.count).map(pairs).collect::<Result<Vec<_>, _>>()?;
        let [matched, active] = [0, 1].map(|law| pairs.iter().map(|p| p[law]).collect::<Vec<_>>());
        if law == Law::Active
            && let Ok((ratio, variance)) = self.ratio(&active, active::variance)
            && ratio.standard_error.is_some_and(|error| CERTAIN * error < variance)
        {
            return Ok(ProbedRatio { ratio, replaced: false });
        }
        let fault = |source| GuidanceError::Traces { mu: level.mu, sigma: level.sigma, source };
        let (ratio, _) = self.ratio(&matched, matched::variance).map_err(fault)?;
        Ok(ProbedRatio { ratio, replaced: law == Law::Active })
    }

    /// The ratio, and v with the smallest s².
    fn ratio(
        self,
        pairs: &[(f64, f64)],
        variance: impl Fn(f64, f64, f64) -> Result<f64, ScalingError>,
    ) -> Result<(TraceRatio, f64), ScalingError> {
        let ratio = TraceRatio::estimated(pairs);
        let weight = pairs.iter().map(|p| p.1).sum::<f64>() / pairs.len() as f64;
        let noise = self.observation.noise();
        let least = (0..self.observation.count()).map(|i| noise.at(i)).fold(f64::INFINITY, f64::min);
        Ok((ratio, variance(least.sqrt(), ratio.value * weight, weight)?))
    }
}

/// A ratio of traces, and whether it is the matched law's for want of another.
pub(crate) struct ProbedRatio {
    pub(crate) ratio: TraceRatio,
    pub(crate) replaced: bool,
}

impl<R: Real> Site<'_, R> {
    /// (zᵀB·A V Aᵀz, zᵀBz) for the weights of `matched` and of `active`.
    fn pairs(&self, z: &[R]) -> Result<[(f64, f64); 2], GuidanceError> {
        let Seen { denoiser, observation } = self.seen;
        let (mut once, mut twice) = (vec![R::zero(); self.x_t.len()], vec![R::zero(); self.x_t.len()]);
        observation.pull_back(&self.x_hat, z, &mut twice);
        denoiser.vjp(&self.x_t, self.level, &twice, &mut once)?;
        denoiser.vjp(&self.x_t, self.level, &once, &mut twice)?;
        let (mut first, mut second) = (vec![R::zero(); z.len()], vec![R::zero(); z.len()]);
        observation.push_forward(&self.x_hat, &once, &mut first);
        observation.push_forward(&self.x_hat, &twice, &mut second);
        let mu = R::narrow(self.level.mu);
        let active: Vec<R> = first.iter().zip(&second).map(|(j, jj)| *j - mu * *jj).collect();
        let scale = self.level.sigma * self.level.sigma / self.level.mu;
        Ok([second, active].map(|weighted| (scale * sum::dot(&weighted, &first), sum::dot(z, &weighted))))
    }
}
