//! SDA's guided noise estimates.

use crate::Result;
use crate::bench::Bench;
use crate::schedules;
use crate::trajectory::Trajectories;
use equipoise_denoiser::{Denoiser, Tape};
use equipoise_field::{Real, sum};
use equipoise_guidance::{Evidence, Excess, Guidance, Scratch, Sda, Strength};
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_operator::Subsample;
use equipoise_schedule::{Level, Schedule};
use std::sync::Arc;

/// What is observed of every member, and how strongly it counts.
pub(crate) struct Seen<R: Real> {
    observed: Arc<Observed<R>>,
    strength: Strength,
}

impl<R: Real> Seen<R> {
    /// y of a group with A(x) = x[..., ::subsample, ::subsample] and v = std² + γ(σ/μ)², whose numbers are
    /// attributes of `of`.
    ///
    /// # Errors
    /// A missing attribute; y of another shape than A(x).
    pub(crate) fn read(bench: &Bench<'_, R>, x: &Trajectories<R>, y: &str, of: &str) -> Result<Self> {
        let number = |name| bench.values.number(of, name);
        let (std, gamma) = (number("std")?, number("gamma")?);
        let lattice = Subsample::new(x.shape, bench.values.count(of, "subsample")?)?;
        let values = bench.values.array::<R>(y)?;
        let seen = lattice.observed();
        values.expect(&[seen.frames, seen.channels, seen.height, seen.width])?;
        let noise = NoiseVariance::Uniform(std * std);
        let strength =
            Strength { variance: noise.clone(), excess: Excess::Gamma(gamma), factor: 1.0, adaptive: None };
        Ok(Self { observed: Arc::new(Observed::new(values.values, lattice, noise)?), strength })
    }

    /// SDA's Gaussian score around a denoiser.
    pub(crate) fn score(self, denoiser: Arc<dyn Denoiser<R>>) -> Sda<R> {
        Sda::new(denoiser, self.observed, self.strength)
    }
}

/// The noise estimates of SDA's Gaussian score at the first of the file's times.
pub(crate) fn scores<R: Real>(bench: &Bench<'_, R>, path: &str, detach: bool) -> Result<Vec<R>> {
    let (x, seen, levels) = asked(bench, path)?;
    let score = seen.score(x.composed(bench.mean(x.grid, "guided/y")?)?);
    let score = if detach { score.detached() } else { score };
    let mut evidence = vec![Evidence::default(); x.array.shape[0]];
    let (mut scratch, mut out) = (Scratch::new(), Vec::new());
    for level in levels {
        let mut eps = vec![R::zero(); x.array.values.len()];
        score.noise_estimates(&x.array.values, level, &mut eps, &mut evidence, &mut scratch)?;
        out.extend(eps);
    }
    Ok(out)
}

/// SDA's form of diffusion posterior sampling, ε̂ − σs with s = −ζ ∇‖y − A(x̂)‖²/‖y − A(x̂)‖: the norm is over the
/// **whole batch**, as in its code, so that members weaken each other. The method `sda_dps` of this project
/// takes it of one member.
pub(crate) fn posterior_sampling<R: Real>(bench: &Bench<'_, R>, path: &str) -> Result<Vec<R>> {
    let (x, seen, levels) = asked(bench, path)?;
    let zeta = bench.values.number(path, "zeta")?;
    let denoiser = x.composed(bench.mean(x.grid, "guided/y")?)?;
    let mut out = Vec::new();
    for level in levels {
        out.extend(step_down(&x.array.values, &*denoiser, &seen.observed, level, zeta)?);
    }
    Ok(out)
}

fn step_down<R: Real>(
    x_t: &[R],
    denoiser: &dyn Denoiser<R>,
    observed: &Observed<R>,
    level: Level,
    zeta: f64,
) -> Result<Vec<R>> {
    let [mut x_hat, mut spread, mut pulled] = [(); 3].map(|()| vec![R::zero(); x_t.len()]);
    let mut tape = Tape::new();
    let mut local = denoiser.linearise(x_t, level, &mut x_hat, &mut tape)?;
    let mut residual = vec![R::zero(); observed.count()];
    let mut square = 0.0;
    for (x_hat, spread) in x_hat.chunks_exact(denoiser.dim()).zip(spread.chunks_exact_mut(denoiser.dim())) {
        observed.residual(x_hat, &mut residual);
        square += sum::squared_norm(&residual);
        observed.pull_back(x_hat, &residual, spread);
    }
    local.vjp(&spread, &mut pulled)?;
    let [mu, sigma, pull] = [level.mu, level.sigma, 2.0 * zeta * level.sigma / square.sqrt()].map(R::narrow);
    let entry = |i: usize| (x_t[i] - mu * x_hat[i]) / sigma - pull * pulled[i];
    Ok((0..x_t.len()).map(entry).collect())
}

/// The trajectories of `guided`, what is seen of them, and the levels of a dataset's rows.
fn asked<R: Real>(bench: &Bench<'_, R>, path: &str) -> Result<(Trajectories<R>, Seen<R>, Vec<Level>)> {
    let x = Trajectories::read(bench, "guided/x")?;
    let times = bench.times("t", path, &x.array.shape)?;
    let schedule = schedules::sda_built(bench.values, "guided/y")?;
    let seen = Seen::read(bench, &x, "guided/y", "guided/y")?;
    Ok((x, seen, times.into_iter().map(|t| schedule.level(t)).collect()))
}
