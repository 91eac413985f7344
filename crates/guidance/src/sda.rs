//! SDA's Gaussian score with any scaling law (Rozet & Louppe 2023, arXiv 2306.10574, section 3.2).

#[cfg(feature = "gaussian")]
use crate::gaussian::{GaussianPath, Prediction};
use crate::guide::{prior_norm, sized};
use crate::lean::Lean;
use crate::{Evidence, Guidance, Result, Scratch, States, Strength};
use equipoise_denoiser::Denoiser;
use equipoise_field::{Real, each, sketched, sum};
use equipoise_likelihood::{Backend, Cpu, Gradient, Observation as Weighed, Variance};
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::{LinearOperator, Selection};
use equipoise_scaling::adaptive;
use equipoise_schedule::Level;
use std::cell::RefCell;
use std::sync::Arc;

const METHOD: &str = "sda";

/// g = factor · Jᵀ Aᵀ r/v(t): the innovation covariance s²I + A V Aᵀ replaced by a diagonal.
///
/// A nonlinear A(x̂) has its transposed Jacobian A′(x̂)ᵀ in the place of Aᵀ: up to the factor, g is the
/// gradient of log N(y; A(x̂(x_t)), v(t)) itself, with nothing linearised.
pub struct Sda<R: Real> {
    denoiser: Arc<dyn Denoiser<R>>,
    observation: Arc<Observed<R>>,
    strength: Strength,
    detach: bool,
    backend: Arc<dyn Backend<R>>,
    #[cfg(feature = "gaussian")]
    path: Option<Arc<GaussianPath<R>>>,
}

impl<R: Real> Sda<R> {
    /// Under one law, with the CPU's reduction.
    pub fn new(denoiser: Arc<dyn Denoiser<R>>, observation: Arc<Observed<R>>, strength: Strength) -> Self {
        Self {
            denoiser,
            observation,
            strength,
            detach: false,
            backend: Arc::new(Cpu),
            #[cfg(feature = "gaussian")]
            path: None,
        }
    }

    /// Replaces the Jacobian of x̂ by I/μ, as SDA's `detach` does.
    #[must_use]
    pub fn detached(mut self) -> Self {
        self.detach = true;
        self
    }

    /// Takes the step in the coefficients of a Gaussian prior, whose denoiser this must be; without
    /// effect when detached or where A is nonlinear.
    #[cfg(feature = "gaussian")]
    #[must_use]
    pub fn along(mut self, path: Arc<GaussianPath<R>>) -> Self {
        self.path = Some(path);
        self
    }

    /// Another backend for the reduction.
    #[must_use]
    pub fn with_backend(mut self, backend: Arc<dyn Backend<R>>) -> Self {
        self.backend = backend;
        self
    }

    /// y with v in the form of the reduction; `held` keeps a variance per observation.
    fn weighed<'a>(&'a self, variance: &'a NoiseVariance, held: &'a mut Vec<R>) -> Weighed<'a, R> {
        let variance = match variance {
            NoiseVariance::Uniform(v) => Variance::Scalar(*v),
            NoiseVariance::PerChannel { values, plane } => Variance::PerChannel { values, plane: *plane },
            NoiseVariance::PerObservation(values) => {
                held.extend(values.iter().map(|&v| R::narrow(v)));
                Variance::PerObservation(held)
            }
        };
        Weighed { values: self.observation.values(), variance }
    }

    /// r/v and its coefficients for a prediction, and the factor on both.
    #[cfg(feature = "gaussian")]
    fn pull(&self, path: &GaussianPath<R>, level: Level, at: Prediction<'_, R>) -> Result<(f64, Evidence)> {
        let variance = self.strength.variance_at(level)?;
        let mut held = Vec::new();
        self.backend.compact(at.values, self.weighed(&variance, &mut held), None, at.weighted)?;
        path.observed().analyse_observed(at.weighted, at.coefficients);
        let factor = self.strength.factor;
        let Some(xi) = self.strength.adaptive else { return Ok((factor, Evidence::default())) };
        let norm = factor * path.guidance_norm(level, at.weighted, at.coefficients);
        Ok((factor * adaptive::factor(xi, (at.prior_norm)(), level.sigma * norm), Evidence::default()))
    }

    /// Writes A′(x̂)ᵀ r/v into `spread`.
    fn weigh(
        &self,
        x_hat: &[R],
        variance: &NoiseVariance,
        spread: &mut [R],
        [weighted, prediction]: [&mut Vec<R>; 2],
    ) -> Result<()> {
        if let Some(lattice) = self.observation.lattice() {
            let mut held = Vec::new();
            let seen = self.weighed(variance, &mut held);
            self.backend.strided(x_hat, lattice, seen, None, Gradient::Field(spread))?;
        } else {
            let weighted = sized(weighted, self.observation.count());
            self.compact(x_hat, variance, weighted, prediction)?;
            self.observation.pull_back(x_hat, weighted, spread);
        }
        Ok(())
    }

    /// Whether A gives parts of a field alone, and the factor is known before g is: ε_y then needs no field beside.
    fn is_lean(&self) -> bool {
        let parts = |operator: &dyn LinearOperator<R>| {
            !matches!(operator.selection(), Selection::General) || operator.rows().is_some()
        };
        let plain = !self.detach && self.strength.adaptive.is_none() && self.observation.count() > 0;
        plain && self.observation.linear(METHOD).is_ok_and(|operator| parts(&**operator))
    }

    /// ε_y in the place of x̂.
    fn lean(
        &self,
        x_t: &[R],
        level: Level,
        eps: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<()> {
        let Scratch { tape, weighted, prediction, .. } = scratch;
        let (seen, variance) = (&*self.observation, self.strength.variance_at(level)?);
        let (count, dim) = (seen.count(), seen.dim());
        let weighted = RefCell::new(sized(weighted, evidence.len() * count));
        let lean = Lean { level, dim, factor: self.strength.factor };
        let weigh = |x_hat: &[R]| {
            let mut weighted = weighted.borrow_mut();
            for (x_hat, weighted) in x_hat.chunks_exact(dim).zip(weighted.chunks_exact_mut(count)) {
                self.compact(x_hat, &variance, weighted, prediction)?;
            }
            Ok(())
        };
        let spread = |k: usize, start: usize, part: &mut [R]| {
            let weighted = &weighted.borrow()[k * count..(k + 1) * count];
            Ok(seen.pull_back_part(METHOD, weighted, start, part)?)
        };
        lean.noise_estimates((&*self.denoiser, x_t), (eps, tape), evidence, weigh, spread)
    }

    /// Writes r/v into `weighted`.
    fn compact(
        &self,
        x_hat: &[R],
        variance: &NoiseVariance,
        weighted: &mut [R],
        prediction: &mut Vec<R>,
    ) -> Result<()> {
        let mut held = Vec::new();
        let seen = self.weighed(variance, &mut held);
        if let Some(lattice) = self.observation.lattice() {
            self.backend.strided(x_hat, lattice, seen, None, Gradient::Compact(weighted))?;
        } else {
            let prediction = sized(prediction, self.observation.count());
            self.observation.predict(x_hat, prediction);
            self.backend.compact(prediction, seen, None, weighted)?;
        }
        Ok(())
    }

    /// g times its factor, which the adaptive law takes from the member itself; returns ‖g‖.
    fn scale(&self, (x_t, x_hat): (&[R], &[R]), level: Level, mut factor: f64, g: &mut [R]) -> f64 {
        let mut norm = sum::norm(g) * factor;
        if let Some(xi) = self.strength.adaptive {
            let scale = adaptive::factor(xi, prior_norm(x_t, x_hat, level), level.sigma * norm);
            factor *= scale;
            norm *= scale;
        }
        #[expect(clippy::float_cmp, reason = "a factor of exactly one needs no pass")]
        if factor != 1.0 {
            let factor = R::narrow(factor);
            each::update(g, |g| factor * g);
        }
        norm
    }
}

sketched!(
    [R: Real] Sda<R>, "Sda",
    |own| observation = own.observation, strength = own.strength, detach = own.detach
);

impl<R: Real> Guidance<R> for Sda<R> {
    fn denoiser(&self) -> &dyn Denoiser<R> {
        &*self.denoiser
    }

    fn needs_jacobian(&self) -> bool {
        !self.detach
    }

    /// One reduction and, unless detached, one vjp.
    fn gradients(
        &self,
        at: &mut States<'_, '_, R>,
        g: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<()> {
        let (level, dim) = (at.level, self.observation.dim());
        at.check(dim, g, evidence)?;
        let variance = self.strength.variance_at(level)?;
        let Scratch { field, weighted, prediction, .. } = scratch;
        let spread = sized(field, at.x_t.len());
        for (k, spread) in spread.chunks_exact_mut(dim).enumerate() {
            self.weigh(at.member(k, dim).1, &variance, spread, [weighted, prediction])?;
        }
        let mut factor = self.strength.factor;
        if self.detach {
            g.copy_from_slice(spread);
            factor /= level.mu;
        } else {
            at.local.vjp(spread, g)?;
        }
        for (k, (evidence, g)) in evidence.iter_mut().zip(g.chunks_exact_mut(dim)).enumerate() {
            let guidance_norm = self.scale(at.member(k, dim), level, factor, g);
            *evidence = Evidence { guidance_norm, ..Evidence::default() };
        }
        Ok(())
    }

    fn noise_estimates(
        &self,
        x_t: &[R],
        level: Level,
        eps: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<()> {
        #[cfg(feature = "gaussian")]
        if let Some(path) = &self.path
            && !self.detach
            && self.observation.is_linear()
        {
            return path.noise_estimates(x_t, level, eps, evidence, scratch, |at| self.pull(path, level, at));
        }
        if self.is_lean() {
            return self.lean(x_t, level, eps, evidence, scratch);
        }
        self.plain_noise_estimates(x_t, level, eps, evidence, scratch)
    }
}
