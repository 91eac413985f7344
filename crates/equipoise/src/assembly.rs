//! From a prior and an observation to draws of x | y.

use crate::recipe::{Bound, MethodOf};
use crate::samplers::{Heun, SamplerOf};
use crate::{Ensemble, EquipoiseError, methods};
use equipoise_denoiser::{Denoiser, Empirical, ExactCovariance};
use equipoise_field::Real;
use equipoise_guidance::ConditionalCovariance;
use equipoise_observation::Observed;
use equipoise_schedule::{Alpha, Schedule, Sda, Variance};
use equipoise_solver::{Inference, Member, Problem, Start, Watch};
use equipoise_stream::Stream;
use std::fmt;
use std::sync::Arc;

/// p(x | y): a prior and what was observed of it, and how it is drawn from.
///
/// | setting | default |
/// |---|---|
/// | [`method`](Self::method) | [`Mmps`](methods::Mmps) as published, one iteration: any denoiser, any A |
/// | [`schedule`](Self::schedule) | μ = cos²(ωt) with ω = arccos √η, σ² = 1 − μ² + η², η = 0.01 |
/// | [`sampler`](Self::sampler) | `Heun::log_snr(32)`: 64 evaluations |
/// | [`start`](Self::start) | x_1 ~ N(0, I) |
/// | [`seed`](Self::seed) | 0 |
/// | [`bound`](Self::bound) | infinite: no excursion is recorded |
///
/// A denoiser must know the schedule that it was trained for; those in closed form take any.
#[derive(Clone)]
pub struct Posterior<R: Real> {
    source: Source<R>,
    method: Arc<dyn MethodOf<R>>,
    schedule: Option<Arc<dyn Schedule>>,
    sampler: Arc<dyn SamplerOf<R>>,
    start: Start<R>,
    seed: u64,
    bound: f64,
}

#[derive(Clone)]
enum Source<R: Real> {
    /// Not yet held to each other.
    Parts(ConditionalCovariance<R>, Arc<Observed<R>>),
    Problem(Problem<R>),
}

impl<R: Real> Posterior<R> {
    /// Of any denoiser, by value or in an [`Arc`]; Cov[x | x_t] is taken from its Jacobian where a method needs it.
    pub fn of(prior: impl Denoiser<R> + 'static, seen: impl Into<Arc<Observed<R>>>) -> Self {
        Self::from_parts(ConditionalCovariance::Jacobian(Arc::new(prior)), seen.into())
    }

    /// Of a denoiser that has Cov[x | x_t] in closed form.
    pub fn exact_covariance(
        prior: impl ExactCovariance<R> + 'static,
        seen: impl Into<Arc<Observed<R>>>,
    ) -> Self {
        Self::from_parts(ConditionalCovariance::Exact(Arc::new(prior)), seen.into())
    }

    /// Of a prior on finitely many fields, whose posterior is known: [`Exact`](methods::Exact) runs.
    pub fn empirical(prior: impl Empirical<R> + 'static, seen: impl Into<Arc<Observed<R>>>) -> Self {
        Self::from_parts(ConditionalCovariance::Empirical(Arc::new(prior)), seen.into())
    }

    /// Of a Gaussian prior, with the tables that its methods share: every method runs.
    ///
    /// # Errors
    /// [`EquipoiseError::Observation`] for a nonlinear A, [`EquipoiseError::Solver`] when operator, noise and prior do
    /// not fit each other.
    #[cfg(feature = "gaussian")]
    pub fn gaussian(
        prior: impl Into<Arc<equipoise_wiener::Wiener<R>>>,
        seen: impl Into<Arc<Observed<R>>>,
    ) -> Result<Self, EquipoiseError> {
        let seen = seen.into();
        let operator = Arc::clone(seen.linear("a Gaussian prior")?);
        let noise = seen.noise().clone();
        let observed =
            equipoise_solver::ObservedGaussian::new(prior.into(), operator, noise, Stream::new("probes"))?;
        Ok(Self::of_problem(Problem::gaussian(Arc::new(observed), seen)?))
    }

    /// Of a problem that others hold too, whose tables are shared then.
    pub fn of_problem(problem: Problem<R>) -> Self {
        Self::from_source(Source::Problem(problem))
    }

    fn from_parts(prior: ConditionalCovariance<R>, seen: Arc<Observed<R>>) -> Self {
        Self::from_source(Source::Parts(prior, seen))
    }

    fn from_source(source: Source<R>) -> Self {
        Self {
            source,
            method: Arc::new(methods::Mmps),
            schedule: None,
            sampler: Arc::new(Heun::log_snr(32)),
            start: Start::Normal,
            seed: 0,
            bound: f64::INFINITY,
        }
    }

    /// By this method: a recipe, a [`Recipe`](crate::Recipe) by name, a guidance of your own in an [`Arc`], or a type
    /// of your own that implements [`MethodOf`].
    #[must_use]
    pub fn method(mut self, method: impl MethodOf<R> + 'static) -> Self {
        self.method = Arc::new(method);
        self
    }

    /// Under this schedule, by value or behind a pointer.
    #[must_use]
    pub fn schedule(mut self, schedule: impl Schedule + 'static) -> Self {
        self.schedule = Some(Arc::new(schedule));
        self
    }

    /// With these steps: a recipe, or a sampler of your own in an [`Arc`]. A method that owns its loop takes their
    /// times.
    #[must_use]
    pub fn sampler(mut self, sampler: impl SamplerOf<R> + 'static) -> Self {
        self.sampler = Arc::new(sampler);
        self
    }

    /// From this law of x_1.
    #[must_use]
    pub fn start(mut self, start: Start<R>) -> Self {
        self.start = start;
        self
    }

    /// With draws of this name.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// With the largest |x| that a clean state can have, in the units of the prior: a trace records the first time
    /// at which |x_t| > μ·bound + 10σ.
    #[must_use]
    pub fn bound(mut self, bound: f64) -> Self {
        self.bound = bound;
        self
    }

    /// Prior and observation, held to each other.
    ///
    /// # Errors
    /// [`EquipoiseError::Solver`] unless A takes fields of the prior's length.
    pub fn problem(&self) -> Result<Problem<R>, EquipoiseError> {
        match &self.source {
            Source::Parts(prior, seen) => Ok(Problem::new(prior.clone(), Arc::clone(seen))?),
            Source::Problem(problem) => Ok(problem.clone()),
        }
    }

    /// The problem with how it is run: what a method is bound to.
    ///
    /// # Errors
    /// As [`problem`](Self::problem), and where the sampler cannot be made.
    pub fn inference(&self) -> Result<Inference<R>, EquipoiseError> {
        let schedule = match &self.schedule {
            Some(schedule) => Arc::clone(schedule),
            None => Arc::new(Sda::new(Alpha::Cos, Variance::Vp, 0.01)?),
        };
        let sampler = self.sampler.along(&*schedule)?;
        let (problem, start, bound) = (self.problem()?, self.start.clone(), self.bound);
        Ok(Inference { problem, schedule, sampler, start, bound })
    }

    /// The method, bound: for draws of one's own streams, or with a [`Watch`].
    ///
    /// # Errors
    /// As [`inference`](Self::inference), and those of the method.
    pub fn bind(&self) -> Bound<R> {
        self.method.bind(&self.inference()?)
    }

    /// The streams of member `index` under the seed. They name seed and member, never the method.
    pub fn member(&self, index: u64) -> Member {
        let stream = |label| Stream::new(label).number(self.seed).number(index);
        Member { start: stream("start"), langevin: stream("langevin") }
    }

    /// Draws `members` members, on all threads. Member k is the same whatever else is drawn, unless the method's
    /// members interact.
    ///
    /// # Errors
    /// As [`bind`](Self::bind), and those of the runs; a diverging run is an outcome. [`EquipoiseError::Drawn`] for a
    /// method of one's own whose fields have another length.
    pub fn draw(&self, members: usize) -> Result<Ensemble<R>, EquipoiseError> {
        let inference = self.inference()?;
        let bound = self.method.bind(&inference)?;
        let members: Vec<Member> = (0..members as u64).map(|index| self.member(index)).collect();
        let drawn = bound.draw(&members, Watch::NONE)?;
        let expected = inference.problem.dim();
        for (member, found) in drawn.outcomes().iter().map(|outcome| outcome.x().len()).enumerate() {
            if found != expected {
                return Err(EquipoiseError::Drawn { member, found, expected });
            }
        }
        let seen = Arc::clone(inference.problem.observation());
        Ok(Ensemble::new(drawn, seen, bound.is_point_estimate()))
    }
}

impl<R: Real> fmt::Debug for Posterior<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dim, count) = match &self.source {
            Source::Parts(prior, seen) => (prior.denoiser().dim(), seen.count()),
            Source::Problem(problem) => (problem.dim(), problem.observation().count()),
        };
        f.debug_struct("Posterior")
            .field("dim", &dim)
            .field("observations", &count)
            .field("seed", &self.seed)
            .field("bound", &self.bound)
            .finish_non_exhaustive()
    }
}
